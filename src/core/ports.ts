/** The interfaces through which use cases reach the world. Types only: adapters and fakes implement them, and both pass the same contract suites. */
import type { NamespaceView } from "./cluster-external-secret.ts";
import type { ClusterExternalSecretRecord } from "./cluster-external-secret-record.ts";
import type {
  ClusterSpec,
  Head,
  Interest,
  KnownTarget,
  Millis,
  NameRule,
  Propagation,
  PropagationId,
  Reference,
  ReferenceKey,
  Registration,
  RegistrationId,
  RegistrationSpec,
  SyncRequest,
  Target,
  TargetKey,
} from "./model.ts";
import type { SecretValue } from "./secret-value.ts";
import type { SecretKeyRef } from "./stores/access.ts";

/** Time and chance as inputs. */
export interface Clock {
  /** AWS's time: never later than it is there, but for the margin that freshness allows for. */
  now(): Millis;
  /** The same, never earlier than it is there. */
  latest(): Millis;
  /** The process's own time, for deadlines and pauses: it does not jump when more is learnt of AWS's. */
  uptime(): Millis;
  /** Resolves after `ms`; used for looks again and jitter only. */
  sleep(ms: number): Promise<void>;
  /** Uniform in [0, 1). */
  random(): number;
}

// ---------------------------------------------------------------- source

/** A version of a remote secret. `createdAt` is a lower bound of the moment at which it became current. */
export interface RemoteSecret {
  readonly kind: "present";
  readonly versionId: string;
  readonly createdAt: Millis;
  readonly value: SecretValue;
}

/** Proven absence (PROTOCOL: only DescribeSecret's ResourceNotFound or a DeletedDate proves it). `versionId` is `ABSENT`. */
export interface AbsentSecret {
  readonly kind: "absent";
  readonly versionId: "absent";
  /** The DeletedDate where there is one, else 0. */
  readonly createdAt: Millis;
}

export type SourceAnswer = RemoteSecret | AbsentSecret;

