/** The ClusterExternalSecrets in `secret-relay status`: in which namespaces each has a registration, and in which it has none, and why. */

import type { ClusterExternalSecretRecord, NamespaceFailure } from "../core/cluster-external-secret-record.ts";
import { compareText } from "../core/config/diagnostics.ts";
import type { Registry } from "../core/ports.ts";
import { formatAge, formatTable } from "./output-table.ts";

/** One element of `status --cluster-external-secrets -o json`. */
export interface NamespacesItem {
  readonly cluster: string;
  readonly name: string;
  /** `Unknown`: its namespaces could not be asked for. `Removing`: the config has it no more. */
  readonly state: ClusterExternalSecretRecord["status"]["state"] | "Removing";
  readonly provisioned: readonly string[];
  /** The first hundred. */
  readonly failed: readonly NamespaceFailure[];
  readonly failedCount: number;
  /** When the state or its cause last changed. */
  readonly since: string;
  /** When its namespaces were last seen. */
  readonly checkedAt: string | null;
  /** Seconds since checkedAt. */
  readonly ageSeconds: number | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** Those of all clusters, or of one, by cluster and name. */
export async function readNamespaces(registry: Registry, cluster: string | undefined, now: number): Promise<readonly NamespacesItem[]> {
  const records = await registry.clusterExternalSecrets();
  return records
    .filter(({ spec }) => cluster === undefined || spec.cluster === cluster)
    .map((record) => toItem(record, now))
    .toSorted((a, b) => compareText(a.cluster, b.cluster) || compareText(a.name, b.name));
}

function toItem({ spec, status, retiredAt }: ClusterExternalSecretRecord, now: number): NamespacesItem {
  const { state, since, checkedAt, provisioned, failed, failedCount, error } = status;
  return {
    cluster: spec.cluster,
    name: spec.name,
    state: retiredAt === undefined ? state : "Removing",
    provisioned,
    failed,
    failedCount,
    since: new Date(since).toISOString(),
    checkedAt: checkedAt === undefined ? null : new Date(checkedAt).toISOString(),
    ageSeconds: checkedAt === undefined ? null : Math.max(0, Math.floor((now - checkedAt) / 1000)),
    error: error ?? null,
  };
}

const HEADER = ["CLUSTER", "CLUSTEREXTERNALSECRET", "STATE", "NAMESPACES", "FAILED", "AGE", "ERROR"];

/** A line each; the first of its failed namespaces stands for all. */
export function namespacesTable(items: readonly NamespacesItem[]): string {
  if (items.length === 0) return "";
  const rows = items.map(({ cluster, name, state, provisioned, failed, failedCount, ageSeconds, error }) => {
    const [first] = failed;
    const failure = first === undefined ? "" : `${first.namespace}: ${first.reason}`;
    const age = ageSeconds === null ? "-" : formatAge(ageSeconds * 1000);
    return [cluster, name, state, String(provisioned.length), String(failedCount), age, error?.message ?? failure];
  });
  return formatTable(HEADER, rows);
}
