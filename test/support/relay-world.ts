/** A small world of fakes around `createSyncTargets`: a registry, a store, clusters tokyo and virginia with namespace app, a bus and a log. */

import type { SyncOutcome } from "../../src/app/outcome.ts";
import { createSyncTargets } from "../../src/app/sync-targets.ts";
import {
  type ChangeNotice,
  type ClusterSpec,
  type Millis,
  type Propagation,
  type ReferenceKey,
  type Registration,
  type RegistrationSpec,
  referenceKey,
  type SyncRequest,
  targetKey,
} from "../../src/core/model.ts";
import type { Cluster, Clusters, Registry, RelayEvent } from "../../src/core/ports.ts";
import { DEFAULT_BOUNDS, needOf } from "../../src/core/sync/freshness.ts";
import { referencesOf } from "../../src/core/sync/references.ts";
import { createManualClock } from "./fakes/manual-clock.ts";
import { createMemoryCluster, type MemoryCluster } from "./fakes/memory-cluster.ts";
import { createMemoryBus, createMemoryLog, testHasher } from "./fakes/memory-outlets.ts";
import { createMemoryRegistry } from "./fakes/memory-registry.ts";
import { createMemorySource } from "./fakes/memory-source.ts";
import { createMemoryTemplates } from "./fakes/memory-templates.ts";
import { aCluster, aSpec, loaded, put, type SpecOptions } from "./registrations.ts";

/** The moment at which every world begins. */
export const T = 1_800_000_000_000;
export const DRIFT = 600_000;

export interface WorldSpec extends Omit<SpecOptions, "template"> {
  readonly deletionPolicy?: RegistrationSpec["target"]["deletionPolicy"];
  /** Extracts all properties of the key instead of taking it as `password`. */
  readonly extract?: boolean;
  readonly secretKey?: string;
  /** Secrets that are taken beside the key, each as a data key of the last part of its name. @default none */
  readonly alsoKeys?: readonly string[];
  /** @default none */
  readonly template?: Partial<NonNullable<RegistrationSpec["target"]["template"]>>;
}

export function worldSpec(options: WorldSpec = {}): RegistrationSpec {
  const { template, alsoKeys = [], ...plain } = options;
  const spec = aSpec(plain);
  const key = options.key ?? "shop/db";
  return {
    ...spec,
    target: {
      ...spec.target,
      deletionPolicy: options.deletionPolicy ?? "Retain",
      ...(template === undefined ? {} : { template: { labels: {}, annotations: {}, ...template } }),
    },
    data:
      options.extract === true
        ? []
        : [
            ...spec.data.map((entry) => ({ ...entry, secretKey: options.secretKey ?? entry.secretKey })),
            ...alsoKeys.map((name) => ({ secretKey: name.slice(name.lastIndexOf("/") + 1), remoteRef: { key: name } })),
          ],
    dataFrom: options.extract === true ? [{ extract: { key } }] : [],
  };
}

