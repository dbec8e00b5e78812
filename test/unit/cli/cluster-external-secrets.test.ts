/** What the commands show of ClusterExternalSecrets. */
import { describe, expect, it } from "@jest/globals";
import { namespacesTable, readNamespaces } from "../../../src/cli/status-namespaces.ts";
import { createMemoryRegistry } from "../../support/fakes/memory-registry.ts";
import { aClusterExternalSecret } from "../../support/registrations.ts";
import { clusterFile, clusterSecretFile, storeFile } from "../core/config/gen.ts";
import { dataOf, renderJson } from "./render-json.ts";
import { runCli } from "./run-cli.ts";

const NOW = Date.parse("2026-11-24T12:00:00Z");

async function registryOfTwo() {
  const registry = createMemoryRegistry();
  const base = { state: "Ready", since: NOW - 60_000, checkedAt: NOW - 30_000, failed: [], failedCount: 0 } as const;
  await registry.writeClusterExternalSecret({
    spec: aClusterExternalSecret({ cluster: "virginia" }),
    made: ["a/shared"],
    dueAt: NOW,
    status: {
      ...base,
      state: "Unknown",
      provisioned: ["a"],
      error: { code: "ClusterUnreachable", message: "ClusterUnreachable: virginia" },
    },
  });
  await registry.writeClusterExternalSecret({
    spec: aClusterExternalSecret(),
    made: ["a/shared", "b/shared"],
    dueAt: NOW,
    status: { ...base, state: "PartlyReady", provisioned: ["a", "b"], failed: [{ namespace: "c", reason: "no" }], failedCount: 1 },
  });
  await registry.writeClusterExternalSecret({
    spec: aClusterExternalSecret({ name: "old" }),
    made: [],
    dueAt: NOW,
    retiredAt: NOW,
    status: { ...base, provisioned: [] },
  });
  return registry;
}

describe("status", () => {
  it("has a line for each, with the first reason", async () => {
    const items = await readNamespaces(await registryOfTwo(), undefined, NOW);

    expect(namespacesTable(items)).toBe(`CLUSTER   CLUSTEREXTERNALSECRET  STATE        NAMESPACES  FAILED  AGE  ERROR
tokyo     old                    Removing     0           0       30s
tokyo     shared                 PartlyReady  2           1       30s  c: no
virginia  shared                 Unknown      1           0       30s  ClusterUnreachable: virginia
`);
    expect(namespacesTable([])).toBe("");
  });

  it("gives those of one cluster, with times in ISO", async () => {
    expect(await readNamespaces(await registryOfTwo(), "virginia", NOW)).toEqual([
      {
        cluster: "virginia",
        name: "shared",
        state: "Unknown",
        provisioned: ["a"],
        failed: [],
        failedCount: 0,
        since: "2026-11-24T11:59:00.000Z",
        checkedAt: "2026-11-24T11:59:30.000Z",
        ageSeconds: 30,
        error: { code: "ClusterUnreachable", message: "ClusterUnreachable: virginia" },
      },
    ]);
  });
});

describe("validate", () => {
  it("counts them by cluster", async () => {
    const files = Object.fromEntries([clusterFile(), storeFile(), clusterSecretFile()].map(({ path, text }) => [`config/${path}`, text]));

    expect((await runCli(["validate"], { files })).stdout).toBe(`config is valid: 1 cluster, 0 registrations, 1 ClusterExternalSecret
CLUSTER  REGISTRATIONS  CLUSTEREXTERNALSECRETS
tokyo    0              1
`);
  });
});

describe("render", () => {
  const manifests = `---\n${storeFile().text}---\n${clusterSecretFile().text}`;
  const store = "SecretsManager: { shop/db: p1 }\n";

  it("shows the Secret of each namespace of the values file that is meant", async () => {
    const world = `${store}namespaces: { b: { team: shop }, a: { team: shop }, c: {} }`;

    const { items, status } = await renderJson(manifests, { world });

    expect(status).toBe(0);
    expect(items.map((item) => [item.namespace, item.name, dataOf(item)])).toEqual([
      ["a", "shared", { password: "p1" }],
      ["b", "shared", { password: "p1" }],
    ]);
  });

  it("says where none is meant", async () => {
    const { items, status, stderr } = await renderJson(manifests, { world: store });

    expect([status, items]).toEqual([0, []]);
    expect(stderr).toContain("ClusterExternalSecret shared: it means none of the namespaces of");
  });
});
