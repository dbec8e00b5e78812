/** sprig's functions of times, with Go's layouts; the clock is the rendering's, and Local is UTC. */
import { type CallContext, type FunctionTable, fixed } from "../function-table.ts";
import { parseInteger } from "../go/numbers.ts";
import { fromText, toText } from "../go/strings.ts";
import type { GoTime, Value } from "../go/values.ts";
import { FunctionFault } from "../template-error.ts";
import { formatTime } from "../time/describe.ts";
import { describeDuration, parseDuration } from "../time/duration.ts";
import { parseTime } from "../time/parse.ts";
import { inZone } from "../time/zones.ts";

const SECOND = 1_000_000_000n;
/** time.Time{}: the first of January of the year 1. */
const ZERO: GoTime = Object.freeze({ kind: "time", seconds: -62_135_596_800n, nanoseconds: 0, offsetSeconds: 0, zone: "UTC" });

function fromSeconds(seconds: bigint, nanoseconds = 0): GoTime {
  return { kind: "time", seconds, nanoseconds, offsetSeconds: 0, zone: "UTC" };
}

function now({ environment }: CallContext): GoTime {
  const ms = Math.floor(environment.nowMs);
  return fromSeconds(BigInt(Math.floor(ms / 1000)), (((ms % 1000) + 1000) % 1000) * 1_000_000);
}

/** A time, or seconds since 1970; anything else is now. */
function timeOf(context: CallContext, value: Value): GoTime {
  if (value !== null && typeof value === "object") {
    if (value.kind === "time") return value;
    if (value.kind === "integer" && !value.type.startsWith("uint")) return fromSeconds(value.value);
  }
  return now(context);
}

/** Steps for asking the runtime about a zone, and for reading a time. */
const ZONE_STEPS = 500;
const PARSE_STEPS = 10;

function dateInZone(context: CallContext, layout: string, value: Value, zone: string): string {
  if (zone !== "Local" && zone !== "UTC") context.budget.spend(ZONE_STEPS);
  const time = timeOf(context, value);
  return fromText(formatTime(inZone(time, zone) ?? { ...time, offsetSeconds: 0, zone: "UTC" }, toText(layout)));
}

function totalNanoseconds(time: GoTime): bigint {
  return time.seconds * SECOND + BigInt(time.nanoseconds);
}

function plus(time: GoTime, nanoseconds: bigint): GoTime {
  const total = totalNanoseconds(time) + nanoseconds;
  const rest = ((total % SECOND) + SECOND) % SECOND;
  return { ...time, seconds: (total - rest) / SECOND, nanoseconds: Number(rest) };
}

/** Duration.Round to a second: half away from zero. */
function roundToSecond(duration: bigint): bigint {
  const size = duration < 0n ? -duration : duration;
  const rounded = ((size + SECOND / 2n) / SECOND) * SECOND;
  return duration < 0n ? -rounded : rounded;
}

function since(context: CallContext, time: GoTime): bigint {
  return totalNanoseconds(now(context)) - totalNanoseconds(time);
}

const HOUR = 3600n * SECOND;
const ROUND_UNITS: readonly (readonly [bigint, string])[] = [
  [HOUR * 24n * 365n, "y"],
  [HOUR * 24n * 30n, "mo"],
  [HOUR * 24n, "d"],
  [HOUR, "h"],
  [60n * SECOND, "m"],
  [SECOND, "s"],
];

function durationOf(context: CallContext, value: Value): bigint {
  if (typeof value === "string") return parseDuration(toText(value)) ?? 0n;
  if (value === null || typeof value !== "object") return 0n;
  if (value.kind === "time") return since(context, value);
  return value.kind === "integer" && value.type === "int64" ? value.value : 0n;
}

function durationRound(context: CallContext, value: Value): string {
  const duration = durationOf(context, value);
  const size = duration < 0n ? -duration : duration;
  const unit = ROUND_UNITS.find(([length]) => size > length);
  return unit === undefined ? "0s" : `${size / unit[0]}${unit[1]}`;
}

function secondsOf(value: Value): bigint {
  if (typeof value === "string") return parseInteger(value, 10) ?? 0n;
  return value !== null && typeof value === "object" && value.kind === "integer" && value.type === "int64" ? value.value : 0n;
}

function mustModify(text: string, time: GoTime): GoTime {
  const duration = parseDuration(toText(text));
  if (duration === undefined) throw new FunctionFault("invalid duration");
  return plus(time, duration);
}

function parsed({ budget }: CallContext, layout: string, text: string): GoTime | undefined {
  budget.spend(PARSE_STEPS);
  return parseTime(toText(layout), toText(text));
}

const inZoneFunction = fixed(["string", "any", "string"], dateInZone);
const modify = fixed(["string", "time"], (_context, text, time) => plus(time, parseDuration(toText(text)) ?? 0n));
const mustModifyFunction = fixed(["string", "time"], (_context, text, time) => mustModify(text, time));

export const DATES: FunctionTable = Object.freeze({
  now: fixed([], now),
  ago: fixed(["any"], (context, value) => describeDuration(roundToSecond(since(context, timeOf(context, value))))),
  date: fixed(["string", "any"], (context, layout, value) => dateInZone(context, layout, value, "Local")),
  date_in_zone: inZoneFunction,
  dateInZone: inZoneFunction,
  htmlDate: fixed(["any"], (context, value) => dateInZone(context, "2006-01-02", value, "Local")),
  htmlDateInZone: fixed(["any", "string"], (context, value, zone) => dateInZone(context, "2006-01-02", value, zone)),
  date_modify: modify,
  dateModify: modify,
  must_date_modify: mustModifyFunction,
  mustDateModify: mustModifyFunction,
  duration: fixed(["any"], (_context, value) => describeDuration(BigInt.asIntN(64, secondsOf(value) * SECOND))),
  durationRound: fixed(["any"], durationRound),
  toDate: fixed(["string", "string"], (context, layout, text) => parsed(context, layout, text) ?? ZERO),
  mustToDate: fixed(["string", "string"], (context, layout, text) => {
    const time = parsed(context, layout, text);
    if (time === undefined) throw new FunctionFault("the text does not fit the layout");
    return time;
  }),
  unixEpoch: fixed(["time"], (_context, time) => String(time.seconds)),
});
