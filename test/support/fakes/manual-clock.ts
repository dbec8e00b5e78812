/** A Clock that moves only when told, or by the time that somebody sleeps. */
import type { Clock } from "../../../src/core/ports.ts";

export interface ManualClock extends Clock {
  advance(ms: number): void;
  /** The sleeps so far, in order. */
  readonly slept: readonly number[];
}

/** Starts at `start` (milliseconds since the epoch); `random` always gives the same number. */
export function createManualClock(start: number, random = 0.5): ManualClock {
  let now = start;
  const slept: number[] = [];
  return {
    now: () => now,
    latest: () => now,
    uptime: () => now,
    sleep: async (ms) => {
      slept.push(ms);
      now += ms;
      // Others whose turn it is go first, as with a real timer.
      await new Promise((resolve) => setImmediate(resolve));
    },
    random: () => random,
    advance: (ms) => {
      now += ms;
    },
    slept,
  };
}
