/** What the model once found stays mended. */
import { describe, expect, it } from "@jest/globals";
import { HISTORIES } from "./histories.ts";
import { runSchedule } from "./run-schedule.ts";
import { useCases } from "./use-cases.ts";

describe("histories that the model found", () => {
  it.each(HISTORIES)("no more: $name", async ({ schedule }) => {
    const { violation, world } = await runSchedule(useCases, schedule, { traced: true });

    expect({ violation, steps: world.steps }).toMatchObject({ violation: undefined });
  });
});
