/** What the relay's identity must be allowed in a cluster, computed from the config alone: nothing that the config does not name. */
import { namespacesByName } from "../cluster-external-secret.ts";
import { expandInto, possibleRegistrations } from "../config/cluster-external-secret.ts";
import { compareText } from "../config/diagnostics.ts";
import type { ClusterSpec, RegistrationSpec, ResolvedConfig } from "../model.ts";
import { needsNamespaceLabels, storesOf } from "../stores/stores.ts";
import { namespaceAllowed } from "../sync/guard.ts";
import { templateObjectsOf } from "../sync/template-objects.ts";
import type { Confinement } from "./policy-name.ts";

/** In place of a namespace: cluster-wide; in place of a name: any. `*` is in no name of Kubernetes. */
export const ANY = "*";

export type Verb = "create" | "delete" | "get" | "list" | "patch";

/** One right: one verb on one object, or on all of a resource. All are of the core API group. */
export interface Grant {
  readonly namespace: string;
  readonly resource: "configmaps" | "namespaces" | "secrets" | "serviceaccounts" | "serviceaccounts/token";
  readonly name: string;
  readonly verb: Verb;
}

/** What a cluster's manifests are made of. */
export interface ClusterGrants {
  /** Each once, sorted. */
  readonly grants: readonly Grant[];
  /** `namespace/name` of the Secrets that may lack the cluster's label before the first write: merged into, or adopted. Sorted. */
  readonly unlabelled: readonly string[];
  /** The finalizers that templates set, sorted. */
  readonly finalizers: readonly string[];
  /** What the reader of the manifests must know: where a right is wider than the config's names, or a target can't be written. */
  readonly warnings: readonly string[];
}

/** Namespaces of the control plane, which no label confinement ever opens. */
export const SYSTEM_NAMESPACES: readonly string[] = ["kube-node-lease", "kube-public", "kube-system"];

/** All rights for one Cluster of the config. */
export function grantsOf(cluster: ClusterSpec, config: ResolvedConfig, confinement: Confinement): ClusterGrants {
  const { specs, warnings } = specsOf(cluster, config);
  const rights = new Map<string, Grant>();
  const grant = (namespace: string, resource: Grant["resource"], name: string, ...verbs: readonly Verb[]): void => {
    for (const verb of verbs) rights.set(`${namespace}|${resource}|${name}|${verb}`, { namespace, resource, name, verb });
  };
  const written = specs.filter(({ target }) => target.creationPolicy !== "None");
  if (confinement === "names") {
    for (const { namespace, target } of written) {
      grant(namespace, "secrets", target.name, "create", "patch", ...(mayDelete(target) ? (["delete"] as const) : []));
    }
  } else {
    // The default policy is Owner: a cluster of which nothing is known yet is granted what that needs.
    const verbs = specs.length === 0 || written.some(({ target }) => mayDelete(target)) ? (["delete"] as const) : [];
    for (const namespace of writableNamespaces(cluster)) grant(namespace, "secrets", ANY, "create", "patch", ...verbs);
    const shut = written.filter(({ namespace }) => SYSTEM_NAMESPACES.includes(namespace));
    for (const { namespace, target } of shut) {
      warnings.push(`Secret ${namespace}/${target.name} can't be written: label confinement never opens ${namespace}; use --confine names`);
    }
  }
  if (cluster.drift === "list") {
    const listed = new Set(written.map(({ namespace }) => namespace));
    for (const namespace of listed) grant(namespace, "secrets", ANY, "list");
    if (listed.size > 0) {
      warnings.push(
        "drift: list needs a right by which this identity could read every Secret of these namespaces; drift: probe needs none",
      );
    }
  }
  for (const spec of specs) grantReads(cluster, spec, grant);
  if (ofCluster(cluster, config).some((spec) => namespacesByName(spec) === undefined)) grant(ANY, "namespaces", ANY, "list");

  const unlabelled = written.filter(({ target }) => cluster.adopt === true || isMergedInto(target));
  return {
    grants: [...rights.values()].toSorted(compareGrants),
    unlabelled: distinct(unlabelled.map(({ namespace, target }) => `${namespace}/${target.name}`)),
    finalizers: distinct(written.flatMap(({ target }) => target.template?.finalizers ?? [])),
    warnings: distinct(warnings),
  };
}

