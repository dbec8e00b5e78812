/** CLUSTER, BREAKER and the generation counter with its open run: what is known of a cluster, and of register's runs, beside the registrations. */
import { randomUUID } from "node:crypto";
import type { ClusterSpec } from "../../core/model.ts";
import type { Breaker, ClusterRecord, Registry } from "../../core/ports.ts";
import { breakerKey, clusterKey, credentialsItemKeys, credentialsPartition, GENERATION_KEY, type ItemKey } from "./keys.ts";
import type { Item, Table } from "./table.ts";

/** What is kept of a cluster: 2 has lines for the secret with its credentials. Items of before have none, and no number. */
const LAYOUT = 2;

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
        const versionId = item["credentialsVersion"];
        return [
          spec.name,
          {
            spec,
            breaker,
            ...(versionId === undefined ? {} : { credentials: { versionId: String(versionId), at: Number(item["credentialsAt"]) } }),
            ...(item["layout"] === LAYOUT ? {} : { isOutdated: true }),
            ...(item["retired"] === true ? { isRetired: true } : {}),
          },
        ];
      }),
  );
}

/** The lines by which the event of the secret with its credentials finds a cluster; an EKS cluster has none. */
function linesOf({ name, kubeconfigSecretName }: ClusterSpec): readonly ItemKey[] {
  return kubeconfigSecretName === undefined ? [] : credentialsItemKeys(kubeconfigSecretName, name);
}

type Part = Pick<
  Registry,
  | "clusters"
  | "setBreaker"
  | "claimTrial"
  | "nextGeneration"
  | "beginRun"
  | "endRun"
  | "runState"
  | "putCluster"
  | "noticeCredentials"
  | "retireCluster"
  | "removeCluster"
>;

/** The registry's calls on clusters. */
export function createClusterItems(table: Table): Part {
  const storedLines = async (name: string): Promise<readonly ItemKey[]> => {
    const spec = (await table.get(clusterKey(name)))?.["spec"];
    return spec === undefined ? [] : linesOf(JSON.parse(String(spec)) as ClusterSpec);
  };

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
    async beginRun() {
      // In one write: who saw the generation before it, and sees it again, knows that no run has freed anything meanwhile.
      const { item } = await table.change({ key: GENERATION_KEY, setNext: { names: ["value", "open"], of: "value" } });
      return Number(item?.["value"]);
    },
    async endRun(generation) {
      await table.change({ key: GENERATION_KEY, remove: ["open"], condition: "#open <= :generation", values: { generation } });
    },
    async runState() {
      const item = await table.get(GENERATION_KEY);
      return { generation: Number(item?.["value"] ?? 0), isOpen: item?.["open"] !== undefined };
    },
    async putCluster(spec) {
      const lines = linesOf(spec);
      const kept = new Set(lines.map(({ pk }) => pk));
      const left = (await storedLines(spec.name)).filter(({ pk }) => !kept.has(pk));
      // Before the cluster, so that no event misses it.
      for (const key of lines) await table.change({ key, set: { cluster: spec.name } });
      await table.change({ key: clusterKey(spec.name), set: { spec: JSON.stringify(spec), layout: LAYOUT }, remove: ["retired"] });
      for (const key of left) await table.change({ key, drop: true });
    },
    async noticeCredentials(name, { versionId, at }) {
      const clusters: string[] = [];
      for await (const page of table.query(credentialsPartition(name))) clusters.push(...page.map((line) => String(line["sk"])));
      for (const cluster of clusters) {
        await table.change({
          key: clusterKey(cluster),
          set: { credentialsVersion: versionId, credentialsAt: at },
          // Of two within a second nobody knows the order: each is looked for.
          condition: "attribute_exists(#pk) AND (attribute_not_exists(#credentialsAt) OR #credentialsAt <= :at)",
          values: { at },
        });
      }
      return clusters;
    },
    async retireCluster(name) {
      await table.change({ key: clusterKey(name), set: { retired: true }, condition: "attribute_exists(#pk)" });
    },
    async removeCluster(name) {
      const lines = await storedLines(name);
      const condition = "attribute_not_exists(#pk) OR #retired = :true";
      const { isWritten } = await table.change({ key: clusterKey(name), drop: true, condition, values: { true: true } });
      if (!isWritten) return;
      await table.change({ key: breakerKey(name), drop: true });
      for (const key of lines) await table.change({ key, drop: true });
    },
  };
}
