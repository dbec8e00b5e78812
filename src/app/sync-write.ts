/** The second half of a pass: renders, decides and writes one target. What it returns is still to be recorded. */
import { RelayError } from "../core/errors.ts";
import {
  type AppliedVersion,
  type Millis,
  type ReferenceKey,
  type Registration,
  type RegistrationState,
  type RegistrationStatus,
  type Target,
  targetKey,
} from "../core/model.ts";
import type { Cluster, Hasher, SecretManifest, SourceAnswer, TargetView, WriteResult } from "../core/ports.ts";
import { collectData } from "../core/sync/data.ts";
import { type Decision, decide, type Gathered, isExclusive, isIntact } from "../core/sync/decide.ts";
import { CREATED_BY_LABEL, createdBy, DATA_HASH_ANNOTATION, MANAGED_LABEL } from "../core/sync/eso.ts";
import { guardTarget } from "../core/sync/guard.ts";
import { CLUSTER_LABEL, fieldManager, stamp, stampAnnotation } from "../core/sync/ownership.ts";
import { nextDue } from "../core/sync/refresh.ts";
import { canonicalBytes, renderTarget, withBookkeeping } from "../core/sync/render.ts";
import type { Observed } from "./observe-reference.ts";
import { targetOf } from "./sync-gather.ts";
import type { Done, Pass, Result, SyncDeps, Trail } from "./sync-job.ts";
import type { ClusterSession } from "./sync-session.ts";
import type { Sources } from "./sync-sources.ts";

type WriteDeps = Pick<SyncDeps, "hasher" | "clock" | "timing">;

/**
 * `sources` holds an answer, read after the target's version was known, for each reference. `stale`: somebody wrote the target
 * meanwhile, and all of it has to be read again.
 */
export async function writeTarget(
  deps: WriteDeps,
  session: ClusterSession,
  pass: Pass,
  { observed, found }: Pick<Sources, "observed" | "found">,
  trail: Trail,
): Promise<Result | "stale"> {
  const { registration, seen } = pass;
  trail.step = "render";
  const answers = new Map(observed.map(({ reference, answer }) => [reference, answer]));
  const manifest = stayingImmutable(renderStamped(deps.hasher, registration, answers, found), registration, seen);
  if (registration.spec.target.creationPolicy !== "None") guardTarget(manifest, session.spec);
  const versions = Object.fromEntries(observed.map(({ reference, versionId }) => [reference, versionId]));
  const gathered: Gathered = { registration, seen, versions, manifest, adopts: session.spec.adopt === true };
  const decision = decide(gathered);

  trail.step = "apply";
  switch (decision.action) {
    case "refuse":
      throw new RelayError(decision.code, targetKey(targetOf(registration)), { detail: decision.reason });
    case "wait":
      return { change: { known: null, ...recordOf(deps, registration, "SecretMissing") }, isByWord: false };
    case "keep":
      return keep(deps, gathered, observed);
    default:
      return write(deps, session, gathered, decision, observed);
  }
}

/** The target as it shall be, with the registration's stamp and the marks of the relay and of ESO. @throws as collectData */
export function renderStamped(
  hasher: Hasher,
  { id, spec, generation }: Registration,
  answers: ReadonlyMap<ReferenceKey, SourceAnswer>,
  found?: Sources["found"],
): SecretManifest {
  const data = collectData(spec, answers, { found });
  const bare = renderTarget(spec, data);
  const hash = hasher.hash(canonicalBytes(bare));
  const { creationPolicy } = spec.target;
  const owner = creationPolicy === "Owner" ? { [CREATED_BY_LABEL]: createdBy(spec) } : {};
  // Of the target too, so that equal values elsewhere can't be told; none where others have data in it, which is not known here.
  const target = { namespace: spec.namespace, name: spec.target.name, labels: {}, annotations: {}, data };
  const dataHash = isExclusive(creationPolicy) ? { [DATA_HASH_ANNOTATION]: hasher.hash(canonicalBytes(target)) } : {};
  return withBookkeeping(bare, {
    labels: { [CLUSTER_LABEL]: spec.cluster, [MANAGED_LABEL]: "true", ...owner },
    annotations: { [stampAnnotation(id)]: stamp(generation, hash), ...dataHash },
  });
}

/** ESO too leaves a Secret immutable whose ExternalSecret no longer says so: Kubernetes refuses the way back. */
function stayingImmutable(manifest: SecretManifest, { id }: Registration, seen: Gathered["seen"]): SecretManifest {
  const isImmutable = seen.kind === "looked" && seen.view !== "missing" && seen.view.immutableBy.includes(fieldManager(id));
  return isImmutable ? { ...manifest, immutable: true } : manifest;
}

