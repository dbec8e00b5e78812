/** One cluster's part of a batch: passes over its registrations until each request has its outcome, then counts and announces. */
import type { Millis } from "../core/model.ts";
import { breakerIsOpen } from "./breaker.ts";
import { countMoves } from "./propagation.ts";
import { announceBatch } from "./sync-announce.ts";
import { gather, needsLook } from "./sync-gather.ts";
import { type Job, unsettled } from "./sync-job.ts";
import { fail, failOrStop, type PassWorld, runPass, stop } from "./sync-pass.ts";
import { takeTurnByVersions } from "./target-turns.ts";

/**
 * Passes run beside each other, so that a slow one delays none; those that are ready at the same time are gathered together, and so
 * share their load and their reads. Registrations of one target take turns: at once, they would only make each other stale.
 */
export async function runJobs(world: PassWorld, jobs: readonly Job[]): Promise<void> {
  const { clock } = world.deps;
  const waiting = new Set(jobs);
  const busy = new Set<string>();
  let ended = Promise.withResolvers<void>();
  const end = (job: Job): void => {
    busy.delete(job.target);
    if (unsettled(job).length > 0) waiting.add(job);
    ended.resolve();
  };
  while (waiting.size > 0 || busy.size > 0) {
    const now = clock.uptime();
    const ready: Job[] = [];
    let next = Number.POSITIVE_INFINITY;
    for (const job of waiting) {
      if (busy.has(job.target)) continue;
      if (job.readyAt > now) {
        next = Math.min(next, job.readyAt);
        continue;
      }
      busy.add(job.target);
      waiting.delete(job);
      ready.push(job);
    }
    if (ready.length > 0) {
      for (const [job, pass] of await begin(world, ready, now)) void pass.then(() => end(job));
    } else {
      // One promise for all passes: a race of 200 of them at each end took a fifth of a fan-out's time.
      await (next === Number.POSITIVE_INFINITY ? ended.promise : Promise.race([ended.promise, clock.sleep(next - now)]));
      ended = Promise.withResolvers();
    }
  }
}

/** A pass for each of the jobs, each a promise that never rejects. */
async function begin(world: PassWorld, jobs: readonly Job[], now: Millis): Promise<readonly (readonly [Job, Promise<void>])[]> {
  const { deps, session, reads, deadline } = world;
  if (now >= deadline) {
    for (const job of jobs) stop(job);
    return jobs.map((job) => [job, NOTHING] as const);
  }
  if (session.openUntil() !== undefined) {
    // Nothing is loaded and read for a cluster that is not even tried.
    return jobs.map((job) => [job, failOrStop(world, job, { step: "look", error: breakerIsOpen(session.spec.name) })]);
  }
  // Each apart: what one reads for it may be slow.
  const doubtful = jobs.filter(isDoubtful);
  const begun = jobs.filter((job) => !doubtful.includes(job));
  const asking = doubtful.map((job) => [job, inTurn(world, job)] as const);
  try {
    const gathered = await gather(deps.registry, reads, session, begun);
    return [...asking, ...gathered.map((one) => [one.job, runPass(world, one)] as const)];
  } catch (error) {
    return [...asking, ...begun.map((job) => [job, fail(world, job, { step: "load", error })] as const)];
  }
}

/** What only events ask for, and whose target would be looked at: unless something is new, that waits for its turn. */
function isDoubtful(job: Job): boolean {
  const { registration } = job.loaded;
  return !job.isFree && !job.hasTurn && registration.spec.target.creationPolicy !== "None" && needsLook(job, registration);
}

/** Ends with the job in its turn, and so ready for a pass, or with all its outcomes. */
async function inTurn(world: PassWorld, job: Job): Promise<void> {
  try {
    await takeTurnByVersions(world, job);
  } catch (error) {
    await fail(world, job, { step: "load", error });
  }
}

const NOTHING = Promise.resolve();

/** What follows from the records of a cluster's part; its failures are seen in the log, and mended by reconcile. */
export async function closeAccount({ deps, session, account }: PassWorld): Promise<void> {
  // Beside each other: neither needs the other one, and events have no order on the bus.
  await Promise.all([announceBatch(deps, session.spec.name, account), countMoves(deps, account.moves)]);
}
