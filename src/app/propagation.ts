/** Propagations: counted by whoever's own record moved past one, ended by a recount only, announced once it is closed. */
import {
  type Millis,
  type Propagation,
  type PropagationId,
  parseReferenceKey,
  type ReferenceKey,
  type Registration,
} from "../core/model.ts";
import type { Bus, Clock, Log, Registry } from "../core/ports.ts";
import { passed } from "../core/sync/freshness.ts";
import { heldUntil, keepsVersions } from "../core/sync/refresh.ts";
import { pagesOf } from "./concurrently.ts";
import { readersOf, readsFor, willFind } from "./readers.ts";
import { publish } from "./sync-announce.ts";
import { codeOf, type Move, nameOf } from "./sync-job.ts";

export interface PropagationDeps {
  readonly registry: Pick<
    Registry,
    | "openPropagations"
    | "countPropagation"
    | "openPropagation"
    | "closePropagation"
    | "markAnnounced"
    | "interests"
    | "findRules"
    | "head"
    | "load"
  >;
  readonly bus: Bus;
  readonly log: Log;
  readonly clock: Pick<Clock, "now">;
}

const LOAD_SIZE = 100;

/**
 * Counts the moves of one batch in one cluster. A crash before it can only count too little (a recount makes it good), so a failure
 * here is logged and fails nothing.
 */
export async function countMoves(deps: PropagationDeps, moves: readonly Move[]): Promise<void> {
  await Promise.all(
    [...Map.groupBy(moves, ({ reference }) => reference)].map(async ([reference, ofReference]) => {
      try {
        await countReference(deps, reference, ofReference);
      } catch (error) {
        deps.log.warn("propagation not counted", { code: codeOf(error), name: nameOf(error) });
      }
    }),
  );
}

async function countReference(deps: PropagationDeps, reference: ReferenceKey, moves: readonly Move[]): Promise<void> {
  for (const propagation of await deps.registry.openPropagations(reference)) {
    const past = moves.filter(({ before, after }) => passed(before, propagation) === undefined && passed(after, propagation) !== undefined);
    if (past.length === 0) continue;
    const done = past.filter(({ after }) => passed(after, propagation) === "done").length;
    const counted = await deps.registry.countPropagation(propagation, { done, superseded: past.length - done });
    if (counted?.phase === "open" && counted.done + counted.superseded >= counted.expected) await settlePropagation(deps, counted);
  }
}

/**
 * Recounts an open propagation, and closes and announces it where every expected target got past it; announces a closed one that
 * nobody is known to have announced. @throws RegistryUnavailable
 */
export async function settlePropagation(deps: PropagationDeps, propagation: Propagation): Promise<void> {
  const { registry, clock } = deps;
  if (propagation.phase === "closed") {
    if (!propagation.announced) await announce(deps, propagation, clock.now());
    return;
  }
  const { expected, done, superseded } = await recount(deps, propagation);
  if (done + superseded < expected) {
    // Opened without a count by whoever moved HEAD: with one, the batches to come need not recount each time.
    const { openedAt } = propagation;
    if (propagation.expected === 0) await registry.openPropagation(idOf(propagation), { openedAt, expected });
    return;
  }
  const closedAt = clock.now();
  const isOurs = await registry.closePropagation(idOf(propagation), { expected, done, superseded, closedAt });
  if (isOurs) await announce(deps, { ...propagation, expected, done, superseded }, closedAt);
}

/** Exact, from the registrations themselves: who is expected, and whose record got past the propagation. */
async function recount(
  { registry, clock }: PropagationDeps,
  id: PropagationId,
): Promise<{ readonly expected: number; readonly done: number; readonly superseded: number }> {
  const { reference } = id;
  const count = { expected: 0, done: 0, superseded: 0 };
  let isAbsent: Promise<boolean> | undefined;
  for await (const readers of readersOf(registry, reference)) {
    for (const page of pagesOf(readers, LOAD_SIZE)) {
      const { registrations } = await registry.load(page, []);
      for (const { registration } of registrations.values()) {
        if (!isExpected(registration, id, clock.now())) continue;
        if (!readsFor(registration, reference)) {
          // A rule forgets a secret that is gone, and finds none: only one that is there is still to come to it.
          isAbsent ??= isKnownAbsent(registry, reference);
          if (!willFind(registration, reference) || (await isAbsent)) continue;
        }
        count.expected += 1;
        const state = passed(registration.applied[reference], id);
        if (state !== undefined) count[state] += 1;
      }
    }
  }
  return count;
}

/**
 * Who has no target to hold it is not waited for: creationPolicy None, Merge without a Secret. Nor is a frozen registration, which
 * takes no new version, unless it took this one. One that its sync windows hold back is waited for, unless they never open.
 */
function isExpected(registration: Registration, id: PropagationId, now: Millis): boolean {
  const { reference } = id;
  const { phase, spec, status, applied } = registration;
  if (phase !== "live" || spec.target.creationPolicy === "None" || status.state === "SecretMissing") return false;
  const takesNone = keepsVersions(registration, now) && typeof heldUntil(registration, now) !== "number";
  return !takesNone || passed(applied[reference], id) !== undefined;
}

async function isKnownAbsent(registry: Pick<Registry, "head">, reference: ReferenceKey): Promise<boolean> {
  return (await registry.head(reference))?.versionId === "absent";
}

async function announce(deps: PropagationDeps, propagation: Propagation, closedAt: Millis): Promise<void> {
  const { reference, versionId, at, expected, done, superseded } = propagation;
  const { provider, account, region, key } = parseReferenceKey(reference);
  const counts = { expected, done, superseded };
  const times = { changedAt: new Date(at).toISOString(), closedAt: new Date(closedAt).toISOString() };
  const detail = { provider, account, region, key, versionId, ...counts, ...times };
  // That nobody was left to get it is no news.
  const isAnnounced = expected === 0 || (await publish(deps, [{ type: "Secret Propagated", detail }]));
  if (isAnnounced) await deps.registry.markAnnounced(idOf(propagation), deps.clock.now());
}

function idOf({ reference, versionId, at }: PropagationId): PropagationId {
  return { reference, versionId, at };
}
