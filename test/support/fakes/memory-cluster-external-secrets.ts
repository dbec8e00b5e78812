/** The part of the memory registry that holds ClusterExternalSecrets. */
import { clusterExternalSecretId } from "../../../src/core/cluster-external-secret.ts";
import type { ClusterExternalSecretRecord } from "../../../src/core/cluster-external-secret-record.ts";
import type { Registry } from "../../../src/core/ports.ts";

type Part = Pick<
  Registry,
  "clusterExternalSecrets" | "dueClusterExternalSecrets" | "writeClusterExternalSecret" | "dropClusterExternalSecret"
>;

/** Begins empty; each call is atomic. */
export function memoryClusterExternalSecrets(): Part {
  const records = new Map<string, ClusterExternalSecretRecord>();
  let written = 0;
  return {
    async clusterExternalSecrets() {
      return [...records].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, record]) => record);
    },
    async dueClusterExternalSecrets(before, limit) {
      return [...records.values()]
        .filter(({ dueAt }) => dueAt < before)
        .toSorted((a, b) => a.dueAt - b.dueAt)
        .slice(0, limit);
    },
    async writeClusterExternalSecret(next, seen) {
      const id = clusterExternalSecretId(next.spec);
      if (records.get(id)?.token !== seen?.token) return "lost";
      written += 1;
      const record = { ...next, token: String(written) };
      records.set(id, record);
      return record;
    },
    async dropClusterExternalSecret({ spec, token }) {
      const id = clusterExternalSecretId(spec);
      const now = records.get(id);
      if (now !== undefined && now.token !== token) return false;
      records.delete(id);
      return true;
    },
  };
}
