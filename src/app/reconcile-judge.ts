/** Tells which due registrations need no sync: target untouched, and the store shows the very versions that it holds. Never guesses. */
import { isRelayError } from "../core/errors.ts";
import { candidateNames, findPlaces, queryKey, queryOf, rememberedNames, rememberedReferences } from "../core/find/find.ts";
import {
  type AppliedVersion,
  type Millis,
  type Reference,
  type ReferenceKey,
  type Registration,
  type RegistrationId,
  referenceKey,
} from "../core/model.ts";
import type { Clock, ClusterRecord, Log, SecretProvider, SecretQuery } from "../core/ports.ts";
import { isAdmittedByName } from "../core/stores/stores.ts";
import { asOf, type FreshnessBounds } from "../core/sync/freshness.ts";
import { referencesOf } from "../core/sync/references.ts";
import { isFrozen, keepsVersions } from "../core/sync/refresh.ts";
import { templateObjectsOf } from "../core/sync/template-objects.ts";
import type { DriftProbe } from "./reconcile-probe.ts";

export interface JudgeDeps {
  readonly provider: Pick<SecretProvider, "currentVersions" | "list">;
  readonly log: Log;
  readonly clock: Pick<Clock, "now" | "latest">;
  readonly bounds: FreshnessBounds;
  readonly probe: DriftProbe;
  /**
   * What the store showed earlier in this run, with the moment that each read is sure of: so one read of a secret serves all of its
   * registrations. A change that comes after it is the event's to tell, and the next run's.
   */
  readonly shown: Map<ReferenceKey, AppliedVersion>;
  /** What listings showed earlier in this run, and by whom it was asked; undefined for one that failed. */
  readonly listed: Map<string, Promise<readonly string[] | undefined>>;
}

/** The applied versions of an intact registration, with the later moment at which they were seen to be current. */
type Applied = Registration["applied"];

/** The intact ones among `live`; all others, and what could not be asked before `until`, are for a sync to decide. */
export async function findIntact(
  deps: JudgeDeps,
  live: readonly Registration[],
  clusters: ReadonlyMap<string, ClusterRecord>,
  until: Millis,
): Promise<ReadonlyMap<RegistrationId, Applied>> {
  const settled = live.filter(isSettled);
  // Asked once: a sync window that opens meanwhile would have nobody ask for versions that somebody compares.
  const keeping = new Set(settled.filter((one) => keepsVersions(one, deps.clock.now())).map(({ id }) => id));
  const current = await currentVersions(
    deps,
    settled.filter(({ id }) => !keeping.has(id)),
  );
  const upToDate = new Map<RegistrationId, Applied>();
  for (const registration of settled) {
    const keeps = keeping.has(registration.id);
    const isComplete = keeps || (await knowsAllListed(deps, registration));
    const applied = isComplete ? appliedNow(registration, current, keeps) : undefined;
    if (applied !== undefined) upToDate.set(registration.id, applied);
  }

  const byCluster = Map.groupBy(
    settled.filter(({ id }) => upToDate.has(id)),
    ({ spec }) => spec.cluster,
  );
  const intact = new Map<RegistrationId, Applied>();
  await Promise.all(
    [...byCluster].map(async ([name, registrations]) => {
      const record = clusters.get(name);
      if (record === undefined) return;
      const written = registrations.filter(({ spec }) => spec.target.creationPolicy !== "None");
      const untouched = await deps.probe(record, written, until);
      for (const { id, spec } of registrations) {
        const applied = upToDate.get(id);
        // Under None there is no target of ours that could drift.
        const isUntouched = spec.target.creationPolicy === "None" || untouched.has(id);
        if (applied !== undefined && isUntouched) intact.set(id, applied);
      }
    }),
  );
  return intact;
}

/**
 * The last sync went well and was of this generation: only then do the registry's facts say what the target holds. Where the labels of
 * a namespace decide whether its store may be read, a sync asks for them first.
 */
function isSettled({ spec, status, known, generation, appliedGeneration }: Registration): boolean {
  if (!isAdmittedByName(spec)) return false;
  // No store tells of templates that lie in the cluster: a sync reads them, and compares.
  if (!isFrozen(spec) && templateObjectsOf(spec).length > 0) return false;
  const isWritten = known !== undefined || spec.target.creationPolicy === "None";
  return status.state === "Synced" && appliedGeneration === generation && isWritten;
}

/** Its own, and what its rules found. */
function allReferences({ spec, applied }: Registration): readonly Reference[] {
  return [...referencesOf(spec), ...rememberedReferences(spec, applied)];
}

/** Whether its rules' listings show nothing that it does not remember. One that failed is asked for by the sync, which records why. */
async function knowsAllListed(deps: JudgeDeps, { spec, applied }: Registration): Promise<boolean> {
  for (const place of findPlaces(spec)) {
    const query = queryOf(place);
    const key = queryKey(query);
    const asked = deps.listed.get(key) ?? listOrNothing(deps, query);
    deps.listed.set(key, asked);
    const listed = await asked;
    const known = new Set(rememberedNames(place, applied));
    if (listed === undefined || candidateNames(place, { listed, applied: {}, told: [] }).some((name) => !known.has(name))) return false;
  }
  return true;
}

async function listOrNothing({ provider, log }: JudgeDeps, query: SecretQuery): Promise<readonly string[] | undefined> {
  try {
    return await provider.list(query);
  } catch (error) {
    log.warn("store not listed", { code: isRelayError(error) ? error.code : "Unclassified" });
    return undefined;
  }
}

type Current = ReadonlyMap<ReferenceKey, AppliedVersion>;

/** Of each reference that these registrations follow, once. What the store leaves out is missing here too. */
async function currentVersions(
  { provider, log, clock, bounds, shown: known }: JudgeDeps,
  following: readonly Registration[],
): Promise<Current> {
  const followed = following.flatMap(allReferences);
  const references = new Map(followed.map((reference) => [referenceKey(reference), reference]));
  const unknown = [...references].filter(([key]) => !known.has(key)).map(([, reference]) => reference);
  if (unknown.length === 0) return known;
  const startedAt = clock.now();
  try {
    const shown = await provider.currentVersions(unknown);
    const endedAt = clock.latest();
    for (const [reference, { versionId, createdAt }] of shown) {
      const read = { reference, versionId, createdAt, startedAt, endedAt };
      known.set(reference, { versionId, asOf: asOf(read, undefined, bounds) });
    }
  } catch (error) {
    // The syncs ask each by itself, and record why it fails.
    log.warn("store not asked", { code: isRelayError(error) ? error.code : "Unclassified" });
  }
  return known;
}

/**
 * Undefined where a version differs or is not known. A read that shows the applied version moves its asOf on, so that the
 * registration gets past the propagations that it served without knowing. One that keeps its versions has the right ones.
 */
function appliedNow(registration: Registration, current: Current, keeps: boolean): Applied | undefined {
  const { applied } = registration;
  const references = allReferences(registration).map(referenceKey);
  const hasAll = references.every((reference) => applied[reference] !== undefined);
  if (!hasAll) return undefined;
  if (keeps) return applied;
  const next: Record<ReferenceKey, AppliedVersion> = {};
  for (const reference of references) {
    const held = applied[reference];
    const shown = current.get(reference);
    if (held === undefined || shown?.versionId !== held.versionId) return undefined;
    next[reference] = { versionId: held.versionId, asOf: Math.max(held.asOf, shown.asOf) };
  }
  return next;
}
