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
import type { Cluster, SecretManifest, SourceAnswer, TargetView, TemplateObject, WriteResult } from "../core/ports.ts";
import { secureRandomBytes } from "../core/sync/chance.ts";
import { inputsManifest, renderContent, type TemplateTexts } from "../core/sync/content.ts";
import { type Decision, decide, type Gathered, isExclusive, isIntact } from "../core/sync/decide.ts";
import { CREATED_BY_LABEL, createdBy, DATA_HASH_ANNOTATION, MANAGED_LABEL } from "../core/sync/eso.ts";
import { guardTarget } from "../core/sync/guard.ts";
import { CLUSTER_LABEL, fieldManager, stamp, stampAnnotation } from "../core/sync/ownership.ts";
import { nextDue } from "../core/sync/refresh.ts";
import { canonicalBytes, hasDataAlone, renderTarget, withBookkeeping } from "../core/sync/render.ts";
import { templateObjectKey, templateObjectsOf } from "../core/sync/template-objects.ts";
import type { Observed } from "./observe-reference.ts";
import { refuseNamespace, targetOf } from "./sync-gather.ts";
import type { Done, Pass, Result, SyncDeps, Trail } from "./sync-job.ts";
import type { ClusterSession, WritingSession } from "./sync-session.ts";
import type { Sources } from "./sync-sources.ts";

type RenderDeps = Pick<SyncDeps, "hasher" | "clock" | "randomBytes">;
type WriteDeps = RenderDeps & Pick<SyncDeps, "timing" | "clusters">;

/**
 * `sources` holds an answer, read after the target's version was known, for each reference. `stale`: somebody wrote the target
 * meanwhile, and all of it has to be read again.
 */
export async function writeTarget(
  deps: WriteDeps,
  session: WritingSession,
  pass: Pass,
  { observed, found }: Pick<Sources, "observed" | "found">,
  trail: Trail,
): Promise<Result | "stale"> {
  const { registration, seen } = pass;
  const objects = templateObjectsOf(registration.spec);
  const texts = objects.length === 0 ? NO_TEXTS : await readTexts(session, registration, objects);
  trail.step = "render";
  const answers = new Map(observed.map(({ reference, answer }) => [reference, answer]));
  const rendered = await renderStamped(deps, registration, { answers, found, texts });
  const manifest = stayingImmutable(rendered.manifest, registration, seen);
  if (registration.spec.target.creationPolicy !== "None") guardTarget(manifest, session.spec);
  const versions: Record<ReferenceKey, string> = {};
  for (const { reference, versionId } of observed) versions[reference] = versionId;
  const gathered: Gathered = { registration, seen, versions, ...rendered, manifest, adopts: session.spec.adopt === true };
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
      return await write(deps, session, gathered, decision, observed);
  }
}

const NO_TEXTS: TemplateTexts = new Map();

/** What `templateFrom` names, read by this pass: after the target's version was known (rule 1). */
async function readTexts(session: ClusterSession, registration: Registration, objects: readonly TemplateObject[]): Promise<TemplateTexts> {
  refuseNamespace(session, targetOf(registration));
  return new Map(
    await Promise.all(objects.map(async (object) => [templateObjectKey(object), await session.templateObject(object)] as const)),
  );
}

/** What a target is rendered from, beside its registration. */
export interface RenderedFrom {
  readonly answers: ReadonlyMap<ReferenceKey, SourceAnswer>;
  readonly found: Sources["found"];
  readonly texts: TemplateTexts;
}

/**
 * The target as it shall be, with the registration's stamp and the marks of the relay and of ESO. Where clock or chance had a part in it,
 * the hashes are of what it was made of: rendered again from the same, it is still the same target (ADR 41).
 * @throws as renderContent
 */
