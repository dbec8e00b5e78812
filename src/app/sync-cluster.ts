/** One cluster's part of a batch: passes over its registrations until each request has its outcome, then counts and announces. */
import { rememberedReferences } from "../core/find/find.ts";
import { type Millis, referenceKey } from "../core/model.ts";
import { referencesOf } from "../core/sync/references.ts";
import { breakerIsOpen } from "./breaker.ts";
import { countMoves } from "./propagation.ts";
import { announceBatch } from "./sync-announce.ts";
import { gather, needsLook } from "./sync-gather.ts";
import { codeOf, type Job, unsettled } from "./sync-job.ts";
import { admit, fail, hold, type PassWorld, runPass, stop } from "./sync-pass.ts";

/** Before any read of the batch: whatever was read already will do. */
const NEVER = -1;

/**
 * Passes run beside each other, so that a slow one delays none; those that are ready at the same time are gathered together, and so
 * share their load and their reads. Registrations of one target take turns: at once, they would only make each other stale.
 */
export async function runJobs(world: PassWorld, jobs: readonly Job[]): Promise<void> {
  const { clock } = world.deps;
  const waiting = new Set(jobs);
  const busy = new Set<string>();
  let ended = Promise.withResolvers<void>();
  while (waiting.size > 0 || busy.size > 0) {
    const now = clock.uptime();
    const free = [...waiting].filter(({ target }) => !busy.has(target));
    const ready = firstOfEachTarget(free.filter(({ readyAt }) => readyAt <= now));
    if (ready.length > 0) {
      for (const job of ready) waiting.delete(job);
      for (const [job, pass] of await begin(world, ready, now)) {
        busy.add(job.target);
        const end = async (): Promise<void> => {
          await pass;
          busy.delete(job.target);
          if (unsettled(job).length > 0) waiting.add(job);
          ended.resolve();
        };
        void end();
      }
    } else {
      const next = Math.min(...free.map(({ readyAt }) => readyAt));
      // One promise for all passes: a race of 200 of them at each end took a fifth of a fan-out's time.
      await Promise.race(next === Number.POSITIVE_INFINITY ? [ended.promise] : [ended.promise, clock.sleep(next - now)]);
      ended = Promise.withResolvers();
    }
  }
}

/** The passes that begin now, each a promise that never rejects. */
async function begin(world: PassWorld, jobs: readonly Job[], now: Millis): Promise<readonly (readonly [Job, Promise<void>])[]> {
  const { deps, session, reads, deadline } = world;
  if (now >= deadline) {
    for (const job of jobs) stop(job);
    return [];
  }
  if (session.openUntil() !== undefined) {
    // Nothing is loaded and read for a cluster that is not even tried.
    return jobs.map((job) => [job, fail(world, job, { step: "look", error: breakerIsOpen(session.spec.name) })]);
  }
  const held = await turnedAway(world, jobs);
  const begun = jobs.filter((job) => !held.includes(job));
  try {
    const gathered = await gather(deps.registry, reads, session, begun);
    return gathered.map((one) => [one.job, runPass(world, one)]);
  } catch (error) {
    return begun.map((job) => [job, fail(world, job, { step: "load", error })]);
  }
}

/** Of those whose target would be looked at: which bring nothing new, and are given no leave. */
async function turnedAway(world: PassWorld, jobs: readonly Job[]): Promise<readonly Job[]> {
  if (world.leave === undefined) return [];
  const doubtful = jobs.filter((job) => !job.isAdmitted && needsLook(job, job.loaded.registration));
  const held: Job[] = [];
  for (const job of doubtful) {
    if ((await admit(world, job)) || (await showsNews(world, job))) continue;
    hold(job);
    held.push(job);
  }
  return held;
}

/** One read of its secrets, before its target is looked at: it decides no write. What can't be read shows nothing new. */
async function showsNews({ deps, reads }: PassWorld, job: Job): Promise<boolean> {
  const told = new Set(job.requests.flatMap(({ notice, candidate }) => [notice?.reference ?? [], candidate ?? []].flat()));
  const { spec, applied } = job.loaded.registration;
  const all = [...referencesOf(spec), ...rememberedReferences(spec, applied)];
  const named = all.filter((reference) => told.has(referenceKey(reference)));
  const seen = await Promise.allSettled((named.length > 0 ? named : all).map((reference) => reads.observe(reference, NEVER)));
  for (const one of seen) if (one.status === "rejected") deps.log.debug("look for news failed", { code: codeOf(one.reason) });
  job.isAdmitted = seen.some((one) => one.status === "fulfilled" && one.value.isNew === true);
  return job.isAdmitted;
}

function firstOfEachTarget(jobs: readonly Job[]): readonly Job[] {
  const first = new Map<string, Job>();
  for (const job of jobs) if (!first.has(job.target)) first.set(job.target, job);
  return [...first.values()];
}

/** What follows from the records of a cluster's part; its failures are seen in the log, and mended by reconcile. */
export async function closeAccount({ deps, session, account }: PassWorld): Promise<void> {
  await announceBatch(deps, session.spec.name, account);
  await countMoves(deps, account.moves);
}
