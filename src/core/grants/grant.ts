/** What a function may do, to what, and why: the words in which the stack, the command line and the tests speak of rights. Pure. */

/** The four functions by the ids that the stack gives them. */
export const FUNCTION_NAMES = ["OnSecretChange", "Sync", "Reconcile", "Register"] as const;
export type FunctionName = (typeof FUNCTION_NAMES)[number];

/** Whoever reads sources and writes to clusters. */
export const READERS: readonly FunctionName[] = ["OnSecretChange", "Sync", "Reconcile"];

/** What a grant is there for. */
export interface Why {
  readonly kind: "registration" | "find rule" | "ClusterExternalSecret" | "cluster" | "setting" | "function";
  /**
   * A registration's id; for a find rule with its place in it, `tokyo/app/db dataFrom[1]`; a ClusterExternalSecret with its
   * cluster, `tokyo/shared`; a cluster's name; a context key; of the function itself what it does with it.
   */
  readonly name: string;
}

/**
 * How far a grant goes beyond what the config names:
 * - `exact`: not at all. The six characters that Secrets Manager adds to a name count as named.
 * - `pattern`: a find rule takes whatever matches, so that the pattern is what it needs, or a little more.
 * - `prefix`, `tag`: the deployment chose to grant more than it needs, since all names did not fit (`grantPrefixes`, `grantTag`).
 * - `any`: the action knows no resources, or the relay can't know them.
 */
export type Reach = "exact" | "pattern" | "prefix" | "tag" | "any";

/** Operator → key → values, as in a policy. */
export type Condition = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;

/** One resource for some functions. */
export interface Grant {
  readonly functions: readonly FunctionName[];
  readonly actions: readonly string[];
  /**
   * An ARN, maybe with IAM's wildcards. `${AWS::Partition}`, `${AWS::Region}` and `${AWS::AccountId}` stand for where it is deployed,
   * `${Registry}` and the like (`OwnResource`) for the ARN of what the stack makes.
   */
  readonly resource: string;
  readonly condition?: Condition | undefined;
  readonly reach: Reach;
  readonly why: readonly Why[];
}

/** What the stack makes, or is told of, and grants. `Logs` and `Function` are those of the function that gets the grant. */
export type OwnResource = "Registry" | "SyncQueue" | "FailureQueue" | "HashKey" | "EventBus" | "Logs" | "Function" | "ConfigObject";

/** The name in `${Registry}` at the beginning of a grant's resource; undefined for what is outside of the stack. */
export function ownResourceOf(resource: string): OwnResource | undefined {
  const name = /^\$\{([A-Za-z]+)\}/.exec(resource)?.[1];
  return name as OwnResource | undefined;
}

/** Grants of the same to the same become one with all their reasons, each once. Sorted, so that equal configs give equal policies. */
export function mergeGrants(grants: readonly Grant[]): readonly Grant[] {
  const merged = new Map<string, { readonly grant: Grant; readonly why: Map<string, Why> }>();
  for (const grant of grants) {
    const { functions, actions, resource, condition, reach } = grant;
    const key = JSON.stringify([resource, actions, functions, condition, reach]);
    const known = merged.get(key) ?? { grant, why: new Map<string, Why>() };
    for (const why of grant.why) known.why.set(`${why.kind} ${why.name}`, why);
    merged.set(key, known);
  }
  const sorted = [...merged].toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return sorted.map(([, { grant, why }]) => ({ ...grant, why: [...why.values()] }));
}