/** What a listing is asked for: names of one source. It may show more than that, and lags (docs/protocol.md, Finds). */
export interface SecretQuery extends Pick<Reference, "provider" | "account" | "region" | "identity" | "access" | "retry"> {
  /** SecretsManager: what the names begin with. ParameterStore: the hierarchy that they are below, at any depth. Empty: everywhere. */
  readonly prefix: string;
  /** Only those that have these tags, as far as the listing knows. @default whatever tags they have */
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

/** Reads remote secrets. Failures throw a RelayError; absence is an answer, and only when proven (rule 5). */
export interface SecretProvider {
  /** @throws AccessDenied, StoreThrottled, StoreUnreachable, StoreInvalidRequest, VersionMissing */
  read(reference: Reference): Promise<SourceAnswer>;
  /** One immutable version by its id; `absent` only where the secret or the version is gone. Same errors as `read`. */
  readVersion(reference: Reference, versionId: string): Promise<SourceAnswer>;
  /**
   * Which version each reference shows now, without its value where the store allows: for reconcile. References that fail
   * are left out; order is that of the input otherwise.
   */
  currentVersions(
    references: readonly Reference[],
  ): Promise<ReadonlyMap<ReferenceKey, { readonly versionId: string; readonly createdAt: Millis }>>;
  /** The names of secrets, all pages, in any order. What it lacks may be there all the same. Errors as `read`. */
  list(query: SecretQuery): Promise<readonly string[]>;
}

// ---------------------------------------------------------------- target

/** The metadata of a Secret, and who owns which of its fields; never a value. */
export interface TargetView extends KnownTarget {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** The controller that owns it, `Kind.group/name` (of the core group `Kind/name`), where one does. */
  readonly controller?: string | undefined;
  /** The field managers that made it immutable by an apply; how others did can't be seen, since false is owned like true. */
  readonly immutableBy: readonly string[];
  /** Data keys by field manager (`manager` and operation), from managedFields. */
  readonly dataKeys: readonly { readonly manager: string; readonly operation: "Apply" | "Update"; readonly keys: readonly string[] }[];
  /** It is deleted, but for its finalizers. */
  readonly deleting: boolean;
  /** Of everybody. @default none */
  readonly finalizers?: readonly string[] | undefined;
}

/** What is to be written: the registration's own fields only. */
export interface SecretManifest {
  readonly namespace: string;
  readonly name: string;
  /** Absent: an existing type is kept, a new Secret becomes Opaque. */
  readonly type?: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly data: ReadonlyMap<string, SecretValue>;
  /** @default none; an apply without those that the same manager set takes them off */
  readonly finalizers?: readonly string[] | undefined;
  /** Kubernetes never makes an immutable Secret mutable again. @default false */
  readonly immutable?: true | undefined;
}

/** What of ESO is taken over with the data: the controller reference of its ExternalSecret, and the marks of that one's field manager. */
export interface Adoption {
  readonly externalSecret: string;
  /** own: only the data keys of that field manager; all: those of every other manager. */
  readonly data: "own" | "all";
}

export type Precondition = { readonly kind: "create" } | ({ readonly kind: "update" } & KnownTarget);

export type WriteResult = { readonly kind: "written"; readonly known: KnownTarget } | { readonly kind: "stale" };

/**
 * One cluster's Secrets, without any right to read them. All throw ClusterUnreachable, ClusterUnauthorized, ClusterThrottled,
 * Forbidden, NamespaceMissing, TargetInvalid, TargetImmutable.
 */
export interface Cluster {
  /**
   * A dry-run empty apply under a manager of its own, metadata only (docs/clusters.md). @throws Forbidden also where the cluster's admission
   * policy shows that the Secret is there without the cluster's label
   */
  look(target: Target): Promise<TargetView | "missing">;
  /**
   * Asks by dry-run for a Secret without the cluster's label. `denied`: by the admission policy of that name. What else refuses it throws.
   * Nothing is ever written.
   */
  tryDecoy(namespace: string, policy: string): Promise<"denied" | "admitted">;
  /**
   * One conditional server-side apply, forced, under `manager`. `stale`: the precondition did not hold; nothing was written.
   * `body`: what `Clusters.applyBody` made of the same manifest and precondition. @default it is made now
   */
  apply(manifest: SecretManifest, manager: string, precondition: Precondition, body?: string): Promise<WriteResult>;
  /**
   * Moves the data keys of every other manager to `manager`, without changing the object's content, so that the next apply
   * of `manager` drops those that it does not name. `seen` is what it is conditional on, and is answered where there is nothing to move.
   * With an adoption the Secret leaves ESO in the same write; what ESO applied beside labels, annotations and data (the type) stays.
   */
  takeOver(target: Target, manager: string, seen: KnownTarget, adoption?: Adoption): Promise<WriteResult>;
  /** Deletes with preconditions. `gone` also where it was missing already. */
  remove(target: Target, precondition: KnownTarget): Promise<"gone" | "stale">;
  /** Metadata of all Secrets of a namespace with our cluster label, in pages; only where `drift: list` is granted. */
  list(namespace: string): AsyncIterable<TargetView & { readonly name: string }>;
  /** The labels of a namespace, metadata only, for stores whose conditions select by them. @throws StoreAuthForbidden, NamespaceMissing */
  namespaceLabels(namespace: string): Promise<Readonly<Record<string, string>>>;
  /** All namespaces, metadata only, as of one moment or later: all of them, or it throws. For ClusterExternalSecrets that select by label. */
  namespaces(): Promise<readonly NamespaceView[]>;
}

/**
 * What a store's `auth` needs of its cluster: the only calls whose answers hold credentials, apart from `Cluster`, so that a sync can't
 * reach them. Each asks for just the object that the store names. All throw StoreAuthMissing, StoreAuthForbidden, and as `Cluster`.
 */
export interface ClusterAuthReads {
  /** One key of a Secret. */
  secretKey(ref: SecretKeyRef): Promise<SecretValue>;
  /** What the annotations of a service account say for IRSA; metadata only. */
  serviceAccount(ref: ServiceAccountRef): Promise<{ readonly roleArn?: string | undefined; readonly audience?: string | undefined }>;
  /** A token of a service account, by TokenRequest. */
  serviceAccountToken(ref: ServiceAccountRef, audiences: readonly string[]): Promise<SecretValue>;
}

/** A ConfigMap or a Secret that `templateFrom` names, and the keys that are read of it. */
export interface TemplateObject {
  readonly kind: "ConfigMap" | "Secret";
  readonly namespace: string;
  readonly name: string;
  readonly keys: readonly string[];
}

/** The templates that lie in a target cluster: the only calls of a sync whose answers hold values, each for one named object. */
export interface ClusterTemplateReads {
  /** Each of the object's keys. @throws TemplateSourceMissing, TemplateSourceForbidden, and as `Cluster` */
  read(object: TemplateObject): Promise<ReadonlyMap<string, SecretValue>>;
}

/** Names a service account. */
export interface ServiceAccountRef {
  readonly namespace: string;
  readonly name: string;
}

/** Connects to clusters; connections and credentials are kept for the life of the process. */
export interface Clusters {
  /**
   * `notice`: what was last announced of the secret with its credentials; a connection by older ones is replaced, and what is under way by
   * it ends as it would have.
   * @throws ClusterCredentials, ClusterUnknown, AccessDenied, StoreUnreachable; for EKS as the tokens and DescribeCluster do
   */
  connect(spec: ClusterSpec, notice?: CredentialsNotice): Promise<Cluster>;
  /**
   * What an apply will send, made before its turn is waited for: the bodies of a batch, made one after another, take half of what each
   * takes in its turn. @default - nothing is made ahead
   */
  applyBody?(manifest: SecretManifest, precondition: Precondition): string;
  /** Over the same connection. @throws as `connect` */
  templateReads(spec: ClusterSpec): Promise<ClusterTemplateReads>;
  /** Forgets credentials that an API server refused, so that the next connect reads them anew. */
  forget(cluster: string): void;
}

// ---------------------------------------------------------------- registry

/** A registration with who owns its target, both read strongly and in the same call. */
export interface LoadedRegistration {
  readonly registration: Registration;
  /** The owner of the registration's target; absent for Merge, CreateOrMerge and None, and after a release. */
  readonly owner?: RegistrationId | undefined;
}

/** One line of the index of find rules: who must be woken when a secret changes that the rule may find. */
export interface FindInterest {
  readonly registration: RegistrationId;
  readonly cluster: string;
  readonly target: TargetKey;
  readonly rule: NameRule;
}

/** The secret with a cluster's credentials got another version: so an event said. It says look, never what to use (rule 3). */
export interface CredentialsNotice {
  readonly versionId: string;
  readonly at: Millis;
}

/** A cluster's spec and the state of its breaker. */
export interface ClusterRecord {
  readonly spec: ClusterSpec;
  readonly breaker: Breaker;
  /** @default - none was announced */
  readonly credentials?: CredentialsNotice | undefined;
  /** A version wrote it that kept less of a cluster: the next registration puts it again. @default false */
  readonly isOutdated?: true | undefined;
  /** The config has it no more; it is kept until what was registered for it is pruned. */
  readonly isRetired?: true | undefined;
}

/** A breaker per cluster, shared by all workers. Closed while `openUntil` is 0. */
export interface Breaker {
  readonly failures: number;
  readonly openUntil: Millis;
}

/** What the record of a sync may change. Absent keys stay as they are; `null` removes. */
export interface RegistrationChange {
  readonly known?: KnownTarget | null | undefined;
  readonly appliedGeneration?: number | undefined;
  readonly applied?: Readonly<Record<ReferenceKey, { readonly versionId: string; readonly asOf: Millis }>> | undefined;
  readonly status?: Registration["status"] | undefined;
  readonly dueAt?: Millis | null | undefined;
}

export type HeadAdvance =
  /** The candidate is HEAD now: it was newer for sure, or there was none. */
  | { readonly kind: "moved" }
  /** HEAD names the candidate's version already. */
  | { readonly kind: "same"; readonly head: Head }
  /** HEAD names another version, and the candidate is not proven newer. */
  | { readonly kind: "other"; readonly head: Head };

/** The propagation that is opened with a move of HEAD; `expected` where an event is why it moves. */
export interface Opening {
  readonly at: Millis;
  /** Opened instead where the one of `at` is closed: it was of an earlier time at which the version was current. @default - none */
  readonly otherwiseAt?: Millis | undefined;
  readonly openedAt: Millis;
  /** @default - counted at the recount */
  readonly expected?: number | undefined;
}

export interface PutRegistration {
  readonly spec: RegistrationSpec;
  readonly generation: number;
  readonly registeredAt: Millis;
  /** What the diff saw: absent for a new one. The write is conditional on its `rev`. */
  readonly previous?: Registration | undefined;
  readonly references: readonly Reference[];
  /** What others found that had its target: as far as its own rules may find that too, it is remembered. @default none */
  readonly remembered?: readonly ReferenceKey[] | undefined;
}

/** Whether a register run is at work, or stopped before its end. */
export interface RunState {
  /** The last generation that was given, to a run or for what is written apart from one; 0 before the first. */
  readonly generation: number;
  readonly isOpen: boolean;
}

/** Who asks to wake the readers of a secret. */
export interface WakeClaim {
  /** The event's id: a claim is made once for it, however often it is delivered. */
  readonly by: string;
  readonly now: Millis;
  readonly quietMs: Millis;
}

/** Which events ask for a registration's turn, and what its target would be tried with. */
export interface TurnClaim {
  readonly by: readonly string[];
  /** What the reads must get past for all of them. */
  readonly need: Millis;
  readonly now: Millis;
  readonly quietMs: Millis;
  /** Stands for the versions of all that it reads. @default not known */
  readonly versions?: string | undefined;
}

/**
 * `now`: it is theirs, and the next one comes a quiet time later. `later`: at `at`, for the one event that waits for it, with a need that covers
 * all others: one of theirs, or (`isOurs: false`) another.
 */
export type Turn =
  | { readonly kind: "now" }
  | { readonly kind: "later"; readonly at: Millis; readonly isOurs: boolean; readonly need: Millis };

/**
 * The registry (docs/protocol.md). Every read is strong unless it says otherwise; every write is conditional as PROTOCOL says. A write
 * whose condition fails although it was our own earlier try that succeeded counts as success. All throw RegistryUnavailable.
 */
export interface Registry {
  /** Registrations by id with owners, and the named clusters with their breakers; unknown ids are left out. One BatchGet in the normal case. */
  load(
    wanted: readonly { readonly registration: RegistrationId; readonly target: TargetKey }[],
    clusters: readonly string[],
  ): Promise<{
    readonly registrations: ReadonlyMap<RegistrationId, LoadedRegistration>;
    readonly clusters: ReadonlyMap<string, ClusterRecord>;
  }>;
  /**
   * Reverse index: everyone who reads one of these references, in pages; each registration once a version that is asked for, and once
   * in all for ANY_VERSION, which asks for every version of the secret.
   */
  interests(references: readonly Reference[]): AsyncIterable<readonly Interest[]>;
  /** Everyone who finds secrets of this source by a rule, one line a rule, in pages. */
  findRules(source: Pick<Reference, "provider" | "account" | "region">): AsyncIterable<readonly FindInterest[]>;
  /** Registrations of a cluster with their status, by namespace and name, in pages. */
  ofCluster(cluster: string): AsyncIterable<readonly Registration[]>;
  clusters(): Promise<readonly ClusterRecord[]>;
  /** Due before `before`, oldest first, at most `limit`; eventually consistent (a hint: what is done with it loads again). */
  due(
    before: Millis,
    limit: number,
  ): Promise<readonly { readonly registration: RegistrationId; readonly cluster: string; readonly target: TargetKey }[]>;

