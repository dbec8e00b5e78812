/** Resolves a ClusterExternalSecret for a cluster, and makes the registration of one namespace of it: pure, so that any function can. */
import type { ClusterExternalSecretSpec, StoreManifest } from "../cluster-external-secret.ts";
import type { RegistrationSpec, ResolvedConfig } from "../model.ts";
import { parseDuration } from "./duration.ts";
import type { ClusterExternalSecretDocument, StoreDocument } from "./kinds.ts";
import { DEFAULT_NAMESPACE } from "./namespace.ts";
import type { FieldPath } from "./parse.ts";
import { toRegistration } from "./registration.ts";
import { sorted } from "./sorted.ts";
import { isOfAnotherController, toSelector } from "./store.ts";
import { type ExternalSecretOf, findStores, namespaceOf, type StoreDefaults, type StoreFinding } from "./store-lookup.ts";

/** ESO's annotation by which people ask for a sync: it is handed on to each ExternalSecret. */
const FORCE_SYNC = "external-secrets.io/force-sync";

/** ESO's own. */
const DEFAULT_REFRESH_MS = 3_600_000;

/** What a ClusterExternalSecret comes to in one namespace. */
export type Expansion =
  | { readonly kind: "registration"; readonly spec: RegistrationSpec }
  /** Its store is another controller's, and ESO leaves it alone. */
  | { readonly kind: "another controller's" }
  | { readonly kind: "failed"; readonly finding: StoreFinding };

/** A ClusterExternalSecret as the config keeps it for one cluster. */
export function toClusterExternalSecret(
  cluster: string,
  { manifest }: ClusterExternalSecretDocument,
  stores: readonly StoreDocument[],
  { account, defaultRegion }: StoreDefaults,
): ClusterExternalSecretSpec {
  const { metadata, spec } = manifest;
  const { externalSecretSpec, externalSecretMetadata, namespaceSelector, namespaceSelectors, namespaces } = spec;
  const forced = metadata.annotations?.[FORCE_SYNC];
  const { [FORCE_SYNC]: _own, ...annotations } = externalSecretMetadata?.annotations ?? {};
  const used = new Set(storeRefs(externalSecretSpec).map(({ kind, name }) => `${kind ?? "SecretStore"} ${name}`));
  const selectors = [...(namespaceSelector ? [namespaceSelector] : []), ...(namespaceSelectors ?? [])];
  return {
    cluster,
    name: metadata.name,
    externalSecretName: spec.externalSecretName || metadata.name,
    labels: sorted(externalSecretMetadata?.labels),
    annotations: sorted(forced === undefined ? annotations : { ...annotations, [FORCE_SYNC]: forced }),
    externalSecretSpec,
    selectors: selectors.map(toSelector),
    namespaces: [...new Set(namespaces)].toSorted(),
    // ESO finds new namespaces by a watch too; nothing here would, so zero can't mean never.
    refreshMs: parseDuration(spec.refreshTime ?? "") || DEFAULT_REFRESH_MS,
    stores: stores.filter(({ kind, manifest: store }) => used.has(`${kind} ${store.metadata.name}`)).map(toStoreManifest),
    account,
    region: defaultRegion,
  };
}

function storeRefs({ secretStoreRef, data, dataFrom }: ClusterExternalSecretSpec["externalSecretSpec"]) {
  const refs = [secretStoreRef, ...[...(data ?? []), ...(dataFrom ?? [])].map(({ sourceRef }) => sourceRef?.storeRef)];
  return refs.filter((ref) => ref !== undefined && ref !== null);
}

function toStoreManifest({ kind, manifest }: StoreDocument): StoreManifest {
  const { name } = manifest.metadata;
  const namespace = "namespace" in manifest.metadata ? manifest.metadata.namespace : undefined;
  return { kind, manifest: { metadata: { name, ...(namespace ? { namespace } : {}) }, spec: manifest.spec } };
}

/** The registration of a namespace. Whether the stores' conditions admit the namespace is asked by each sync, as in ESO. */
export function expandInto(spec: ClusterExternalSecretSpec, namespace: string): Expansion {
  const { cluster, labels, annotations, account, region } = spec;
  const externalSecret: ExternalSecretOf = {
    kind: "ExternalSecret",
    manifest: { metadata: { name: spec.externalSecretName, namespace, labels, annotations }, spec: spec.externalSecretSpec },
  };
  const stores = findStores(externalSecret, spec.stores, "left to the sync");
  if (!("main" in stores)) return { kind: "failed", finding: stores };
  if (isOfAnotherController(stores.main)) return { kind: "another controller's" };
  const registration = toRegistration(cluster, externalSecret, stores, { account, defaultRegion: region });
  return { kind: "registration", spec: { ...registration, clusterExternalSecret: spec.name } };
}

/** One registration for each place that it may read from, whatever its namespaces turn out to be: for what must be granted beforehand. */
export function possibleRegistrations(spec: ClusterExternalSecretSpec): readonly RegistrationSpec[] {
  return placesOf(spec).flatMap((namespace) => {
    const expansion = expandInto(spec, namespace);
    return expansion.kind === "registration" ? [expansion.spec] : [];
  });
}

/** A mistake that holds in every namespace; a store that only some namespaces lack is told by the status. */
export function findMistake(spec: ClusterExternalSecretSpec): StoreFinding | undefined {
  const expansions = placesOf(spec).map((namespace) => expandInto(spec, namespace));
  const [first] = expansions;
  if (first?.kind !== "failed" || expansions.some(({ kind }) => kind !== "failed")) return undefined;
  const { finding } = first;
  const { wanted } = finding;
  const isNowhere =
    wanted?.kind === "SecretStore" &&
    !spec.stores.some(({ kind, manifest }) => `${kind} ${manifest.metadata.name}` === `SecretStore ${wanted.name}`);
  const message = isNowhere ? `no SecretStore ${wanted.name} in any namespace` : finding.message;
  return { ...finding, message, path: belowExternalSecretSpec(finding.path) };
}

/** `spec.x` of an ExternalSecret, as it is written in a ClusterExternalSecret. */
export function belowExternalSecretSpec(path: FieldPath): FieldPath {
  return ["spec", "externalSecretSpec", ...path.slice(1)];
}

/** The namespaces that have SecretStores of its own choice; any one stands for all where it reads none of these. */
function placesOf({ stores, externalSecretSpec }: ClusterExternalSecretSpec): readonly string[] {
  const readsOwn = storeRefs(externalSecretSpec).some(({ kind }) => kind !== "ClusterSecretStore");
  const own = new Set(stores.filter(({ kind }) => kind === "SecretStore").map(namespaceOf));
  return readsOwn && own.size > 0 ? [...own].toSorted() : [DEFAULT_NAMESPACE];
}

/** What the config registers, and all that its ClusterExternalSecrets may: for whom rights are granted, whatever namespaces there are. */
export function allRegistrations({ registrations, clusterExternalSecrets = [] }: ResolvedConfig): readonly RegistrationSpec[] {
  return [...registrations, ...clusterExternalSecrets.flatMap(possibleRegistrations)];
}
