/** The schedules against what the Go library that ESO uses printed for the same cases (test/oracle-cron), over changes of the clocks too. */
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "@jest/globals";
import { parseSchedule } from "../../../../src/core/windows/cron.ts";

interface Vector {
  readonly schedule: string;
  readonly valid: boolean;
  readonly from?: string;
  /** Firing after firing; `never`, or `hangs` where the library looks for ever. */
  readonly next?: readonly string[];
}

const VECTORS = JSON.parse(await readFile("test/vectors/cron.json", "utf8")) as readonly Vector[];

function firings({ schedule, from = "", next = [] }: Vector): readonly string[] {
  const parsed = parseSchedule(schedule);
  let at = Date.parse(from);
  const found: string[] = [];
  for (const _ of next) {
    const firing = parsed?.next(at);
    found.push(firing === undefined ? "never" : new Date(firing).toISOString().replace(".000Z", "Z"));
    at = firing ?? at;
  }
  return found;
}

describe("cron schedules", () => {
  it("has vectors of each sort", () => {
    expect(VECTORS.filter(({ valid }) => !valid).length).toBeGreaterThan(25);
    expect(VECTORS.filter(({ next }) => next !== undefined).length).toBeGreaterThan(350);
  });

  it.each(VECTORS)("takes for a schedule what Go does: $schedule", ({ schedule, valid }) => {
    expect(parseSchedule(schedule) !== undefined).toBe(valid);
  });

  it.each(VECTORS.filter(({ next }) => next !== undefined))("$schedule fires after $from as in Go", (vector) => {
    expect(firings(vector)).toEqual(vector.next?.map((firing) => (firing === "hangs" ? "never" : firing)));
  });
});
