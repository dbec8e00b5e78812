/**
 * Use case: takes away what a removed registration left in a cluster (PROTOCOL, Configuration changes). The order of its steps keeps
 * a late prune from touching what a new owner wrote.
 */
import { isRelayError, RelayError } from "../core/errors.ts";
import { type ClusterSpec, type KnownTarget, originOf, type Registration, type SyncRequest, targetKey } from "../core/model.ts";
import type { Cluster, RunState, SecretManifest, TargetView } from "../core/ports.ts";
import { contentionDelay } from "../core/sync/backoff.ts";
import { isExclusive } from "../core/sync/decide.ts";
import { namespaceAllowed } from "../core/sync/guard.ts";
import { CLUSTER_LABEL, fieldManager, RELEASED_MANAGER, stampAnnotation } from "../core/sync/ownership.ts";
import type { SyncOutcome } from "./outcome.ts";
import { outcomeOf, recordFailure } from "./sync-failure.ts";
import { targetOf } from "./sync-gather.ts";
import type { Done, SyncDeps } from "./sync-job.ts";
import type { Account } from "./sync-pass.ts";
import { type ClusterSession, OutOfTime, type WritingSession } from "./sync-session.ts";

export interface PruneWorld {
  readonly deps: Pick<SyncDeps, "registry" | "clock" | "log">;
  readonly session: WritingSession;
  readonly account: Pick<Account, "done" | "failures">;
}

type Prune = NonNullable<SyncRequest["prune"]>;

const MAX_TRIES = 5;
/** When reconcile looks again whether the next owner has written what it took over, or the register run has finished. */
const AWAITED_MS = 15 * 60_000;
/** When the message of a prune that met an open register run comes back: sooner than reconcile, which is for its loss. */
const UNFINISHED_MS = 60_000;
const WAITS_FOR = { awaited: "its next owner has not written it yet", unfinished: "a register run has not finished" } as const;

/** Prunes the target of a tombstone, no earlier than `notBefore`. It never throws. */
export async function pruneTarget(world: PruneWorld, request: SyncRequest, prune: Prune): Promise<SyncOutcome> {
  const { deps, session, account } = world;
  const { registry, clock, log } = deps;
  const early = prune.notBefore - clock.now();
  if (early > 0) return { kind: "again", request, delayMs: early };
  let tombstone: Registration | undefined;
  try {
    const { registrations } = await registry.load([request], []);
    tombstone = registrations.get(request.registration)?.registration;
    if (tombstone?.phase !== "tombstone" || tombstone.generation !== prune.generation) return { kind: "done", request };
    for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
      const runs = await registry.runState();
      // What is nobody's while a run is open may be for another registration of its config.
      const action = runs.isOpen ? "unfinished" : await takeAway(world, tombstone, runs);
      if (action === "awaited" || action === "unfinished") {
        // Another message of the same prune looked just now, and comes back: one of them does.
        const isDoubled = (tombstone.dueAt ?? 0) > clock.now() + AWAITED_MS - UNFINISHED_MS / 2;
        if (isDoubled) return { kind: "done", request };
        log.info("prune waits", { registration: tombstone.id, target: request.target, reason: WAITS_FOR[action] });
        const recorded = await registry.record(tombstone, { dueAt: clock.now() + AWAITED_MS });
        const isOver = action === "awaited" || recorded === "lost";
        return isOver ? { kind: "done", request } : { kind: "again", request, delayMs: UNFINISHED_MS };
      }
      if (action !== "stale") {
        await registry.dropTombstone(tombstone.id, prune.generation);
        if (action !== "nothing") account.done.push({ registration: tombstone, action, versions: {} });
        return { kind: "done", request };
      }
      await clock.sleep(contentionDelay(tries, clock.random()));
    }
    throw new RelayError("Contended", request.target);
  } catch (error) {
    if (error instanceof OutOfTime) return { kind: "again", request, delayMs: 0 };
    const outcome = outcomeOf(deps, request, error, session.openUntil());
    if (tombstone === undefined) return outcome;
    const retryAt = clock.now() + (outcome.kind === "done" ? 0 : outcome.delayMs);
    const news = await recordFailure(deps, tombstone, { step: "prune", error }, retryAt);
    // Lost: it is another generation's by now, or another worker's, whose message tells.
    if (news !== "lost" && news !== undefined) account.failures.push(news);
    return outcome;
  }
}

/** `nothing`: the target is gone, another's, or never was this registration's. `awaited`: another's, who never wrote it yet. */
async function takeAway(
  { deps, session }: PruneWorld,
  tombstone: Registration,
  runs: RunState,
): Promise<Done["action"] | "nothing" | "awaited" | "stale"> {
  const target = targetOf(tombstone);
  const { creationPolicy } = tombstone.spec.target;
  if (creationPolicy === "None") return "nothing";
  if (!namespaceAllowed(session.spec.allowedNamespaces, target.namespace)) {
    const detail = `no glob of Cluster ${session.spec.name} matches the namespace ${target.namespace}`;
    throw new RelayError("NamespaceNotAllowed", targetKey(target), { detail });
  }
  const view = await lookAt(session, tombstone);
  if (view === "missing" || !(stampAnnotation(originOf(tombstone.id)) in view.annotations)) return "nothing";
  // Read after the look: what is written below is conditional on the look.
  const claim = await claimOn(deps, tombstone, view);
  if (claim === "its own again") return "nothing";
  if (claim === "awaited") return "awaited";
  // A run that began after the first look at them may have freed the target, and give it to another before it ends.
  if (claim === "nobody's" && (await deps.registry.runState()).generation !== runs.generation) return "stale";
  // A controller that made the Secret its own since keeps it.
  if (claim === "nobody's" && creationPolicy === "Owner" && view.controller === undefined) {
    // Whatever the deletionPolicy: with ESO the removal of an ExternalSecret has its Secret garbage-collected.
    const removed = await session.write(target.namespace, (cluster) => cluster.remove(target, view));
    return removed === "stale" ? "stale" : "deleted";
  }
  const keepsData = claim === "nobody's" ? keepsItsData(tombstone, view) : leavesItsData(tombstone, claim, view);
  const left = await session.write(target.namespace, async (cluster) => {
    const known = keepsData ? await handOver(cluster, tombstone, view) : view;
    return known === "stale" ? "stale" : release(cluster, { tombstone, spec: session.spec }, known);
  });
  // Released all the same: the marks of who is gone would stay for ever.
  return claim === "nobody's" || left === "stale" ? left : "nothing";
}

