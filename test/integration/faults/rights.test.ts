/** Every story of the fault matrix without a fault: what each function asks of IAM on the way, all of it allowed, and on record. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { expectConvergence, expectSilence } from "../../support/faults/cell.ts";
import { type FaultParts, startFaultParts } from "../../support/faults/parts.ts";
import { STORIES, type Story } from "../../support/faults/stories.ts";
import { createWorld } from "../../support/faults/world.ts";
import { usedRights } from "../../support/iam/replay.ts";
import { expectRecordedRights } from "../../support/iam/rights.ts";

let parts: FaultParts;

beforeAll(async () => {
  parts = await startFaultParts();
});
afterAll(() => parts?.stop(), 60_000);

describe("the functions need no right that they have not", () => {
  it.each(Object.entries<Story>(STORIES).map(([name, story]) => ({ name, story })))("$name", async ({ story }) => {
    const before = usedRights.size;
    const world = await createWorld(parts, story.options);
    try {
      await story.prepare?.(parts, world);
      await story.happen(parts, world);
      await expectConvergence(parts, world, story);
      await expectSilence(world, story);
    } finally {
      // Which replays all calls.
      await world.close();
    }
    expect(before + usedRights.size).toBeGreaterThan(0);
  });

  it("and need the rights that are on record for these tests", () => {
    expectRecordedRights("integration/faults/rights");
  });
});
