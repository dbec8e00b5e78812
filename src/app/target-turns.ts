/**
 * How often events may have a target looked at or tried. What nothing new calls for waits for the registration's turn, once in a quiet time
 * whatever secrets the events are of; one look stands for all that wait for the same turn.
 */
import type { Millis, SyncRequest } from "../core/model.ts";
import type { Turn } from "../core/ports.ts";
import { needsNamespaceLabels } from "../core/stores/stores.ts";
import { QUIET_MS } from "../core/sync/backoff.ts";
import { keepsVersions } from "../core/sync/refresh.ts";
import { codeOf, type Job, owing, type SyncDeps } from "./sync-job.ts";
import type { Reads } from "./sync-reads.ts";
import { readSources, remember } from "./sync-sources.ts";

interface TurnWorld {
  readonly deps: SyncDeps;
  readonly reads: Reads;
}

/** Before any read of the batch: whatever was read already will do. */
const NEVER = -1;

/**
 * Whether the job's target may be looked at or tried now; where not, each of its requests has its outcome.
 * `versions`: those that it would be tried with; where they are not those of the last turn, it is its turn.
 * @throws as Registry
 */
export async function takeTurn({ deps: { registry, clock } }: TurnWorld, job: Job, versions?: string): Promise<boolean> {
  if (job.isFree || job.hasTurn) return true;
  const asking = owing(job);
  const by = [...new Set(asking.flatMap(({ event }) => event ?? []))];
  const need = Math.max(0, ...asking.map((request) => request.need));
  const now = clock.now();
  const turn = await registry.claimTurn(job.id, { by, need, now, quietMs: QUIET_MS, versions });
  if (turn.kind === "later") wait(job, asking, turn, now);
  else job.hasTurn = true;
  return job.hasTurn;
}

/** As `takeTurn`, by what the stores show now: one read of each, which decides no write. */
export async function takeTurnByVersions(world: TurnWorld, job: Job): Promise<boolean> {
  return takeTurn(world, job, await versionsFor(world, job));
}

/** Undefined where they can't be read, or must not be before more is known. What was found for the first time is remembered. */
async function versionsFor({ deps, reads }: TurnWorld, job: Job): Promise<string | undefined> {
  const { registry, hasher, clock, bounds, log } = deps;
  const { registration } = job.loaded;
  if (needsNamespaceLabels(registration.spec) || keepsVersions(registration, clock.now())) return undefined;
  try {
    const sources = await readSources(reads, registration, { after: NEVER, requests: owing(job), bounds, isUnlisted: true });
    const remembered = await remember(registry, registration, sources);
    if (remembered === "lost") return undefined;
    job.loaded = { ...job.loaded, registration: remembered };
    const versions = sources.observed.map(({ reference, versionId }) => [reference, versionId]);
    return hasher.hash(new TextEncoder().encode(JSON.stringify(versions.toSorted(([a = ""], [b = ""]) => (a < b ? -1 : 1)))));
  } catch (error) {
    log.debug("look for news failed", { registration: job.id, code: codeOf(error) });
    return undefined;
  }
}

/** One look stands for all of them, and for those of other events that wait. */
function wait(job: Job, asking: readonly SyncRequest[], { at, isOurs, need }: Extract<Turn, { kind: "later" }>, now: Millis): void {
  for (const request of asking) job.outcomes.set(request, { kind: "done", request });
  const [first] = asking;
  if (!isOurs || first === undefined) return;
  const { notice, ...rest } = { ...first, verify: job.verify };
  const look = { ...rest, need };
  const delayMs = Math.max(0, at - now);
  // The store may not show yet what its own notice tells: it is kept, as that of the first that has to wait.
  job.outcomes.set(
    first,
    notice === undefined
      ? { kind: "again", request: look, delayMs }
      : { kind: "again", request: { ...rest, notice }, delayMs, look: { ...look, candidate: notice.reference } },
  );
}
