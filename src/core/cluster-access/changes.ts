/** What another print of a cluster's manifests would change: by the rights that they give, not by their text. */
import { compareText } from "../config/diagnostics.ts";
import type { Manifest } from "./admission-policy.ts";
import { ANY } from "./grants.ts";

/** One line of the comparison. */
export interface AccessChange {
  /** changed: of a policy or a binding, which are compared as wholes. */
  readonly change: "added" | "changed" | "removed";
  /** `*`: cluster-wide. */
  readonly namespace: string;
  readonly resource: string;
  /** `*`: any. */
  readonly name: string;
  /** Sorted; empty for what is no right. */
  readonly verbs: readonly string[];
}

/**
 * Compares manifests as they were printed before, or as the API server shows them now, with those that the config makes. Of `formerly` all
 * that is not called as ours is left out; each document may be a List.
 */
export function accessChanges(formerly: readonly unknown[], now: readonly Manifest[], name: string): readonly AccessChange[] {
  const before = formerly.flatMap(itemsOf).filter((document) => isOurs(document, name));
  return [...rightChanges(before, now), ...objectChanges(before, now)].toSorted(
    (a, b) =>
      compareText(a.namespace, b.namespace) ||
      compareText(a.resource, b.resource) ||
      compareText(a.name, b.name) ||
      compareText(a.change, b.change),
  );
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function itemsOf(document: unknown): readonly Fields[] {
  const fields = fieldsOf(document);
  return Array.isArray(fields["items"]) ? listOf(fields["items"]).map(fieldsOf) : [fields];
}

function nameOf(document: Fields): string {
  return textOf(fieldsOf(document["metadata"])["name"]);
}

function namespaceOf(document: Fields): string {
  return textOf(fieldsOf(document["metadata"])["namespace"]) || ANY;
}

const ROLES = ["ClusterRole", "Role"];
/** What decides beside them; an account and its namespace give no right. */
const COMPARED = ["ClusterRoleBinding", "RoleBinding", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"];

/** All have one name, or that of a further page. */
function isOurs(document: Fields, name: string): boolean {
  const own = nameOf(document);
  return own === name || (own.startsWith(`${name}-`) && /^\d+$/.test(own.slice(name.length + 1)));
}

function keyOf(document: Fields): string {
  return JSON.stringify([document["kind"], namespaceOf(document), nameOf(document)]);
}

/** Each `[namespace, resource, name, verb]` that a Role gives, as JSON. */
function rightsIn(documents: readonly Fields[]): ReadonlySet<string> {
  const rights = new Set<string>();
  for (const document of documents) {
    if (!ROLES.includes(textOf(document["kind"]))) continue;
    for (const rule of listOf(document["rules"]).map(fieldsOf)) {
      const names = listOf(rule["resourceNames"]);
      for (const resource of listOf(rule["resources"]))
        for (const verb of listOf(rule["verbs"]))
          for (const one of names.length === 0 ? [ANY] : names) rights.add(JSON.stringify([namespaceOf(document), resource, one, verb]));
    }
  }
  return rights;
}

function rightChanges(before: readonly Fields[], now: readonly Manifest[]): readonly AccessChange[] {
  const [had, has] = [rightsIn(before), rightsIn(now.map(fieldsOf))];
  const lines = (change: "added" | "removed", rights: ReadonlySet<string>, other: ReadonlySet<string>): readonly AccessChange[] => {
    const changed = [...rights].filter((right) => !other.has(right)).map((right) => JSON.parse(right) as readonly string[]);
    return [...Map.groupBy(changed, ([namespace, resource, name]) => JSON.stringify([namespace, resource, name])).values()].map((alike) => {
      const [namespace = "", resource = "", name = ""] = alike[0] ?? [];
      return { change, namespace, resource, name, verbs: alike.map(([, , , verb = ""]) => verb).toSorted(compareText) };
    });
  };
  return [...lines("added", has, had), ...lines("removed", had, has)];
}

function objectChanges(before: readonly Fields[], now: readonly Manifest[]): readonly AccessChange[] {
  const objects = (documents: readonly Fields[]) =>
    new Map(documents.filter(({ kind }) => COMPARED.includes(textOf(kind))).map((document) => [keyOf(document), document]));
  const [had, has] = [objects(before), objects(now.map(fieldsOf))];
  const line = (change: AccessChange["change"], document: Fields): AccessChange => ({
    change,
    namespace: namespaceOf(document),
    resource: textOf(document["kind"]),
    name: nameOf(document),
    verbs: [],
  });
  return [
    ...[...has].flatMap(([key, document]) => {
      const old = had.get(key);
      if (old === undefined) return [line("added", document)];
      return JSON.stringify(meaningOf(old)) === JSON.stringify(meaningOf(document)) ? [] : [line("changed", document)];
    }),
    ...[...had].flatMap(([key, document]) => (has.has(key) ? [] : [line("removed", document)])),
  ];
}

/** What of an object decides, without what an API server fills in. */
function meaningOf(document: Fields): unknown {
  const spec = fieldsOf(document["spec"]);
  const expressions = (field: string) =>
    listOf(spec[field]).map((one) => ["name", "expression", "message", "reason"].map((key) => fieldsOf(one)[key] ?? ""));
  switch (document["kind"]) {
    case "ClusterRoleBinding":
    case "RoleBinding": {
      const { kind, name } = fieldsOf(document["roleRef"]);
      const subjects = listOf(document["subjects"]).map((one) => ["kind", "name", "namespace"].map((key) => fieldsOf(one)[key] ?? ""));
      return [kind, name, subjects];
    }
    case "ValidatingAdmissionPolicy": {
      const rules = listOf(fieldsOf(spec["matchConstraints"])["resourceRules"]).map((one) => {
        const { apiGroups, apiVersions, operations, resources } = fieldsOf(one);
        return [apiGroups, apiVersions, operations, resources];
      });
      return [spec["failurePolicy"], rules, ...["matchConditions", "variables", "validations"].map(expressions)];
    }
    case "ValidatingAdmissionPolicyBinding":
      return [spec["policyName"], spec["validationActions"]];
    default:
      return [];
  }
}
