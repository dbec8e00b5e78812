/** CLUSTER, BREAKER and the generation counter: what is known of a cluster beside its registrations. */
import { randomUUID } from "node:crypto";
import type { ClusterSpec } from "../../core/model.ts";
import type { Breaker, ClusterRecord, Registry } from "../../core/ports.ts";
import { breakerKey, clusterKey, GENERATION_KEY } from "./keys.ts";
import type { Item, Table } from "./table.ts";

/** Joins cluster items with breaker items by name; a cluster without a breaker item is closed. */
export function clusterRecords(items: readonly Item[]): ReadonlyMap<string, ClusterRecord> {
  const breakers = new Map<string, Breaker>(
    items
      .filter(({ pk }) => pk === "BREAKERS")
      .map((item) => [String(item["sk"]), { failures: Number(item["failures"]), openUntil: Number(item["openUntil"]) }]),
  );
  return new Map(
    items
      .filter(({ pk }) => pk === "CLUSTERS")
      .map((item) => {
        const spec = JSON.parse(String(item["spec"])) as ClusterSpec;
        const breaker = breakers.get(spec.name) ?? { failures: 0, openUntil: 0 };
        return [spec.name, item["retired"] === true ? { spec, breaker, isRetired: true } : { spec, breaker }];
      }),
  );
}

type Part = Pick<Registry, "clusters" | "setBreaker" | "claimTrial" | "nextGeneration" | "putCluster" | "retireCluster" | "removeCluster">;

/** The registry's calls on clusters. */
export function createClusterItems(table: Table): Part {
  return {
    async clusters() {
      const items: Item[] = [];
      for (const pk of ["CLUSTERS", "BREAKERS"]) for await (const page of table.query(pk)) items.push(...page);
      return [...clusterRecords(items).values()];
    },
    async setBreaker(cluster, breaker) {
      const key = breakerKey(cluster);
      await table.change(breaker === undefined ? { key, drop: true } : { key, set: { ...breaker } });
    },
    async claimTrial(cluster, seen, openUntil) {
      const token = randomUUID();
      const { isWritten, item } = await table.change({
        key: breakerKey(cluster),
        set: { openUntil, token },
        condition: "#openUntil = :openUntil AND #failures = :failures",
        values: { openUntil: seen.openUntil, failures: seen.failures },
      });
      return isWritten || item?.["token"] === token;
    },
    async nextGeneration() {
      const { item } = await table.change({ key: GENERATION_KEY, add: { value: 1 } });
      return Number(item?.["value"]);
    },
    async putCluster(spec) {
      await table.change({ key: clusterKey(spec.name), set: { spec: JSON.stringify(spec) }, remove: ["retired"] });
    },
    async retireCluster(name) {
      await table.change({ key: clusterKey(name), set: { retired: true }, condition: "attribute_exists(#pk)" });
    },
    async removeCluster(name) {
      const condition = "attribute_not_exists(#pk) OR #retired = :true";
      const { isWritten } = await table.change({ key: clusterKey(name), drop: true, condition, values: { true: true } });
      if (isWritten) await table.change({ key: breakerKey(name), drop: true });
    },
  };
}
