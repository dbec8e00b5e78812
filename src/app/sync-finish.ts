/** When a request is served, and when to look again where it is not. No I/O: what it finds it leaves with the job. */
import type { Millis, SyncRequest } from "../core/model.ts";
import { lookAgainDelay, messageDelay } from "../core/sync/backoff.ts";
import { type FreshnessBounds, serves, settledAfter } from "../core/sync/freshness.ts";
import type { SyncOutcome } from "./outcome.ts";
import { type Job, unsettled } from "./sync-job.ts";
import type { Answered } from "./sync-sources.ts";

export interface Now {
  readonly now: Millis;
  /** Of the process, as is the deadline. */
  readonly uptime: Millis;
  readonly deadline: Millis;
  readonly bounds: FreshnessBounds;
}

/**
 * Gives each request its outcome. One with a notice that the store does not show yet is left without for a quick look again, while
 * the time allows.
 */
export function finish(job: Job, answered: readonly Answered[], { now, uptime, deadline, bounds }: Now): void {
  const past = toBeLookedPast(answered);
  const announced: SyncRequest[] = [];
  for (const request of unsettled(job)) {
    const unserved = unservedBy(answered, request);
    const isServed = unserved.length === 0;
    if (request.notice !== undefined && !isServed) announced.push(request);
    else
      job.outcomes.set(
        request,
        isServed && past < 0 ? { kind: "done", request } : settledLater(request, past, now, widest(unserved, bounds)),
      );
  }
  if (announced.length === 0 || lookAgain(job, uptime, deadline)) return;
  for (const request of announced) job.outcomes.set(request, announcedLater(request, now, bounds));
}

/**
 * The outcome of a request whose registration can't be written with these answers, for a cause that only somebody's act can mend: done
 * where it is served, else asked for again, since the answer that is still to come may be that act.
 */
export function parked(request: SyncRequest, answered: readonly Answered[], { now, bounds }: Pick<Now, "now" | "bounds">): SyncOutcome {
  const past = toBeLookedPast(answered);
  const unserved = unservedBy(answered, request);
  const isServed = unserved.length === 0;
  if (request.notice !== undefined && !isServed) return announcedLater(request, now, bounds);
  return isServed && past < 0 ? { kind: "done", request } : settledLater(request, past, now, widest(unserved, bounds));
}

/** The moment that one look more must get past; negative where there is none. */
function toBeLookedPast(answered: readonly Answered[]): Millis {
  let past = -1;
  for (const { lookAgainPast = -1 } of answered) if (lookAgainPast > past) past = lookAgainPast;
  return past;
}

/**
 * What has not got past the request's need. A listing is owed only to whoever was told of no secret; tags that keep a rule from the very
 * secret that a notice tells of must be as fresh as the notice's own version.
 */
function unservedBy(answered: readonly Answered[], request: SyncRequest): readonly Answered[] {
  return answered.filter((answer) => {
    if (answer.listedWithin !== undefined && (request.candidate !== undefined || request.notice !== undefined)) return false;
    const isDenied = answer.denies !== undefined && answer.denies === request.notice?.reference;
    return isDenied ? answer.asOf <= request.need : !serves(answer, request);
  });
}

/** By when a look again sees all that it is for: listings lag longest. */
function widest(unserved: readonly Answered[], bounds: FreshnessBounds): FreshnessBounds {
  return unserved.reduce(
    (wide, { listedWithin }) => (listedWithin !== undefined && listedWithin.visibilityMs > wide.visibilityMs ? listedWithin : wide),
    bounds,
  );
}

/** Makes the job ready for a quick look again, while the time allows. */
export function lookAgain(job: Job, uptime: Millis, deadline: Millis): boolean {
  const delayMs = lookAgainDelay(job.looks);
  if (uptime + delayMs >= deadline) return false;
  job.looks += 1;
  job.readyAt = uptime + delayMs;
  return true;
}

/** The notice stays: the version that it names serves at once, whenever the store shows it. */
function announcedLater(request: SyncRequest, now: Millis, bounds: FreshnessBounds): SyncOutcome {
  const { attempt, need } = request;
  return {
    kind: "again",
    request: { ...request, verify: false, attempt: attempt + 1 },
    delayMs: messageDelay(attempt, need, now, bounds),
  };
}

/**
 * Nobody knows which version is waited for, so one look at the moment from when on every read qualifies is enough. A notice that is
 * served already has no say in it: what is to be looked past may be another reference's.
 */
function settledLater({ notice, ...request }: SyncRequest, past: Millis, now: Millis, bounds: FreshnessBounds): SyncOutcome {
  const need = notice === undefined ? Math.max(request.need, past) : past;
  return { kind: "again", request: { ...request, verify: false, need }, delayMs: Math.max(0, settledAfter(need, bounds) - now) };
}
