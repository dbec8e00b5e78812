/**
 * Cron schedules as ESO reads them: the standard parser of robfig/cron v3, five fields or a descriptor, after an optional `TZ=` or
 * `CRON_TZ=`. Pure; test/vectors/cron.json is what the Go library itself made of the same cases.
 */
import { parseDuration } from "../config/duration.ts";
import type { Millis } from "../model.ts";
import { type TimeZone, timeZone, UTC } from "./time-zone.ts";

/** When something happens again and again. */
export interface Schedule {
  /** The first firing after a moment; undefined where there is none within five years. */
  next(after: Millis): Millis | undefined;
}

interface Field {
  readonly values: ReadonlySet<number>;
  /** It was written as a whole `*`: then days of month and of week must both match, else one of them is enough. */
  readonly isAny: boolean;
}

interface Fields {
  readonly minute: Field;
  readonly hour: Field;
  readonly day: Field;
  readonly month: Field;
  readonly weekday: Field;
}

interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[] | undefined;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const YEARS = 5;
/** Five years of days are 1,830. Where a zone left out a day, the library looks for it for ever. */
const MAX_STEPS = 4_000;
const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

const BOUNDS: readonly Bounds[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: MONTHS },
  { min: 0, max: 6, names: WEEKDAYS },
];

const DESCRIPTORS: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

/** @returns undefined where the text is no schedule: to ESO such a window is never active */
export function parseSchedule(text: string): Schedule | undefined {
  const zoned = /^(?:CRON_)?TZ=([^ ]*) (.*)$/s.exec(text);
  if (zoned === null && /^(?:CRON_)?TZ=/.test(text)) return undefined;
  const zone = zoned === null ? UTC : timeZone(zoned[1] ?? "");
  const rest = zoned === null ? text : (zoned[2] ?? "").trim();
  if (zone === undefined) return undefined;
  if (rest.startsWith("@every ")) return every(rest.slice("@every ".length));
  const spec = rest.startsWith("@") ? DESCRIPTORS[rest] : rest;
  const fields = spec === undefined ? undefined : parseFields(spec);
  return fields && { next: (after) => nextFiring(fields, zone, after) };
}

/** Counted from whatever moment is asked about, as the library does. */
function every(text: string): Schedule | undefined {
  const duration = parseDuration(text);
  if (duration === undefined) return undefined;
  const seconds = Math.max(1, Math.floor(duration / 1000));
  return { next: (after) => (Math.floor(after / 1000) + seconds) * 1000 };
}

function parseFields(spec: string): Fields | undefined {
  const texts = spec.split(/\s+/).filter((text) => text !== "");
  if (texts.length !== BOUNDS.length) return undefined;
  const [minute, hour, day, month, weekday] = texts.map((text, index) => parseField(text, BOUNDS[index] ?? { min: 0, max: 0 }));
  if (!minute || !hour || !day || !month || !weekday) return undefined;
  return { minute, hour, day, month, weekday };
}

/** Ranges with commas between; empty ones count for nothing. */
function parseField(text: string, bounds: Bounds): Field | undefined {
  const ranges = text.split(",").filter((range) => range !== "");
  const parsed = ranges.map((range) => parseRange(range, bounds));
  const values = new Set<number>();
  for (const range of parsed) {
    if (range === undefined) return undefined;
    for (let value = range.from; value <= range.to; value += range.step) values.add(value);
  }
  return { values, isAny: parsed.some((range) => range?.isAny === true) };
}

interface Range {
  readonly from: number;
  readonly to: number;
  readonly step: number;
  readonly isAny: boolean;
}

function parseRange(text: string, { min, max, names = [] }: Bounds): Range | undefined {
  const [range = "", stepText, ...tooMany] = text.split("/");
  const ends = range.split("-");
  const step = stepText === undefined ? 1 : wholeNumber(stepText);
  if (tooMany.length > 0 || step === undefined || step === 0) return undefined;
  // What follows a `*` up to the slash is not looked at.
  if (ends[0] === "*" || ends[0] === "?") return { from: min, to: max, step, isAny: step === 1 };
  const numberOf = (end: string): number | undefined => {
    const index = names.indexOf(end.toLowerCase());
    return index < 0 ? wholeNumber(end) : index + min;
  };
  const from = numberOf(ends[0] ?? "");
  // `N/step` means from N to the end.
  const to = ends.length > 1 ? numberOf(ends[1] ?? "") : stepText === undefined ? from : max;
  if (ends.length > 2 || from === undefined || to === undefined || from < min || to > max || from > to) return undefined;
  return { from, to, step, isAny: false };
}

function wholeNumber(text: string): number | undefined {
  return /^\+?\d+$/.test(text) ? Number(text) : undefined;
}