/** The data of an immutable Secret can't be taken out of it either. */
function keepsItsData({ id, spec }: Registration, { immutableBy }: TargetView): boolean {
  return isExclusive(spec.target.creationPolicy) || immutableBy.includes(fieldManager(originOf(id)));
}

/**
 * To a new owner, who applies of it what it wants. An owner that keeps what it found, since its secret is deleted, applied none of it: what
 * only the tombstone's manager holds would go with its marks, but must stay where either of the two is an Orphan.
 */
function leavesItsData(tombstone: Registration, claim: Claim, view: TargetView): boolean {
  return (claim === "an Orphan's" || tombstone.spec.target.creationPolicy === "Orphan") && holdsAlone(tombstone, view);
}

/** A namespace that is gone took the target with it. */
async function lookAt(session: ClusterSession, tombstone: Registration): Promise<TargetView | "missing"> {
  try {
    return await session.call((cluster) => cluster.look(targetOf(tombstone)));
  } catch (error) {
    if (isRelayError(error) && error.code === "NamespaceMissing") return "missing";
    throw error;
  }
}

type Claim = "nobody's" | "another's" | "an Orphan's" | "its own again" | "awaited";

/**
 * Owned by another now; or the registration that left this target came back to it, under the same manager and stamp. `awaited`: the
 * new owner's stamp is not on it, so that its own tombstone, should it go first, would know nothing of what is left here; and where it was
 * deleted since that one wrote it, and made once more by a late worker of the tombstone's, the tombstone's stamp shows the owner that.
 * An Orphan that never wrote it need not know: what is here stays.
 */
async function claimOn({ registry }: Pick<SyncDeps, "registry">, tombstone: Registration, { annotations }: TargetView): Promise<Claim> {
  const target = targetKey(targetOf(tombstone));
  const origin = originOf(tombstone.id);
  const [owner, { registrations }] = await Promise.all([registry.owner(target), registry.load([{ registration: origin, target }], [])]);
  const now = registrations.get(origin)?.registration;
  if (now?.phase === "live" && targetKey(targetOf(now)) === target) return "its own again";
  if (owner === undefined) return "nobody's";
  const loaded = await registry.load([{ registration: owner, target }], []);
  const next = loaded.registrations.get(owner)?.registration;
  const isOrphan = next?.spec.target.creationPolicy === "Orphan";
  const isUnwritten = next?.appliedGeneration === undefined;
  if (isOrphan && isUnwritten) return "an Orphan's";
  // One that came back may have its old stamp on what another wrote since.
  if (isUnwritten || !(stampAnnotation(owner) in annotations)) return "awaited";
  return isOrphan ? "an Orphan's" : "another's";
}

function holdsAlone({ id }: Registration, { dataKeys }: TargetView): boolean {
  const manager = fieldManager(originOf(id));
  const others = new Set(dataKeys.flatMap((entry) => (entry.manager === manager ? [] : entry.keys)));
  return dataKeys.some((entry) => entry.manager === manager && entry.keys.some((key) => !others.has(key)));
}

/** Data that stays is handed to a manager that never applies again. */
async function handOver(cluster: Cluster, { spec }: Registration, view: TargetView): Promise<KnownTarget | "stale"> {
  const taken = await cluster.takeOver(targetOf({ spec }), RELEASED_MANAGER, view);
  return taken.kind === "stale" ? "stale" : taken.known;
}

interface Leaving {
  readonly tombstone: Registration;
  /** Of the cluster. */
  readonly spec: ClusterSpec;
}

/**
 * An empty apply drops all that is the registration's alone: its marks, so that the version moves, and under Merge and
 * CreateOrMerge its data. Under label confinement the cluster's label stays: its policy lets nobody of the relay take it off, since whoever
 * could take it off could also hide what the relay wrote.
 */
async function release(
  cluster: Cluster,
  { tombstone: { id, spec }, spec: { name, confine } }: Leaving,
  known: KnownTarget,
): Promise<"released" | "stale"> {
  const type = spec.target.template?.type;
  const nothing: SecretManifest = {
    namespace: spec.namespace,
    name: spec.target.name,
    // A Secret's type can't change, and a type that nobody applies any more would.
    ...(type === undefined || type === "" ? {} : { type }),
    labels: confine === "label" ? { [CLUSTER_LABEL]: name } : {},
    annotations: {},
    data: new Map(),
  };
  const { uid, resourceVersion } = known;
  const written = await cluster.apply(nothing, fieldManager(originOf(id)), { kind: "update", uid, resourceVersion });
  return written.kind === "stale" ? "stale" : "released";
}
