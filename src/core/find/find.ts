/**
 * A find rule as a set of ordinary references: which names it may find, by which listing, which it is known to have found, and what
 * tags it wants. Pure. Whether a secret is there, and has the tags, is for a read to say, never for a listing.
 */
import {
  type FindRule,
  type NameRule,
  type ProviderKind,
  parseReferenceKey,
  type Reference,
  type ReferenceKey,
  type Registration,
  type RegistrationSpec,
  referenceKey,
  type StoreSpec,
} from "../model.ts";
import type { SecretQuery, SourceAnswer } from "../ports.ts";
import { compareBytes } from "../source/keys.ts";
import { storeOf } from "../stores/stores.ts";
import { resolveReference } from "../sync/references.ts";
import { matchesRegexp } from "../text/regexps.ts";
import { literalPrefix } from "./literal-prefix.ts";

/** Secrets that all finds of a registration may have together: each is read alone, and its version lies in the registration's item of at most 400 KB. */
export const MAX_FOUND = 250;

/** Characters of their names, counted twice under rules by tags: for the same reason. */
export const MAX_FOUND_CHARACTERS = 150_000;

/** A rule with its place in `dataFrom` and its store. */
export interface FindPlace {
  readonly index: number;
  readonly rule: FindRule;
  readonly store: StoreSpec;
}

/** The rules of a registration, in the order of `dataFrom`. */
export function findPlaces(spec: RegistrationSpec): readonly FindPlace[] {
  return spec.dataFrom.flatMap((entry, index) => {
    if (entry.find === undefined) return [];
    const store = storeOf(spec, entry);
    return [{ index, rule: asFollowed(entry.find, store.provider), store }];
  });
}

/** ESO asks Parameter Store by the name, or else by the tags (its GetAllSecrets): of a rule with both it drops the tags. */
function asFollowed(rule: FindRule, provider: ProviderKind): FindRule {
  if (provider === "SecretsManager" || rule.nameRegexp === undefined || rule.tags === undefined) return rule;
  const { tags: _dropped, ...byName } = rule;
  return byName;
}

export function nameRuleOf({ rule, store }: FindPlace): NameRule {
  const { provider, account, region, access } = store;
  const { path, nameRegexp, tags } = rule;
  return {
    provider,
    account,
    region,
    ...(access === undefined ? {} : { identity: access.id }),
    ...(path === undefined ? {} : { path }),
    ...(nameRegexp === undefined ? {} : { nameRegexp }),
    isByTags: tags !== undefined,
  };
}

/** A hierarchy without the slash at its end; of the root nothing is left. */
function hierarchyOf(path: string): string {
  return path.replace(/\/+$/, "");
}

/** Whether a rule may find a secret of this name: the path is a prefix (SecretsManager) or a hierarchy (ParameterStore), the expression unanchored. */
export function matchesName({ provider, path, nameRegexp }: Pick<NameRule, "provider" | "path" | "nameRegexp">, name: string): boolean {
  // An ARN is another spelling of a secret that its name finds.
  if (name.includes(":")) return false;
  if (path !== undefined && !name.startsWith(provider === "SecretsManager" ? path : `${hierarchyOf(path)}/`)) return false;
  return nameRegexp === undefined || matchesRegexp(nameRegexp, name);
}

/** The value of a secret that a rule finds. A store's prefix is no part of it: the names are whole already. */
export function memberReference({ prefix: _prefix, ...store }: StoreSpec, name: string): Reference {
  return resolveReference(store, { key: name });
}

/** Its tags, which decide whether a rule by tags finds it. */
export function memberTagsReference({ prefix: _prefix, ...store }: StoreSpec, name: string): Reference {
  return resolveReference(store, { key: name, metadataPolicy: "Fetch" });
}

/** The reference of a secret as whoever reads by this rule knows it; without credentials. */
export function ruleReference({ provider, account, region, identity }: NameRule, name: string, what: "value" | "tags"): Reference {
  const version = what === "tags" ? "tags" : currentVersion(provider);
  return { provider, account, region, key: name, version, ...(identity === undefined ? {} : { identity }) };
}

function currentVersion(provider: ProviderKind): string {
  return provider === "SecretsManager" ? "stage/AWSCURRENT" : "latest";
}

