/**
 * Spreads grants over managed policies, none above IAM's size. Each grant prefers the policies in an order of its own, drawn from its
 * hash, and goes into the first that has room: so that a change of the config moves few grants from one policy to another, and a
 * further policy takes only its share from the others. Pure: equal grants give equal policies.
 */
import { createHash } from "node:crypto";
import { FUNCTION_NAMES, type FunctionName, type Grant } from "./grant.ts";
import { MANAGED_POLICY_CHARACTERS, POLICY_CHARACTERS, resourceCharacters, statementCharacters } from "./policy-size.ts";

/** So full are policies at first: room for what the config will name next. */
const WANTED_FILL = 0.85;

export interface Statement extends Pick<Grant, "actions" | "condition"> {
  /** Sorted. */
  readonly resources: readonly string[];
}

/** One managed policy, attached to the roles of these functions. */
export interface Policy {
  readonly functions: readonly FunctionName[];
  readonly statements: readonly Statement[];
  /** At most, wherever it is deployed. */
  readonly characters: number;
}

/** What does not fit. */
export interface Overflow {
  readonly functions: readonly FunctionName[];
  /** Of all policies together. */
  readonly characters: number;
  /** How many managed policies that makes at least. */
  readonly needed: number;
  /** How many these functions may have beside what else they have. */
  readonly allowed: number;
}

export type Packing = { readonly kind: "packed"; readonly policies: readonly Policy[] } | ({ readonly kind: "too large" } & Overflow);

function statementKey({ actions, condition }: Pick<Grant, "actions" | "condition">): string {
  return JSON.stringify([actions, condition]);
}

/** What these grants take if policies had no end. */
export function totalCharacters(grants: readonly Grant[]): number {
  const statements = new Map(grants.map((grant) => [statementKey(grant), statementCharacters(grant)]));
  const overhead = [...statements.values()].reduce((sum, characters) => sum + characters, POLICY_CHARACTERS);
  return grants.reduce((sum, { resource }) => sum + resourceCharacters(resource), overhead);
}

/** Grants of the same functions share policies. @param perRole how many managed policies a role may have */
export function packGrants(grants: readonly Grant[], perRole: number): Packing {
  const groups = [...Map.groupBy(grants, ({ functions }) => functions.join()).values()].toSorted((a, b) => a.length - b.length);
  const left = new Map<FunctionName, number>(FUNCTION_NAMES.map((name) => [name, perRole]));
  const policies: Policy[] = [];
  for (const [index, group] of groups.entries()) {
    const functions = group[0]?.functions ?? [];
    // Whoever comes later needs one at least.
    const later = groups.slice(index + 1);
    const allowed = Math.min(
      ...functions.map((name) => (left.get(name) ?? 0) - later.filter(([one]) => one?.functions.includes(name)).length),
    );
    const packed = packGroup(group, functions, allowed);
    if (packed === undefined) {
      const characters = totalCharacters(group);
      const needed = Math.max(allowed + 1, Math.ceil(characters / MANAGED_POLICY_CHARACTERS));
      return { kind: "too large", functions, characters, needed, allowed };
    }
    for (const name of functions) left.set(name, (left.get(name) ?? 0) - packed.length);
    policies.push(...packed);
  }
  return { kind: "packed", policies };
}

function packGroup(grants: readonly Grant[], functions: readonly FunctionName[], allowed: number): readonly Policy[] | undefined {
  const total = totalCharacters(grants);
  const wanted = Math.max(1, Math.ceil(total / (MANAGED_POLICY_CHARACTERS * WANTED_FILL)));
  if (total > allowed * MANAGED_POLICY_CHARACTERS) return undefined;
  for (let count = Math.min(wanted, allowed); count <= allowed; count += 1) {
    const packed = spread(grants, functions, count);
    if (packed !== undefined) return packed;
  }
  return undefined;
}

function spread(grants: readonly Grant[], functions: readonly FunctionName[], count: number): readonly Policy[] | undefined {
  const policies = Array.from({ length: count }, () => ({
    characters: POLICY_CHARACTERS,
    grants: [] as Grant[],
    statements: new Set<string>(),
  }));
  const hashed = grants.map((grant) => ({ grant, hash: hashOf(grant) })).toSorted((a, b) => a.hash - b.hash);
  for (const { grant, hash } of hashed) {
    const key = statementKey(grant);
    const own = resourceCharacters(grant.resource);
    const first = own + statementCharacters(grant);
    const order = policies.map((policy, index) => ({ policy, rank: mixed(hash, index) })).toSorted((a, b) => b.rank - a.rank);
    const place = order.find(({ policy }) => policy.characters + (policy.statements.has(key) ? own : first) <= MANAGED_POLICY_CHARACTERS);
    if (place === undefined) return undefined;
    const { policy } = place;
    policy.characters += policy.statements.has(key) ? own : first;
    policy.statements.add(key);
    policy.grants.push(grant);
  }
  return policies
    .filter((policy) => policy.grants.length > 0)
    .map((policy) => ({ functions, characters: policy.characters, statements: statementsOf(policy.grants) }));
}

function statementsOf(grants: readonly Grant[]): readonly Statement[] {
  const groups = [...Map.groupBy(grants, statementKey)].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return groups.map(([, group]) => {
    const { actions = [], condition } = group[0] ?? {};
    const resources = group.map(({ resource }) => resource).toSorted();
    return { actions, ...(condition === undefined ? {} : { condition }), resources };
  });
}

function hashOf(grant: Grant): number {
  return createHash("sha256")
    .update(`${statementKey(grant)} ${grant.resource}`)
    .digest()
    .readUInt32BE();
}

/** How much a grant prefers a policy: murmur3's finalizer, whose every bit depends on every other. */
function mixed(hash: number, index: number): number {
  let mix = hash ^ Math.imul(index + 1, 0x9e3779b1);
  mix = Math.imul(mix ^ (mix >>> 16), 0x85ebca6b);
  mix = Math.imul(mix ^ (mix >>> 13), 0xc2b2ae35);
  return (mix ^ (mix >>> 16)) >>> 0;
}
