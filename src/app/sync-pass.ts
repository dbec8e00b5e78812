/** One pass over one registration: reads, writes, records and finishes; whatever fails ends in an outcome or in another pass. */
import { isRelayError, RelayError } from "../core/errors.ts";
import type { Millis, Registration } from "../core/model.ts";
import { needsNamespaceLabels, requireAdmitted } from "../core/stores/stores.ts";
import { contentionDelay } from "../core/sync/backoff.ts";
import { passed } from "../core/sync/freshness.ts";
import { isFrozen, keepsVersions } from "../core/sync/refresh.ts";
import type { Observed } from "./observe-reference.ts";
import type { Leave, SyncOutcome } from "./outcome.ts";
import { type FailureNews, outcomeOf, recordFailure } from "./sync-failure.ts";
import { finish, lookAgain, parked } from "./sync-finish.ts";
import { settleFrozen } from "./sync-frozen.ts";
import type { Gathered } from "./sync-gather.ts";
import {
  codeOf,
  type Done,
  type Failure,
  type Job,
  type Move,
  owing,
  type Pass,
  type Result,
  type SyncDeps,
  type Trail,
  unsettled,
} from "./sync-job.ts";
import type { Reads } from "./sync-reads.ts";
import { OutOfTime, type WritingSession } from "./sync-session.ts";
import { readSources, remember } from "./sync-sources.ts";
import { writeTarget } from "./sync-write.ts";
import { takeTurn } from "./target-turns.ts";

/** What a cluster's part of a batch did, for the events and the propagations at its end. */
export interface Account {
  readonly done: Done[];
  readonly moves: (Move & { readonly registration: Registration })[];
  readonly failures: FailureNews[];
}

export interface PassWorld {
  readonly deps: SyncDeps;
  readonly session: WritingSession;
  readonly reads: Reads;
  readonly account: Account;
  readonly deadline: Millis;
  /** @default always given */
  readonly leave?: Leave | undefined;
}

/** More than that is a fight with another writer, which a longer wait must end. */
const MAX_TRIES = 5;

/** Ends with an outcome for each request of the job, or with a job that is ready for another pass. It never throws. */
export async function runPass(world: PassWorld, gathered: Gathered): Promise<void> {
  const { job } = gathered;
  job.isUsed = true;
  switch (gathered.kind) {
    case "not ours":
      return settle(job);
    case "moved":
      return passAgain(world, job);
    case "failed":
      return failOrStop(world, job, gathered.failure);
    case "ready": {
      const trail: Trail = { step: "read" };
      try {
        await sync(world, job, gathered.pass, trail);
      } catch (error) {
        await failOrStop(world, job, { ...trail, error });
      }
    }
  }
}

async function sync(world: PassWorld, job: Job, pass: Pass, trail: Trail): Promise<void> {
  const { deps, session, reads, deadline } = world;
  const { registration } = pass;
  // Before anything of a source is read: the config was checked by names, but what a namespace is labelled only its cluster knows.
  const { spec } = registration;
  requireAdmitted(spec, needsNamespaceLabels(spec) ? await session.namespaceLabels(spec.namespace) : {});
  if (keepsVersions(registration, deps.clock.now())) {
    const frozen = await settleFrozen(deps, reads, pass, unsettled(job));
    if (frozen !== undefined) {
      trail.step = "record";
      return (await record(world, registration, frozen, [])) === "lost" ? passAgain(world, job) : settle(job);
    }
  }

  const sources = await readSources(reads, registration, { after: job.readAfter, requests: unsettled(job), bounds: deps.bounds });
  job.isFree ||= sources.observed.some((one) => one.isNew === true || registration.applied[one.reference]?.versionId !== one.versionId);
  trail.answered = sources.answered;
  const remembered = await remember(deps.registry, registration, sources);
  if (remembered === "lost") return passAgain(world, job);
  job.loaded = { ...job.loaded, registration: remembered };
  const result = await writeTarget(deps, session, { ...pass, registration: remembered }, sources, trail);
  if (result === "stale") return passAgain(world, job);
  trail.step = "record";
  const recorded = await record(world, remembered, result, sources.observed);
  if (recorded === "lost") return passAgain(world, job);
  if (recorded === "unseen") {
    job.verify = true;
    await takeTurn(world, job);
    return;
  }
  // The word of the registry holds for what comes: it was recorded just now.
  job.verify = false;
  const isWaiting = result.change.applied === undefined;
  if (isWaiting || isFrozen(spec)) return settle(job);
  finish(job, sources.answered, { now: deps.clock.now(), uptime: deps.clock.uptime(), deadline, bounds: deps.bounds });
  if (owing(job).length > 0 && !(await admitLooks(world, job))) hold(job);
}

/** Asks for leave to look again at a store that does not show yet what was told of it. */
async function admitLooks({ leave }: Pick<PassWorld, "leave">, job: Job): Promise<boolean> {
  job.mayLookAgain ||= job.isFree || leave === undefined || (await leave());
  return job.mayLookAgain;
}

/** Ends it: what is served is done, and what is not is left to whoever gives no leave. */
function hold(job: Job): void {
  for (const request of owing(job)) job.outcomes.set(request, { kind: "held", request, delayMs: 0 });
}

