/** Schedules of the model in which the registrations find their secrets by a rule of their names, with a listing that lags up to five minutes. */
import { describe, expect, it } from "@jest/globals";
import { schedules } from "./schedules.ts";
import { search } from "./search.ts";
import { useCases } from "./use-cases.ts";

const SEED = 20_261_125;
const SCHEDULES = 1_500;

describe("the model over find rules", () => {
  it(`finds nothing stale, lost, blanked, touched, brought back or claimed falsely in ${SCHEDULES} schedules`, async () => {
    const found = await search(useCases, schedules(24, { found: 1 }), { seed: SEED, runs: SCHEDULES });

    expect(found).toBeUndefined();
  });
});
