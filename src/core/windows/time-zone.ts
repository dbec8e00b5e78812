/** Wall clocks of time zones, by the zone data of the runtime, and the way back from a wall clock as Go's time.Date takes it. */
import type { Millis } from "../model.ts";

const DAY_MS = 86_400_000;

/** A time zone; a wall clock is given as the moment at which UTC's clocks show the same. */
export interface TimeZone {
  toWall(moment: Millis): Millis;
  /**
   * In a gap and in an overlap a wall clock means two moments or none; it is then read by the offset that Go reads it by, so that
   * schedules fire when ESO's do.
   */
  fromWall(wall: Millis): Millis;
}

export const UTC: TimeZone = { toWall: (moment) => moment, fromWall: (wall) => wall };

/** @returns undefined where there is no zone of that name. An empty name and `Local` are UTC, as in a controller's container. */
export function timeZone(name: string): TimeZone | undefined {
  if (name === "" || name === "Local" || name === "UTC") return UTC;
  // Offsets are names of zones to Intl, not to Go.
  if (!/^[A-Za-z]/.test(name)) return undefined;
  const format = formatOf(name);
  return format && zoneOf(format);
}

function formatOf(name: string): Intl.DateTimeFormat | undefined {
  const number = "numeric";
  const fields = { year: number, month: number, day: number, hour: number, minute: number, second: number } as const;
  try {
    return new Intl.DateTimeFormat("en-u-ca-iso8601", { ...fields, hourCycle: "h23", timeZone: name });
  } catch (error) {
    // Intl's word for a zone that it does not know.
    if (error instanceof Error && error.name === "RangeError") return undefined;
    throw error;
  }
}

/** `2026-11-24, 13:17:15`; earlier years than 1 and later ones than 9999 are none of a schedule's. */
const WALL = /^(\d+)-(\d+)-(\d+), (\d+):(\d+):(\d+)$/;

function zoneOf(format: Intl.DateTimeFormat): TimeZone {
  const exactOffset = (moment: Millis): number => {
    const whole = Math.floor(moment / 1000) * 1000;
    const [, year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = (WALL.exec(format.format(whole)) ?? []).map(Number);
    return Date.UTC(year, month - 1, day, hour, minute, second) - whole;
  };
  // Asking Intl is slow (13 µs), and a search asks for thousands of moments: a day that begins and ends with one offset has no other.
  const known = new Map<number, number>();
  const offsetOfMidnight = (day: number): number => {
    const offset = known.get(day) ?? exactOffset(day * DAY_MS);
    known.set(day, offset);
    return offset;
  };
  const offsetAt = (moment: Millis): number => {
    const day = Math.floor(moment / DAY_MS);
    const offset = offsetOfMidnight(day);
    return offset === offsetOfMidnight(day + 1) ? offset : exactOffset(moment);
  };
  return {
    toWall: (moment) => moment + offsetAt(moment),
    fromWall(wall) {
      const offset = offsetAt(wall);
      return offset === 0 ? wall : wall - offsetAt(wall - offset);
    },
  };
}