  /**
   * REG on condition of `rev`. What find rules found and `applied` names anew gets its REF items before the record, and what it names no
   * more loses them after it. @returns the item as it is now, or `lost` when somebody else wrote it.
   */
  record(loaded: Registration, change: RegistrationChange): Promise<Registration | "lost">;

  head(reference: ReferenceKey): Promise<Head | undefined>;
  /**
   * PROTOCOL's conditional update of HEAD: moves it where there is none, or where it names another version with
   * `since < candidate.asOf`. Where it moves and `opens` is given, that propagation is opened in the same transaction.
   */
  advanceHead(
    reference: ReferenceKey,
    candidate: { readonly versionId: string; readonly since: Millis; readonly asOf: Millis },
    opens?: Opening,
  ): Promise<HeadAdvance>;
  /** HEAD names the notice's version: raises `asOf` and `since` to at least these, never lowers them. No-op where HEAD moved on. */
  refreshHead(reference: ReferenceKey, versionId: string, atLeast: { readonly asOf: Millis; readonly since: Millis }): Promise<void>;

  /** Idempotent. `expected` is set by whoever opens it with a count; counted at the recount otherwise. */
  openPropagation(id: PropagationId, facts: { readonly openedAt: Millis; readonly expected: number }): Promise<void>;
  openPropagations(reference: ReferenceKey): Promise<readonly Propagation[]>;
  /** Open, or closed and not announced, of all references, oldest first; eventually consistent. */
  unfinishedPropagations(limit: number): Promise<readonly Propagation[]>;
  /** Raises the counters; only for registrations whose own record moved past it. */
  countPropagation(id: PropagationId, add: { readonly done: number; readonly superseded: number }): Promise<Propagation | undefined>;
  /** Once: `false` when somebody closed it before. */
  closePropagation(
    id: PropagationId,
    final: { readonly expected: number; readonly done: number; readonly superseded: number; readonly closedAt: Millis },
  ): Promise<boolean>;
  /** Only of a closed one. It may be forgotten once no event of it is delivered any more. */
  markAnnounced(id: PropagationId, now: Millis): Promise<void>;

