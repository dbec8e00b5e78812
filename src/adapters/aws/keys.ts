/** The registry's table: its definition, and how each thing's key in it is made. */
import { createHash } from "node:crypto";
import type { Millis, PropagationId, Reference, ReferenceKey, RegistrationId, TargetKey } from "../../core/model.ts";
import type { FindInterest } from "../../core/ports.ts";

/** A primary key of the table. */
export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}

/** Shards of one cluster's registrations: 16 queries list a cluster, and no partition takes all of its writes. */
export const REGISTRATION_SHARDS = 16;

/** Shards of the index of what is due. */
const DUE_SHARDS = 8;

/** Partition of the index that holds open, and closed but unannounced, propagations. */
export const PROPAGATION_INDEX_KEY = "PROPAGATION";

/** The table as infra declares it and tests create it. The index carries only what `due` and `unfinishedPropagations` answer. */
export const REGISTRY_TABLE = {
  partitionKey: "pk",
  sortKey: "sk",
  /** Seconds since 1970: when DynamoDB may drop an item that only counts for a while. */
  timeToLive: "expiresAt",
  dueIndex: {
    name: "due",
    partitionKey: "duepk",
    sortKey: "duesk",
    attributes: [
      "id",
      "cluster",
      "target",
      "reference",
      "versionId",
      "at",
      "openedAt",
      "expected",
      "done",
      "superseded",
      "phase",
      "announced",
    ],
  },
} as const;

/** By default a day on: for what counts for seconds, so that no clock that is wrong by hours loses it too early. */
export function expiry(now: Millis, days = 1): { readonly expiresAt: number } {
  return { expiresAt: Math.ceil(now / 1000) + days * 86_400 };
}

function shardOf(text: string, shards: number): number {
  return (createHash("sha256").update(text).digest()[0] ?? 0) % shards;
}

/** One of the partitions that hold a cluster's registrations. */
export function clusterPartition(cluster: string, shard: number): string {
  return `CLUSTER#${cluster}#${shard}`;
}

export function registrationKey(id: RegistrationId): ItemKey {
  const cluster = id.slice(0, id.indexOf("/"));
  const rest = id.slice(cluster.length + 1);
  return { pk: clusterPartition(cluster, shardOf(rest, REGISTRATION_SHARDS)), sk: `REG#${rest}` };
}

/** The partition of the index in which a registration is found when it is due. */
export function duePartition(id: RegistrationId): string {
  return `DUE#${shardOf(id, DUE_SHARDS)}`;
}

export function duePartitions(): readonly string[] {
  return Array.from({ length: DUE_SHARDS }, (_, shard) => `DUE#${shard}`);
}

/**
 * The secret's name, as far as its key tells: a name as it is; of an ARN what follows `secret:`, once as it is and once without what may
 * be the ARN's six random characters. Whether they are is not to be known: a name may end like that.
 */
function namesIn(key: string): { readonly whole: string; readonly short: string } {
  const whole = /^arn:[^:]*:secretsmanager:[^:]*:[^:]*:secret:(.+)$/s.exec(key)?.[1];
  return whole === undefined ? { whole: key, short: key } : { whole, short: whole.replace(/-[A-Za-z0-9]{6}$/, "") };
}

function referencePartitionOf({ provider, account, region }: Reference, name: string): string {
  return `REF#${provider}#${account}#${region}#${name}`;
}

/** Where those who read any version of a secret are found, by every spelling of its key: one partition for a name and its ARN. */
export function referencePartition(reference: Reference): string {
  return referencePartitionOf(reference, namesIn(reference.key).short);
}

/** The lines of the reverse index for one reference of a registration: two for an ARN, so that an event asks for the name alone. */
export function referenceItemKeys(reference: Reference, id: RegistrationId): readonly ItemKey[] {
  const { whole, short } = namesIn(reference.key);
  // Of one registration, two stores may read the same secret with different credentials.
  const by = reference.identity === undefined ? "" : `~${reference.identity}`;
  const sk = `${id}|${reference.version}${by}|${reference.key}`;
  return [...new Set([short, whole])].map((name) => ({ pk: referencePartitionOf(reference, name), sk }));
}

/** Where the find rules of a source are found, by an event of any of its secrets. */
export function findPartition({ provider, account, region }: Pick<Reference, "provider" | "account" | "region">): string {
  return `FIND#${provider}#${account}#${region}`;
}

/** The lines of a registration's find rules, in their order; each rule of a source has its own. */
export function findItemKeys(interests: readonly FindInterest[]): readonly ItemKey[] {
  return interests.map(({ registration, rule }, index) => ({ pk: findPartition(rule), sk: `${registration}|${index}` }));
}

export function headKey(reference: ReferenceKey): ItemKey {
  return { pk: `HEAD#${reference}`, sk: "HEAD" };
}

export function propagationPartition(reference: ReferenceKey): string {
  return `PROP#${reference}`;
}

export function propagationKey(id: PropagationId): ItemKey {
  return { pk: propagationPartition(id.reference), sk: `${id.versionId}#${id.at}` };
}

export function targetItemKey(target: TargetKey): ItemKey {
  return { pk: `TARGET#${target}`, sk: "TARGET" };
}

export function clusterKey(name: string): ItemKey {
  return { pk: "CLUSTERS", sk: name };
}

/** When the readers of a secret were woken by an event, and when they are next. */
export function wakeKey(source: string): ItemKey {
  return { pk: `WAKE#${source}`, sk: "WAKE" };
}

/** When the target of a registration may be tried again for an event that brings nothing new. */
export function turnKey(id: RegistrationId): ItemKey {
  return { pk: `TURN#${id}`, sk: "TURN" };
}

/** Where the clusters are found whose credentials a secret holds. */
export function credentialsPartition(secretName: string): string {
  return `CREDENTIALS#${secretName}`;
}

/** The lines of a cluster for the secret with its credentials, by every name that its key may mean. */
export function credentialsItemKeys(key: string, cluster: string): readonly ItemKey[] {
  const { whole, short } = namesIn(key);
  return [...new Set([short, whole])].map((name) => ({ pk: credentialsPartition(name), sk: cluster }));
}

/** Beside the cluster, not in it: a breaker's writes must not meet those of a deployment. */
export function breakerKey(name: string): ItemKey {
  return { pk: "BREAKERS", sk: name };
}

/** The partition of all ClusterExternalSecrets, and that of the index of those that are due. */
export const CLUSTER_EXTERNAL_SECRETS = "CES";

/** `id`: `<cluster>/<name>`. */
export function clusterExternalSecretKey(id: string): ItemKey {
  return { pk: CLUSTER_EXTERNAL_SECRETS, sk: id };
}

export const GENERATION_KEY: ItemKey = { pk: "META", sk: "GENERATION" };
