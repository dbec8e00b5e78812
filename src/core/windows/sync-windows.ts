/** ESO's spec.syncWindows: when a periodic refresh may happen, and when the next one may. Pure. */
import type { Millis, SyncWindows } from "../model.ts";
import { parseSchedule, type Schedule } from "./cron.ts";

/** Firings that are followed at most to find the end of windows that go over into each other: a month of minutes. */
const MAX_FIRINGS = 50_000;

interface Window {
  readonly schedule: Schedule;
  readonly durationMs: number;
}

/**
 * Whether a periodic refresh is held back now, and until when. `never`: no window opens within five years, or the denied ones go over
 * into each other; whoever asks again later may hear otherwise.
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
  let at = now;
  for (let firings = 0; firings < MAX_FIRINGS; firings += 1) {
    const active = windows.find((window) => firstActive(window, at) !== undefined);
    if (active === undefined) return at;
    at = (firstActive(active, at) ?? at) + active.durationMs + 1;
  }
  return "never";
}
