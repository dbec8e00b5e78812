/** CES items: the ClusterExternalSecrets of all clusters, with what they made. */
import { randomUUID } from "node:crypto";
import { clusterExternalSecretId } from "../../core/cluster-external-secret.ts";
import type { ClusterExternalSecretRecord } from "../../core/cluster-external-secret-record.ts";
import type { Registry } from "../../core/ports.ts";
import { CLUSTER_EXTERNAL_SECRETS, clusterExternalSecretKey, REGISTRY_TABLE } from "./keys.ts";
import type { Item, Table } from "./table.ts";

type Part = Pick<
  Registry,
  "clusterExternalSecrets" | "dueClusterExternalSecrets" | "writeClusterExternalSecret" | "dropClusterExternalSecret"
>;

function recordOf(item: Item): ClusterExternalSecretRecord {
  return { ...(JSON.parse(String(item["body"])) as Omit<ClusterExternalSecretRecord, "token">), token: String(item["token"]) };
}

/** The registry's calls on ClusterExternalSecrets. */
export function createClusterExternalSecretItems(table: Table): Part {
  return {
    async clusterExternalSecrets() {
      const records: ClusterExternalSecretRecord[] = [];
      for await (const page of table.query(CLUSTER_EXTERNAL_SECRETS)) records.push(...page.map(recordOf));
      return records;
    },
    async dueClusterExternalSecrets(before, limit) {
      const { name } = REGISTRY_TABLE.dueIndex;
      const listed = await table.queryDue({ name, pk: CLUSTER_EXTERNAL_SECRETS, before, limit });
      if (listed.length === 0) return [];
      const items = await table.batchGet(listed.map(({ id }) => clusterExternalSecretKey(String(id))));
      return items
        .map(recordOf)
        .filter(({ dueAt }) => dueAt < before)
        .toSorted((a, b) => a.dueAt - b.dueAt);
    },
    async writeClusterExternalSecret(next, seen) {
      const token = randomUUID();
      const id = clusterExternalSecretId(next.spec);
      const { spec, retiredAt, made, status, dueAt } = next;
      const { isWritten, item } = await table.change({
        key: clusterExternalSecretKey(id),
        set: {
          id,
          body: JSON.stringify({ spec, retiredAt, made, status, dueAt }),
          token,
          duepk: CLUSTER_EXTERNAL_SECRETS,
          duesk: dueAt,
        },
        condition: seen === undefined ? "attribute_not_exists(#pk)" : "#token = :seen",
        ...(seen === undefined ? {} : { values: { seen: seen.token } }),
      });
      return isWritten || item?.["token"] === token ? { ...next, token } : "lost";
    },
    async dropClusterExternalSecret({ spec, token }) {
      const key = clusterExternalSecretKey(clusterExternalSecretId(spec));
      const condition = "attribute_not_exists(#pk) OR #token = :seen";
      return (await table.change({ key, drop: true, condition, values: { seen: token } })).isWritten;
    },
  };
}
