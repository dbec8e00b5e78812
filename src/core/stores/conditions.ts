/** Which namespaces may use a cluster store: ESO's `conditions`. Isolation rests on it, so whatever is not admitted is refused. */
import { matchesRegexp } from "../text/regexps.ts";

export type SelectorOperator = "In" | "NotIn" | "Exists" | "DoesNotExist";

/** Kubernetes' LabelSelector: all of it must match; an empty one matches everything. */
export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>> | undefined;
  readonly matchExpressions?:
    | readonly { readonly key: string; readonly operator: SelectorOperator; readonly values?: readonly string[] | undefined }[]
    | undefined;
}

/** One condition: it admits a namespace that any of its parts matches. */
export interface StoreCondition {
  readonly namespaceSelector?: LabelSelector | undefined;
  /** Exact names. */
  readonly namespaces?: readonly string[] | undefined;
  /** Go's syntax, unanchored; compiled when the config was read. */
  readonly namespaceRegexes?: readonly string[] | undefined;
}

type Labels = Readonly<Record<string, string>>;

/** The label by which Kubernetes names each namespace. */
export const NAMESPACE_NAME_LABEL = "kubernetes.io/metadata.name";

/** `by labels`: only the labels that the namespace has in its cluster can tell. */
export type Admission = "admitted" | "refused" | "by labels";

/** What names and expressions alone say. No conditions at all admit every namespace. */
export function admissionByName(conditions: readonly StoreCondition[] | undefined, namespace: string): Admission {
  if (conditions === undefined || conditions.length === 0) return "admitted";
  const isNamed = conditions.some(
    ({ namespaces = [], namespaceRegexes = [] }) =>
      namespaces.includes(namespace) || namespaceRegexes.some((pattern) => matchesRegexp(pattern, namespace)),
  );
  if (isNamed) return "admitted";
  return conditions.some(({ namespaceSelector }) => namespaceSelector !== undefined) ? "by labels" : "refused";
}

/** Whether a namespace with these labels is admitted. Kubernetes labels each namespace with its name; one that lacks it has it here too. */
export function admits(conditions: readonly StoreCondition[] | undefined, namespace: string, labels: Labels): boolean {
  const admission = admissionByName(conditions, namespace);
  if (admission !== "by labels") return admission === "admitted";
  const all = { ...labels, [NAMESPACE_NAME_LABEL]: namespace };
  return conditions?.some(({ namespaceSelector }) => namespaceSelector !== undefined && selects(namespaceSelector, all)) === true;
}

/** Kubernetes' LabelSelectorAsSelector: NotIn and DoesNotExist match what lacks the key. */
export function selects({ matchLabels = {}, matchExpressions = [] }: LabelSelector, labels: Labels): boolean {
  const valueOf = (key: string): string | undefined => (Object.hasOwn(labels, key) ? labels[key] : undefined);
  return (
    Object.entries(matchLabels).every(([key, value]) => valueOf(key) === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = valueOf(key);
      switch (operator) {
        case "In":
          return value !== undefined && values.includes(value);
        case "NotIn":
          return value === undefined || !values.includes(value);
        case "Exists":
          return value !== undefined;
        case "DoesNotExist":
          return value === undefined;
      }
    })
  );
}