/**
 * Field by field from the month down, each raised until it matches; whenever a lower one wraps, all are looked at again. This is the
 * library's own way, step for step, since at a change of the clocks another order would fire at another hour.
 */
function nextFiring(fields: Fields, zone: TimeZone, after: Millis): Millis | undefined {
  if (Object.values(fields).some(({ values }: Field) => values.size === 0)) return undefined;
  const cursor = createCursor(zone, (Math.floor(after / 1000) + 1) * 1000);
  const lastYear = cursor.wall().getUTCFullYear() + YEARS;
  while (cursor.wall().getUTCFullYear() <= lastYear && !cursor.isLost()) {
    if (raiseMonth(cursor, fields) || raiseDay(cursor, fields) || raiseHour(cursor, fields) || raiseMinute(cursor, fields)) continue;
    if (cursor.isLost()) return undefined;
    const seconds = cursor.wall().getUTCSeconds();
    if (seconds === 0) return cursor.at();
    cursor.add((60 - seconds) * 1000);
  }
  return undefined;
}

/** Where the search is, as a moment and as a wall clock (its UTC fields). */
interface Cursor {
  at(): Millis;
  wall(): Date;
  /** To this wall clock; parts may lie out of their range. */
  set(year: number, month: number, day: number, hour?: number): void;
  /** By so much real time. */
  add(ms: number): void;
  /** The first time it is asked: what is below the field that is raised must begin at its lowest. */
  isFirstRaise(): boolean;
  /** It took more steps than any search that ends. */
  isLost(): boolean;
}

function createCursor(zone: TimeZone, from: Millis): Cursor {
  let at = from;
  let wall = new Date(zone.toWall(at));
  let isRaised = false;
  let steps = 0;
  const moveTo = (moment: Millis): void => {
    steps += 1;
    at = moment;
    wall = new Date(zone.toWall(at));
  };
  return {
    at: () => at,
    wall: () => wall,
    set: (year, month, day, hour = 0) => moveTo(zone.fromWall(Date.UTC(year, month, day, hour))),
    add: (ms) => moveTo(at + ms),
    isFirstRaise() {
      const isFirst = !isRaised;
      isRaised = true;
      return isFirst;
    },
    isLost: () => steps > MAX_STEPS,
  };
}

/** Each of these: @returns true where the field wrapped, so that those above it must be looked at again */
function raiseMonth(cursor: Cursor, { month }: Fields): boolean {
  while (!month.values.has(cursor.wall().getUTCMonth() + 1) && !cursor.isLost()) {
    if (cursor.isFirstRaise()) cursor.set(cursor.wall().getUTCFullYear(), cursor.wall().getUTCMonth(), 1);
    const wall = cursor.wall();
    cursor.set(wall.getUTCFullYear(), wall.getUTCMonth() + 1, wall.getUTCDate(), wall.getUTCHours());
    if (cursor.wall().getUTCMonth() === 0) return true;
  }
  return false;
}

function raiseDay(cursor: Cursor, fields: Fields): boolean {
  while (!matchesDay(cursor.wall(), fields) && !cursor.isLost()) {
    const first = cursor.wall();
    if (cursor.isFirstRaise()) cursor.set(first.getUTCFullYear(), first.getUTCMonth(), first.getUTCDate());
    const wall = cursor.wall();
    cursor.set(wall.getUTCFullYear(), wall.getUTCMonth(), wall.getUTCDate() + 1, wall.getUTCHours());
    // There is no midnight where the clocks change at it.
    const hour = cursor.wall().getUTCHours();
    if (hour !== 0) cursor.add((hour > 12 ? 24 - hour : -hour) * HOUR_MS);
    if (cursor.wall().getUTCDate() === 1) return true;
  }
  return false;
}

function raiseHour(cursor: Cursor, { hour }: Fields): boolean {
  while (!hour.values.has(cursor.wall().getUTCHours())) {
    const wall = cursor.wall();
    if (cursor.isFirstRaise()) cursor.set(wall.getUTCFullYear(), wall.getUTCMonth(), wall.getUTCDate(), wall.getUTCHours());
    cursor.add(HOUR_MS);
    if (cursor.wall().getUTCHours() === 0) return true;
  }
  return false;
}

function raiseMinute(cursor: Cursor, { minute }: Fields): boolean {
  while (!minute.values.has(cursor.wall().getUTCMinutes())) {
    if (cursor.isFirstRaise()) cursor.add(-(cursor.at() % MINUTE_MS));
    cursor.add(MINUTE_MS);
    if (cursor.wall().getUTCMinutes() === 0) return true;
  }
  return false;
}

function matchesDay(wall: Date, { day, weekday }: Fields): boolean {
  const isDay = day.values.has(wall.getUTCDate());
  const isWeekday = weekday.values.has(wall.getUTCDay());
  return day.isAny || weekday.isAny ? isDay && isWeekday : isDay || isWeekday;
}
