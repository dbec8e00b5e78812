/** Go's time.ParseInLocation for UTC. */
import type { GoTime } from "../go/values.ts";
import { DAYS, layoutPieces, MONTHS } from "./layout.ts";

interface Parts {
  year: number;
  month: number;
  day: number;
  yearDay: number;
  hour: number;
  minute: number;
  second: number;
  nanoseconds: number;
  isPm: boolean | undefined;
  offsetSeconds: number | undefined;
  zone: string | undefined;
}

const SHORT_MONTHS = MONTHS.map((name) => name.slice(0, 3).toLowerCase());
const LONG_MONTHS = MONTHS.map((name) => name.toLowerCase());
const SHORT_DAYS = DAYS.map((name) => name.slice(0, 3).toLowerCase());
const LONG_DAYS = DAYS.map((name) => name.toLowerCase());

/** The text that matched, or undefined. */
type Reader = (text: string, parts: Parts) => number | undefined;

function number(pattern: RegExp, set: (parts: Parts, value: number) => boolean): Reader {
  return (text, parts) => {
    const found = pattern.exec(text)?.[0];
    return found !== undefined && set(parts, Number(found.trim())) ? found.length : undefined;
  };
}

function between(least: number, most: number, set: (parts: Parts, value: number) => void): (parts: Parts, value: number) => boolean {
  return (parts, value) => {
    set(parts, value);
    return value >= least && value <= most;
  };
}

function word(words: readonly string[], set: (parts: Parts, index: number) => void): Reader {
  return (text, parts) => {
    const index = words.findIndex((candidate) => text.slice(0, candidate.length).toLowerCase() === candidate);
    if (index < 0) return undefined;
    set(parts, index);
    return words[index]?.length;
  };
}

function setOffset(parts: Parts, found: RegExpExecArray): number {
  const [whole, sign, hours = "0", minutes = "0", seconds = "0"] = found;
  parts.offsetSeconds = (sign === "-" ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds));
  return whole.length;
}

const OFFSETS = new Map([
  ["070000", /^([+-])(\d\d)(\d\d)(\d\d)/],
  ["07:00:00", /^([+-])(\d\d):(\d\d):(\d\d)/],
  ["0700", /^([+-])(\d\d)(\d\d)/],
  ["07:00", /^([+-])(\d\d):(\d\d)/],
  ["07", /^([+-])(\d\d)/],
]);

function offset(piece: string): Reader {
  return (text, parts) => {
    if (piece.startsWith("Z") && text.startsWith("Z")) {
      parts.offsetSeconds = 0;
      return 1;
    }
    const found = OFFSETS.get(piece.slice(1))?.exec(text);
    if (found === null || found === undefined) return undefined;
    return Number(found[2]) > 24 || Number(found[3] ?? 0) >= 60 || Number(found[4] ?? 0) >= 60 ? undefined : setOffset(parts, found);
  };
}

function fraction(piece: string): Reader {
  return (text, parts) => {
    const isExact = piece[1] === "0";
    const found = isExact ? new RegExp(`^[.,]\\d{${piece.length - 1}}`).exec(text)?.[0] : /^[.,]\d+/.exec(text)?.[0];
    if (found === undefined) return isExact ? undefined : 0;
    parts.nanoseconds = Number(found.slice(1, 10).padEnd(9, "0"));
    return found.length;
  };
}

const month = between(1, 12, (parts, value) => {
  parts.month = value;
});
const day = between(1, 31, (parts, value) => {
  parts.day = value;
});
const minute = between(0, 59, (parts, value) => {
  parts.minute = value;
});
const second = between(0, 59, (parts, value) => {
  parts.second = value;
});
const hour = (most: number) =>
  between(0, most, (parts, value) => {
    parts.hour = value;
  });
const setMonth = (parts: Parts, index: number): void => {
  parts.month = index + 1;
};
const noDay = (): void => {};

