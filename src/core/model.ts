/** The words of the domain as readonly types, and the keys that identify each thing. No behaviour beyond making keys. */

import type { Confinement } from "./cluster-access/policy-name.ts";
import type { ClusterExternalSecretSpec } from "./cluster-external-secret.ts";
import type { ErrorCode } from "./errors.ts";
import type { SourceAccess } from "./stores/access.ts";
import type { StoreCondition } from "./stores/conditions.ts";

export type ProviderKind = "SecretsManager" | "ParameterStore";

/** A moment in milliseconds since the epoch. */
export type Millis = number;

/**
 * A remote secret that a registration reads (PROTOCOL, Words). `version` of Secrets Manager: `stage/AWSCURRENT` when the manifest
 * names none, `stage/<LABEL>` for a staging label, `id/<VERSION-ID>` for a pinned version (ESO writes `uuid/<VERSION-ID>`). Of
 * Parameter Store: `latest`, `label/<LABEL>`, `id/<NUMBER>`. Of both: `tags` where the tags are the value (metadataPolicy Fetch).
 */
export interface Reference {
  readonly provider: ProviderKind;
  readonly account: string;
  readonly region: string;
  /** A name, or an ARN: the store's prefix and what the manifest wrote. */
  readonly key: string;
  readonly version: string;
  /** The id of `access`, and part of the reference's own identity. @default the function's own role reads it */
  readonly identity?: string | undefined;
  /** Whose credentials read it; a reference that comes out of a key has none, and can't be read. */
  readonly access?: SourceAccess | undefined;
  /** Of its store, and no part of the reference's identity. */
  readonly retry?: StoreRetry | undefined;
}

/** A store's retrySettings: how a call to it that fails in passing is repeated. */
export interface StoreRetry {
  /** @default 2 */
  readonly maxRetries?: number | undefined;
  /** The same before each. @default the SDK's own, growing by chance */
  readonly intervalMs?: number | undefined;
}

/** Identifies a reference in HEAD, PROPAGATION, needs and status. */
export type ReferenceKey = string;

export function referenceKey(reference: Reference): ReferenceKey {
  const { provider, account, region, version, key, identity } = reference;
  const owner = identity === undefined ? account : `${account}~${identity}`;
  return keptKeys.get(reference) ?? `${provider}|${owner}|${region}|${version}|${key}`;
}

const keptKeys = new WeakMap<Reference, ReferenceKey>();

/** As `referenceKey`, and kept for as long as the reference: for those of registrations, whose keys each step of a sync asks for. */
export function keptReferenceKey(reference: Reference): ReferenceKey {
  const key = referenceKey(reference);
  keptKeys.set(reference, key);
  return key;
}

/** As the version of a reference that is looked up, every version of the secret: who reads any of them is meant. */
export const ANY_VERSION = "*";

/** As the version of a reference that is looked up, every label of a parameter: its event does not say which one moved. */
export const ANY_LABEL = "label/*";

/** Turns a key back into its reference, without the credentials; the key comes last because it may hold any character. */
export function parseReferenceKey(key: ReferenceKey): Reference {
  const ownerAt = key.indexOf("|") + 1;
  const regionAt = key.indexOf("|", ownerAt) + 1;
  const versionAt = key.indexOf("|", regionAt) + 1;
  const keyAt = key.indexOf("|", versionAt) + 1;
  const owner = key.slice(ownerAt, regionAt - 1);
  const identityAt = owner.indexOf("~") + 1;
  const reference = {
    provider: key.slice(0, ownerAt - 1) as ProviderKind,
    account: identityAt === 0 ? owner : owner.slice(0, identityAt - 1),
    region: key.slice(regionAt, versionAt - 1),
    version: key.slice(versionAt, keyAt - 1),
    key: key.slice(keyAt),
  };
  return identityAt === 0 ? reference : { ...reference, identity: owner.slice(identityAt) };
}

/** Whether the reader of `held` is meant by a look-up of `asked`; without an identity, by whatever credentials it reads. */
export function isMeant(asked: Reference, held: Reference): boolean {
  if (asked.provider !== held.provider || asked.account !== held.account || asked.region !== held.region) return false;
  if (asked.identity !== undefined && asked.identity !== held.identity) return false;
  if (asked.version === ANY_LABEL) return held.version.startsWith("label/") && asked.key === held.key;
  return asked.version === held.version && asked.key === held.key;
}

