/** What came of a schedule, in a form in which a run on fakes and one on real parts can be compared. */
import { createMemoryGround, type Ground } from "../../model/ground.ts";
import { runSchedule, type Schedule } from "../../model/run-schedule.ts";
import { TARGETS } from "../../model/setup.ts";
import { useCases } from "../../model/use-cases.ts";
import type { World, WorldOptions } from "../../model/world.ts";

export interface Outcome {
  readonly judgement: string;
  /** What each Secret holds at the end, with labels and controller; null where there is none. */
  readonly targets: readonly unknown[];
  /** What was said to be propagated, and when, in no order: two that end at the same moment have none. */
  readonly claims: readonly string[];
}

export interface Run {
  readonly outcome: Outcome;
  /** In readable words, each with its parts in no order: what is due at the same moment has none. */
  readonly steps: readonly string[];
  readonly world: World;
}

/** Runs it in a world made from the start on: no copy of another's beginning, which real parts can't have. */
export async function run(schedule: Schedule, ground: Ground, options: WorldOptions = {}): Promise<Run> {
  const { violation, world } = await runSchedule(useCases, schedule, { ...options, ground, traced: true });
  const targets = await Promise.all(TARGETS.map(async (name) => contentOf(ground, name)));
  const claims = world.published.map(({ at, detail }) => `${at} ${inOrder(detail)}`).toSorted();
  const steps = (world.steps ?? []).map((step) => step.split(/: |, /).toSorted().join());
  return { outcome: { judgement: violation?.message ?? "clean", targets, claims }, steps, world };
}

/** The same on fakes alone. */
export async function runOnFakes(schedule: Schedule, namespace: string, options: WorldOptions = {}): Promise<Run> {
  return run(schedule, { ...createMemoryGround(namespace), fork: undefined }, options);
}

async function contentOf(ground: Ground, name: string): Promise<unknown> {
  const seen = await ground.see(name);
  if (seen === undefined) return null;
  return { data: inOrder(seen.data), labels: inOrder(seen.labels), controller: seen.controller ?? null };
}

/** As text, whatever order its fields have. */
function inOrder(fields: object): string {
  return JSON.stringify(fields, Object.keys(fields).toSorted());
}

/** Takes away what a schedule left in its namespace. */
export async function clear(ground: Ground): Promise<void> {
  for (const name of TARGETS) if ((await ground.see(name)) !== undefined) await ground.remove(name);
}
