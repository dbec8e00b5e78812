/** Cluster tokyo with some namespaces, and the use cases that keep the registrations of ClusterExternalSecrets in it. */
import { createClusterExternalSecrets } from "../../src/app/cluster-external-secrets.ts";
import { createRefreshAll } from "../../src/app/refresh-all.ts";
import { createRegister } from "../../src/app/register.ts";
import type { ClusterExternalSecretSpec } from "../../src/core/cluster-external-secret.ts";
import { RelayError } from "../../src/core/errors.ts";
import type { ClusterSpec, ResolvedConfig } from "../../src/core/model.ts";
import type { Cluster, Registry } from "../../src/core/ports.ts";
import { createMemoryQueue } from "./fakes/memory-outlets.ts";
import { aCluster } from "./registrations.ts";
import { relayWorld } from "./relay-world.ts";

export const LIFETIME = 70_000;
export const HOUR = 3_600_000;

/** Cluster tokyo with namespaces a and b of team shop and c of another, and a source that holds what they read. */
export async function namespacesWorld(options: { cluster?: Partial<ClusterSpec>; wrap?: (registry: Registry) => Partial<Registry> } = {}) {
  const relay = await relayWorld(options);
  const { clock, hook, sync } = relay;
  const tokyo = relay.inside("tokyo");
  for (const [name, team] of [
    ["a", "shop"],
    ["b", "shop"],
    ["c", "bank"],
  ] as const) {
    tokyo.addNamespace(name, { team });
  }
  relay.source.put("shop/db", "v1", "p1");
  const queue = createMemoryQueue();
  const deps = { ...relay.deps, queue, workerLifetimeMs: LIFETIME };
  const clusterExternalSecrets = createClusterExternalSecrets({ ...deps, loadRefresh: async () => createRefreshAll(deps) });
  const register = createRegister({ ...deps, clusterExternalSecrets });
  /** Until the queue is empty, prunes at their time. */
  const settle = async () => {
    for (let round = 0; queue.sent.length > 0; round += 1) {
      if (round > 20) throw new Error("the queue does not get empty");
      const sent = queue.drain();
      const wait = Math.max(0, ...sent.map(({ request }) => (request.prune?.notBefore ?? 0) - clock.now()));
      clock.advance(wait);
      await sync(sent.map(({ request }) => request));
    }
  };
  const deploy = async (
    several: readonly ClusterExternalSecretSpec[],
    registrations: ResolvedConfig["registrations"] = [],
    cluster: Partial<ClusterSpec> = options.cluster ?? {},
  ) => {
    const clusters = [aCluster("tokyo", cluster), aCluster("virginia", cluster)];
    const result = await register({ clusters, registrations, clusterExternalSecrets: several }, clock.now() + 600_000);
    await settle();
    return result;
  };
  return {
    ...relay,
    tokyo,
    deps,
    queue,
    clusterExternalSecrets,
    deploy,
    settle,
    fail: (code: "ClusterUnreachable" | "StoreAuthForbidden" | "Forbidden", operation: keyof Cluster) => {
      hook.before = (name, called) => {
        if (name === "tokyo" && called === operation) throw new RelayError(code, "tokyo");
      };
    },
    mend: () => {
      hook.before = undefined;
    },
    /** Time passes, and the schedule runs. */
    later: async (ms = HOUR + 1) => {
      clock.advance(ms);
      const looked = await clusterExternalSecrets.refreshDue(clock.now() + 60_000);
      await settle();
      return looked;
    },
    has: (name = "shared") => ["a", "b", "c", "d", "app"].filter((namespace) => tokyo.readData(namespace, name) !== undefined),
    status: async (name = "shared") => {
      const found = (await relay.registry.clusterExternalSecrets()).find(({ spec }) => spec.name === name && spec.cluster === "tokyo");
      return found?.status;
    },
  };
}
