/** When a registration is due again, and which take no newer version (ESO's refreshPolicy, refreshInterval and syncWindows). Pure. */
import type { Millis, Registration, RegistrationSpec } from "../model.ts";
import type { TargetView } from "../ports.ts";
import { gateAt } from "../windows/sync-windows.ts";
import { isExclusive } from "./decide.ts";
import { CLUSTER_LABEL, fieldManager, stampAnnotation } from "./ownership.ts";

/** Synced once, it takes no newer version by an event or by time; its drift is put right all the same. */
export function isFrozen({ refreshPolicy, refreshIntervalMs }: RegistrationSpec): boolean {
  return refreshPolicy !== "Periodic" || refreshIntervalMs === 0;
}

/**
 * Whether a registration keeps the versions that it has: it was synced, and is frozen or held by its sync windows. Under OnChange and
 * in a closed window a new generation brings new ones; under CreatedOnce and Periodic with interval 0 not even that does, as in ESO's
 * shouldRefresh.
 */
export function keepsVersions(registration: Registration, now: Millis): boolean {
  const { spec, generation, appliedGeneration } = registration;
  if (!isFrozen(spec)) return heldUntil(registration, now) !== undefined;
  return appliedGeneration !== undefined && (spec.refreshPolicy !== "OnChange" || appliedGeneration === generation);
}

/** When the sync windows open that hold a registration back now; undefined where none does. They never hold back what is new or changed. */
export function heldUntil({ spec, generation, appliedGeneration }: Registration, now: Millis): Millis | "never" | undefined {
  if (isFrozen(spec) || appliedGeneration !== generation) return undefined;
  const gate = gateAt(spec.syncWindows, now);
  return gate.isOpen ? undefined : gate.opensAt;
}

/**
 * Whether a look shows the work of this registration untouched, as far as metadata tells without rendering: for a frozen one
 * whose applied versions or spec are gone. A data key that somebody deleted by hand is seen only where the spec names it.
 */
export function showsOwnWork(view: TargetView, { id, spec, generation, appliedGeneration }: Registration): boolean {
  const stamped = view.annotations[stampAnnotation(id)]?.startsWith(`${appliedGeneration}.`) === true;
  if (!stamped || view.labels[CLUSTER_LABEL] !== spec.cluster) return false;
  const isOwn = (entry: TargetView["dataKeys"][number]) => entry.manager === fieldManager(id) && entry.operation === "Apply";
  const owned = new Set(view.dataKeys.filter(isOwn).flatMap(({ keys }) => keys));
  const hasForeign = isExclusive(spec.target.creationPolicy) && view.dataKeys.some((entry) => !isOwn(entry) && entry.keys.length > 0);
  const hasNamed = appliedGeneration !== generation || namedKeys(spec).every((key) => owned.has(key));
  return !hasForeign && hasNamed;
}

/** The data keys that the spec itself names; an extract, and what renders to a map, may make others. */
function namedKeys({ data, target }: RegistrationSpec): readonly string[] {
  const { data: templates, templateFrom, mergePolicy } = target.template ?? {};
  const fetched = data.map(({ secretKey }) => secretKey);
  if (templates === undefined && templateFrom === undefined) return fetched;
  const sources = (templateFrom ?? []).filter((source) => source.target === undefined);
  const items = sources.flatMap(({ configMap, secret }) => [...(configMap?.items ?? []), ...(secret?.items ?? [])]);
  const made = items.filter(({ templateAs }) => templateAs === undefined).map(({ key }) => key);
  return [...(mergePolicy === "Merge" ? fetched : []), ...Object.keys(templates ?? {}), ...made];
}

/** How often a target is looked at for drift at least. */
export interface DueTiming {
  readonly driftIntervalMs: number;
}

const PARKED_MIN_MS = 60_000;
const PARKED_MAX_MS = 15 * 60_000;
const RETRIED_MS = 5 * 60_000;

/**
 * After a success. Spread by up to a tenth, so that what was registered at once does not stay due at once; no later than closed sync
 * windows open, for what they hold back. `random` is in [0, 1).
 */
export function nextDue(spec: RegistrationSpec, now: Millis, timing: DueTiming, random: number): Millis {
  const intervalMs = isFrozen(spec) ? timing.driftIntervalMs : Math.min(timing.driftIntervalMs, spec.refreshIntervalMs);
  const due = now + Math.round(intervalMs * (1 - random / 10));
  const gate = gateAt(spec.syncWindows, now);
  return gate.isOpen || gate.opensAt === "never" ? due : Math.min(due, gate.opensAt);
}

/** After an error that only somebody's act can mend: looked at again now and then, since that act may announce itself nowhere. */
export function dueAfterPark(spec: RegistrationSpec, now: Millis): Millis {
  return now + Math.max(PARKED_MIN_MS, Math.min(spec.refreshIntervalMs || PARKED_MAX_MS, PARKED_MAX_MS));
}

/** After an error whose message lives on: the net below it. */
export function dueAfterRetry(now: Millis): Millis {
  return now + RETRIED_MS;
}
