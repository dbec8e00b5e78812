/** Who reads a reference: by the reverse index, and by find rules that may find it, remembered or not yet. */
import { findPlaces, isCurrentValue, matchesName, nameIn } from "../core/find/find.ts";
import { type Interest, parseReferenceKey, type Reference, type ReferenceKey, type Registration, referenceKey } from "../core/model.ts";
import type { FindInterest, Registry } from "../core/ports.ts";
import { referencesOf } from "../core/sync/references.ts";

type ReadersDeps = Pick<Registry, "interests" | "findRules">;

/** The rules of a source whose names match, in pages. */
export async function* matchingRules(
  registry: Pick<Registry, "findRules">,
  source: Pick<Reference, "provider" | "account" | "region">,
  name: string,
): AsyncIterable<readonly FindInterest[]> {
  // Many registrations may have the same rule: it is compared once.
  const known = new Map<string, boolean>();
  for await (const page of registry.findRules(source)) {
    const matching = page.filter(({ rule }) => {
      const key = JSON.stringify([rule.path, rule.nameRegexp]);
      const isMatch = known.get(key) ?? matchesName(rule, name);
      known.set(key, isMatch);
      return isMatch;
    });
    if (matching.length > 0) yield matching;
  }
}

/** In pages, each registration once: those of the reverse index, and those whose rule finds it by its name alone. */
export async function* readersOf(registry: ReadersDeps, reference: ReferenceKey): AsyncIterable<readonly Omit<Interest, "reference">[]> {
  const parsed = parseReferenceKey(reference);
  const seen = new Set<string>();
  for await (const page of registry.interests([parsed])) {
    for (const { registration } of page) seen.add(registration);
    yield page;
  }
  if (!isCurrentValue(parsed)) return;
  for await (const page of matchingRules(registry, parsed, parsed.key)) {
    const others = page.filter(({ registration, rule }) => !rule.isByTags && rule.identity === parsed.identity && !seen.has(registration));
    for (const { registration } of others) seen.add(registration);
    if (others.length > 0) yield others;
  }
}

/** Whether it reads it for certain: it names it, or found it before. */
export function readsFor(registration: Registration, reference: ReferenceKey): boolean {
  const { spec, applied } = registration;
  if (referencesOf(spec).some((one) => referenceKey(one) === reference)) return true;
  return applied[reference] !== undefined && findPlaces(spec).some((place) => isFoundBy(place, reference));
}

/** Tags are remembered beside the value that they decide on. */
function isFoundBy(place: Parameters<typeof nameIn>[0], reference: ReferenceKey): boolean {
  const parsed = parseReferenceKey(reference);
  if (parsed.version === "tags")
    return place.rule.tags !== undefined && matchesName({ ...place.rule, provider: parsed.provider }, parsed.key);
  return nameIn(place, reference) !== undefined;
}

/** Whether a rule of it finds the secret by its name alone, as soon as it looks: unless it is absent. */
export function willFind({ spec }: Registration, reference: ReferenceKey): boolean {
  return findPlaces(spec).some((place) => place.rule.tags === undefined && nameIn(place, reference) !== undefined);
}