export async function renderStamped(
  { hasher, clock, randomBytes = secureRandomBytes }: RenderDeps,
  { id, spec, generation }: Registration,
  { answers, found, texts }: RenderedFrom,
): Promise<Pick<Gathered, "manifest" | "isSourceGone" | "varying">> {
  const content = await renderContent(spec, answers, { found, environment: { nowMs: clock.now(), randomBytes }, texts });
  const { data, isSourceGone, varying } = content;
  const bare = renderTarget(content.spec, data);
  const compared = varying === undefined ? bare : inputsManifest(content);
  const { creationPolicy } = spec.target;
  const hash = hasher.hash(canonicalBytes(compared));
  const annotations: Record<string, string> = {};
  annotations[stampAnnotation(id)] = stamp(generation, hash);
  if (isExclusive(creationPolicy)) {
    // Of the target too, so that equal values elsewhere can't be told; none where others have data in it, which is not known here.
    const target = { namespace: spec.namespace, name: spec.target.name, labels: {}, annotations: {}, data: compared.data };
    // Most have nothing else than data: the same bytes would be hashed once more.
    annotations[DATA_HASH_ANNOTATION] = hasDataAlone(compared) ? hash : hasher.hash(canonicalBytes(target));
  }
  return { manifest: withBookkeeping(bare, { labels: ownLabels(spec), annotations }), isSourceGone, varying };
}

function ownLabels(spec: Registration["spec"]): Readonly<Record<string, string>> {
  const known = labelsOf.get(spec);
  if (known !== undefined) return known;
  const made: Record<string, string> = {};
  made[CLUSTER_LABEL] = spec.cluster;
  made[MANAGED_LABEL] = "true";
  if (spec.target.creationPolicy === "Owner") made[CREATED_BY_LABEL] = createdBy(spec);
  labelsOf.set(spec, made);
  return made;
}

/** A spec never changes, and a registration that is contended or looked at again is rendered several times. */
const labelsOf = new WeakMap<Registration["spec"], Readonly<Record<string, string>>>();

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
  const { registration, seen, isSourceGone } = gathered;
  const { creationPolicy, deletionPolicy } = registration.spec.target;
  // Nothing is there to be written, and nothing ever was: whoever had the target before must not take it for taken over.
  const isUnwritten = isSourceGone === true && deletionPolicy === "Retain" && registration.appliedGeneration === undefined;
  const isGone = isSourceGone === true && deletionPolicy === "Delete" && creationPolicy === "Owner";
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
  session: WritingSession,
  { registration, versions, manifest, seen }: Gathered,
  decision: Extract<Decision, { action: "apply" | "take over" | "delete" }>,
  observed: readonly Observed[],
): Promise<Result | "stale"> {
  const target = targetOf(registration);
  const manager = fieldManager(registration.id);
  const facts = () => ({ appliedGeneration: registration.generation, applied: appliedOf(registration, observed) });
  const done = (action: Done["action"]) => ({ action, versions });

  if (decision.action === "delete") {
    const removed = await session.write(target.namespace, (cluster) => cluster.remove(target, decision.precondition));
    if (removed === "stale") return "stale";
    const change = { known: null, ...facts(), ...recordOf(deps, registration, "SecretDeleted") };
    return { change, done: done("deleted"), isByWord: false };
  }

  const applicable = withHeldFinalizers(manifest, seen);
  const body = decision.action === "apply" ? deps.clusters.applyBody?.(applicable, decision.precondition) : undefined;
  const written = await session.write(target.namespace, (cluster) =>
    decision.action === "apply"
      ? cluster.apply(applicable, manager, decision.precondition, body)
      : applyOverForeign(cluster, applicable, manager, target, decision),
  );
  if (written.kind === "stale") return "stale";
  const isNew = decision.action === "apply" && decision.precondition.kind === "create";
  const change = { known: written.known, ...facts(), ...recordOf(deps, registration, "Synced") };
  return { change, done: done(isNew ? "created" : "updated"), isByWord: false };
}

/** What is being deleted takes no new finalizer, and must not lose one of ours that still holds it. */
function withHeldFinalizers(manifest: SecretManifest, seen: Gathered["seen"]): SecretManifest {
  const { finalizers } = manifest;
  if (finalizers === undefined || seen.kind !== "looked" || seen.view === "missing" || !seen.view.deleting) return manifest;
  const held = seen.view.finalizers ?? [];
  return { ...manifest, finalizers: finalizers.filter((name) => held.includes(name)) };
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
  const after: Record<ReferenceKey, AppliedVersion> = {};
  for (const { reference, versionId, asOf } of observed) {
    const before = applied[reference];
    after[reference] = { versionId, asOf: before?.versionId === versionId ? Math.max(asOf, before.asOf) : asOf };
  }
  return after;
}

export function knownOf({ uid, resourceVersion }: TargetView): { readonly uid: string; readonly resourceVersion: string } {
  return { uid, resourceVersion };
}
