/** ClusterExternalSecret: one ExternalSecret for each namespace of a cluster that matches; what the config says of it, and which namespaces it means. */
import type { ExternalSecretManifest } from "./config/schema.ts";
import type { SecretStoreManifest } from "./config/store-schema.ts";
import { type LabelSelector, NAMESPACE_NAME_LABEL, selects } from "./stores/conditions.ts";

/** A store's manifest, as far as resolving needs it. */
export interface StoreManifest {
  readonly kind: "SecretStore" | "ClusterSecretStore";
  readonly manifest: {
    readonly metadata: { readonly name: string; readonly namespace?: string | null | undefined };
    readonly spec: SecretStoreManifest["spec"];
  };
}

/**
 * One ClusterExternalSecret for one cluster, validated. Its namespaces are the cluster's to tell, so it keeps manifests, of which the
 * registration of each namespace is made then. Plain JSON; equal inputs give an equal value.
 */
export interface ClusterExternalSecretSpec {
  readonly cluster: string;
  readonly name: string;
  /** Of the ExternalSecrets that it makes. */
  readonly externalSecretName: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly externalSecretSpec: ExternalSecretManifest["spec"];
  readonly selectors: readonly LabelSelector[];
  /** Exact names. */
  readonly namespaces: readonly string[];
  /** How often its namespaces are asked for. */
  readonly refreshMs: number;
  /** Those of its cluster that it may read, of any namespace. */
  readonly stores: readonly StoreManifest[];
  /** What holds where a store says nothing; empty: the deployment's own. */
  readonly account: string;
  readonly region: string;
}

/** Identifies it: `<cluster>/<name>`. */
export function clusterExternalSecretId({ cluster, name }: { readonly cluster: string; readonly name: string }): string {
  return `${cluster}/${name}`;
}

/** A namespace of a cluster, metadata only. */
export interface NamespaceView {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly isTerminating: boolean;
}

/**
 * The names that alone decide which namespaces are meant, sorted; undefined where the labels of all namespaces must be asked for.
 * A selector that asks for just the label that holds the name counts as the name.
 */
export function namespacesByName({ selectors, namespaces }: ClusterExternalSecretSpec): readonly string[] | undefined {
  const named: string[] = [...namespaces];
  for (const selector of selectors) {
    const names = namesIn(selector);
    if (names === undefined) return undefined;
    named.push(...names);
  }
  return [...new Set(named)].toSorted();
}

function namesIn({ matchLabels = {}, matchExpressions = [] }: LabelSelector): readonly string[] | undefined {
  const labels = Object.keys(matchLabels);
  const [expression, ...others] = matchExpressions;
  if (labels.length === 1 && expression === undefined) {
    const name = matchLabels[NAMESPACE_NAME_LABEL];
    return name === undefined ? undefined : [name];
  }
  const isByName = expression?.key === NAMESPACE_NAME_LABEL && expression.operator === "In" && others.length === 0 && labels.length === 0;
  return isByName ? (expression.values ?? []) : undefined;
}

/** Whether a namespace is meant: by name or by any of the selectors (ESO). */
export function meansNamespace({ selectors, namespaces }: ClusterExternalSecretSpec, { name, labels }: NamespaceView): boolean {
  const all = { ...labels, [NAMESPACE_NAME_LABEL]: name };
  return namespaces.includes(name) || selectors.some((selector) => selects(selector, all));
}
