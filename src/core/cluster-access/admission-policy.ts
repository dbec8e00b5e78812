/**
 * The ValidatingAdmissionPolicy that confines the relay's identity beyond what RBAC can say. Under `label`, where it may write any name: to
 * Secrets with its cluster's label, before and after. Under both: no types that mint tokens, no owner references, no foreign finalizers, no
 * other relay's label. Policies never see reads, and RBAC's `patch` is a right to read: so whatever this lets through could be read too.
 */
import type { ClusterSpec } from "../model.ts";
import { CLUSTER_LABEL } from "../sync/ownership.ts";
import { ANY, type ClusterGrants, SYSTEM_NAMESPACES } from "./grants.ts";
import { accessName, type Confinement } from "./policy-name.ts";

/** A manifest as it is printed; keys in the order in which they are read. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Readonly<Record<string, string>> };
  readonly [field: string]: unknown;
}

const API = "admissionregistration.k8s.io/v1";
/** Whoever may write these could have the control plane hand out credentials. */
const TOKEN_TYPES = ["kubernetes.io/service-account-token", "bootstrap.kubernetes.io/token"];
/** cel-go refuses an expression of more than 100,000 code points. */
const NAMED_IN_AN_EXPRESSION = 500;

/** The policy and its binding, to be applied before any Role. `groups`: of the identity; a user's name is never looked at. */
export function admissionPolicy(
  cluster: Pick<ClusterSpec, "name" | "allowedNamespaces">,
  { unlabelled, finalizers }: Pick<ClusterGrants, "unlabelled" | "finalizers">,
  confinement: Confinement,
  groups: readonly string[],
  labels: Readonly<Record<string, string>>,
): readonly [policy: Manifest, binding: Manifest] {
  const metadata = { name: accessName(cluster.name), labels };
  const policy = {
    apiVersion: API,
    kind: "ValidatingAdmissionPolicy",
    metadata,
    spec: {
      failurePolicy: "Fail",
      matchConstraints: {
        resourceRules: [{ apiGroups: [""], apiVersions: ["*"], operations: ["*"], resources: ["secrets", "secrets/*"] }],
      },
      matchConditions: [
        {
          name: "is-the-relay",
          expression: `has(request.userInfo.groups) && request.userInfo.groups.exists(group, group in ${list(groups)})`,
        },
      ],
      variables: [
        { name: "before", expression: `request.operation == "CREATE" ? "" : ${labelOf("oldObject")}` },
        { name: "after", expression: `request.operation == "DELETE" ? "" : ${labelOf("object")}` },
        ...namedVariables(unlabelled),
      ],
      validations: [...(confinement === "label" ? labelRules(cluster) : nameRules(cluster)), ...commonRules(finalizers)].map(
        ([expression, message]) => ({ expression, message, reason: "Forbidden" }),
      ),
    },
  };
  const binding = {
    apiVersion: API,
    kind: "ValidatingAdmissionPolicyBinding",
    metadata,
    spec: { policyName: metadata.name, validationActions: ["Deny"] },
  };
  return [policy, binding];
}

type Rule = readonly [expression: string, message: string];

const IS_CREATE = `request.operation == "CREATE"`;
const IS_UPDATE = `request.operation == "UPDATE"`;
const IS_DELETE = `request.operation == "DELETE"`;

/** Where RBAC lets it write any name. */
function labelRules({ name, allowedNamespaces }: Pick<ClusterSpec, "name" | "allowedNamespaces">): readonly Rule[] {
  const own = text(name);
  return [
    [`request.namespace.matches(${text(namespacePattern(allowedNamespaces))})`, "the Cluster does not allow this namespace"],
    [`!(request.namespace in ${list(SYSTEM_NAMESPACES)})`, "namespaces of the control plane are never written"],
    [
      `${IS_CREATE} || variables.before == ${own} || (${IS_UPDATE} && variables.before == "" && variables.isNamed)`,
      "the Secret does not carry the label of this cluster",
    ],
    [
      `${IS_DELETE} || variables.after == ${own} || (${IS_UPDATE} && variables.after == variables.before && variables.isNamed)`,
      "the Secret would not carry the label of this cluster",
    ],
  ];
}

