/** Resolves the whole config into clusters and registrations, or says everything that is wrong with it. */
import { type ClusterExternalSecretSpec, clusterExternalSecretId } from "../cluster-external-secret.ts";
import { type ClusterSpec, type ClusterWay, type RegistrationSpec, type ResolvedConfig, registrationId, targetKey } from "../model.ts";
import { namespaceAllowed } from "../sync/guard.ts";
import { findMistake, toClusterExternalSecret } from "./cluster-external-secret.ts";
import { compareText, type Diagnostic, type SourceFile, sortDiagnostics } from "./diagnostics.ts";
import { matchesGlob, nearestPath } from "./glob.ts";
import {
  type ClusterDocument,
  type ClusterExternalSecretDocument,
  type ConfigDocument,
  type ExternalSecretDocument,
  type ReadConfig,
  readConfig,
  type StoreDocument,
} from "./kinds.ts";
import type { Finding } from "./parse.ts";
import { toRegistration } from "./registration.ts";
import { sorted } from "./sorted.ts";
import { isOfAnotherController } from "./store.ts";
import { findStores, namespaceOf, type StoreDefaults, type StoreFinding } from "./store-lookup.ts";

/** The config is given only where nothing is wrong with it: half a config would prune what the other half registers. */
export interface Resolution {
  readonly config: ResolvedConfig | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** Validates and resolves all files of the config folder. Pure: equal files give an equal config, whatever their order. */
export function resolveConfig(files: readonly SourceFile[], defaults: StoreDefaults): Resolution {
  const read = readConfig([...files].toSorted((a, b) => compareText(a.path, b.path)));
  const clusters = read.documents.filter((document) => document.kind === "Cluster");
  const paths = files.map((file) => file.path).toSorted(compareText);
  const found = clusters.map((cluster) => resolveCluster(cluster, read, defaults));
  const diagnostics = [
    ...read.diagnostics,
    ...read.refused.flatMap((document) => document.diagnostics),
    ...duplicates(
      clusters,
      (cluster) => cluster.manifest.metadata.name,
      (name) => `a second Cluster ${name}`,
    ),
    ...clusters.flatMap((cluster) => unmatchedGlobs(cluster, paths)),
    ...found.flatMap((part) => part.diagnostics),
  ];
  if (diagnostics.length > 0) return { config: undefined, diagnostics: distinct(sortDiagnostics(diagnostics)) };
  const clusterExternalSecrets = found
    .flatMap((part) => part.clusterExternalSecrets)
    .toSorted((a, b) => compareText(clusterExternalSecretId(a), clusterExternalSecretId(b)));
  const config: ResolvedConfig = {
    clusters: clusters.map(toClusterSpec).toSorted((a, b) => compareText(a.name, b.name)),
    registrations: found
      .flatMap((part) => part.registrations)
      .map(({ spec }) => spec)
      .toSorted((a, b) => compareText(registrationId(a), registrationId(b))),
    ...(clusterExternalSecrets.length > 0 ? { clusterExternalSecrets } : {}),
  };
  return { config, diagnostics: [] };
}

/** A registration and where it was written. */
export interface PlacedRegistration {
  readonly spec: RegistrationSpec;
  readonly document: ExternalSecretDocument;
}

/** Resolves ExternalSecrets against the stores beside them, each for itself; the caller decides what a failure means. */
export function resolveEach(
  cluster: string,
  documents: readonly ConfigDocument[],
  refusedStores: ReadConfig["refused"],
  defaults: StoreDefaults,
): {
  readonly registrations: readonly PlacedRegistration[];
  readonly failures: readonly (readonly [ExternalSecretDocument, Diagnostic])[];
} {
  const stores = documents.filter(isStore);
  const registrations: PlacedRegistration[] = [];
  const failures: (readonly [ExternalSecretDocument, Diagnostic])[] = [];
  for (const document of documents) {
    if (document.kind !== "ExternalSecret") continue;
    const found = findStores(document, stores);
    if (!("main" in found)) failures.push([document, document.source.locate(becauseRefused(found, refusedStores))]);
    // ESO leaves an ExternalSecret alone whose store is another controller's.
    else if (!isOfAnotherController(found.main)) registrations.push({ spec: toRegistration(cluster, document, found, defaults), document });
  }
  return { registrations, failures };
}

/** A store that exists but is refused is not called missing: its own mistake is named instead. */
function becauseRefused({ wanted, ...missing }: StoreFinding, refused: ReadConfig["refused"]): Finding {
  if (wanted === undefined) return missing;
  const broken = refused.find(({ kind, source }) => kind === wanted.kind && metadataName(source.value) === wanted.name);
  const first = broken?.diagnostics[0];
  if (first === undefined) return missing;
  return { ...missing, message: `${wanted.kind} ${wanted.name} can't be used`, hint: `see its mistake at ${placeOf(first)}` };
}

function metadataName(value: unknown): unknown {
  const { metadata } = value as { readonly metadata?: { readonly name?: unknown } | null };
  return metadata?.name;
}

/** Two ExternalSecrets of one name, and two owners of one target. */
export function findCollisions(registrations: readonly PlacedRegistration[]): readonly (readonly [PlacedRegistration, Diagnostic])[] {
  const collisions: (readonly [PlacedRegistration, Diagnostic])[] = [];
  const names = new Map<string, PlacedRegistration>();
  const owners = new Map<string, PlacedRegistration>();
  for (const placed of registrations) {
    const { spec } = placed;
    const twin = names.get(registrationId(spec));
    if (twin !== undefined) {
      const message = `ExternalSecret ${spec.namespace}/${spec.name} is also given at ${placeOf(nameOf(twin))}`;
      collisions.push([placed, placed.document.source.locate({ path: ["metadata", "name"], message, hint: "keep one of the two" })]);
      continue;
    }
    names.set(registrationId(spec), placed);
    if (spec.target.creationPolicy !== "Owner" && spec.target.creationPolicy !== "Orphan") continue;
    const target = targetKey({ cluster: spec.cluster, namespace: spec.namespace, name: spec.target.name });
    const owner = owners.get(target);
    if (owner === undefined) owners.set(target, placed);
    else collisions.push([placed, secondOwner(placed, owner)]);
  }
  return collisions;
}

function secondOwner(placed: PlacedRegistration, owner: PlacedRegistration): Diagnostic {
  const { namespace, target } = placed.spec;
  return placed.document.source.locate({
    path: placed.document.manifest.spec.target?.name ? ["spec", "target", "name"] : ["metadata", "name"],
    message: `Secret ${namespace}/${target.name} already belongs to ExternalSecret ${owner.spec.name} at ${placeOf(nameOf(owner))}`,
    hint: "give it another target.name, or creationPolicy Merge",
  });
}

function resolveCluster(cluster: ClusterDocument, read: ReadConfig, defaults: StoreDefaults) {
  const { metadata, spec } = cluster.manifest;
  const isTaken = (path: string) => spec.manifests.some((glob) => matchesGlob(glob, path));
  const documents = read.documents.filter((document) => document.kind !== "Cluster" && isTaken(document.source.file));
  const refused = read.refused.filter((document) => isTaken(document.source.file));
  const { registrations, failures } = resolveEach(metadata.name, documents, refused, defaults);
  const stores = documents.filter(isStore);
  const several = documents.filter((document) => document.kind === "ClusterExternalSecret");
  const resolved = resolveClusterExternalSecrets(metadata.name, several, stores, refused, defaults);
  const diagnostics = [
    ...failures.map(([, diagnostic]) => diagnostic),
    ...resolved.failures.map(([, diagnostic]) => diagnostic),
    ...duplicates(
      several,
      ({ manifest }) => manifest.metadata.name,
      (name) => `a second ClusterExternalSecret ${name}`,
    ),
    ...findCollisions(registrations).map(([, diagnostic]) => diagnostic),
    ...duplicates(stores, storeName, (name) => `a second ${name}`),
    ...documents.flatMap((document) => (document.kind === "ExternalSecret" ? outsideAllowed(document, cluster) : [])),
  ];
  return { registrations, clusterExternalSecrets: resolved.specs, diagnostics };
}

function isStore(document: ConfigDocument): document is StoreDocument {
  return document.kind === "SecretStore" || document.kind === "ClusterSecretStore";
}

/** Resolves ClusterExternalSecrets against the stores beside them; which namespaces they come to is not known here. */
export function resolveClusterExternalSecrets(
  cluster: string,
  documents: readonly ClusterExternalSecretDocument[],
  stores: readonly StoreDocument[],
  refusedStores: ReadConfig["refused"],
  defaults: StoreDefaults,
): {
  readonly specs: readonly ClusterExternalSecretSpec[];
  readonly failures: readonly (readonly [ClusterExternalSecretDocument, Diagnostic])[];
} {
  const specs: ClusterExternalSecretSpec[] = [];
  const failures: (readonly [ClusterExternalSecretDocument, Diagnostic])[] = [];
  for (const document of documents) {
    const spec = toClusterExternalSecret(cluster, document, stores, defaults);
    const mistake = findMistake(spec);
    if (mistake === undefined) specs.push(spec);
    else failures.push([document, document.source.locate(becauseRefused(mistake, refusedStores))]);
  }
  return { specs, failures };
}

/** A misspelt glob would prune everything that it used to match. */
function unmatchedGlobs(cluster: ClusterDocument, paths: readonly string[]): readonly Diagnostic[] {
  return cluster.manifest.spec.manifests.flatMap((glob, index) => {
    if (paths.some((path) => matchesGlob(glob, path))) return [];
    // The Cluster's own file is hardly what was meant.
    const near = nearestPath(
      glob,
      paths.filter((path) => path !== cluster.source.file),
    );
    const hint = `${near === undefined ? "there is no other file below the config folder" : `the nearest file is ${near}`}; globs start at the config folder`;
    return [cluster.source.locate({ path: ["spec", "manifests", index], message: `spec.manifests[${index}] matches no file`, hint })];
  });
}

function storeName(store: StoreDocument): string {
  const { name } = store.manifest.metadata;
  return store.kind === "SecretStore" ? `SecretStore ${namespaceOf(store)}/${name}` : `ClusterSecretStore ${name}`;
}

function outsideAllowed(document: ExternalSecretDocument, cluster: ClusterDocument): readonly Diagnostic[] {
  const { metadata, spec } = cluster.manifest;
  const namespace = namespaceOf(document);
  // The writer's own check, so that what passes here is not refused at the write.
  if (namespaceAllowed(spec.namespaces.allow, namespace)) return [];
  const message = `namespace ${namespace} is not allowed in cluster ${metadata.name}`;
  const hint = `allowed there: ${spec.namespaces.allow.join(", ")}; see spec.namespaces.allow in ${cluster.source.file}`;
  return [document.source.locate({ path: ["metadata", "namespace"], message, hint })];
}

function duplicates<D extends Exclude<ConfigDocument, ExternalSecretDocument>>(
  documents: readonly D[],
  name: (document: D) => string,
  message: (name: string) => string,
): readonly Diagnostic[] {
  const seen = new Map<string, D>();
  return documents.flatMap((document) => {
    const first = seen.get(name(document));
    if (first === undefined) {
      seen.set(name(document), document);
      return [];
    }
    const place = placeOf(first.source.locate({ path: ["metadata", "name"], message: "" }));
    return [document.source.locate({ path: ["metadata", "name"], message: message(name(document)), hint: `the first is at ${place}` })];
  });
}

/** Manifests that several clusters take say their mistakes once. */
function distinct(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return [...new Map(diagnostics.map((diagnostic) => [JSON.stringify(diagnostic), diagnostic])).values()];
}

function nameOf(placed: PlacedRegistration): Diagnostic {
  return placed.document.source.locate({ path: ["metadata", "name"], message: "" });
}

function placeOf(diagnostic: Diagnostic): string {
  return `${diagnostic.file}:${diagnostic.line}:${diagnostic.column}`;
}

function toClusterSpec(cluster: ClusterDocument): ClusterSpec {
  const { metadata, spec } = cluster.manifest;
  return {
    name: metadata.name,
    labels: sorted(metadata.labels),
    ...toClusterWay(spec),
    allowedNamespaces: spec.namespaces.allow,
    concurrency: spec.limits?.concurrency ?? 16,
    requestsPerSecond: spec.limits?.requestsPerSecond ?? 200,
    drift: spec.drift ?? "probe",
    ...(spec.adopt === true ? { adopt: true } : {}),
    ...(spec.confine ? { confine: spec.confine } : {}),
  };
}

/** The rules let exactly one of the two pass. */
function toClusterWay({ eks, kubeconfigSecretRef }: ClusterDocument["manifest"]["spec"]): ClusterWay {
  if (!eks) return { kubeconfigSecretName: kubeconfigSecretRef?.name ?? "" };
  const { name, region, roleArn, externalId } = eks;
  return { eks: { name, region, ...(roleArn ? { roleArn } : {}), ...(externalId ? { externalId } : {}) } };
}
