/** REF items of what find rules found, and the lines of the rules themselves: they come before the record that needs them, and go after it. */
import { findPlaces } from "../../core/find/find.ts";
import {
  parseReferenceKey,
  type Reference,
  type ReferenceKey,
  type Registration,
  type RegistrationSpec,
  referenceKey,
  registrationId,
} from "../../core/model.ts";
import type { RegistrationChange } from "../../core/ports.ts";
import { referencesOf } from "../../core/sync/references.ts";
import { findItemKeys, type ItemKey, referenceItemKeys } from "./keys.ts";
import type { Change, Table } from "./table.ts";
import { findInterests, targetOf } from "./transitions.ts";

/** Writes of one registration under way at once. */
const CONCURRENCY = 25;

/** What a registration has found: all that is applied beside its own references. */
function foundReferences({ spec, applied }: Pick<Registration, "spec" | "applied">): readonly Reference[] {
  const own = new Set(referencesOf(spec).map(referenceKey));
  return Object.keys(applied).flatMap((key) => (own.has(key) ? [] : [parseReferenceKey(key)]));
}

/** The keys of all lines of a registration that `put` did not make from its references: of its rules, and of what they found. */
export function foundItemKeys(registration: Registration): readonly ItemKey[] {
  const { id, spec } = registration;
  // A target that was left behind has the spec of a registration that lives on, and no lines of its own.
  if (findPlaces(spec).length === 0 || id !== registrationId(spec)) return [];
  return [...findItemKeys(findInterests(spec)), ...foundReferences(registration).flatMap((one) => referenceItemKeys(one, id))];
}

/** The lines of a spec's find rules, to be put before its registration. */
export function ruleLines(spec: RegistrationSpec, generation: number): readonly Change[] {
  const interests = findInterests(spec);
  const keys = findItemKeys(interests);
  return interests.flatMap(({ registration, cluster, target, rule }, index) => {
    const key = keys[index];
    if (key === undefined) return [];
    const set = { id: registration, cluster, target, rule: JSON.stringify(rule), generation };
    return [{ key, set, condition: "attribute_not_exists(#pk) OR #generation <= :generation", values: { generation } }];
  });
}

/** The lines of what a registration remembers already when it is put. */
export function foundLines(registration: Registration): readonly Change[] {
  if (findPlaces(registration.spec).length === 0) return [];
  return linesOf(registration, foundReferences(registration), registration.rev);
}

/** To be put before the record, or the deployment, of this `rev`. */
function linesOf({ id, spec, generation }: Registration, references: readonly Reference[], rev: number): readonly Change[] {
  const who = { id, cluster: spec.cluster, target: targetOf(spec), generation, rev };
  return references.flatMap((reference) => {
    const set = { ...who, reference: referenceKey(reference), version: reference.version };
    return referenceItemKeys(reference, id).map((key) => ({ key, set, condition: REMOVABLE, values: { generation, rev } }));
  });
}

/**
 * A line of a later record is not removed by a late hand of an earlier one: both its generation and its `rev` are compared. Lines of
 * references that the spec names have no `rev`, and no record removes them.
 */
const REMOVABLE = "attribute_not_exists(#pk) OR #generation < :generation OR (#generation = :generation AND #rev <= :rev)";

/** How a record changes the lines of what is found; nothing where the registration finds nothing. */
export function foundChanges(
  loaded: Registration,
  { applied }: RegistrationChange,
): { readonly before: readonly Change[]; readonly after: readonly Change[] } {
  if (applied === undefined || findPlaces(loaded.spec).length === 0) return { before: [], after: [] };
  const { id, spec, generation } = loaded;
  const rev = loaded.rev + 1;
  const named = new Set<ReferenceKey>(Object.keys(applied));
  const added = foundReferences({ spec, applied }).filter((reference) => loaded.applied[referenceKey(reference)] === undefined);
  const dropped = foundReferences(loaded).filter((reference) => !named.has(referenceKey(reference)));
  const before = linesOf(loaded, added, rev);
  const after = dropped.flatMap((reference) =>
    referenceItemKeys(reference, id).map((key) => ({ key, drop: true, condition: REMOVABLE, values: { generation, rev } }) as const),
  );
  return { before, after };
}

/** A line whose condition fails is a later hand's, and stays. */
export async function changeAll(table: Pick<Table, "change">, changes: readonly Change[]): Promise<void> {
  for (let from = 0; from < changes.length; from += CONCURRENCY) {
    await Promise.all(changes.slice(from, from + CONCURRENCY).map((change) => table.change(change)));
  }
}
