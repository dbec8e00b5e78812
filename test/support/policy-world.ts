/** A vector's world: a namespace of a real API server, and the real register, sync, event and reconcile over a registry, store and clock in memory. */
import { CoreV1Api, type V1Secret } from "@kubernetes/client-node";
import { stringify } from "yaml";
import { createCluster } from "../../src/adapters/kubernetes/cluster.ts";
import { parseCredentials } from "../../src/adapters/kubernetes/credentials.ts";
import { createHttpSend } from "../../src/adapters/kubernetes/send.ts";
import { createOnSecretChange } from "../../src/app/on-secret-change.ts";
import { settlePropagation } from "../../src/app/propagation.ts";
import { createReconcile } from "../../src/app/reconcile.ts";
import { createRegister } from "../../src/app/register.ts";
import { createSyncTargets } from "../../src/app/sync-targets.ts";
import type { Confinement } from "../../src/core/cluster-access/policy-name.ts";
import { resolveConfig } from "../../src/core/config/resolve.ts";
import type { Registration, ResolvedConfig } from "../../src/core/model.ts";
import type { Cluster } from "../../src/core/ports.ts";
import type { SecretChange } from "../../src/core/secret-change.ts";
import { DEFAULT_BOUNDS } from "../../src/core/sync/freshness.ts";
import { clientOf } from "../../src/local/kubernetes-api.ts";
import { createManualClock } from "./fakes/manual-clock.ts";
import { createMemoryBus, createMemoryLog, createMemoryQueue, testHasher } from "./fakes/memory-outlets.ts";
import { createMemoryRegistry } from "./fakes/memory-registry.ts";
import { createMemorySource } from "./fakes/memory-source.ts";
import type { LocalCluster } from "./local-cluster.ts";

/** An ExternalSecret as a vector writes it. */
export interface Declared {
  /** @default "db" */
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Over a spec that reads `db` as `password`. */
  readonly spec?: object;
}

/** A Secret that somebody else wrote before. */
export interface Held {
  /** The field manager. @default "by-hand" */
  readonly by?: string;
  readonly data?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** `apiVersion/Kind/name`. */
  readonly controller?: string;
  readonly type?: string;
  readonly immutable?: boolean;
}

export interface PolicyWorldOptions {
  readonly namespace: string;
  readonly adopt?: boolean | undefined;
  /** How the cluster's owner confined the relay. @default - not at all */
  readonly confine?: Confinement | undefined;
  /** RFC 3339. @default some moment */
  readonly start?: string | undefined;
  /** Between the relay and the API server: for faults. */
  readonly wrap?: ((cluster: Cluster) => Cluster) | undefined;
}

const T = 1_800_000_000_000;
/** Longer than anything here takes; a message that is still put back after so many rounds is left. */
const MAX_ROUNDS = 12;
const ARN = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:";
const DEFAULTS = { account: "111122223333", defaultRegion: "eu-west-1" };

export async function policyWorld(
  local: LocalCluster,
  { namespace, adopt = false, confine, start, wrap = (one) => one }: PolicyWorldOptions,
) {
  const clock = createManualClock(start === undefined ? T : Date.parse(start));
  const registry = createMemoryRegistry();
  const queue = createMemoryQueue();
  const bus = createMemoryBus();
  const log = createMemoryLog();
  const source = createMemorySource(clock);
  const versions = new Map<string, number>();
  const connected = wrap(await relayCluster(local, confine));
  const noTemplates = () => Promise.reject(new Error("no vector of policies has templates of the cluster"));
  const clusters = { connect: async () => connected, templateReads: noTemplates, forget: () => undefined };
  const timing = { driftIntervalMs: 600_000 };
  const deps = { registry, provider: source, clusters, queue, bus, log, clock, hasher: testHasher, bounds: DEFAULT_BOUNDS, timing };
  const sync = createSyncTargets(deps);
  const inFuture = () => clock.now() + 60_000;
  const settle = (propagation: Parameters<typeof settlePropagation>[1]) => settlePropagation(deps, propagation);
  const onChange = createOnSecretChange({ ...deps, sync, fastPathTargets: 10 });
  const clusterExternalSecrets = { register: async () => true, refreshDue: async () => 0 };
  const reconcile = createReconcile({ ...deps, clusterExternalSecrets, settlePropagation: settle, workerLifetimeMs: 70_000 });
  const register = createRegister({ ...deps, clusterExternalSecrets, workerLifetimeMs: 70_000 });
  const api = clientOf(local.server, CoreV1Api);

  /** Every message, those that are put back too, as the queue would give them: later ones later. */
  async function drain(): Promise<void> {
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const [first, ...later] = queue.drain().toSorted((a, b) => a.delayMs - b.delayMs);
      if (first === undefined) return;
      if (later.length > 0) await Promise.all(later.map(({ request, delayMs }) => queue.send([request], { delayMs })));
      clock.advance(Math.max(0, first.delayMs));
      for (const outcome of await sync([first.request], inFuture())) {
        if (outcome.kind !== "done") await queue.send([outcome.request], { delayMs: outcome.delayMs });
      }
    }
    queue.drain();
  }

  let events = 0;
  const announce = async (key: string, versionId?: string): Promise<void> => {
    const at = Math.floor(clock.now() / 1000) * 1000;
    const secret = { arn: `${ARN}${key}-AbCdEf`, name: key, at };
    const moved = { kind: "label moved", ...secret, label: "AWSCURRENT", versionId: versionId ?? "" } as const;
    await onChange(versionId === undefined ? { kind: "secret changed", ...secret } : moved, inFuture(), `event-${events++}`);
  };
  const loadAll = async (): Promise<readonly Registration[]> => {
    const all: Registration[] = [];
    for await (const page of registry.ofCluster("tokyo")) all.push(...page);
    return all;
  };

  return {
    clock,
    registry,
    bus,
    drain,
    /** The store shows a new value from now on; nobody is told. */
    put(key: string, value: string): string {
      const version = (versions.get(key) ?? 0) + 1;
      versions.set(key, version);
      source.put(key, `v${version}`, value);
      return `v${version}`;
    },
    remove: (key: string) => source.remove(key),
    announce,
    /** What on-secret-change does at an event; nothing is drained. */
    onChange: (change: SecretChange) => onChange(change, inFuture(), `event-${events++}`),
    async register(declared: readonly Declared[]): Promise<void> {
      await register(policyConfig({ namespace, adopt, confine }, declared), inFuture());
      await drain();
    },
    async reconcile(): Promise<void> {
      await reconcile(inFuture());
      await drain();
    },
    async status(name = "db") {
      return (await loadAll()).find(({ spec, phase }) => spec.name === name && phase === "live")?.status;
    },
    dueAt: async (name = "db") => (await loadAll()).find(({ spec }) => spec.name === name)?.dueAt,
    openPropagations: async () => (await registry.unfinishedPropagations(10)).filter(({ phase }) => phase === "open"),
    secret: (name: string): Promise<V1Secret | undefined> => local.getSecret(namespace, name),
    async hold(name: string, held: Held): Promise<void> {
      await api.createNamespacedSecret({ namespace, fieldManager: held.by ?? "by-hand", body: heldSecret(namespace, name, held) });
    },
    edit: (name: string, data: Readonly<Record<string, string | null>>) => local.editByHand(namespace, name, data),
    delete: (name: string) => local.deleteByHand(namespace, name),
  };
}