  /**
   * Asks to wake the readers of `source` at once: yes where nobody did within `quietMs`, which begins the next quiet time; always yes to who
   * began the one that runs (the same event, delivered again).
   */
  claimWake(source: string, claim: WakeClaim): Promise<boolean>;
  /**
   * Asks to wake them when the quiet time ends, at `at`, and begins the next one there. `isOurs: false` where another event wakes them then;
   * always true to who asked first.
   */
  claimLaterWake(source: string, claim: WakeClaim): Promise<{ readonly at: Millis; readonly isOurs: boolean }>;

  /**
   * Asks for the turn of a registration, whose target is looked at or tried by events only so often. It is given where nobody had one within
   * `quietMs`, and always where `versions` are others than those of the last turn that knew its own. The need of whoever gets none is owed
   * until one is given for a need as late: where one could be, whoever asks with an earlier need has to come again with that.
   */
  claimTurn(registration: RegistrationId, claim: TurnClaim): Promise<Turn>;

  /** Opens or closes a cluster's breaker; `undefined` closes. Last writer wins: it is advice, not a fence. */
  setBreaker(cluster: string, breaker: Breaker | undefined): Promise<void>;
  /** Claims the one trial of a breaker whose time has come, by moving `openUntil` on; `false` when another has it. */
  claimTrial(cluster: string, seen: Breaker, openUntil: Millis): Promise<boolean>;

