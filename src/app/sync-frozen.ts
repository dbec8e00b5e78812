/** A registration that keeps its versions (refreshPolicy, refreshInterval 0, syncWindows) is only checked for drift, and never with a newer value. */
import { isRelayError } from "../core/errors.ts";
import { findPlaces, rememberedReferences } from "../core/find/find.ts";
import { type Millis, type Reference, type ReferenceKey, type Registration, referenceKey, type SyncRequest } from "../core/model.ts";
import type { SourceAnswer, TargetView } from "../core/ports.ts";
import { decide, type Gathered, isIntact } from "../core/sync/decide.ts";
import { referencesOf } from "../core/sync/references.ts";
import { heldUntil, showsOwnWork } from "../core/sync/refresh.ts";
import { templateObjectsOf } from "../core/sync/template-objects.ts";
import { readMembers } from "./find-members.ts";
import type { Observed } from "./observe-reference.ts";
import type { Pass, Result, SyncDeps } from "./sync-job.ts";
import type { Reads } from "./sync-reads.ts";
import type { Sources } from "./sync-sources.ts";
import { knownOf, recordOf, renderStamped } from "./sync-write.ts";

type FrozenDeps = Pick<SyncDeps, "hasher" | "clock" | "timing" | "randomBytes">;

/**
 * `undefined`: the target drifted, or is missing: it is put right with the current version, as in ESO. Where nobody is known to
 * have written, nothing is read at all. What the requests say of a newer version is recorded where sync windows hold it back: it is
 * looked for when they open (rule 2).
 */
export async function settleFrozen(
  deps: FrozenDeps,
  reads: Reads,
  { registration, seen }: Pass,
  requests: readonly SyncRequest[],
): Promise<Result | undefined> {
  const held = newsHeldUntil(registration, requests, deps.clock.now());
  const synced = () => recordOf(deps, registration, "Synced", held);
  const isUntouched = seen.kind === "remembered" || registration.spec.target.creationPolicy === "None";
  if (isUntouched) return { change: synced(), isByWord: held === registration.status.heldUntil };
  if (seen.view === "missing") return undefined;

  const { view } = seen;
  const isSame = view.uid === registration.known?.uid && view.resourceVersion === registration.known.resourceVersion;
  // Templates in the cluster have no versions to go back to: a newer text is no drift of a target that takes nothing new.
  const isRendered = !isSame && templateObjectsOf(registration.spec).length === 0;
  const applied = isRendered ? await appliedSources(reads, registration) : undefined;
  const check = { registration, seen, view, applied };
  const known = isSame ? view : await knownAfter(deps, check);
  if (known === "drifted") return undefined;
  const change = { known: known === undefined ? null : knownOf(known), ...synced() };
  return { change, isByWord: false };
}

/** Undefined where no window opens, or where nobody told of anything newer than what is applied. */
function newsHeldUntil(registration: Registration, requests: readonly SyncRequest[], now: Millis): Millis | undefined {
  const opensAt = heldUntil(registration, now);
  if (typeof opensAt !== "number") return undefined;
  const isKnown = registration.status.heldUntil !== undefined;
  return isKnown || requests.some((request) => tellsNews(registration, request)) ? opensAt : undefined;
}

/** Reconcile's own requests, and that of the registration, need no more than the time of the registration. */
function tellsNews({ applied, registeredAt }: Registration, { notice, need }: SyncRequest): boolean {
  if (notice !== undefined && applied[notice.reference]?.versionId === notice.versionId) return false;
  return need > registeredAt && Object.values(applied).some(({ asOf }) => asOf < need);
}

interface AppliedSources {
  readonly answers: ReadonlyMap<ReferenceKey, SourceAnswer>;
  readonly found: Sources["found"];
}

interface DriftCheck extends Pass {
  readonly view: TargetView;
  readonly applied: AppliedSources | undefined;
}

/** The view to remember, undefined where the target is kept but has to be looked at again, or `drifted`. */
async function knownAfter(
  deps: FrozenDeps,
  { registration, seen, view, applied }: DriftCheck,
): Promise<TargetView | "drifted" | undefined> {
  if (applied === undefined) return showsOwnWork(view, registration) ? view : "drifted";
  const { answers, found } = applied;
  const versions = Object.fromEntries([...answers].map(([reference, { versionId }]) => [reference, versionId]));
  const rendered = await renderStamped(deps, registration, { answers, found, texts: new Map() });
  const gathered: Gathered = { registration, seen, versions, ...rendered };
  if (decide(gathered).action !== "keep") return "drifted";
  return isIntact(gathered) ? view : undefined;
}

/** The applied versions, by their ids. Undefined where the spec is another since, or the store has dropped one of them. */
async function appliedSources(
  reads: Reads,
  { spec, generation, appliedGeneration, applied }: Pass["registration"],
): Promise<AppliedSources | undefined> {
  if (appliedGeneration !== generation) return undefined;
  const answers = await appliedAnswers(reads, applied, [...referencesOf(spec), ...rememberedReferences(spec, applied)]);
  if (answers === undefined || findPlaces(spec).length === 0) return answers && { answers, found: undefined };
  const observe = async (reference: Reference): Promise<Observed> => {
    const key = referenceKey(reference);
    const answer = answers.get(key);
    if (answer === undefined) throw new Error("a remembered secret was not among the applied answers");
    return { reference: key, versionId: answer.versionId, answer, asOf: 0 };
  };
  const { values } = await readMembers({ observe, list: async () => [] }, spec, { applied, told: [], isListed: false });
  return { answers, found: values };
}

async function appliedAnswers(
  reads: Reads,
  applied: Pass["registration"]["applied"],
  references: readonly Reference[],
): Promise<ReadonlyMap<ReferenceKey, SourceAnswer> | undefined> {
  const answers = new Map<ReferenceKey, SourceAnswer>();
  for (const reference of references) {
    const key = referenceKey(reference);
    const versionId = applied[key]?.versionId;
    if (versionId === undefined) return undefined;
    if (versionId === "absent") {
      answers.set(key, { kind: "absent", versionId: "absent", createdAt: 0 });
      continue;
    }
    try {
      const answer = await reads.version(reference, versionId);
      if (answer.kind === "absent") return undefined;
      answers.set(key, answer);
    } catch (error) {
      if (isRelayError(error) && error.code === "VersionMissing") return undefined;
      throw error;
    }
  }
  return answers;
}
