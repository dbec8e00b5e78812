/** What fast-check draws schedules from. */
import fc from "fast-check";
import { lowParts, numberOf } from "./actions.ts";
import { type Schedule, STEP_LIMIT } from "./run-schedule.ts";
import type { Setup } from "./setup.ts";

const upTo = (max: number): fc.Arbitrary<number> => fc.integer({ min: 0, max });

/** A schedule of at most so many steps, of some kinds alone where they are named; what `fixed` says of the setup is not drawn. */
export function schedules(maxSteps = 24, fixed: Partial<Setup> = {}, kinds?: readonly string[]): fc.Arbitrary<Schedule> {
  const drawn = { creation: upTo(4), deletion: upTo(2), shape: upTo(2), start: upTo(2), end: upTo(1), clocks: upTo(5) };
  const setup = fc.tuple(drawn.creation, drawn.deletion, drawn.shape, drawn.start, drawn.end, drawn.clocks);
  const step =
    kinds === undefined
      ? upTo(STEP_LIMIT - 1)
      : fc.tuple(fc.constantFrom(...lowParts(kinds)), upTo(4095)).map(([low, choice]) => numberOf(low, choice));
  const steps = fc.array(step, { maxLength: maxSteps, size: "max" });
  return fc.tuple(setup, steps).map(([[creation, deletion, shape, start, end, clocks], all]) => ({
    setup: { creation, deletion, shape, start, end, clocks, ...fixed },
    steps: all,
  }));
}
