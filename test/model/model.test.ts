/** Five thousand schedules of the model over the real use cases: none may break a promise. */
import { describe, expect, it } from "@jest/globals";
import { schedules } from "./schedules.ts";
import { search } from "./search.ts";
import { useCases } from "./use-cases.ts";

/** The numbers change nothing but which schedules are tried; `npm run prove` tries others. */
const SEED = 20_261_124;
const SCHEDULES = 5_000;

describe("the model over the real code", () => {
  it(`finds nothing stale, lost, blanked, touched, brought back or claimed falsely in ${SCHEDULES} schedules`, async () => {
    const found = await search(useCases, schedules(), { seed: SEED, runs: SCHEDULES });

    expect(found).toBeUndefined();
  });
});
