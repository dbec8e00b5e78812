/** Grants as Roles and their bindings: one of each a namespace, several where the names are many. */
import { compareText } from "../config/diagnostics.ts";
import type { Manifest } from "./admission-policy.ts";
import { ANY, type Grant, type Verb } from "./grants.ts";

const API_GROUP = "rbac.authorization.k8s.io";
const API = `${API_GROUP}/v1`;
/** etcd takes 1.5 MB an object: names of 253 characters stay far below that. */
const NAMES_IN_A_ROLE = 1_000;

/** A subject of a binding. */
export type Subject =
  | { readonly apiGroup: typeof API_GROUP; readonly kind: "Group"; readonly name: string }
  | { readonly kind: "ServiceAccount"; readonly name: string; readonly namespace: string };

/** A group as a binding's subject. */
export function groupSubject(name: string): Subject {
  return { apiGroup: API_GROUP, kind: "Group", name };
}

interface Rule {
  readonly apiGroups: readonly [""];
  readonly resources: readonly string[];
  readonly verbs: readonly Verb[];
  readonly resourceNames?: readonly string[];
}

/** Role and binding by turns, the cluster-wide ones first; equal grants give equal manifests. All are called `name`, or `name-2` and so on. */
export function rolesOf(
  grants: readonly Grant[],
  name: string,
  subjects: readonly Subject[],
  labels: Readonly<Record<string, string>>,
): readonly Manifest[] {
  const byNamespace = [...Map.groupBy(grants, ({ namespace }) => namespace)].toSorted(([a], [b]) => compareText(a, b));
  return byNamespace.flatMap(([namespace, own]) =>
    pagesOf(rulesOf(own)).flatMap((rules, page) => {
      const isEverywhere = namespace === ANY;
      const metadata = { name: page === 0 ? name : `${name}-${page + 1}`, ...(isEverywhere ? {} : { namespace }), labels };
      const kind = isEverywhere ? "ClusterRole" : "Role";
      const roleRef = { apiGroup: API_GROUP, kind, name: metadata.name };
      return [
        { apiVersion: API, kind, metadata, rules },
        { apiVersion: API, kind: `${kind}Binding`, metadata, roleRef, subjects },
      ];
    }),
  );
}

/** Names with the same verbs share a rule. */
function rulesOf(grants: readonly Grant[]): readonly Rule[] {
  const objects = Map.groupBy(grants, ({ resource, name }) => `${resource} ${name}`);
  const rights = [...objects.values()].flatMap((own) => {
    const [first] = own;
    return first === undefined ? [] : [{ ...first, verbs: [...new Set(own.map(({ verb }) => verb))].toSorted(compareText) }];
  });
  return [...Map.groupBy(rights, ({ resource, name, verbs }) => JSON.stringify([resource, verbs, name === ANY])).values()].flatMap(
    (alike) => {
      const [first] = alike;
      if (first === undefined) return [];
      const names = alike.map(({ name }) => name).toSorted(compareText);
      const rule = { apiGroups: [""] as const, resources: [first.resource], verbs: first.verbs };
      return [first.name === ANY ? rule : { ...rule, resourceNames: names }];
    },
  );
}

/** Rules with so many names in all as one Role takes. */
function pagesOf(rules: readonly Rule[]): readonly (readonly Rule[])[] {
  const pages: Rule[][] = [];
  let room = 0;
  for (const rule of rules) {
    let left = rule.resourceNames ?? [ANY];
    while (left.length > 0) {
      if (room === 0) {
        pages.push([]);
        room = NAMES_IN_A_ROLE;
      }
      const taken = left.slice(0, room);
      pages.at(-1)?.push(rule.resourceNames === undefined ? rule : { ...rule, resourceNames: taken });
      room -= taken.length;
      left = left.slice(taken.length);
    }
  }
  return pages;
}
