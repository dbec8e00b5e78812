/** A registration that keeps its versions (refreshPolicy, refreshInterval 0) is only checked for drift, and never with a newer value. */
import { isRelayError } from "../core/errors.ts";
import { type ReferenceKey, referenceKey } from "../core/model.ts";
import type { SourceAnswer, TargetView } from "../core/ports.ts";
import { decide, type Gathered, isIntact } from "../core/sync/decide.ts";
import { referencesOf } from "../core/sync/references.ts";
import { showsOwnWork } from "../core/sync/refresh.ts";
import { templateObjectsOf } from "../core/sync/template-objects.ts";
import type { Pass, Result, SyncDeps } from "./sync-job.ts";
import type { Reads } from "./sync-reads.ts";
import { knownOf, recordOf, renderStamped } from "./sync-write.ts";

type FrozenDeps = Pick<SyncDeps, "hasher" | "clock" | "timing" | "randomBytes">;

/**
 * `undefined`: the target drifted, or is missing: it is put right with the current version, as in ESO. Where nobody is known to
 * have written, nothing is read at all.
 */
export async function settleFrozen(deps: FrozenDeps, reads: Reads, { registration, seen }: Pass): Promise<Result | undefined> {
  const isUntouched = seen.kind === "remembered" || registration.spec.target.creationPolicy === "None";
  if (isUntouched) return { change: recordOf(deps, registration, "Synced"), isByWord: true };
  if (seen.view === "missing") return undefined;

  const { view } = seen;
  const isSame = view.uid === registration.known?.uid && view.resourceVersion === registration.known.resourceVersion;
  // Templates in the cluster have no versions to go back to: a newer text is no drift of a target that takes nothing new.
  const isRendered = !isSame && templateObjectsOf(registration.spec).length === 0;
  const answers = !isRendered ? undefined : await appliedAnswers(reads, registration);
  const check = { registration, seen, view, answers };
  const known = isSame ? view : await knownAfter(deps, check);
  if (known === "drifted") return undefined;
  const change = { known: known === undefined ? null : knownOf(known), ...recordOf(deps, registration, "Synced") };
  return { change, isByWord: false };
}

interface DriftCheck extends Pass {
  readonly view: TargetView;
  readonly answers: ReadonlyMap<ReferenceKey, SourceAnswer> | undefined;
}

/** The view to remember, undefined where the target is kept but has to be looked at again, or `drifted`. */
async function knownAfter(
  deps: FrozenDeps,
  { registration, seen, view, answers }: DriftCheck,
): Promise<TargetView | "drifted" | undefined> {
  if (answers === undefined) return showsOwnWork(view, registration) ? view : "drifted";
  const versions = Object.fromEntries([...answers].map(([reference, { versionId }]) => [reference, versionId]));
  const gathered: Gathered = { registration, seen, versions, ...(await renderStamped(deps, registration, answers, new Map())) };
  if (decide(gathered).action !== "keep") return "drifted";
  return isIntact(gathered) ? view : undefined;
}

/** The applied versions, by their ids. Undefined where the spec is another since, or the store has dropped one of them. */
async function appliedAnswers(
  reads: Reads,
  { spec, generation, appliedGeneration, applied }: Pass["registration"],
): Promise<ReadonlyMap<ReferenceKey, SourceAnswer> | undefined> {
  if (appliedGeneration !== generation) return undefined;
  const answers = new Map<ReferenceKey, SourceAnswer>();
  for (const reference of referencesOf(spec)) {
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
