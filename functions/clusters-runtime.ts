/** What the functions that reach sources and clusters are composed of beside the runtime: access to both, bus and hasher. */
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { createEventBus } from "../src/adapters/aws/event-bus.ts";
import { loadHasher } from "../src/adapters/aws/hash-key.ts";
import type { SyncTargets } from "../src/app/outcome.ts";
import { createSyncTargets } from "../src/app/sync-targets.ts";
import type { Bus } from "../src/core/ports.ts";
import { DEFAULT_BOUNDS, type FreshnessBounds } from "../src/core/sync/freshness.ts";
import { type ClusterAccess, createClusterAccess } from "./cluster-access.ts";
import { numberOf, textOf } from "./environment.ts";
import type { Runtime, Surroundings } from "./runtime.ts";

export interface ClustersRuntime extends ClusterAccess {
  readonly bus: Bus;
  readonly bounds: FreshnessBounds;
  readonly timing: { readonly driftIntervalMs: number };
}

/** @throws EnvironmentError */
export function createClustersRuntime(on: Surroundings, runtime: Pick<Runtime, "registry">): ClustersRuntime {
  const { environment: from, clock, awsOptions } = on;
  return {
    ...createClusterAccess(on, runtime),
    bus: createEventBus(new EventBridgeClient(awsOptions()), textOf(from, "EVENT_BUS_NAME"), clock),
    bounds: { ...DEFAULT_BOUNDS, visibilityMs: numberOf(from, "VISIBILITY_BOUND_MS", DEFAULT_BOUNDS.visibilityMs) },
    timing: { driftIntervalMs: numberOf(from, "DRIFT_INTERVAL_MS", 600_000) },
  };
}

/** What syncs targets, with the key of its hashes read. @throws EnvironmentError, and what reading the key throws */
export async function createSync({ environment, log }: Surroundings, runtime: Runtime, parts: ClustersRuntime): Promise<SyncTargets> {
  const { registry, clock } = runtime;
  const hasher = await loadHasher(parts.readSecret, textOf(environment, "HASH_KEY_SECRET"));
  return createSyncTargets({ registry, clock, log, hasher, ...parts });
}