/** Whether the reference is what rules read: the value that is current. */
export function isCurrentValue({ provider, version }: Reference): boolean {
  return version === currentVersion(provider);
}

/** The name, where the reference is of the rule's source and the rule may find it. */
export function nameIn(place: FindPlace, reference: ReferenceKey): string | undefined {
  const rule = nameRuleOf(place);
  const { provider, account, region, identity, version, key } = parseReferenceKey(reference);
  const isOfSource = provider === rule.provider && account === rule.account && region === rule.region && identity === rule.identity;
  return isOfSource && version === currentVersion(provider) && matchesName(rule, key) ? key : undefined;
}

/** The names that a registration remembers of a rule: whatever the listing says, these are read. */
export function rememberedNames(place: FindPlace, applied: Registration["applied"]): readonly string[] {
  return Object.keys(applied).flatMap((reference) => nameIn(place, reference) ?? []);
}

/** What a registration remembers that its rules found, with the credentials to read it; values, and tags where a rule asks for them. */
export function rememberedReferences(spec: RegistrationSpec, applied: Registration["applied"]): readonly Reference[] {
  const references = new Map<ReferenceKey, Reference>();
  for (const place of findPlaces(spec)) {
    for (const name of rememberedNames(place, applied)) {
      const value = memberReference(place.store, name);
      const tags = place.rule.tags === undefined ? [] : [memberTagsReference(place.store, name)];
      for (const reference of [value, ...tags]) references.set(referenceKey(reference), reference);
    }
  }
  return [...references.values()];
}

/** The names to read for a rule: listed, remembered, or told of by an event; each once, in the order of their bytes. */
export function candidateNames(
  place: FindPlace,
  from: {
    readonly listed: readonly string[];
    readonly applied: Registration["applied"];
    readonly told: readonly ReferenceKey[];
  },
): readonly string[] {
  const { provider } = place.store;
  const { path, nameRegexp } = place.rule;
  const names = new Set([
    ...from.listed.filter((name) => matchesName({ provider, path, nameRegexp }, name)),
    ...rememberedNames(place, from.applied),
    ...from.told.flatMap((reference) => nameIn(place, reference) ?? []),
  ]);
  return [...names].toSorted(compareBytes);
}

/** Whether all tags of the rule are there, with these values. A secret that is absent has none. */
export function hasTags({ tags = {} }: FindRule, answer: SourceAnswer): boolean {
  if (answer.kind === "absent") return false;
  const held = JSON.parse(answer.value.exposeText()) as Readonly<Record<string, string>>;
  return Object.entries(tags).every(([key, value]) => Object.hasOwn(held, key) && held[key] === value);
}

/** The literal beginning of all names that a rule may find: the longer of its path and its expression's. */
export function namePrefix({ path = "", nameRegexp = "" }: FindRule, provider: ProviderKind): string {
  const hierarchy = provider === "SecretsManager" || path === "" ? path : `${hierarchyOf(path)}/`;
  const literal = literalPrefix(nameRegexp);
  return literal.startsWith(hierarchy) ? literal : hierarchy;
}

/** The deepest hierarchy that holds all parameters that a rule may find. */
export function hierarchyPath(rule: FindRule): string {
  const prefix = namePrefix(rule, "ParameterStore");
  const above = prefix.slice(0, Math.max(0, prefix.lastIndexOf("/")));
  return above.startsWith("/") ? above : (rule.path ?? "/");
}

/** The listing that shows a rule's secrets. Rules that differ in their expressions alone may share one. */
export function queryOf({ rule, store }: FindPlace): SecretQuery {
  const { provider, account, region, access, retry } = store;
  const identity = access === undefined ? {} : { identity: access.id, access };
  const source = { provider, account, region, ...identity, ...(retry === undefined ? {} : { retry }) };
  const tags = rule.tags === undefined ? {} : { tags: rule.tags };
  if (provider === "SecretsManager") return { ...source, prefix: namePrefix(rule, provider), ...tags };
  const hierarchy = hierarchyPath(rule);
  return { ...source, prefix: hierarchy === "/" ? "" : hierarchy, ...tags };
}

/** Identifies a listing among those of a batch. */
export function queryKey({ provider, account, region, identity, prefix, tags }: SecretQuery): string {
  return JSON.stringify([provider, account, region, identity, prefix, tags]);
}
