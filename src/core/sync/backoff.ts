/** How long to wait before the next try, by what failed: pure, so that every delay can be told beforehand. `random` is in [0, 1). */
import type { Millis } from "../model.ts";
import { type FreshnessBounds, settledAfter } from "./freshness.ts";

const RETRY_BASE_MS = 2_000;
const RETRY_MAX_MS = 15 * 60_000;
const TRY_BASE_MS = 50;
const LOOK_BASE_MS = 100;
const MESSAGE_BASE_MS = 1_000;
/** An event that brings nothing new wakes the readers of its secret, and has a target tried, at most once in so long. */
export const QUIET_MS = 5_000;

/** 2^20 is past every maximum here; a larger exponent would only lose precision. */
const MAX_EXPONENT = 20;

function doubled(baseMs: number, times: number): number {
  return baseMs * 2 ** Math.min(Math.max(times, 0), MAX_EXPONENT);
}

/** Between half and the whole of `ms`: grows for certain, and still spreads those that failed together. */
function spread(ms: number, random: number): number {
  return Math.round(ms * (0.5 + random / 2));
}

/** Before a request that failed is tried again. `attempt` counts from 0; a quarter of an hour at most. */
export function retryDelay(attempt: number, random: number): number {
  return spread(Math.min(doubled(RETRY_BASE_MS, attempt), RETRY_MAX_MS), random);
}

/** Before a target is tried again that somebody else wrote in between. `tries` counts from 1. */
export function contentionDelay(tries: number, random: number): number {
  return spread(doubled(TRY_BASE_MS, tries), random);
}

/** Between quick looks at a store that does not show the announced version yet: 0.1, 0.2, 0.4 … s. `looks` counts from 0. */
export function lookAgainDelay(looks: number): number {
  return doubled(LOOK_BASE_MS, looks);
}

/** Before the same by message: grows, but waits no longer than until every read qualifies. */
export function messageDelay(attempt: number, need: Millis, now: Millis, bounds: FreshnessBounds): number {
  return Math.max(MESSAGE_BASE_MS, Math.min(doubled(MESSAGE_BASE_MS, attempt), settledAfter(need, bounds) - now));
}
