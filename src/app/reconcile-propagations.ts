/** Settles the propagations that no record closed, and wakes the targets that keep one open. */
import { isRelayError } from "../core/errors.ts";
import { type Interest, type Millis, type Propagation, type Registration, type SyncRequest } from "../core/model.ts";
import type { Clock, Log, Queue, Registry } from "../core/ports.ts";
import { latestMoment } from "../core/secret-change.ts";
import { passed } from "../core/sync/freshness.ts";
import { isFrozen, keepsVersions } from "../core/sync/refresh.ts";
import { concurrently, pagesOf } from "./concurrently.ts";
import { readersOf, readsFor, willFind } from "./readers.ts";

export interface PropagationSweepDeps {
  readonly registry: Pick<Registry, "unfinishedPropagations" | "openPropagations" | "interests" | "findRules" | "load" | "record">;
  readonly queue: Queue;
  readonly log: Log;
  readonly clock: Clock;
  /** Recounts; closes and announces where that is due. */
  readonly settlePropagation: (propagation: Propagation) => Promise<void>;
}

const LIMIT = 500;
const CONCURRENCY = 4;
const LOAD_SIZE = 100;

/** For so long whoever was woken is left to its message, before it is woken again. */
export const WOKEN_HEAD_START_MS = 5 * 60_000;

/** @returns how many were looked at; one that fails is logged and left for the next run */
export async function settlePropagations(deps: PropagationSweepDeps, deadline: Millis): Promise<number> {
  const { registry, clock, log, settlePropagation } = deps;
  const unfinished = await registry.unfinishedPropagations(LIMIT);
  // From another place each time: those that a dead cluster keeps open must not use up every run.
  const start = Math.floor(clock.random() * unfinished.length);
  let settled = 0;
  await concurrently([...unfinished.slice(start), ...unfinished.slice(0, start)], CONCURRENCY, async (propagation) => {
    if (clock.uptime() >= deadline) return;
    try {
      await settlePropagation(propagation);
      if (propagation.phase === "open" && clock.now() - propagation.openedAt >= WOKEN_HEAD_START_MS) await wakeMissing(deps, propagation);
      settled += 1;
    } catch (error) {
      log.warn("propagation not settled", { code: isRelayError(error) ? error.code : "Unclassified" });
    }
  });
  return settled;
}

async function wakeMissing(deps: PropagationSweepDeps, propagation: Propagation): Promise<void> {
  const { registry, queue, log } = deps;
  const { reference, versionId, at } = propagation;
  const open = await registry.openPropagations(reference);
  if (!open.some((one) => one.versionId === versionId && one.at === at)) return;
  for await (const readers of readersOf(registry, reference)) {
    for (const page of pagesOf(readers, LOAD_SIZE)) {
      const missing = await claimMissing(deps, propagation, page);
      if (missing.length === 0) continue;
      log.info("woken again", { requests: missing.length });
      await queue.send(missing, { delayMs: 0 });
    }
  }
}

/** Claimed by the record of their next due time, so that no run a minute later wakes them once more. */
async function claimMissing(
  { registry, clock }: PropagationSweepDeps,
  propagation: Propagation,
  interests: readonly Omit<Interest, "reference">[],
): Promise<readonly SyncRequest[]> {
  const { registrations } = await registry.load(interests, []);
  const nextDue = clock.now() + WOKEN_HEAD_START_MS;
  const requests = await concurrently(interests, CONCURRENCY, async ({ registration: id, cluster, target }) => {
    const registration = registrations.get(id)?.registration;
    // One that its sync windows hold back is due when they open.
    if (registration === undefined || keepsVersions(registration, clock.now())) return [];
    if (!isMissing(registration, propagation) || isDueBefore(registration, nextDue)) return [];
    if ((await registry.record(registration, { dueAt: nextDue })) === "lost") return [];
    const candidate = readsFor(registration, propagation.reference) ? {} : { candidate: propagation.reference };
    return [{ registration: id, cluster, target, ...candidate, need: latestMoment(propagation), verify: false, attempt: 0 }];
  });
  return requests.flat();
}

/** A failing one is tried again by its own due time: parked means that no schedule but its own wakes it. */
function isMissing(registration: Registration, propagation: Propagation): boolean {
  const { phase, spec, applied, status } = registration;
  const { reference } = propagation;
  const isExpected = phase === "live" && !isFrozen(spec) && (readsFor(registration, reference) || willFind(registration, reference));
  return isExpected && status.state !== "Error" && passed(applied[reference], propagation) === undefined;
}

function isDueBefore({ dueAt }: Registration, moment: Millis): boolean {
  return dueAt !== undefined && dueAt <= moment;
}
