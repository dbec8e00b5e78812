/** A Clock whose time passes by itself as this machine's does, and jumps where somebody sleeps: hours of delays in a second. */
import type { Clock } from "../../../src/core/ports.ts";

export interface VirtualClock extends Clock {
  advanceTo(moment: number): void;
}

export function createVirtualClock(): VirtualClock {
  let ahead = 0;
  const now = (): number => Date.now() + ahead;
  return {
    now,
    latest: now,
    uptime: now,
    async sleep(ms) {
      ahead += Math.max(0, ms);
      // Others whose turn it is go first, as with a real timer.
      await new Promise((resolve) => setImmediate(resolve));
    },
    random: () => 0.5,
    advanceTo(moment) {
      ahead += Math.max(0, moment - now());
    },
  };
}