/** Identifies a registration: `<cluster>/<namespace>/<ExternalSecret name>`. */
export type RegistrationId = string;

export function registrationId(of: { readonly cluster: string; readonly namespace: string; readonly name: string }): RegistrationId {
  return `${of.cluster}/${of.namespace}/${of.name}`;
}

/**
 * The tombstone of a target that a registration left when its spec named another: `<id>@<generation>`. `@` is in no name of
 * Kubernetes, so that no registration of the config has such an id.
 */
export function leftBehindId(id: RegistrationId, generation: number): RegistrationId {
  return `${originOf(id)}@${generation}`;
}

/** The registration whose stamp and field manager a target carries: of a target that was left behind, the one that left it. */
export function originOf(id: RegistrationId): RegistrationId {
  return id.includes("@") ? id.replace(/@\d+$/, "") : id;
}

/** A Kubernetes Secret in a cluster. */
export interface Target {
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
}

/** `<cluster>/<namespace>/<Secret name>`. */
export type TargetKey = string;

export function targetKey(target: Target): TargetKey {
  return `${target.cluster}/${target.namespace}/${target.name}`;
}

export type CreationPolicy = "Owner" | "Orphan" | "Merge" | "None" | "CreateOrMerge";
export type DeletionPolicy = "Retain" | "Delete" | "Merge";
export type RefreshPolicy = "Periodic" | "CreatedOnce" | "OnChange";

/** What becomes of a character that can't be in a Secret's key. */
export type ConversionStrategy = "Default" | "Unicode";
export type DecodingStrategy = "None" | "Base64" | "Base64URL" | "Auto";
/** Whether a value may hold a zero byte, after decoding. */
export type NullBytePolicy = "Ignore" | "Fail";

/** What is done to fetched keys and values. */
export interface ValueStrategies {
  /** Never touches `data`, whose key is the `secretKey`; nor `dataFrom` with a rewrite. @default "Default" */
  readonly conversionStrategy?: ConversionStrategy | undefined;
  /** @default "None" */
  readonly decodingStrategy?: DecodingStrategy | undefined;
  /** @default "Ignore" */
  readonly nullBytePolicy?: NullBytePolicy | undefined;
}

/** ESO's `remoteRef`. `version` as in the manifest: absent, a stage, or `uuid/<id>`. */
export interface RemoteRef extends ValueStrategies {
  readonly key: string;
  readonly property?: string | undefined;
  readonly version?: string | undefined;
  /** Fetch: the value is a JSON object of the secret's tags. @default "None" */
  readonly metadataPolicy?: "None" | "Fetch" | undefined;
}