/** Prune deletes what an Owner leaves, and deletionPolicy Delete is refused with any other policy. */
function mayDelete({ creationPolicy }: RegistrationSpec["target"]): boolean {
  return creationPolicy === "Owner";
}

function isMergedInto({ creationPolicy }: RegistrationSpec["target"]): boolean {
  return creationPolicy === "Merge" || creationPolicy === "CreateOrMerge";
}

/** The namespaces that globs without a wildcard name, or all of them, which only an admission policy narrows. */
function writableNamespaces({ allowedNamespaces }: ClusterSpec): readonly string[] {
  const literal = literalNamespaces(allowedNamespaces);
  return literal === undefined ? [ANY] : literal.filter((namespace) => !SYSTEM_NAMESPACES.includes(namespace));
}

function literalNamespaces(globs: readonly string[]): readonly string[] | undefined {
  return globs.some((glob) => /[*?]/.test(glob)) ? undefined : distinct(globs);
}

function grantReads(
  cluster: ClusterSpec,
  spec: RegistrationSpec,
  grant: (namespace: string, resource: Grant["resource"], name: string, ...verbs: readonly Verb[]) => void,
): void {
  for (const { kind, namespace, name } of templateObjectsOf(spec)) {
    grant(namespace, kind === "Secret" ? "secrets" : "configmaps", name, "get");
  }
  if (spec.namespace === ANY ? storesOf(spec).some(hasSelector) : needsNamespaceLabels(spec))
    grant(ANY, "namespaces", spec.namespace, "get");
  for (const { access } of storesOf(spec)) {
    const { base } = access ?? {};
    if (base === undefined || base.kind === "function" || base.cluster !== cluster.name) continue;
    if (base.kind === "serviceAccount") {
      grant(base.namespace, "serviceaccounts", base.name, "get");
      grant(base.namespace, "serviceaccounts/token", base.name, "create");
      continue;
    }
    for (const ref of [base.accessKeyId, base.secretAccessKey, base.sessionToken]) {
      if (ref !== undefined) grant(ref.namespace, "secrets", ref.name, "get");
    }
  }
}

function hasSelector({ conditions = [] }: ReturnType<typeof storesOf>[number]): boolean {
  return conditions.some(({ namespaceSelector }) => namespaceSelector !== undefined);
}

/** The cluster's registrations, those of its ClusterExternalSecrets by every namespace that they may mean: ANY where only labels tell. */
function specsOf(
  cluster: ClusterSpec,
  config: ResolvedConfig,
): { readonly specs: readonly RegistrationSpec[]; readonly warnings: string[] } {
  const specs = config.registrations.filter((spec) => spec.cluster === cluster.name);
  const warnings: string[] = [];
  for (const several of ofCluster(cluster, config)) {
    const named = namespacesByName(several) ?? literalNamespaces(cluster.allowedNamespaces);
    if (named === undefined) {
      const expansion = expandInto(several, ANY);
      // Where each namespace has a SecretStore of its own, the stores themselves tell which these are.
      const places = possibleRegistrations(several).filter(({ namespace }) => namespaceAllowed(cluster.allowedNamespaces, namespace));
      specs.push(...(expansion.kind === "registration" ? [expansion.spec] : places));
      if (expansion.kind === "registration") {
        warnings.push(`ClusterExternalSecret ${several.name} selects namespaces by label: what it names is granted in every namespace`);
      }
      continue;
    }
    for (const namespace of named.filter((one) => namespaceAllowed(cluster.allowedNamespaces, one))) {
      const expansion = expandInto(several, namespace);
      if (expansion.kind === "registration") specs.push(expansion.spec);
    }
  }
  return { specs, warnings };
}

function ofCluster({ name }: ClusterSpec, { clusterExternalSecrets = [] }: ResolvedConfig) {
  return clusterExternalSecrets.filter(({ cluster }) => cluster === name);
}

/** By namespace (cluster-wide first), resource, name and verb. */
function compareGrants(a: Grant, b: Grant): number {
  return (
    compareText(a.namespace, b.namespace) ||
    compareText(a.resource, b.resource) ||
    compareText(a.name, b.name) ||
    compareText(a.verb, b.verb)
  );
}

function distinct(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].toSorted(compareText);
}
