/** Builders of clusters, specs and registrations with boring defaults for tests of use cases; a test states only what matters. */
import type { ClusterExternalSecretSpec } from "../../src/core/cluster-external-secret.ts";
import type { ClusterSpec, Registration, RegistrationSpec, SyncRequest } from "../../src/core/model.ts";
import { targetKey } from "../../src/core/model.ts";
import type { Registry } from "../../src/core/ports.ts";
import { referencesOf } from "../../src/core/sync/references.ts";

export const ACCOUNT = "111122223333";
export const REGION = "eu-west-1";

export interface SpecOptions {
  readonly cluster?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly target?: string;
  readonly key?: string;
  readonly version?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly creationPolicy?: RegistrationSpec["target"]["creationPolicy"];
  readonly refreshPolicy?: RegistrationSpec["refreshPolicy"];
  readonly refreshIntervalMs?: number;
  readonly syncWindows?: RegistrationSpec["syncWindows"];
  readonly template?: RegistrationSpec["target"]["template"];
}

export function aSpec(options: SpecOptions = {}): RegistrationSpec {
  const { cluster = "tokyo", namespace = "app", name = "db", key = "shop/db", labels = {}, version } = options;
  return {
    cluster,
    namespace,
    name,
    store: { kind: "SecretStore", name: "aws", provider: "SecretsManager", account: ACCOUNT, region: REGION },
    refreshPolicy: options.refreshPolicy ?? "Periodic",
    refreshIntervalMs: options.refreshIntervalMs ?? 3_600_000,
    ...(options.syncWindows === undefined ? {} : { syncWindows: options.syncWindows }),
    labels,
    annotations: {},
    target: {
      name: options.target ?? name,
      creationPolicy: options.creationPolicy ?? "Owner",
      deletionPolicy: "Retain",
      ...(options.template === undefined ? {} : { template: options.template }),
    },
    data: [{ secretKey: "password", remoteRef: { key, ...(version === undefined ? {} : { version }) } }],
    dataFrom: [],
  };
}

/** For namespaces with the label `team: shop`, by a ClusterSecretStore. */
export function aClusterExternalSecret(change: Partial<ClusterExternalSecretSpec> = {}): ClusterExternalSecretSpec {
  const name = change.name ?? "shared";
  return {
    cluster: "tokyo",
    name,
    externalSecretName: name,
    labels: {},
    annotations: {},
    externalSecretSpec: {
      secretStoreRef: { name: "aws", kind: "ClusterSecretStore" },
      data: [{ secretKey: "password", remoteRef: { key: "shop/db" } }],
    },
    selectors: [{ matchLabels: { team: "shop" } }],
    namespaces: [],
    refreshMs: 3_600_000,
    stores: [
      {
        kind: "ClusterSecretStore",
        manifest: { metadata: { name: "aws" }, spec: { provider: { aws: { service: "SecretsManager", region: REGION } } } },
      },
    ],
    account: ACCOUNT,
    region: REGION,
    ...change,
  };
}

export function aCluster(name = "tokyo", change: Partial<ClusterSpec> = {}): ClusterSpec {
  const { eks, kubeconfigSecretName = `clusters/${name}`, ...settings } = change;
  return {
    name,
    labels: {},
    ...(eks === undefined ? { kubeconfigSecretName } : { eks }),
    allowedNamespaces: ["*"],
    concurrency: 4,
    requestsPerSecond: 200,
    drift: "probe",
    ...settings,
  };
}

/** Registers specs as a register run would. */
export async function put(registry: Registry, spec: RegistrationSpec, registeredAt: number): Promise<Registration> {
  const generation = await registry.nextGeneration();
  const stored = await registry.putRegistration({ spec, generation, registeredAt, references: referencesOf(spec) });
  if (typeof stored === "string") throw new Error(`putRegistration answered ${stored}`);
  return stored;
}

/** The request's registration and kind, for short expectations. */
export function brief({ registration, prune }: SyncRequest): string {
  return `${prune === undefined ? "sync" : "prune"} ${registration}`;
}

export async function loaded(registry: Registry, id: string): Promise<Registration | undefined> {
  const [cluster = "", namespace = "", name = ""] = id.split("/");
  const target = targetKey({ cluster, namespace, name });
  return (await registry.load([{ registration: id, target }], [])).registrations.get(id)?.registration;
}
