/** Turns one ExternalSecret and its store into the registration of one cluster: defaults filled in, key order fixed. */
import type { StoreManifest } from "../cluster-external-secret.ts";
import type {
  DataFromEntry,
  FindRule,
  MergeRewrite,
  RegistrationSpec,
  RemoteRef,
  RewriteOperation,
  SyncWindows,
  TargetSpec,
  TargetTemplate,
  TemplateItems,
  TemplateSource,
  ValueStrategies,
} from "../model.ts";
import { compareText } from "./diagnostics.ts";
import { parseDuration } from "./duration.ts";
import type { ExternalSecretManifest, FindManifest, RemoteRefManifest, RewriteManifest } from "./schema.ts";
import { sorted } from "./sorted.ts";
import { toStore } from "./store.ts";
import { type EntryStores, type ExternalSecretOf, namespaceOf, type StoreDefaults } from "./store-lookup.ts";

/** The registration of an ExternalSecret for a cluster. Equal inputs give equal values with equal key order (rule 8). */
export function toRegistration(
  cluster: string,
  document: ExternalSecretOf,
  stores: EntryStores,
  defaults: StoreDefaults,
): RegistrationSpec {
  const { metadata, spec } = document.manifest;
  const namespace = namespaceOf(document);
  const storeSpec = (store: StoreManifest) => toStore(store, { cluster, namespace, ...defaults });
  const own = (store: StoreManifest | undefined) => (store === undefined ? {} : { store: storeSpec(store) });
  return {
    cluster,
    namespace,
    name: metadata.name,
    store: storeSpec(stores.main),
    refreshPolicy: spec.refreshPolicy ?? "Periodic",
    // The schema let only durations pass.
    refreshIntervalMs: parseDuration(spec.refreshInterval ?? "1h") ?? 0,
    ...toSyncWindows(spec),
    labels: sorted(metadata.labels),
    annotations: sorted(metadata.annotations),
    target: toTarget(metadata.name, spec.target),
    data: (spec.data ?? []).map(({ secretKey, remoteRef }, index) => ({
      secretKey,
      remoteRef: toRemoteRef(remoteRef),
      ...own(stores.data[index]),
    })),
    dataFrom: (spec.dataFrom ?? []).flatMap((entry, index) => toDataFrom(entry).map((one) => ({ ...one, ...own(stores.dataFrom[index]) }))),
  };
}

/** Where nothing is refreshed by time there is nothing to hold back; and no window at all holds nothing back either (ESO). */
function toSyncWindows({ refreshPolicy, refreshInterval, syncWindows }: ExternalSecretManifest["spec"]): {
  readonly syncWindows?: SyncWindows;
} {
  const isPeriodic = (refreshPolicy ?? "Periodic") === "Periodic" && parseDuration(refreshInterval ?? "1h") !== 0;
  if (!syncWindows || !isPeriodic || syncWindows.windows.length === 0) return {};
  const windows = syncWindows.windows.map(({ schedule, duration }) => ({ schedule, durationMs: parseDuration(duration) ?? 0 }));
  return { syncWindows: { kind: syncWindows.kind, windows } };
}

type TargetManifest = ExternalSecretManifest["spec"]["target"];

function toTarget(name: string, target: TargetManifest): TargetSpec {
  const template = toTemplate(target);
  return {
    name: target?.name ?? name,
    creationPolicy: target?.creationPolicy ?? "Owner",
    deletionPolicy: target?.deletionPolicy ?? "Retain",
    ...(target?.immutable === true ? { immutable: true } : {}),
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
    ...(Object.keys(template.data ?? {}).length > 0 ? { data: sorted(template.data) } : {}),
    ...(template.templateFrom && template.templateFrom.length > 0 ? { templateFrom: template.templateFrom.map(toTemplateSource) } : {}),
    ...(template.metadata?.finalizers && template.metadata.finalizers.length > 0
      ? { finalizers: [...new Set(template.metadata.finalizers)].toSorted(compareText) }
      : {}),
    ...(template.mergePolicy === "Merge" ? { mergePolicy: template.mergePolicy } : {}),
  };
}

type TemplateFromManifest = NonNullable<NonNullable<NonNullable<TargetManifest>["template"]>["templateFrom"]>[number];

/** Targets are written in any case; the rules let only Data, Labels and Annotations pass. */
function toTemplateSource({ target, configMap, secret, literal, valuesDecodingStrategy }: TemplateFromManifest): TemplateSource {
  const section = target?.toLowerCase();
  return {
    ...(section === "labels" ? { target: "Labels" } : section === "annotations" ? { target: "Annotations" } : {}),
    ...(configMap ? { configMap: toTemplateItems(configMap) } : {}),
    ...(secret ? { secret: toTemplateItems(secret) } : {}),
    ...(typeof literal === "string" ? { literal } : {}),
    ...(valuesDecodingStrategy && valuesDecodingStrategy !== "None" ? { valuesDecodingStrategy } : {}),
  };
}

function toTemplateItems({ name, items }: NonNullable<TemplateFromManifest["configMap"]>): TemplateItems {
  return { name, items: items.map(({ key, templateAs }) => ({ key, ...(templateAs === "KeysAndValues" ? { templateAs } : {}) })) };
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
