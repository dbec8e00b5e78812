/** ESO's spec.syncWindows: when a periodic refresh may happen, and when the next one may. Pure. */
import type { Millis, SyncWindows } from "../model.ts";
import { parseSchedule, type Schedule } from "./cron.ts";

/** How far windows that go over into each other are followed: longer than a year, and than a week of windows of a minute. */
const HORIZON_MS = 400 * 86_400_000;
const MAX_STEPS = 10_500;
const MINUTE_MS = 60_000;

interface Window {
  readonly schedule: Schedule;
  readonly durationMs: number;
}

/**
 * Whether a periodic refresh is held back now, and until when. `never`: no allowed window begins within five years, or the denied ones
 * go over into each other for a year; whoever asks again later may hear otherwise.
 */
export type Gate = { readonly isOpen: true } | { readonly isOpen: false; readonly opensAt: Millis | "never" };

const OPEN: Gate = { isOpen: true };

/** ESO's isPeriodicRefreshAllowedByWindows: a schedule that can't be read is never active, and both ends of a window belong to it. */
export function gateAt(syncWindows: SyncWindows | undefined, now: Millis): Gate {
  if (syncWindows === undefined || syncWindows.windows.length === 0) return OPEN;
  const windows = syncWindows.windows.flatMap(({ schedule, durationMs }) => {
    const parsed = parseSchedule(schedule);
    return parsed === undefined ? [] : [{ schedule: parsed, durationMs }];
  });
  const isActive = windows.some((window) => firstActive(window, now) !== undefined);
  if (isActive === (syncWindows.kind === "allow")) return OPEN;
  return { isOpen: false, opensAt: isActive ? endOfAll(windows, now) : firstOfAll(windows, now) };
}

/** The earliest beginning of the window that still counts at this moment. */
function firstActive({ schedule, durationMs }: Window, now: Millis): Millis | undefined {
  const start = schedule.next(now - durationMs - 1);
  return start !== undefined && start <= now ? start : undefined;
}

/** None is active: the next one to begin opens. */
function firstOfAll(windows: readonly Window[], now: Millis): Millis | "never" {
  const starts = windows.flatMap(({ schedule }) => schedule.next(now) ?? []);
  return starts.length === 0 ? "never" : Math.min(...starts);
}

/** The first moment at which none is active any more. */
function endOfAll(windows: readonly Window[], now: Millis): Millis | "never" {
  const upcoming = new Map<Window, Millis>();
  let at = now;
  for (let step = 0; step < MAX_STEPS && at < now + HORIZON_MS; step += 1) {
    const ends = windows.flatMap((window) => {
      // Not asked again before it begins: each question to a schedule is a search.
      if ((upcoming.get(window) ?? 0) > at) return [];
      const start = lateStart(window, at);
      upcoming.set(window, start);
      return start > at ? [] : [start + window.durationMs + 1];
    });
    if (ends.length === 0) return at;
    at = Math.max(...ends);
  }
  return "never";
}

/**
 * A late beginning, not always the last, of a window that is active then, so that windows which begin often are left behind fast; else
 * its next beginning.
 */
function lateStart({ schedule, durationMs }: Window, at: Millis): Millis {
  const first = schedule.next(at - durationMs - 1) ?? Number.POSITIVE_INFINITY;
  if (first > at) return first;
  for (let back = MINUTE_MS; back < durationMs; back *= 8) {
    const start = schedule.next(at - back - 1);
    if (start !== undefined && start <= at) return start;
  }
  return first;
}
