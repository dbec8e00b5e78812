/** Turns one ExternalSecret and its store into the registration of one cluster: defaults filled in, key order fixed. */
import type {
  DataFromEntry,
  FindRule,
  MergeRewrite,
  RegistrationSpec,
  RemoteRef,
  RewriteOperation,
  StoreSpec,
  TargetSpec,
  TargetTemplate,
  ValueStrategies,
} from "../model.ts";
import { compareText } from "./diagnostics.ts";
import { parseDuration } from "./duration.ts";
import type { ExternalSecretDocument, StoreDocument } from "./kinds.ts";
import { didYouMean } from "./nearest.ts";
import type { Finding } from "./parse.ts";
import type { ExternalSecretManifest, FindManifest, RemoteRefManifest, RewriteManifest } from "./schema.ts";

/** What a store without its own says. */
export interface StoreDefaults {
  readonly account: string;
  readonly defaultRegion: string;
}

/** The namespace of a manifest that names none. */
export const DEFAULT_NAMESPACE = "default";

/** Where an ExternalSecret or a SecretStore lives. */
export function namespaceOf(document: ExternalSecretDocument | StoreDocument): string {
  return document.kind === "ClusterSecretStore" ? "" : (document.manifest.metadata.namespace ?? DEFAULT_NAMESPACE);
}

/** Finds the store that a manifest names, among those that the same cluster takes. */
export function findStore(document: ExternalSecretDocument, stores: readonly StoreDocument[]): StoreDocument | Finding {
  const reference = document.manifest.spec.secretStoreRef;
  const kind = reference.kind ?? "SecretStore";
  const namespace = namespaceOf(document);
  const reachable = stores.filter((store) => store.kind === kind && (kind === "ClusterSecretStore" || namespaceOf(store) === namespace));
  const found = reachable.find((store) => store.manifest.metadata.name === reference.name);
  if (found !== undefined) return found;
  const where = kind === "SecretStore" ? ` in namespace ${namespace}` : "";
  const other = stores.find((store) => store.kind !== kind && store.manifest.metadata.name === reference.name);
  const hint =
    other === undefined
      ? didYouMean(
          reference.name,
          reachable.map((store) => store.manifest.metadata.name),
        )
      : `there is a ${other.kind} of this name: set secretStoreRef.kind to ${other.kind}`;
  return { path: ["spec", "secretStoreRef", "name"], message: `no ${kind} ${reference.name}${where}`, hint };
}

/** The registration of an ExternalSecret for a cluster. Equal inputs give equal values with equal key order (rule 8). */
export function toRegistration(
  cluster: string,
  document: ExternalSecretDocument,
  store: StoreDocument,
  defaults: StoreDefaults,
): RegistrationSpec {
  const { metadata, spec } = document.manifest;
  return {
    cluster,
    namespace: namespaceOf(document),
    name: metadata.name,
    store: toStore(store, defaults),
    refreshPolicy: spec.refreshPolicy ?? "Periodic",
    // The schema let only durations pass.
    refreshIntervalMs: parseDuration(spec.refreshInterval ?? "1h") ?? 0,
    labels: sorted(metadata.labels),
    annotations: sorted(metadata.annotations),
    target: toTarget(metadata.name, spec.target),
    data: (spec.data ?? []).map((entry) => ({ secretKey: entry.secretKey, remoteRef: toRemoteRef(entry.remoteRef) })),
    dataFrom: (spec.dataFrom ?? []).flatMap(toDataFrom),
  };
}

function toStore(store: StoreDocument, defaults: StoreDefaults): StoreSpec {
  const { aws } = store.manifest.spec.provider;
  return {
    kind: store.kind,
    name: store.manifest.metadata.name,
    provider: aws.service,
    account: defaults.account,
    region: aws.region ?? defaults.defaultRegion,
  };
}

type TargetManifest = ExternalSecretManifest["spec"]["target"];

function toTarget(name: string, target: TargetManifest): TargetSpec {
  const template = toTemplate(target);
  return {
    name: target?.name ?? name,
    creationPolicy: target?.creationPolicy ?? "Owner",
    deletionPolicy: target?.deletionPolicy ?? "Retain",
    ...(template === undefined ? {} : { template }),
  };
}

function toTemplate(target: TargetManifest): TargetTemplate | undefined {
  const template = target?.template;
  if (!template) return undefined;
  return {
    ...(template.type ? { type: template.type } : {}),
    labels: sorted(template.metadata?.labels),
    annotations: sorted(template.metadata?.annotations),
  };
}

type DataFromManifest = NonNullable<ExternalSecretManifest["spec"]["dataFrom"]>[number];

function toDataFrom({ extract, find, rewrite }: DataFromManifest): readonly DataFromEntry[] {
  const options = rewrite && rewrite.length > 0 ? { rewrite: rewrite.map(toRewrite) } : {};
  if (extract) return [{ extract: toRemoteRef(extract), ...options }];
  return find ? [{ find: toFind(find), ...options }] : [];
}

/** Only what differs from ESO's defaults, so that a default that is written out changes no registration. */
function toStrategies({ conversionStrategy, decodingStrategy, nullBytePolicy }: RemoteRefManifest | FindManifest): ValueStrategies {
  return {
    ...(conversionStrategy === "Unicode" ? { conversionStrategy } : {}),
    ...(decodingStrategy && decodingStrategy !== "None" ? { decodingStrategy } : {}),
    ...(nullBytePolicy === "Fail" ? { nullBytePolicy } : {}),
  };
}

/** An empty property or version means the same as none (ESO). */
function toRemoteRef(reference: RemoteRefManifest): RemoteRef {
  return {
    key: reference.key,
    ...(reference.property ? { property: reference.property } : {}),
    ...(reference.version ? { version: reference.version } : {}),
    ...(reference.metadataPolicy === "Fetch" ? { metadataPolicy: reference.metadataPolicy } : {}),
    ...toStrategies(reference),
  };
}

/** An empty expression finds every name; an empty path means the same as none. */
function toFind(find: FindManifest): FindRule {
  return {
    ...(find.path ? { path: find.path } : {}),
    ...(find.name ? { nameRegexp: find.name.regexp ?? "" } : {}),
    ...(Object.keys(find.tags ?? {}).length > 0 ? { tags: sorted(find.tags) } : {}),
    ...toStrategies(find),
  };
}

function toRewrite({ regexp, transform, merge }: RewriteManifest): RewriteOperation {
  return {
    ...(regexp ? { regexp: { source: regexp.source, target: regexp.target } } : {}),
    ...(transform ? { transform: { template: transform.template } } : {}),
    ...(merge ? { merge: toMerge(merge) } : {}),
  };
}

function toMerge(merge: NonNullable<RewriteManifest["merge"]>): MergeRewrite {
  return {
    ...(merge.into ? { into: merge.into } : {}),
    ...(merge.priority && merge.priority.length > 0 ? { priority: merge.priority } : {}),
    ...(merge.priorityPolicy === "IgnoreNotFound" ? { priorityPolicy: merge.priorityPolicy } : {}),
    ...(merge.conflictPolicy === "Ignore" ? { conflictPolicy: merge.conflictPolicy } : {}),
    ...(merge.strategy === "JSON" ? { strategy: merge.strategy } : {}),
  };
}

/** A map with its keys in order. */
export function sorted(map: Readonly<Record<string, string>> | null | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(map ?? {}).toSorted(([a], [b]) => compareText(a, b)));
}