  /** A number never given before, for what is written apart from a register run. */
  nextGeneration(): Promise<number>;
  /** Begins a register run, which is open until it ends, or a later one does. @returns its generation, a number never given before */
  beginRun(): Promise<number>;
  /** Ends the run of this generation, and with it earlier ones that never did; does nothing where a later one was begun. */
  endRun(generation: number): Promise<void>;
  runState(): Promise<RunState>;
  /** Adds or replaces a cluster of the config; a retired one returns. */
  putCluster(spec: ClusterSpec): Promise<void>;
  /**
   * Tells all clusters whose `kubeconfigSecretName` means the secret `name`; an older notice than theirs changes nothing.
   * @returns the clusters that it concerns, sorted
   */
  noticeCredentials(name: string, notice: CredentialsNotice): Promise<readonly string[]>;
  /** Marks a cluster that the config has no more; unknown ones stay unknown. */
  retireCluster(name: string): Promise<void>;
  /** Drops a retired cluster with its breaker; one that returned meanwhile stays. */
  removeCluster(name: string): Promise<void>;
  /**
   * Writes a new or changed registration: added REF items first, then REG, TARGET and (where the target moved) the release of
   * the old TARGET in one transaction, then REF items that are no longer needed. A target that is left, by a live registration or
   * by a tombstone that returns, gets a tombstone of its own in that transaction, `leftBehindId(id, generation)`, to be pruned.
   * The lines of its find rules come and go with the REF items. `conflict`: the target belongs to another live registration.
   */
  putRegistration(put: PutRegistration): Promise<Registration | "lost" | "conflict">;
  /** Tombstones REG and frees TARGET in one transaction. */
  entomb(loaded: Registration, generation: number, at: Millis): Promise<Registration | "lost">;
  /** Drops a pruned tombstone and its REF items; `false` when it is no tombstone of this generation any more. */
  dropTombstone(id: RegistrationId, generation: number): Promise<boolean>;
  /** Who owns a target now; strongly read. */
  owner(target: TargetKey): Promise<RegistrationId | undefined>;