export async function relayWorld(options: { cluster?: Partial<ClusterSpec>; wrap?: (registry: Registry) => Partial<Registry> } = {}) {
  const memory = createMemoryRegistry();
  const registry: Registry = { ...memory, ...options.wrap?.(memory) };
  const clock = createManualClock(T);
  const source = createMemorySource(clock);
  const bus = createMemoryBus();
  const log = createMemoryLog();
  const inside: Readonly<Record<string, MemoryCluster>> = { tokyo: createMemoryCluster(["app"]), virginia: createMemoryCluster(["app"]) };
  const at = (name: string): MemoryCluster => inside[name] ?? createMemoryCluster([]);
  /** Every call to a cluster, as `tokyo apply db`. */
  const calls: string[] = [];
  /** Runs before each call to a cluster; what it throws is the call's failure. */
  const hook: { before?: ((cluster: string, operation: keyof Cluster, name: string) => Promise<void> | void) | undefined } = {};
  for (const [name, cluster] of Object.entries(inside)) {
    await memory.putCluster(aCluster(name, options.cluster));
    cluster.before = async (operation, secret) => {
      calls.push(`${name} ${operation} ${secret}`);
      await hook.before?.(name, operation, secret);
    };
  }
  /** What templateFrom names: the same in each cluster. */
  const templates = createMemoryTemplates();
  const forgotten: string[] = [];
  const clusters: Clusters = {
    connect: async (spec) => at(spec.name),
    templateReads: async () => templates,
    forget: (name) => {
      forgotten.push(name);
    },
  };
  const deps = {
    registry,
    provider: source,
    clusters,
    bus,
    log,
    clock,
    hasher: testHasher,
    bounds: { ...DEFAULT_BOUNDS },
    timing: { driftIntervalMs: DRIFT },
  };
  const syncTargets = createSyncTargets(deps);

  const register = (spec: WorldSpec = {}, registeredAt: Millis = T - 3_600_000): Promise<Registration> =>
    put(memory, worldSpec(spec), registeredAt);
  const requestOf = ({ id, spec }: Registration, change: Partial<SyncRequest> = {}): SyncRequest => ({
    registration: id,
    cluster: spec.cluster,
    target: targetKey({ cluster: spec.cluster, namespace: spec.namespace, name: spec.target.name }),
    need: 0,
    verify: false,
    attempt: 0,
    ...change,
  });
  const refOf = ({ spec }: Registration): ReferenceKey => {
    const [first] = referencesOf(spec);
    if (first === undefined) throw new Error("the registration reads nothing");
    return referenceKey(first);
  };
  /** What an event for the registration's (first) reference asks for; its propagation is opened as on-secret-change does. */
  const announce = async (registrations: readonly Registration[], versionId: string, moment: Millis): Promise<readonly SyncRequest[]> => {
    const noticeOf = (one: Registration): ChangeNotice => ({ reference: refOf(one), versionId, at: moment });
    for (const [reference, readers] of Map.groupBy(registrations, refOf)) {
      await memory.openPropagation({ reference, versionId, at: moment }, { openedAt: clock.now(), expected: readers.length });
    }
    return registrations.map((one) => requestOf(one, { notice: noticeOf(one), need: needOf(noticeOf(one)) }));
  };
  const sync = (requests: readonly SyncRequest[], deadline: Millis = clock.now() + 10_000): Promise<readonly SyncOutcome[]> =>
    syncTargets(requests, deadline);

  return {
    registry: memory,
    deps,
    clock,
    source,
    bus,
    log,
    inside: at,
    templates,
    calls,
    hook,
    forgotten,
    register,
    requestOf,
    refOf,
    announce,
    sync,
    reg: async ({ id }: Registration): Promise<Registration> => {
      const found = await loaded(memory, id);
      if (found === undefined) throw new Error(`${id} is gone`);
      return found;
    },
    find: ({ id }: Registration) => loaded(memory, id),
    data: ({ spec }: Registration) => at(spec.cluster).readData(spec.namespace, spec.target.name),
    events: <K extends RelayEvent["type"]>(type: K) =>
      bus.published
        .filter((event): event is Extract<RelayEvent, { type: K }> => event.type === type)
        .map(({ detail }) => detail as Extract<RelayEvent, { type: K }>["detail"]),
    /** All propagations that are open or not announced. */
    unfinished: (): Promise<readonly Propagation[]> => memory.unfinishedPropagations(100),
    /** Registers, puts the value v1 into the store an hour ago, and syncs. */
    async synced(spec: WorldSpec = {}): Promise<Registration> {
      const key = spec.key ?? "shop/db";
      const registration = await register(spec);
      if ((await source.currentVersions(referencesOf(registration.spec))).values().next().value?.versionId !== "v1")
        source.put(key, "v1", spec.extract === true ? '{"user":"u1","password":"p1"}' : "p1");
      for (const name of spec.alsoKeys ?? []) source.put(name, "v1", "p1");
      await sync([requestOf(registration)]);
      calls.length = 0;
      return this.reg(registration);
    },
  };
}

export type World = Awaited<ReturnType<typeof relayWorld>>;