/** Status and due time after a pass that did not fail. */
export function recordOf(
  { clock, timing }: Pick<SyncDeps, "clock" | "timing">,
  { spec, status }: Registration,
  state: RegistrationState,
  heldUntil?: Millis,
): { readonly status: RegistrationStatus; readonly dueAt: Millis } {
  const now = clock.now();
  const syncedAt = state === "SecretMissing" ? status.syncedAt : now;
  return {
    status: {
      state,
      since: status.state === state ? status.since : now,
      ...(syncedAt === undefined ? {} : { syncedAt }),
      failures: 0,
      ...(heldUntil === undefined ? {} : { heldUntil }),
    },
    dueAt: nextDue(spec, now, timing, clock.random()),
  };
}

function keep(deps: WriteDeps, gathered: Gathered, observed: readonly Observed[]): Result {
  const { registration, seen, manifest } = gathered;
  const { creationPolicy, deletionPolicy } = registration.spec.target;
  // Nothing is there to be written, and nothing ever was: whoever had the target before must not take it for taken over.
  const isUnwritten = manifest.data.size === 0 && deletionPolicy === "Retain" && registration.appliedGeneration === undefined;
  const isGone = manifest.data.size === 0 && deletionPolicy === "Delete" && creationPolicy === "Owner";
  const change = {
    ...(isUnwritten ? {} : { appliedGeneration: registration.generation }),
    applied: appliedOf(registration, observed),
    ...recordOf(deps, registration, isGone ? "SecretDeleted" : "Synced"),
  };
  if (seen.kind === "remembered") return { change, isByWord: true };
  // What was kept but is not just as it shall be (a drifted Orphan, a Secret of others) has to be looked at before it is written.
  const known = seen.view !== "missing" && isIntact(gathered) ? knownOf(seen.view) : null;
  return { change: { known, ...change }, isByWord: creationPolicy === "None" };
}

async function write(
  deps: WriteDeps,
  session: ClusterSession,
  { registration, versions, manifest }: Gathered,
  decision: Extract<Decision, { action: "apply" | "take over" | "delete" }>,
  observed: readonly Observed[],
): Promise<Result | "stale"> {
  const target = targetOf(registration);
  const manager = fieldManager(registration.id);
  const facts = () => ({ appliedGeneration: registration.generation, applied: appliedOf(registration, observed) });
  const done = (action: Done["action"]) => ({ action, versions });

  if (decision.action === "delete") {
    const removed = await session.call((cluster) => cluster.remove(target, decision.precondition));
    if (removed === "stale") return "stale";
    const change = { known: null, ...facts(), ...recordOf(deps, registration, "SecretDeleted") };
    return { change, done: done("deleted"), isByWord: false };
  }

  const written = await session.call((cluster) =>
    decision.action === "apply"
      ? cluster.apply(manifest, manager, decision.precondition)
      : applyOverForeign(cluster, manifest, manager, target, decision),
  );
  if (written.kind === "stale") return "stale";
  const isNew = decision.action === "apply" && decision.precondition.kind === "create";
  const change = { known: written.known, ...facts(), ...recordOf(deps, registration, "Synced") };
  return { change, done: done(isNew ? "created" : "updated"), isByWord: false };
}

/**
 * Values first: once the data keys of others are under our manager, a look can't tell their values from our own, and whoever died in
 * between would have left a drift that is called intact for ever. What the manifest names is taken by force; only where others own
 * more are those keys taken over, and dropped by a second apply.
 */
async function applyOverForeign(
  cluster: Cluster,
  manifest: SecretManifest,
  manager: string,
  target: Target,
  { view: { uid, resourceVersion }, adoption }: Extract<Decision, { action: "take over" }>,
): Promise<WriteResult> {
  const applied = await cluster.apply(manifest, manager, { kind: "update", uid, resourceVersion });
  if (applied.kind === "stale") return applied;
  const taken = await cluster.takeOver(target, manager, applied.known, adoption);
  if (taken.kind === "stale" || taken.known.resourceVersion === applied.known.resourceVersion) return taken;
  return cluster.apply(manifest, manager, { kind: "update", ...taken.known });
}

/** asOf never goes back for a version: an answer by HEAD's word may know less than an earlier read did. */
function appliedOf({ applied }: Registration, observed: readonly Observed[]): Readonly<Record<ReferenceKey, AppliedVersion>> {
  return Object.fromEntries(
    observed.map(({ reference, versionId, asOf }) => {
      const before = applied[reference];
      return [reference, { versionId, asOf: before?.versionId === versionId ? Math.max(asOf, before.asOf) : asOf }];
    }),
  );
}

export function knownOf({ uid, resourceVersion }: TargetView): { readonly uid: string; readonly resourceVersion: string } {
  return { uid, resourceVersion };
}
