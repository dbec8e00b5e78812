/** A world of fakes for the tests of reconcile: two clusters, a store, and targets that a good sync left an hour ago. */
import { createClusterExternalSecrets } from "../../src/app/cluster-external-secrets.ts";
import { createReconcile } from "../../src/app/reconcile.ts";
import { createRefreshAll } from "../../src/app/refresh-all.ts";
import { type ClusterSpec, type Propagation, type Registration, type RegistrationSpec, referenceKey } from "../../src/core/model.ts";
import type { Cluster, Registry } from "../../src/core/ports.ts";
import { DEFAULT_BOUNDS } from "../../src/core/sync/freshness.ts";
import { CLUSTER_LABEL } from "../../src/core/sync/ownership.ts";
import { referencesOf } from "../../src/core/sync/references.ts";
import { createManualClock } from "./fakes/manual-clock.ts";
import { createMemoryCluster, type MemoryCluster } from "./fakes/memory-cluster.ts";
import { createMemoryLog, createMemoryQueue } from "./fakes/memory-outlets.ts";
import { createMemoryRegistry } from "./fakes/memory-registry.ts";
import { createMemorySource } from "./fakes/memory-source.ts";
import { aCluster, aSpec, brief, loaded, put, type SpecOptions } from "./registrations.ts";

/** The moment at which every world begins. */
export const T = 1_800_000_000_000;
export const DRIFT = 600_000;
export const LIFETIME = 70_000;

/** Clusters tokyo and virginia with namespace app, and a store whose secrets all show v1. */
export async function reconcileWorld(options: { cluster?: Partial<ClusterSpec>; wrap?: (registry: Registry) => Partial<Registry> } = {}) {
  const memory = createMemoryRegistry();
  const registry: Registry = { ...memory, ...options.wrap?.(memory) };
  const queue = createMemoryQueue();
  const log = createMemoryLog();
  const clock = createManualClock(T);
  const source = createMemorySource(clock);
  const inside: Record<string, MemoryCluster> = { tokyo: createMemoryCluster(["app"]), virginia: createMemoryCluster(["app"]) };
  const at = (name: string): MemoryCluster => inside[name] ?? createMemoryCluster([]);
  const calls: string[] = [];
  for (const [name, cluster] of Object.entries(inside)) {
    await memory.putCluster(aCluster(name, options.cluster));
    cluster.before = (operation) => {
      calls.push(`${name} ${operation}`);
    };
  }
  const forgotten: string[] = [];
  const clusters = {
    connect: async (spec: ClusterSpec): Promise<Cluster> => at(spec.name),
    templateReads: () => Promise.reject(new Error("reconcile reads no templates")),
    forget: (name: string) => {
      forgotten.push(name);
    },
  };
  const settled: Propagation[] = [];
  const recount: { hook?: (propagation: Propagation) => Promise<void> } = {};
  const settlePropagation = async (propagation: Propagation): Promise<void> => {
    await recount.hook?.(propagation);
    settled.push(propagation);
  };
  const deps = { registry, provider: source, clusters, queue, log, clock, workerLifetimeMs: LIFETIME };
  const reconcile = createReconcile({
    ...deps,
    clusterExternalSecrets: createClusterExternalSecrets({ ...deps, loadRefresh: async () => createRefreshAll(deps) }),
    bounds: DEFAULT_BOUNDS,
    settlePropagation,
    timing: { driftIntervalMs: DRIFT },
  });

  /** Registers a spec and leaves it as a good sync an hour ago would have: due now. */
  async function synced(given: SpecOptions = {}): Promise<Registration> {
    const spec = aSpec(given);
    const registration = await put(memory, spec, T - 3_600_000);
    source.put(given.key ?? "shop/db", "v1", "value");
    const applied = Object.fromEntries(referencesOf(spec).map((one) => [referenceKey(one), { versionId: "v1", asOf: T - 3_600_000 }]));
    const known = spec.target.creationPolicy === "None" ? undefined : await write(spec);
    const status = { state: "Synced", since: T - 3_600_000, syncedAt: T - 3_600_000, failures: 0 } as const;
    const change = { known, appliedGeneration: registration.generation, applied, status, dueAt: T - 1 };
    const recorded = await memory.record(registration, change);
    if (recorded === "lost") throw new Error("lost");
    calls.length = 0;
    return recorded;
  }
  async function write(spec: RegistrationSpec) {
    const manifest = {
      namespace: spec.namespace,
      name: spec.target.name,
      labels: { [CLUSTER_LABEL]: spec.cluster },
      annotations: {},
      data: new Map(),
    };
    const result = await at(spec.cluster).apply(manifest, "m", { kind: "create" });
    if (result.kind === "stale") throw new Error("stale");
    return result.known;
  }
  const run = (deadline = T + 60_000) => reconcile(deadline);
  const sent = () => queue.sent.map(({ request }) => brief(request));
  const get = (of: Registration) => loaded(memory, of.id);
  return { registry: memory, queue, log, clock, source, at, calls, forgotten, settled, recount, run, sent, synced, get, clusters };
}
