/** Time zones by their IANA names, as far as the runtime knows them. */
import { type GoTime } from "../go/values.ts";

/** What Go calls Local: the controller's zone, UTC by design. */
const UTC_NAMES: ReadonlySet<string> = new Set(["", "UTC", "Local"]);
/** In these locales the runtime abbreviates what others write as GMT+1. */
const LOCALES = ["en-US", "en-GB", "en-AU"];

function part(zone: string, locale: string, style: "longOffset" | "short", ms: number): string {
  const format = new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName: style });
  return format.formatToParts(ms).find(({ type }) => type === "timeZoneName")?.value ?? "GMT";
}

function offsetSeconds(zone: string, ms: number): number {
  const found = /^GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(part(zone, "en-US", "longOffset", ms));
  if (found === null) return 0;
  const [, sign, hours, minutes, seconds = "0"] = found;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds));
}

function abbreviation(zone: string, ms: number, offset: number): string {
  const name = LOCALES.map((locale) => part(zone, locale, "short", ms)).find((candidate) => /^[A-Z]{3,5}$/.test(candidate));
  if (name !== undefined) return name;
  const minutes = Math.abs(offset) / 60;
  const text = `${offset < 0 ? "-" : "+"}${String(Math.floor(minutes / 60)).padStart(2, "0")}`;
  return minutes % 60 === 0 ? text : text + String(minutes % 60).padStart(2, "0");
}

/** The same moment in another zone; undefined where there is no such zone. */
export function inZone(time: GoTime, zone: string): GoTime | undefined {
  if (UTC_NAMES.has(zone)) return { ...time, offsetSeconds: 0, zone: "UTC" };
  const ms = Number(time.seconds) * 1000;
  if (!/^[A-Za-z][A-Za-z0-9_+\-/]*$/.test(zone)) return undefined;
  try {
    const offset = offsetSeconds(zone, ms);
    return { ...time, offsetSeconds: offset, zone: abbreviation(zone, ms, offset) };
  } catch {
    // Intl throws for a zone that it does not know, and for a time beyond its range.
    return undefined;
  }
}
