/** Searches schedules for one that breaks a promise, and shrinks it. */
import fc from "fast-check";
import type { Fault } from "./judge.ts";
import { runSchedule, type Schedule } from "./run-schedule.ts";
import type { UseCases } from "./use-cases.ts";
import type { WorldOptions } from "./world.ts";

export interface Found {
  readonly fault: Fault;
  readonly message: string;
  /** Schedules until it was found, before shrinking. */
  readonly runs: number;
  readonly shrinks: number;
  readonly schedule: Schedule;
  /** In readable steps. */
  readonly history: readonly string[];
}

export interface SearchOptions {
  readonly seed: number;
  readonly runs: number;
  /** @default true */
  readonly shrinks?: boolean;
  readonly world?: WorldOptions;
}

/** @returns undefined where all `runs` keep every promise */
export async function search(
  useCases: UseCases,
  schedules: fc.Arbitrary<Schedule>,
  { seed, runs, shrinks = true, world: options = {} }: SearchOptions,
): Promise<Found | undefined> {
  const holds = fc.asyncProperty(schedules, async (schedule) => (await runSchedule(useCases, schedule, options)).violation === undefined);
  const result = await fc.check(holds, { seed, numRuns: runs, endOnFailure: !shrinks });
  const [schedule] = result.counterexample ?? [];
  if (schedule === undefined) return undefined;
  const { world, violation } = await runSchedule(useCases, schedule, { ...options, traced: true });
  if (violation === undefined) throw new Error(`a schedule that fails only at times: ${JSON.stringify(schedule)}`);
  const { fault, message } = violation;
  return { fault, message, runs: result.numRuns, shrinks: result.numShrinks, schedule, history: world.steps ?? [] };
}
