/** A ClusterExternalSecret on a real API server: register, reconcile, sync and prune with the rights that the docs grant, and without them. */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { KubernetesObject } from "@kubernetes/client-node";
import { CoreV1Api } from "@kubernetes/client-node";
import { parseAllDocuments } from "yaml";
import { createClusters } from "../../../src/adapters/kubernetes/clusters.ts";
import { createClusterExternalSecrets } from "../../../src/app/cluster-external-secrets.ts";
import { createRefreshAll } from "../../../src/app/refresh-all.ts";
import { createRegister } from "../../../src/app/register.ts";
import { createSyncTargets } from "../../../src/app/sync-targets.ts";
import type { ClusterExternalSecretSpec } from "../../../src/core/cluster-external-secret.ts";
import { SecretValue } from "../../../src/core/secret-value.ts";
import { DEFAULT_BOUNDS } from "../../../src/core/sync/freshness.ts";
import { applyObject, clientOf } from "../../../src/local/kubernetes-api.ts";
import { eventually } from "../../support/eventually.ts";
import { createManualClock } from "../../support/fakes/manual-clock.ts";
import { createMemoryBus, createMemoryLog, createMemoryQueue, testHasher } from "../../support/fakes/memory-outlets.ts";
import { createMemoryRegistry } from "../../support/fakes/memory-registry.ts";
import { createMemorySource } from "../../support/fakes/memory-source.ts";
import { type LocalCluster, startLocalCluster } from "../../support/local-cluster.ts";
import { aCluster, aClusterExternalSecret } from "../../support/registrations.ts";

const LIFETIME = 70_000;
const HOUR = 3_600_000;
let cluster: LocalCluster;

beforeAll(async () => {
  cluster = await startLocalCluster("tokyo", []);
});

afterAll(async () => cluster.stop());

async function label(name: string, labels: Readonly<Record<string, string>>): Promise<void> {
  await applyObject(cluster.server, { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } });
}

async function grantList(): Promise<void> {
  const documents = parseAllDocuments(await readFile("docs/namespace-access.yaml", "utf8"));
  for (const document of documents) await applyObject(cluster.server, document.toJS() as KubernetesObject);
}

/** The use cases over the real adapter; registry, queue and store are fakes that pass the contracts. */
function relay() {
  const clock = createManualClock(1_800_000_000_000);
  const source = createMemorySource(clock);
  source.put("shop/db", "v1", "p1");
  const registry = createMemoryRegistry();
  const queue = createMemoryQueue();
  const clusters = createClusters(async () => ({ value: new SecretValue(cluster.proxy.kubeconfig), versionId: "v1" }), {
    allowLoopback: true,
  });
  const base = { registry, clusters, clock, log: createMemoryLog(), queue, workerLifetimeMs: LIFETIME };
  const clusterExternalSecrets = createClusterExternalSecrets({ ...base, loadRefresh: async () => createRefreshAll(base) });
  const register = createRegister({ ...base, clusterExternalSecrets });
  const timing = { driftIntervalMs: HOUR };
  const sync = createSyncTargets({ ...base, provider: source, bus: createMemoryBus(), hasher: testHasher, bounds: DEFAULT_BOUNDS, timing });
  const settle = async () => {
    for (let round = 0; queue.sent.length > 0; round += 1) {
      if (round > 20) throw new Error("the queue does not get empty");
      const sent = queue.drain();
      clock.advance(Math.max(0, ...sent.map(({ request }) => (request.prune?.notBefore ?? 0) - clock.now())));
      await sync(
        sent.map(({ request }) => request),
        clock.now() + 60_000,
      );
    }
  };
  return {
    deploy: async (spec: ClusterExternalSecretSpec) => {
      const config = { clusters: [aCluster()], registrations: [], clusterExternalSecrets: [spec] };
      await register(config, clock.now() + 600_000);
      await settle();
    },
    later: async () => {
      clock.advance(HOUR + 1);
      await clusterExternalSecrets.refreshDue(clock.now() + 60_000);
      await settle();
    },
    status: async () => (await registry.clusterExternalSecrets())[0]?.status,
  };
}

describe("a ClusterExternalSecret on a real API server", () => {
  it("goes by names without any right but those to write", async () => {
    for (const name of ["name-a", "name-b"]) await cluster.createNamespace(name);
    const { deploy, later, status } = relay();
    const selectors = [{ matchLabels: { "kubernetes.io/metadata.name": "name-b" } }];

    await deploy(aClusterExternalSecret({ name: "by-name", namespaces: ["name-a", "name-later"], selectors }));

    expect(await cluster.readSecret("name-a", "by-name")).toEqual({ password: "p1" });
    expect(await status()).toMatchObject({ state: "Ready", provisioned: ["name-a", "name-b"] });
    await cluster.createNamespace("name-later");
    await later();
    expect(await cluster.readSecret("name-later", "by-name")).toEqual({ password: "p1" });
  });

  it("makes nothing where the list is denied, and says which right is missing; then follows labels as they change", async () => {
    await label("label-a", { team: "shop" });
    await label("label-b", { team: "bank" });
    const { deploy, later, status } = relay();

    await deploy(aClusterExternalSecret({ name: "by-label" }));
    expect(await status()).toMatchObject({ state: "Unknown", provisioned: [], error: { code: "StoreAuthForbidden" } });

    await grantList();
    // The API server hears of a new right a moment later.
    await eventually(async () => {
      await later();
      expect(await status()).toMatchObject({ state: "Ready", provisioned: ["label-a"] });
    });
    expect(await cluster.readSecret("label-a", "by-label")).toEqual({ password: "p1" });

    await label("label-new", { team: "shop" });
    await label("label-a", { team: "bank" });
    await later();
    expect(await cluster.readSecret("label-new", "by-label")).toEqual({ password: "p1" });
    expect(await cluster.readSecret("label-a", "by-label")).toBeUndefined();

    cluster.proxy.isDown = true;
    await label("label-new", { team: "bank" });
    await later();
    cluster.proxy.isDown = false;
    expect(await status()).toMatchObject({ state: "Unknown", provisioned: ["label-new"], error: { code: "ClusterUnreachable" } });
    expect(await cluster.readSecret("label-new", "by-label")).toEqual({ password: "p1" });

    await label("label-new", { team: "shop" });
    await clientOf(cluster.server, CoreV1Api).deleteNamespace({ name: "label-new" });
    await later();
    expect(await status()).toMatchObject({ state: "Ready", failed: [] });
  });
});
