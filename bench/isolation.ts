/**
 * Rule 7 in figures: four healthy clusters beside six ill ones (dead, silent, 2 s slow, 401, 403, a wrong certificate), against the same
 * four alone. Each pair of runs gives a ratio, so that what else the machine does cancels out.
 */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { parentPort, Worker, workerData } from "node:worker_threads";
import { createClusters } from "../src/adapters/kubernetes/clusters.ts";
import { createLog } from "../src/adapters/log.ts";
import { systemClock } from "../src/adapters/system-clock.ts";
import { createSyncTargets } from "../src/app/sync-targets.ts";
import { registrationId, type SyncRequest, targetKey } from "../src/core/model.ts";
import type { Clusters } from "../src/core/ports.ts";
import { SecretValue } from "../src/core/secret-value.ts";
import { DEFAULT_BOUNDS } from "../src/core/sync/freshness.ts";
import { type ApiServerUser, startApiServer } from "../src/local/api-server.ts";
import { grantAccess } from "../src/local/cluster-access.ts";
import { type CleanUpStack, startWithCleanUp } from "../src/local/stop-on-exit.ts";
import { createMemoryBus, testHasher } from "../test/support/fakes/memory-outlets.ts";
import { createMemoryRegistry } from "../test/support/fakes/memory-registry.ts";
import { createMemorySource } from "../test/support/fakes/memory-source.ts";
import { SICK, startSickClusters } from "../test/support/faults/sick-clusters.ts";
import { aCluster, aSpec, put } from "../test/support/registrations.ts";
import { type Figure, type Report, spreadOf } from "./report.ts";

const HEALTHY = ["north", "east", "south", "west"];
const NAMESPACE = "app";
const TARGETS = 100;
/** One for each connection: they hold all that a cluster may hold. */
const SICK_TARGETS = 16;
const ROUNDS = 5;
const SLOW_MS = 2_000;

/** Throughput of the healthy clusters beside the ill ones, as a part of that without them. */
export async function isolation(stack: CleanUpStack): Promise<Report> {
  const server = await startWithCleanUp(stack, () => startApiServer());
  const user = await grantAccess(server, [NAMESPACE]);
  // In a thread of their own: what an ill cluster computes is no load on the relay.
  const worker = new Worker(new URL(import.meta.url), { workerData: user });
  await stack.add(async () => {
    await worker.terminate();
  });
  const [kubeconfigs] = (await once(worker, "message")) as [Readonly<Record<string, string>>];
  return {
    name: "isolation",
    about: `${HEALTHY.length} healthy clusters beside ${SICK.length} ill ones (${SICK.join(", ")}), against the same healthy ones alone.`,
    figures: [
      await compare("at the clusters' rate, 50 requests a second each", 50, { atLeast: 0.95 }, user, kubeconfigs),
      await compare("flat out, on this machine's cores", 100_000, undefined, user, kubeconfigs),
    ],
    notes: ["flat out, the ill clusters' calls and their failures take CPU of the same process: on Lambda each batch has its own"],
  };
}

async function compare(
  name: string,
  requestsPerSecond: number,
  goal: Figure["goal"],
  user: ApiServerUser,
  kubeconfigs: Readonly<Record<string, string>>,
): Promise<Figure> {
  const registry = createMemoryRegistry();
  const source = createMemorySource(systemClock);
  const counter = { left: 0, done: Promise.withResolvers<void>() };
  const clusters = counted(
    createClusters(async (secret) => ({ value: new SecretValue(kubeconfigs[secret] ?? user.kubeconfig), versionId: "v1" }), {
      allowLoopback: true,
    }),
    counter,
  );
  const sync = createSyncTargets({
    registry,
    provider: source,
    clusters,
    clock: systemClock,
    hasher: testHasher,
    bounds: DEFAULT_BOUNDS,
    log: createLog({ write: () => undefined, now: () => systemClock.now() }),
    bus: createMemoryBus(),
    timing: { driftIntervalMs: 600_000 },
  });
  source.put("shop/db", "v0", "v0");
  const requests = new Map<string, SyncRequest[]>();
  for (const cluster of [...HEALTHY, ...SICK]) {
    await registry.putCluster(aCluster(cluster, { kubeconfigSecretName: cluster, requestsPerSecond, concurrency: 16 }));
    const ofCluster: SyncRequest[] = [];
    for (let index = 0; index < (HEALTHY.includes(cluster) ? TARGETS : SICK_TARGETS); index += 1) {
      const target = `${cluster.replaceAll(" ", "-")}-${requestsPerSecond}-${index}`;
      const spec = aSpec({ cluster, namespace: NAMESPACE, name: target });
      await put(registry, spec, systemClock.now());
      const registration = registrationId(spec);
      ofCluster.push({
        registration,
        cluster,
        target: targetKey({ cluster, namespace: NAMESPACE, name: target }),
        need: 0,
        verify: false,
        attempt: 0,
      });
    }
    requests.set(cluster, ofCluster);
  }

  let version = 0;
  /** A rotation; how long it takes until the last healthy target has it. */
  async function rotate(names: readonly string[]): Promise<number> {
    version += 1;
    // Certainly later than the read before it, whose clock margin is a quarter of a second.
    await sleep(DEFAULT_BOUNDS.clockMarginMs + 50);
    source.put("shop/db", `v${version}`, `v${version}`);
    for (const cluster of SICK) await registry.setBreaker(cluster, undefined);
    counter.left = HEALTHY.length * TARGETS;
    counter.done = Promise.withResolvers();
    const startedAt = performance.now();
    const ended = sync(
      names.flatMap((cluster) => requests.get(cluster) ?? []),
      systemClock.uptime() + 60_000,
    );
    await counter.done.promise;
    const tookMs = performance.now() - startedAt;
    await ended;
    return tookMs;
  }

  // The first makes the connections, and the targets.
  await rotate(HEALTHY);
  const ratios: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const alone = await rotate(HEALTHY);
    const beside = await rotate([...SICK, ...HEALTHY]);
    ratios.push(alone / beside);
  }
  return { what: name, unit: "x", value: spreadOf(ratios), ...(goal === undefined ? {} : { goal }) };
}

/** Tells when so many applies of healthy clusters have been answered. */
function counted(clusters: Clusters, counter: { left: number; done: PromiseWithResolvers<void> }): Clusters {
  return {
    ...clusters,
    async connect(spec) {
      const cluster = await clusters.connect(spec);
      if (!HEALTHY.includes(spec.name)) return cluster;
      return {
        ...cluster,
        async apply(...of) {
          const result = await cluster.apply(...of);
          counter.left -= 1;
          if (counter.left === 0) counter.done.resolve();
          return result;
        },
      };
    },
  };
}

if (parentPort !== null) {
  const sick = await startSickClusters(workerData as ApiServerUser, { wait: () => sleep(SLOW_MS) });
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port is no window, and has no origin
  parentPort.postMessage(Object.fromEntries(SICK.map((name) => [name, sick.kubeconfig(name)])));
}
