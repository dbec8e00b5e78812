/** The registry's table: its definition, and how each thing's key in it is made. */
import { createHash } from "node:crypto";
import type { PropagationId, Reference, ReferenceKey, RegistrationId, TargetKey } from "../../core/model.ts";

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

/** The name under which the reverse index knows a key: a name as it is, of an ARN what follows `secret:`. */
export function indexKey(key: string): string {
  return /^arn:[^:]*:secretsmanager:[^:]*:[^:]*:secret:(.+)$/s.exec(key)?.[1] ?? key;
}

/** All registrations that read any version of a secret. */
export function referencePartition(reference: Reference): string {
  return `REF#${reference.provider}#${reference.account}#${reference.region}#${indexKey(reference.key)}`;
}

export function referenceItemKey(reference: Reference, id: RegistrationId): ItemKey {
  return { pk: referencePartition(reference), sk: `${id}|${reference.version}` };
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

/** Beside the cluster, not in it: a breaker's writes must not meet those of a deployment. */
export function breakerKey(name: string): ItemKey {
  return { pk: "BREAKERS", sk: name };
}

export const GENERATION_KEY: ItemKey = { pk: "META", sk: "GENERATION" };
