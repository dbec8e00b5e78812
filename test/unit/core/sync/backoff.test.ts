/** Delays grow, are spread, and end. */
import { describe, expect, it } from "@jest/globals";
import { contentionDelay, lookAgainDelay, messageDelay, retryDelay } from "../../../../src/core/sync/backoff.ts";
import { DEFAULT_BOUNDS, settledAfter } from "../../../../src/core/sync/freshness.ts";

const T = 1_800_000_000_000;

describe("backoff", () => {
  it.each([
    { attempt: 0, least: 1_000, most: 2_000 },
    { attempt: 3, least: 8_000, most: 16_000 },
    { attempt: 9, least: 450_000, most: 900_000 },
    { attempt: 1_000, least: 450_000, most: 900_000 },
    { attempt: -1, least: 1_000, most: 2_000 },
  ])("waits between half and the whole of its delay at attempt $attempt", ({ attempt, least, most }) => {
    expect([retryDelay(attempt, 0), retryDelay(attempt, 1)]).toEqual([least, most]);
  });

  it("waits shortly where somebody else wrote in between", () => {
    expect([1, 2, 3, 4].map((tries) => contentionDelay(tries, 1))).toEqual([100, 200, 400, 800]);
  });

  it("looks again after 0.1, 0.2, 0.4 s", () => {
    expect([0, 1, 2].map(lookAgainDelay)).toEqual([100, 200, 400]);
  });

  it("sends a message no later than when every read qualifies, and no earlier than in a second", () => {
    const settled = settledAfter(T, DEFAULT_BOUNDS);

    expect([0, 1, 2].map((attempt) => messageDelay(attempt, T, T, DEFAULT_BOUNDS))).toEqual([1_000, 2_000, 4_000]);
    expect(messageDelay(10, T, T + 50_000, DEFAULT_BOUNDS)).toBe(settled - T - 50_000);
    expect(messageDelay(10, T, settled + 5_000, DEFAULT_BOUNDS)).toBe(1_000);
  });
});
