/** A small world of fakes around `createRegister`. */
import { type ClusterExternalSecretsDeps, createClusterExternalSecrets } from "../../src/app/cluster-external-secrets.ts";
import { createRegister } from "../../src/app/register.ts";
import type { ResolvedConfig, SyncRequest } from "../../src/core/model.ts";
import type { Registry } from "../../src/core/ports.ts";
import { createManualClock } from "./fakes/manual-clock.ts";
import { createMemoryLog, createMemoryQueue } from "./fakes/memory-outlets.ts";
import { createMemoryRegistry } from "./fakes/memory-registry.ts";
import { aCluster, aSpec, brief, loaded, type SpecOptions } from "./registrations.ts";

/** The moment at which every world begins. */
export const T = 1_800_000_000_000;
/** The longest life of a worker that writes, in milliseconds. */
export const LIFETIME = 70_000;

/** None of these configs needs to ask a cluster. */
function withoutClusters<D extends Omit<ClusterExternalSecretsDeps, "loadRefresh">>(deps: D) {
  const unused = () => {
    throw new Error("no cluster is needed");
  };
  return {
    ...deps,
    clusterExternalSecrets: createClusterExternalSecrets({ ...deps, loadRefresh: unused }),
  };
}

/** A config of these registrations, and of the clusters that they name. */
export function configOf(...specs: readonly SpecOptions[]): ResolvedConfig {
  const names = [...new Set(["tokyo", ...specs.map(({ cluster }) => cluster ?? "tokyo")])];
  return { clusters: names.map((name) => aCluster(name)), registrations: specs.map(aSpec) };
}

/** A registry wrapped by `wrap`, and what runs of register have sent since it was last asked. */
export function registerWorld(wrap: (registry: Registry) => Partial<Registry> = () => ({})) {
  const memory = createMemoryRegistry();
  const registry: Registry = { ...memory, ...wrap(memory) };
  const queue = createMemoryQueue();
  const log = createMemoryLog();
  const clock = createManualClock(T);
  const register = createRegister(withoutClusters({ registry, queue, log, clock, workerLifetimeMs: LIFETIME }));
  const run = (config: ResolvedConfig, deadline = T + 3_600_000) => register(config, deadline);
  const sent = () => queue.drain().map(({ request }) => request);
  const get = (name: string, cluster = "tokyo") => loaded(memory, `${cluster}/app/${name}`);
  return { registry: memory, queue, log, clock, run, sent, get };
}

/** Requests as `sync tokyo/app/a`. */
export const briefs = (requests: readonly SyncRequest[]) => requests.map(brief);

export type RegisterWorld = ReturnType<typeof registerWorld>;