  /** Of all clusters, by cluster and name. */
  clusterExternalSecrets(): Promise<readonly ClusterExternalSecretRecord[]>;
  /** Due before `before`, oldest first, at most `limit`; which are due is eventually consistent, what they hold is not. */
  dueClusterExternalSecrets(before: Millis, limit: number): Promise<readonly ClusterExternalSecretRecord[]>;
  /** On condition of the token of `seen`, or that there is none. @returns it as it is now, or `lost` when somebody else wrote it */
  writeClusterExternalSecret(
    next: Omit<ClusterExternalSecretRecord, "token">,
    seen?: ClusterExternalSecretRecord,
  ): Promise<ClusterExternalSecretRecord | "lost">;
  /** Drops it; `false` when somebody else wrote it. */
  dropClusterExternalSecret(seen: ClusterExternalSecretRecord): Promise<boolean>;
}

// ---------------------------------------------------------------- messages

export interface Queue {
  /** Sends sync requests grouped as they come; each message holds requests of one cluster only. @throws QueueUnavailable when not all were taken. */
  send(requests: readonly SyncRequest[], options: { readonly delayMs: number }): Promise<void>;
}

/** Our own events (docs/events.md). */
export type RelayEvent =
  | { readonly type: "Secret Synced"; readonly detail: SyncedDetail }
  | { readonly type: "Secret Sync Failed"; readonly detail: SyncFailedDetail }
  | { readonly type: "Secret Propagated"; readonly detail: PropagatedDetail };

export interface SyncedDetail {
  readonly cluster: string;
  readonly registrations: readonly {
    readonly namespace: string;
    readonly name: string;
    readonly target: string;
    readonly versions: Readonly<Record<string, string>>;
    readonly action: string;
  }[];
}

export interface SyncFailedDetail {
  readonly cluster: string;
  readonly failures: readonly {
    readonly namespace: string;
    readonly name: string;
    readonly target: string;
    readonly step: string;
    readonly code: string;
    readonly message: string;
    readonly retried: boolean;
  }[];
}

export interface PropagatedDetail {
  readonly provider: string;
  readonly account: string;
  readonly region: string;
  readonly key: string;
  readonly versionId: string;
  readonly changedAt: string;
  readonly expected: number;
  readonly done: number;
  readonly superseded: number;
  readonly closedAt: string;
}

export interface Bus {
  /** @throws BusUnavailable when not all were taken. */
  publish(events: readonly RelayEvent[]): Promise<void>;
}

/** Keys that a log line may hold; anything else is dropped by the logger (rule 4). */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** Makes the keyed hash of what a target holds (rule 4); the key never lies in the table. */
export interface Hasher {
  /** 22 characters of base64url. */
  hash(bytes: Uint8Array): string;
}
