/** From the config and the settings to all grants and the managed policies that hold them, or to what to choose where they don't fit. Pure. */
import { UserMistake } from "../config/context.ts";
import type { ResolvedConfig } from "../model.ts";
import type { FunctionName, Grant } from "./grant.ts";
import { ownGrants } from "./own-grants.ts";
import { type Overflow, type Policy, packGrants, totalCharacters } from "./policies.ts";
import { MANAGED_POLICY_CHARACTERS } from "./policy-size.ts";
import { type ProposedPrefix, proposePrefixes } from "./propose-prefixes.ts";
import type { GrantSettings } from "./settings.ts";
import { sourceGrants } from "./source-grants.ts";
import { asNamed, widenByPrefixes, widenByTag } from "./widen.ts";

/** Of the registry's table; the grants name it. */
export const DUE_INDEX = "due";

export interface GrantPlan {
  /** On what the stack makes, and of one function what knows no resources: they go into each role itself. */
  readonly own: readonly Grant[];
  /** On what the config names: they go into managed policies, which the roles of several functions share. */
  readonly sources: readonly Grant[];
  readonly policies: readonly Policy[];
}

/** So much of a policy is taken as filled where prefixes are proposed: the last one is never full. */
const PROPOSED_FILL = 0.95;

/**
 * @throws UserMistake for a key that names no secret, for a prefix that nothing needs, and where the policies would be more than a role
 * may have: with what can be chosen then. It never widens by itself.
 */
export function planGrants(config: ResolvedConfig, settings: GrantSettings): GrantPlan {
  const { grantPrefixes, grantTag, kmsKeyArns, managedPoliciesPerRole, tracing, vpcId } = settings;
  const named = sourceGrants(config, kmsKeyArns);
  const byPrefixes = grantPrefixes.length === 0 ? named : widenByPrefixes(named, grantPrefixes);
  const sources = grantTag === undefined ? byPrefixes : widenByTag(byPrefixes, grantTag);
  // One statement of one role is not worth a policy of its own, of which a role may have few.
  const [shared, single] = [sources.filter((grant) => !isSingle(grant)), sources.filter(isSingle)];
  const packing = packGrants(shared, managedPoliciesPerRole);
  if (packing.kind === "too large") throw new UserMistake(explain(packing, shared, settings));
  return {
    own: [...ownGrants({ dueIndex: DUE_INDEX, tracing, hasNetwork: vpcId !== undefined }), ...single],
    sources: shared,
    policies: packing.policies,
  };
}

function isSingle({ functions, resource }: Grant): boolean {
  return functions.length === 1 && resource === "*";
}

/** The prefixes that would do; already accepted ones stay. Undefined where none would. */
export function prefixesThatFit(
  sources: readonly Grant[],
  functions: readonly FunctionName[],
  allowed: number,
): readonly ProposedPrefix[] | undefined {
  const group = sources.filter((grant) => grant.functions.join() === functions.join());
  const named = group.flatMap((grant) => asNamed(grant) ?? []);
  const others = totalCharacters(group.filter((grant) => asNamed(grant) === undefined));
  return proposePrefixes(named, allowed * MANAGED_POLICY_CHARACTERS * PROPOSED_FILL - others);
}

const SHOWN_PREFIXES = 20;

function explain({ functions, characters, needed, allowed }: Overflow, sources: readonly Grant[], settings: GrantSettings): string {
  const { grantPrefixes, grantTag, managedPoliciesPerRole } = settings;
  const number = (count: number): string => count.toLocaleString("en-US");
  const raised = needed <= 20 && managedPoliciesPerRole < 20;
  const proposed = prefixesThatFit(sources, functions, allowed);
  const shown = (proposed ?? []).toSorted((a, b) => b.covered - a.covered).slice(0, SHOWN_PREFIXES);
  const all = [...grantPrefixes, ...(proposed ?? []).map(({ prefix }) => prefix)];
  return [
    `what the config names does not fit into IAM's policies: ${functions.join(", ")} need ${number(characters)} characters, that is ` +
      `${number(needed)} managed policies of ${number(MANAGED_POLICY_CHARACTERS)} for each role, and have ${allowed}. Nothing was granted; choose (docs/permissions.md):`,
    ...(raised
      ? [
          `- have IAM's quota "managed policies attached to a role" raised, and set the context key managedPoliciesPerRole to ${Math.min(20, needed + 1)}`,
        ]
      : []),
    ...(proposed === undefined
      ? ["- no shared prefixes would do: the names have too little in common"]
      : [
          `- grant shared prefixes, and with them every other secret below: "grantPrefixes": ${JSON.stringify(all)}`,
          ...shown.map(
            ({ prefix, covered }) => `    ${prefix} stands for ${number(covered)} ${covered === 1 ? "name" : "names"} of the config`,
          ),
          ...(proposed.length > shown.length ? [`    and ${number(proposed.length - shown.length)} more`] : []),
        ]),
    ...(grantTag === undefined
      ? ['- tag the secrets and parameters, and grant whatever has the tag: "grantTag": "secret-relay=allowed"']
      : [
          "- what the tag does not stand for is too much already: other accounts' secrets, clusters, roles and find rules are granted one by one",
        ]),
  ].join("\n");
}
