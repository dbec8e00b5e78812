/** The Clock port over this machine's time, timers and chance. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../core/ports.ts";

export const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(ms) {
    await sleep(ms);
  },
  random: () => Math.random(),
};