/**
 * Records what a pass did; what is left out, since nobody would read it, counts as recorded. `unseen`: a propagation would be called
 * done by the registry's word alone, which a worker that died between its write and its record made wrong: a look must come first.
 */
async function record(
  { deps, reads, account }: PassWorld,
  registration: Registration,
  result: Result,
  observed: readonly Observed[],
): Promise<"recorded" | "lost" | "unseen"> {
  const moves = movesOf(registration, result);
  const isTarget = registration.spec.target.creationPolicy !== "None";
  if (result.isByWord && isTarget && (await passesPropagation(reads, moves, observed))) return "unseen";
  if (!result.isByWord || changesFacts(registration, result)) {
    const recorded = await deps.registry.record(registration, result.change);
    if (recorded === "lost") return "lost";
    for (const { reference, before, after } of moves) account.moves.push({ reference, before, after, registration: recorded });
  }
  if (result.done !== undefined) account.done.push({ registration, ...result.done });
  return "recorded";
}

function movesOf({ applied }: Registration, { change }: Result): readonly Move[] {
  const moves: Move[] = [];
  for (const [reference, after] of Object.entries(change.applied ?? {})) {
    const before = applied[reference];
    if (after.asOf > (before?.asOf ?? -1)) moves.push({ reference, before, after });
  }
  return moves;
}

function changesFacts({ status, generation, appliedGeneration, applied }: Registration, { change }: Result): boolean {
  if (status.state !== change.status?.state || status.failures > 0) return true;
  if (change.applied === undefined) return false;
  const isSame =
    Object.keys(applied).length === Object.keys(change.applied).length &&
    Object.entries(change.applied).every(([reference, { versionId }]) => applied[reference]?.versionId === versionId);
  return appliedGeneration !== generation || !isSame;
}

/**
 * A keep by the registry's word changes nothing but asOf, which only propagations read. One that opens later needs nothing now: it
 * is opened before anybody is woken for it, so its own request comes here again.
 */
async function passesPropagation(reads: Reads, moves: readonly Move[], observed: readonly Observed[]): Promise<boolean> {
  for (const { reference, before, after } of moves) {
    const answer = observed.find((one) => one.reference === reference);
    const open = answer === undefined ? [] : await reads.openPropagations(answer);
    if (open.some((one) => passed(before, one) === undefined && passed(after, one) !== undefined)) return true;
  }
  return false;
}

/** Nothing more is owed to any of its requests. */
function settle(job: Job): void {
  for (const request of unsettled(job)) job.outcomes.set(request, { kind: "done", request });
}

/** Somebody wrote in between: everything is read again, the target first. */
async function passAgain(world: PassWorld, job: Job): Promise<void> {
  const { clock } = world.deps;
  job.tries += 1;
  job.verify = true;
  if (job.tries < MAX_TRIES) {
    job.readyAt = clock.uptime() + contentionDelay(job.tries, clock.random());
    return;
  }
  await fail(world, job, { step: "apply", error: new RelayError("Contended", job.target) });
}

/** What it failed with is recorded and tried again, where it is the job's turn. It never throws. */
export async function failOrStop(world: PassWorld, job: Job, failure: Failure): Promise<void> {
  const { deps, deadline } = world;
  const { error } = failure;
  if (error instanceof OutOfTime) return stop(job);
  if (!(await mayFail(world, job))) return;
  // The store announced a version that it can't give yet: the same lag that a quick look again is for.
  const isLag = isRelayError(error) && error.code === "SourceLagging" && unsettled(job).some(({ notice }) => notice !== undefined);
  if (isLag && lookAgain(job, deps.clock.uptime(), deadline)) return;
  await fail(world, job, failure);
}

/** Where nobody can say whose turn it is, it is one failure more: the first one is what counts. */
async function mayFail(world: PassWorld, job: Job): Promise<boolean> {
  try {
    return await takeTurn(world, job);
  } catch (error) {
    world.deps.log.warn("no word of the turn", { registration: job.id, code: codeOf(error) });
    return true;
  }
}

/** Records it, and gives each request its outcome; a record that is lost means another pass, while there are tries. */
export async function fail(world: PassWorld, job: Job, failure: Failure): Promise<void> {
  const { deps, session, account } = world;
  const { clock } = deps;
  const requests = unsettled(job);
  const outcomes = requests.map((request): SyncOutcome => {
    const outcome = outcomeOf(deps, request, failure.error, session.openUntil());
    const isParked = outcome.kind === "done" && failure.answered !== undefined;
    return isParked ? parked(request, failure.answered, { now: clock.now(), bounds: deps.bounds }) : outcome;
  });
  const delayMs = Math.max(0, ...outcomes.map((outcome) => (outcome.kind === "done" ? 0 : outcome.delayMs)));
  const news = await recordFailure(deps, job.loaded.registration, failure, clock.now() + delayMs);
  if (news === "lost" && job.tries < MAX_TRIES - 1) return passAgain(world, job);
  if (news !== "lost" && news !== undefined) account.failures.push(news);
  for (const [index, request] of requests.entries()) job.outcomes.set(request, outcomes[index] ?? { kind: "done", request });
}

/** The time is up before it was done: it is asked for again at once, and no attempt is counted. */
export function stop(job: Job): void {
  for (const request of unsettled(job)) {
    job.outcomes.set(request, { kind: "again", request: { ...request, verify: request.verify || job.verify }, delayMs: 0 });
  }
}