/** ESO's `find`: secrets by name, by tags, or by both. The keys are their full names. */
export interface FindRule extends ValueStrategies {
  /** A prefix of the name (SecretsManager), or the hierarchy to look below (ParameterStore). @default everywhere */
  readonly path?: string | undefined;
  /** Go's syntax, unanchored; it was compiled when the config was read. */
  readonly nameRegexp?: string | undefined;
  /** All of them must be there, with these values. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

/** Which names of a source a find rule may find: what an event is compared with. */
export interface NameRule extends Pick<Reference, "provider" | "account" | "region" | "identity"> {
  readonly path?: string | undefined;
  readonly nameRegexp?: string | undefined;
  /** The name alone does not decide. */
  readonly isByTags: boolean;
}

/** rewrite.merge; see `mergeSecrets`. */
export interface MergeRewrite {
  /** The key that strategy JSON adds. */
  readonly into?: string | undefined;
  /** Keys that win, the last most. @default none */
  readonly priority?: readonly string[] | undefined;
  /** @default "Strict" */
  readonly priorityPolicy?: "Strict" | "IgnoreNotFound" | undefined;
  /** @default "Error" */
  readonly conflictPolicy?: "Error" | "Ignore" | undefined;
  /** @default "Extract" */
  readonly strategy?: "Extract" | "JSON" | undefined;
}

/** One step of `rewrite`: exactly one of the three. */
export interface RewriteOperation {
  readonly regexp?: { readonly source: string; readonly target: string } | undefined;
  readonly transform?: { readonly template: string } | undefined;
  readonly merge?: MergeRewrite | undefined;
}

export interface StoreSpec {
  readonly kind: "SecretStore" | "ClusterSecretStore";
  readonly name: string;
  readonly provider: ProviderKind;
  /** The one whose secrets it reads: of the last role, else the deployment's own (where only the credentials tell, too). */
  readonly account: string;
  readonly region: string;
  /** Before each key. @default "" */
  readonly prefix?: string | undefined;
  /** @default the function's own role */
  readonly access?: SourceAccess | undefined;
  /** @default - as for all calls of the relay */
  readonly retry?: StoreRetry | undefined;
  /** Which namespaces may use it. @default all; a SecretStore has none, since its own namespace alone can name it */
  readonly conditions?: readonly StoreCondition[] | undefined;
}

/**
 * One ExternalSecret for one cluster, validated and resolved to its store: all that a sync needs to know of the config.
 * Plain JSON, so that it can be stored and compared; equal inputs give an equal value with equal key order.
 */
export interface RegistrationSpec {
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
  readonly store: StoreSpec;
  readonly refreshPolicy: RefreshPolicy;
  /** 0: once, then never again (as in ESO). @default 3600000 */
  readonly refreshIntervalMs: number;
  /** Only where they hold a refresh back: under Periodic with an interval. @default at any time */
  readonly syncWindows?: SyncWindows | undefined;
  /** The ExternalSecret's own; copied to the target where there is no template (ESO). */
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly target: TargetSpec;
  readonly data: readonly DataEntry[];
  readonly dataFrom: readonly DataFromEntry[];
  /** The ClusterExternalSecret that made it for this namespace. @default - it is an ExternalSecret of the config */
  readonly clusterExternalSecret?: string | undefined;
}

/** ESO's spec.syncWindows; at least one window. */
export interface SyncWindows {
  /** allow: a newer version is taken only while a window is active; deny: only while none is. */
  readonly kind: "allow" | "deny";
  readonly windows: readonly {
    /** Five fields of cron or a descriptor, in UTC unless it says `TZ=`; not checked, as in ESO. */
    readonly schedule: string;
    readonly durationMs: number;
  }[];
}

export interface TargetSpec {
  readonly name: string;
  readonly creationPolicy: CreationPolicy;
  readonly deletionPolicy: DeletionPolicy;
  /** Kubernetes then refuses every change of its data, as long as it exists. @default false */
  readonly immutable?: true | undefined;
  /** Absent where the manifest has none: then labels and annotations of the ExternalSecret are copied. */
  readonly template?: TargetTemplate | undefined;
}

/** ESO's `target.template` (docs/templates.md). A text without `{{` is a template that renders to itself. */
export interface TargetTemplate {
  readonly type?: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Templates by the key that each makes. @default none */
  readonly data?: Readonly<Record<string, string>> | undefined;
  /** In the manifest's order. @default none */
  readonly templateFrom?: readonly TemplateSource[] | undefined;
  /** Set on the Secret, which then outlives its deletion until others take them off. @default none */
  readonly finalizers?: readonly string[] | undefined;
  /** Whether what was fetched goes in beside what the templates make. @default "Replace" */
  readonly mergePolicy?: "Merge" | undefined;
}

/** One entry of `templateFrom`. ESO takes the ConfigMap's items first, then those of the Secret, then the literal. */
export interface TemplateSource {
  /** Where the results go. @default "Data" */
  readonly target?: "Labels" | "Annotations" | undefined;
  readonly configMap?: TemplateItems | undefined;
  readonly secret?: TemplateItems | undefined;
  /** Renders to a YAML map of keys and values. */
  readonly literal?: string | undefined;
  /** How each rendered value is decoded before it is set; for binary values, which a rendered text can't hold. @default "None" */
  readonly valuesDecodingStrategy?: DecodingStrategy | undefined;
}

/** The templates that a ConfigMap or a Secret of the target's namespace holds. */
export interface TemplateItems {
  readonly name: string;
  readonly items: readonly {
    readonly key: string;
    /** KeysAndValues: renders to a YAML map, else to the value of `key`. @default "Values" */
    readonly templateAs?: "KeysAndValues" | undefined;
  }[];
}

export interface DataEntry {
  readonly secretKey: string;
  readonly remoteRef: RemoteRef;
  /** Where sourceRef names another store. @default the registration's */
  readonly store?: StoreSpec | undefined;
}

interface DataFromOptions {
  /** @default no operation: then conversionStrategy applies */
  readonly rewrite?: readonly RewriteOperation[] | undefined;
  /** Where sourceRef names another store. @default the registration's */
  readonly store?: StoreSpec | undefined;
}

/** All members of one secret. */
export interface ExtractEntry extends DataFromOptions {
  readonly extract: RemoteRef;
  readonly find?: undefined;
}

/** All secrets that a rule finds. */
export interface FindEntry extends DataFromOptions {
  readonly find: FindRule;
  readonly extract?: undefined;
}

export type DataFromEntry = ExtractEntry | FindEntry;

/** An EKS cluster, and as whom it is reached: no credential of it is stored anywhere. */
export interface EksCluster {
  readonly name: string;
  readonly region: string;
  /** Assumed first, in whatever account the cluster is. @default the function's own role */
  readonly roleArn?: string | undefined;
  /** What the role's trust policy may ask for. @default none */
  readonly externalId?: string | undefined;
}

/** The way into a cluster: exactly one of the two. */
export type ClusterWay =
  /** Name or ARN of the Secrets Manager secret that holds a kubeconfig, or {server, caData, token}. */
  | { readonly kubeconfigSecretName: string; readonly eks?: undefined }
  | { readonly eks: EksCluster; readonly kubeconfigSecretName?: undefined };

/** A target cluster as the config describes it (kind Cluster of secret-relay.dev/v1alpha1). */
export type ClusterSpec = ClusterSettings & ClusterWay;

/** What of a cluster does not depend on the way into it. */
export interface ClusterSettings {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Globs of namespaces (`*` any run of characters, `?` one); outside them nothing is ever written. */
  readonly allowedNamespaces: readonly string[];
  /** Requests under way at once from one function instance. @default 16 */
  readonly concurrency: number;
  /** @default 200 */
  readonly requestsPerSecond: number;
  /** How reconcile looks for drift: one dry-run a target, or a metadata-only list (needs the `list` right). @default "probe" */
  readonly drift: "probe" | "list";
  /** Takes over the Secrets that External Secrets Operator owns there for ExternalSecrets of the same name. @default false */
  readonly adopt?: true | undefined;
  /**
   * How its owner confines the relay's identity there (`secret-relay bootstrap-cluster`). label: by an admission policy, of which the relay
   * proves that it is in force before it writes. @default - by what else its owner granted; nothing is proven
   */
  readonly confine?: Confinement | undefined;
}

/** The whole resolved config, as it reaches the register function. Holds no secret value. */
export interface ResolvedConfig {
  readonly clusters: readonly ClusterSpec[];
  readonly registrations: readonly RegistrationSpec[];
  /** By cluster and name; which registrations they make is only known where the namespaces of their cluster are. @default none */
  readonly clusterExternalSecrets?: readonly ClusterExternalSecretSpec[] | undefined;
}

/** What the registry remembers of a target after a write: the fence of the next one. */
export interface KnownTarget {
  readonly uid: string;
  readonly resourceVersion: string;
}

/** In place of a version: a secret that a rule found, remembered before it is written anywhere, so that no lagging listing loses it. */
export const UNAPPLIED: AppliedVersion = { versionId: "unapplied", asOf: 0 };

/** Which version of a reference a target holds, and a moment at which that version was certainly current (PROTOCOL). */
export interface AppliedVersion {
  readonly versionId: string;
  readonly asOf: Millis;
}

export type RegistrationState =
  /** Registered, never synced yet. */
  | "Pending"
  | "Synced"
  /** Creation policy Merge and no Secret to merge into. */
  | "SecretMissing"
  /** The source is gone and deletionPolicy Delete removed the target. */
  | "SecretDeleted"
  | "Error";

export interface RegistrationStatus {
  readonly state: RegistrationState;
  /** When `state` or its cause last changed. */
  readonly since: Millis;
  /** When the target was last seen equal to its source. */
  readonly syncedAt?: Millis | undefined;
  readonly error?: { readonly code: ErrorCode; readonly step: SyncStep; readonly message: string } | undefined;
  /** Errors in a row; drives the growing delay of reconcile. */
  readonly failures: number;
  /** A newer version waits for the sync windows, which open then. @default - nothing is known to wait */
  readonly heldUntil?: Millis | undefined;
}

/** Where in the protocol something happened; named in statuses and events. */
export type SyncStep = "load" | "look" | "read" | "head" | "render" | "apply" | "record" | "prune";

/** A registration in the registry: REG of PROTOCOL. */
export interface Registration {
  readonly id: RegistrationId;
  /** Never used twice, also after removal and return. */
  readonly generation: number;
  readonly spec: RegistrationSpec;
  /** A tombstone is a removed registration whose target is still to be pruned. */
  readonly phase: "live" | "tombstone";
  /** When the spec of this generation was registered, or the tombstone was set. */
  readonly registeredAt: Millis;
  /** Grows with each write of the item; every write is conditional on it. */
  readonly rev: number;
  readonly known?: KnownTarget | undefined;
  /** The generation whose rendering the target holds. */
  readonly appliedGeneration?: number | undefined;
  /** What find rules found is remembered here and nowhere else. */
  readonly applied: Readonly<Record<ReferenceKey, AppliedVersion>>;
  readonly status: RegistrationStatus;
  /** When reconcile shall look at it again; absent: never by the clock alone. */
  readonly dueAt?: Millis | undefined;
}

/** HEAD of PROTOCOL: what the system knows to be current of a reference. The version was current at a moment in [asOf, since]. */
export interface Head {
  readonly versionId: string;
  readonly since: Millis;
  readonly asOf: Millis;
  readonly rev: number;
}

/** A native change event, reduced to what it says: this version became current at `at` (whole seconds: within [at, at + 999]). */
export interface ChangeNotice {
  /** The reference whose stage moved. */
  readonly reference: ReferenceKey;
  readonly versionId: string;
  readonly at: Millis;
}

/** PROPAGATION's identity: one version of one reference becoming current once. */
export interface PropagationId {
  readonly reference: ReferenceKey;
  readonly versionId: string;
  readonly at: Millis;
}

export interface Propagation extends PropagationId {
  readonly openedAt: Millis;
  /** Registrations live when it opened; later ones join at the recount. */
  readonly expected: number;
  /** Lower bounds while open (a crash can only under-count); exact once closed. */
  readonly done: number;
  readonly superseded: number;
  readonly phase: "open" | "closed";
  /** A closed one whose `Secret Propagated` is not known to be on the bus yet is announced again by reconcile. */
  readonly announced: boolean;
}

/** One line of the reverse index: who must be woken when a reference changes. */
export interface Interest {
  readonly registration: RegistrationId;
  readonly cluster: string;
  readonly target: TargetKey;
  readonly reference: ReferenceKey;
}

/**
 * What a sync message asks for. `need` is a moment that each reference's answer must get past (PROTOCOL); it concerns the
 * notice's reference only where there is a notice, else all references.
 */
export interface SyncRequest {
  readonly registration: RegistrationId;
  readonly cluster: string;
  /** Lets the owner of the target be loaded in the same round trip as the registration. */
  readonly target: TargetKey;
  readonly notice?: ChangeNotice | undefined;
  /**
   * A secret that an event told of and that a find rule of the registration may find: it is read whatever the listing says, and the
   * listing need not get past the need. @default none
   */
  readonly candidate?: ReferenceKey | undefined;
  readonly need: Millis;
  /** Look at the target before anything is believed about it. */
  readonly verify: boolean;
  /**
   * The event that asks for it (its id), which anybody may repeat or invent: unless it brings something new, its target is looked at or tried
   * in turn only. @default somebody else asks, whom nobody has to limit
   */
  readonly event?: string | undefined;
  /** Prune instead of sync (PROTOCOL, Configuration changes); not before `notBefore`. */
  readonly prune?: { readonly generation: number; readonly notBefore: Millis } | undefined;
  /** How often this request was put back already. */
  readonly attempt: number;
}