const READERS = new Map<string, Reader>([
  ["January", word(LONG_MONTHS, setMonth)],
  ["Jan", word(SHORT_MONTHS, setMonth)],
  ["Monday", word(LONG_DAYS, noDay)],
  ["Mon", word(SHORT_DAYS, noDay)],
  ["01", number(/^\d\d/, month)],
  ["1", number(/^\d\d?/, month)],
  ["02", number(/^\d\d/, day)],
  ["_2", number(/^ ?\d\d?/, day)],
  ["2", number(/^\d\d?/, day)],
  [
    "002",
    number(
      /^\d\d\d/,
      between(1, 366, (parts, value) => void (parts.yearDay = value)),
    ),
  ],
  [
    "__2",
    number(
      /^(?: {2}\d| \d\d|\d\d\d)/,
      between(1, 366, (parts, value) => void (parts.yearDay = value)),
    ),
  ],
  ["15", number(/^\d\d?/, hour(23))],
  ["03", number(/^\d\d/, hour(12))],
  ["3", number(/^\d\d?/, hour(12))],
  ["04", number(/^\d\d/, minute)],
  ["4", number(/^\d\d?/, minute)],
  ["05", number(/^\d\d/, second)],
  ["5", number(/^\d\d?/, second)],
  [
    "06",
    number(
      /^\d\d/,
      between(0, 99, (parts, value) => void (parts.year = value >= 69 ? 1900 + value : 2000 + value)),
    ),
  ],
  [
    "2006",
    number(
      /^\d{4}/,
      between(0, 9999, (parts, value) => void (parts.year = value)),
    ),
  ],
  ["PM", (text, parts) => meridian(text, parts, "AM", "PM")],
  ["pm", (text, parts) => meridian(text, parts, "am", "pm")],
  ["MST", zoneName],
]);

function meridian(text: string, parts: Parts, am: string, pm: string): number | undefined {
  const found = text.slice(0, 2);
  if (found !== am && found !== pm) return undefined;
  parts.isPm = found === pm;
  return 2;
}

function zoneName(text: string, parts: Parts): number | undefined {
  const found = /^UTC|^GMT(?:[+-]\d{1,2})?|^[A-Z]{3,5}|^[+-]\d\d/.exec(text)?.[0];
  parts.zone = found;
  return found?.length;
}

/** Go takes a fraction behind the seconds even where the layout has none. */
function secondsFraction(text: string, parts: Parts, nextPiece: string | undefined): number {
  if (nextPiece !== undefined && /^[.,]/.test(nextPiece)) return 0;
  return /^[.,]\d/.test(text) ? (fraction(".999999999")(text, parts) ?? 0) : 0;
}

function readPieces(layout: string, text: string): Parts | undefined {
  const parts: Parts = {
    year: 0,
    month: 0,
    day: 0,
    yearDay: 0,
    hour: 0,
    minute: 0,
    second: 0,
    nanoseconds: 0,
    isPm: undefined,
    offsetSeconds: undefined,
    zone: undefined,
  };
  const pieces = layoutPieces(layout);
  let at = 0;
  for (const [index, piece] of pieces.entries()) {
    const rest = text.slice(at);
    if (piece.kind === "text") {
      if (!rest.startsWith(piece.text)) return undefined;
      at += piece.text.length;
      continue;
    }
    const reader = READERS.get(piece.text) ?? (/^[.,]/.test(piece.text) ? fraction(piece.text) : offset(piece.text));
    const length = reader(rest, parts);
    if (length === undefined) return undefined;
    at += length;
    if (piece.text === "05" || piece.text === "5") at += secondsFraction(text.slice(at), parts, pieces[index + 1]?.text);
  }
  return at === text.length ? parts : undefined;
}

function daysIn(year: number, monthNumber: number): number {
  return new Date(Date.UTC(2000 + (((year % 400) + 400) % 400), monthNumber, 0)).getUTCDate();
}

/** The time that a text gives under a layout; undefined where Go gives an error. */
export function parseTime(layout: string, text: string): GoTime | undefined {
  const parts = readPieces(layout, text);
  if (parts === undefined) return undefined;
  const hours = parts.isPm === true && parts.hour < 12 ? parts.hour + 12 : parts.isPm === false && parts.hour === 12 ? 0 : parts.hour;
  const monthNumber = parts.month || 1;
  const dayNumber = parts.day || 1;
  if (dayNumber > daysIn(parts.year, monthNumber)) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(parts.year, parts.yearDay > 0 ? 0 : monthNumber - 1, parts.yearDay > 0 ? parts.yearDay : dayNumber);
  date.setUTCHours(hours, parts.minute, parts.second);
  const offsetSeconds = parts.offsetSeconds ?? 0;
  const zone = parts.zone ?? (offsetSeconds === 0 ? "UTC" : "");
  return { kind: "time", seconds: BigInt(date.getTime() / 1000 - offsetSeconds), nanoseconds: parts.nanoseconds, offsetSeconds, zone };
}