export type PolicyWorld = Awaited<ReturnType<typeof policyWorld>>;

/** With the relay's own identity, which can't read. */
async function relayCluster({ user }: LocalCluster, confine: Confinement | undefined): Promise<Cluster> {
  const credentials = await parseCredentials(user.kubeconfig, "tokyo", { allowLoopback: true });
  return createCluster(createHttpSend(credentials, { concurrency: 4, requestsPerSecond: 500 }), confine === "label" ? "tokyo" : undefined);
}

/** What a world of these options registers. */
export function policyConfig(
  { namespace, adopt = false, confine }: Pick<PolicyWorldOptions, "namespace" | "adopt" | "confine">,
  declared: readonly Declared[],
): ResolvedConfig {
  const cluster = {
    apiVersion: "secret-relay.dev/v1alpha1",
    kind: "Cluster",
    metadata: { name: "tokyo" },
    spec: { kubeconfigSecretRef: { name: "clusters/tokyo" }, manifests: ["apps.yaml"], namespaces: { allow: [namespace] }, adopt, confine },
  };
  const store = {
    apiVersion: "external-secrets.io/v1",
    kind: "ClusterSecretStore",
    metadata: { name: "aws" },
    spec: { provider: { aws: { service: "SecretsManager", region: "eu-west-1" } } },
  };
  const secrets = declared.map(({ name = "db", labels, annotations, spec }) => ({
    apiVersion: "external-secrets.io/v1",
    kind: "ExternalSecret",
    metadata: { name, namespace, ...(labels && { labels }), ...(annotations && { annotations }) },
    spec: {
      secretStoreRef: { kind: "ClusterSecretStore", name: "aws" },
      data: [{ secretKey: "password", remoteRef: { key: "db" } }],
      ...spec,
    },
  }));
  const files = [
    { path: "cluster.yaml", text: stringify(cluster) },
    { path: "apps.yaml", text: [store, ...secrets].map((document) => stringify(document)).join("---\n") },
  ];
  const { config, diagnostics } = resolveConfig(files, DEFAULTS);
  if (config === undefined) throw new Error(diagnostics.map(({ message }) => message).join("; "));
  return config;
}

function heldSecret(namespace: string, name: string, held: Held): V1Secret {
  const { data = {}, labels, annotations, controller, type, immutable } = held;
  const [group, version, kind = "", owner = ""] = controller?.split("/") ?? [];
  const reference = {
    apiVersion: `${group}/${version}`,
    kind,
    name: owner,
    uid: `uid-of-${owner}`,
    controller: true,
    blockOwnerDeletion: true,
  };
  return {
    metadata: {
      name,
      namespace,
      ...(labels && { labels: { ...labels } }),
      ...(annotations && { annotations: { ...annotations } }),
      ...(controller === undefined ? {} : { ownerReferences: [reference] }),
    },
    ...(type === undefined ? {} : { type }),
    ...(immutable === undefined ? {} : { immutable }),
    data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString("base64")])),
  };
}
