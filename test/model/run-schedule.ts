/** Runs one schedule in a world of its own: prepares it, takes its steps, lets all come to rest, and asks the judge. */
import { perform, STEP_LIMIT } from "./actions.ts";
import { startEvent, startReconcile, startRegister, startSync } from "./invocations.ts";
import { Violation } from "./judge.ts";
import { FOREIGN_KEY, isShared, SECRETS, type Setup, TARGETS } from "./setup.ts";
import type { UseCases } from "./use-cases.ts";
import { judgeClaims, judgeSilence, judgeTargets } from "./verdict.ts";
import { createWorld, say, type World, type WorldOptions } from "./world.ts";

export interface Schedule {
  readonly setup: Setup;
  /** One number a step. */
  readonly steps: readonly number[];
}

export { STEP_LIMIT };

/** Longer than the longest time after which reconcile looks again. */
const ROUND_MS = 960_000;
const ROUNDS = 3;
/** Workers that a round may take before the relay is called a fighter with itself. */
const MAX_WORKERS_A_ROUND = 60;

/** @returns what was violated; the readable steps lie in the world */
export async function runSchedule(
  useCases: UseCases,
  schedule: Schedule,
  options: WorldOptions = {},
): Promise<{ readonly world: World; readonly violation: Violation | undefined }> {
  let world: World | undefined;
  try {
    world = createWorld(useCases, schedule.setup, options, await preparedWorld(useCases, schedule.setup, options));
    await begin(world);
    for (const number of schedule.steps) {
      await perform(world, number);
      if (world.fault !== undefined) return { world, violation: world.fault };
    }
    await rest(world);
    return { world, violation: world.fault };
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    // Even the beginning may break a promise already: then there is no world to show yet.
    world ??= createWorld(useCases, schedule.setup, options);
    return { world, violation: world.fault ?? error };
  }
}

const beginnings = new WeakMap<UseCases, Map<string, Promise<World>>>();

/** Worlds begin alike again and again: each beginning is made once. On real parts there is nothing to copy. */
async function preparedWorld(useCases: UseCases, setup: Setup, options: WorldOptions): Promise<World | undefined> {
  if (options.ground !== undefined) return undefined;
  const { creation, deletion, shape, start, found = 0 } = setup;
  const known = beginnings.get(useCases) ?? new Map<string, Promise<World>>();
  beginnings.set(useCases, known);
  const key = [creation, deletion, shape, start, found].join();
  const making = known.get(key) ?? prepare(createWorld(useCases, { ...setup, clocks: 0 }));
  known.set(key, making);
  return making;
}

/** The rest of a world's beginning. */
async function begin(world: World): Promise<void> {
  if (world.ground.fork === undefined) await prepare(world);
  if (world.setup.start !== 2) return;
  startRegister(world, world.first);
  await world.scheduler.flush();
}

/** The store's first versions, Secrets to merge into, and as much of a first deployment as the setup says. */
async function prepare(world: World): Promise<World> {
  const { source, scheduler, setup, first, ground, judge } = world;
  for (const secret of SECRETS) source.put(secret, "v1", `${secret}/v1`);
  if (first.some(({ creationPolicy }) => creationPolicy === "Merge")) {
    await ground.edit("x", { [FOREIGN_KEY]: "0" });
    judge.existed("x", true);
  }
  scheduler.advance(120_000);
  if (setup.start === 2) return world;
  await scheduler.run(startRegister(world, first), "run");
  if (setup.start === 1) return world;
  await drain(world);
  scheduler.advance(120_000);
  return world;
}

/** No more faults: everything ends, reconcile runs as often as it needs, and then nothing may be left to do. */
async function rest(world: World): Promise<void> {
  const { scheduler, setup, events } = world;
  say(world, () => "no more faults");
  world.lag = 0;
  scheduler.dropGhosts();
  for (const worker of scheduler.workers) await scheduler.run(worker, "run");
  if (setup.end === 1) events.length = 0;
  world.fights = 0;
  await deploy(world);
  await drain(world);
  if (!world.isDisturbed && setup.end === 0) await judgeMessages(world);
  await settle(world, 0);
  if (world.fault !== undefined) return;
  judgeClaims(world);
  // Two that undo each other need a Secret that they share; and once in a while any one may undo itself.
  const doShare = world.first.length > 1 && world.first.every(isShared);
  const maySettleTwice = doShare || scheduler.now() % 8 === 0;
  if (!maySettleTwice) return;
  let before = "";
  for (let round = 0; round <= ROUNDS; round += 1) {
    await reconcileRound(world);
    const now = await versions(world);
    if (now === before) return judgeTargets(world);
    before = now;
  }
  throw new Violation("endless", "targets are still written after all came to rest");
}

/**
 * Where nothing failed and nothing got lost, the messages alone must have done it, and while the config stays they must have said so
 * of a new version: who came or went meanwhile is counted by reconcile, and so is a return that was told of after it was seen.
 */
async function judgeMessages(world: World): Promise<void> {
  const era = world.eras.at(-1);
  // Who merges into a Secret that is not there is told of it by nobody when it comes: it looks again by reconcile.
  const waits = era?.config.some(({ creationPolicy, target }) => creationPolicy === "Merge" && world.judge.wasMissing(target, era.from));
  if (waits === true) return;
  await judgeTargets(world);
  if (world.eras.length === 1) await judgeSilence(world, "new versions");
}

/** Reconcile runs as often as it needs until all is well, and only after its last round is anything called lost. */
async function settle(world: World, round: number): Promise<void> {
  try {
    await judgeTargets(world);
    await judgeSilence(world);
  } catch (violation) {
    if (!(violation instanceof Violation) || round === ROUNDS || world.fault !== undefined) throw violation;
    await reconcileRound(world);
    await settle(world, round + 1);
  }
}

/** A deployment that failed is made again. */
async function deploy(world: World): Promise<void> {
  const last = world.eras.at(-1);
  if (last === undefined || world.eras.every((era) => era === last || era.until !== Number.POSITIVE_INFINITY)) {
    if (world.eras.length > 1 || world.setup.start !== 2) return;
  }
  const worker = startRegister(world, last?.config ?? world.first);
  await world.scheduler.run(worker, "run");
}

/** A quarter of an hour passes, and the schedule fires as it does each minute: here only as often as something can be due. */
async function reconcileRound(world: World): Promise<void> {
  const { scheduler } = world;
  scheduler.advance(ROUND_MS);
  await scheduler.run(startReconcile(world), "run");
  await drain(world);
}

/** Delivers all that is on its way: each event, and then the messages in batches, to workers that run to their ends. */
async function drain(world: World): Promise<void> {
  const { scheduler, events, messages } = world;
  for (let count = 0; count < MAX_WORKERS_A_ROUND; count += 1) {
    const event = events.shift();
    if (event !== undefined) {
      await scheduler.run(startEvent(world, event, false), "run");
      continue;
    }
    if (messages.length === 0) return;
    const latest = Math.max(...messages.map(({ availableAt }) => availableAt));
    if (latest > scheduler.now()) scheduler.advance(latest - scheduler.now());
    await scheduler.run(startSync(world, messages.splice(0), false), "run");
  }
  throw new Violation("endless", `messages without end: ${JSON.stringify(messages)}`);
}

async function versions({ ground }: World): Promise<string> {
  const seen = await Promise.all(TARGETS.map(async (target) => ground.see(target)));
  return seen.map((sight) => `${sight?.uid} ${sight?.resourceVersion}`).join();
}