/** Where RBAC names each Secret: a look at one that is missing carries no label, nor does what is released. */
function nameRules({ name }: Pick<ClusterSpec, "name">): readonly Rule[] {
  const free = list(["", name]);
  return [
    [`variables.before in ${free}`, "the Secret carries the label of another cluster"],
    [`variables.after in ${free}`, "the Secret would carry the label of another cluster"],
  ];
}

function commonRules(finalizers: readonly string[]): readonly Rule[] {
  const owners = (object: string): string => `${object}.metadata.?ownerReferences.orValue([])`;
  const held = (object: string): string => `${object}.metadata.?finalizers.orValue([])`;
  const old = (of: (object: string) => string): string => `(${IS_CREATE} ? [] : ${of("oldObject")})`;
  const mayChange = finalizers.length === 0 ? "" : ` || finalizer in ${list(finalizers)}`;
  return [
    [
      `request.resource.resource == "secrets" && (!has(request.subResource) || request.subResource == "")`,
      "only whole Secrets are written",
    ],
    [`${IS_DELETE} || !(object.?type.orValue("") in ${list(TOKEN_TYPES)})`, "Secrets of this type make the control plane hand out tokens"],
    [`${IS_DELETE} || object.metadata.?generateName.orValue("") == ""`, "the relay names each Secret"],
    [
      `${IS_DELETE} || (${owners("object")}.all(owner, owner in ${old(owners)}) && (variables.isNamed || size(${owners("object")}) == size(${old(owners)})))`,
      "owner references are not the relay's to change",
    ],
    [
      `${IS_DELETE} || (${held("object")}.all(finalizer, finalizer in ${old(held)}${mayChange}) && ${old(held)}.all(finalizer, finalizer in ${held("object")}${mayChange}))`,
      "finalizers are not the relay's to change, but for those that its templates set",
    ],
  ];
}

/**
 * `isNamed`: the Secret may lack the label before the relay writes to it: it is merged into, or adopted. An adoption takes an owner
 * reference away.
 */
function namedVariables(unlabelled: readonly string[]): readonly { readonly name: string; readonly expression: string }[] {
  const key = `request.namespace + "/" + request.name`;
  const pages = Array.from({ length: Math.ceil(unlabelled.length / NAMED_IN_AN_EXPRESSION) }, (_, page) =>
    unlabelled.slice(page * NAMED_IN_AN_EXPRESSION, (page + 1) * NAMED_IN_AN_EXPRESSION),
  );
  const parts = pages.map((page, index) => {
    const isAnywhere = page.some((one) => one.startsWith(`${ANY}/`)) ? ` || ("${ANY}/" + request.name) in ${list(page)}` : "";
    return { name: `isNamed${index}`, expression: `(${key}) in ${list(page)}${isAnywhere}` };
  });
  const isNamed = parts.length === 0 ? "false" : parts.map(({ name }) => `variables.${name}`).join(" || ");
  return [...parts, { name: "isNamed", expression: isNamed }];
}

function labelOf(object: string): string {
  return `${object}.metadata.?labels[${text(CLUSTER_LABEL)}].orValue("")`;
}

/** The writer's own globs as RE2: `*` any run of what a namespace's name may hold, `?` one of it. */
function namespacePattern(globs: readonly string[]): string {
  const parts = globs.map((glob) => glob.replace(/[*?]/g, (wildcard) => (wildcard === "*" ? "[-a-z0-9]*" : "[-a-z0-9]")));
  return `^(${parts.join("|")})$`;
}

/** A text of CEL: its escapes are JSON's. */
function text(value: string): string {
  return JSON.stringify(value);
}

function list(values: readonly string[]): string {
  return `[${values.map(text).join(", ")}]`;
}
