/** A cell's own tiny world: proxies, a table, two queues, a secret, and two registrations that read it, one in each cluster. */

import { CreateSecretCommand, PutSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { PutParameterCommand } from "@aws-sdk/client-ssm";
import { parse } from "yaml";
import { createDynamoRegistry } from "../../../src/adapters/aws/dynamodb-registry.ts";
import { planGrants } from "../../../src/core/grants/plan.ts";
import { encodeMessages } from "../../../src/core/messages.ts";
import {
  type ClusterSpec,
  type Registration,
  type RegistrationSpec,
  type ResolvedConfig,
  registrationId,
  targetKey,
} from "../../../src/core/model.ts";
import type { Registry } from "../../../src/core/ports.ts";
import { loadEngine } from "../../../src/core/sync/content.ts";
import { startAwsFaultProxy } from "../aws-fault-proxy.ts";
import { namedCanaries } from "../canary/canary.ts";
import { startClusterProxy } from "../cluster-proxy.ts";
import { GRANT_SETTINGS, ownArns } from "../iam/own.ts";
import { expectAllowed } from "../iam/replay.ts";
import { type CapturedLog, captureLog, lambdaContext } from "../invocations.ts";
import { aCluster, aSpec, loaded, put } from "../registrations.ts";
import { createRegistryTable } from "../registry-table.ts";
import { createDelivery, type Delivery, type Ending, type Invocation } from "./delivery.ts";
import { composeFunctions, type Functions, INTERVAL_MS, OWN_SESSION } from "./functions.ts";
import { createGate, type Gate } from "./gate.ts";
import { CLUSTERS, type ClusterName, type FaultParts, NAMESPACE, TEMPLATES } from "./parts.ts";
import { createVirtualClock, type VirtualClock } from "./virtual-clock.ts";
import { accessBy, createQueue, describeCluster, TAG, type TargetWrite, tagging, type WorldProxies, watchWrites } from "./world-parts.ts";

export interface WorldOptions {
  /** @default "Retain" */
  readonly deletionPolicy?: RegistrationSpec["target"]["deletionPolicy"];
  /** @default 20, as deployed */
  readonly fastPathTargets?: number;
  /** @default none: every namespace may use the store */
  readonly conditions?: RegistrationSpec["store"]["conditions"];
  /** Whose credentials read the store. @default - the functions' own role */
  readonly access?: "role" | "IRSA" | "access keys";
  /** The value is the parameter's tags. @default false */
  readonly isOfTags?: boolean;
  /** The clusters adopt Secrets of ESO. @default false */
  readonly adopt?: true;
  /** The clusters' owner confines the relay by this. @default - not at all */
  readonly confine?: "label";
  /** @default "SecretsManager" */
  readonly provider?: RegistrationSpec["store"]["provider"];
  /** The registrations find their secret by its name, or by its path and tags. @default they name it */
  readonly finds?: "name" | "tags";
  /** The clusters are EKS clusters. @default false */
  readonly isEks?: boolean;
  /** The targets are rendered by templates of TEMPLATES. @default false */
  readonly isTemplated?: boolean;
}

export interface World {
  /** In every name that is this world's own. */
  readonly id: string;
  /** Of the secret in the store. */
  readonly key: string;
  /** What the secret holds now: `valueOf("v1")`, and one more with each rotation. */
  readonly value: string;
  readonly clock: VirtualClock;
  readonly proxies: WorldProxies;
  readonly gate: Gate;
  readonly delivery: Delivery;
  /** Past the proxy. */
  readonly registry: Registry;
  readonly log: CapturedLog;
  readonly queueUrl: string;
  readonly failureQueueUrl: string;
  /** Answers to CloudFormation. */
  readonly answers: readonly { readonly Status: string; readonly Reason?: string }[];
  readonly writes: readonly TargetWrite[];
  readonly spec: (cluster: ClusterName) => RegistrationSpec;
  readonly clusterSpec: (cluster: ClusterName) => ClusterSpec;
  readonly registrations: () => Promise<readonly Registration[]>;
  /** What the target holds as `password`; undefined where there is no such Secret, and all that it holds where that is more. */
  readonly read: (cluster: ClusterName, name?: string) => Promise<string | undefined>;
  /** Makes the next value the current one, and gives the store's own event of it. */
  readonly rotate: () => Promise<unknown>;
  /** The store's own event of the parameter. */
  readonly parameterEvent: (operation: string) => unknown;
  /** An event of CloudTrail about the secret. */
  readonly callEvent: (eventName: string) => unknown;
  /** From now on all is done by a new process, which knows nothing of before. */
  readonly restart: (timeoutMs?: number) => void;
  /** Tells of a config that was placed: it too decides what the functions may do. */
  readonly place: (config: ResolvedConfig) => void;
  readonly work: <T>(run: (functions: Functions) => Promise<T>) => Promise<Ending<T>>;
  readonly close: () => Promise<void>;
}

// Cells run ahead of their tests, and jest imports nothing between tests.
await loadEngine();

/** By the ConfigMap and the Secret that parts.ts makes. */
const TEMPLATE: RegistrationSpec["target"]["template"] = {
  labels: {},
  annotations: {},
  templateFrom: [
    { configMap: { name: TEMPLATES, items: [{ key: "password" }] } },
    { secret: { name: TEMPLATES, items: [{ key: "password" }] } },
  ],
};

/** The values of all worlds, by the names of versions. */
export const valueOf = namedCanaries();

/** More rotations than any world has. */
const MOST_VERSIONS = 50;

/** The number of a version by its value: 1 for that of `v1`; undefined for what is no value of a version. */
export function versionOf(value: string): number | undefined {
  for (let version = 1; version <= MOST_VERSIONS; version++) if (valueOf(`v${version}`) === value) return version;
  return undefined;
}

let made = 0;

/** Registers, and syncs once: all is settled when it returns. */
export async function createWorld(parts: FaultParts, options: WorldOptions = {}): Promise<World> {
  made += 1;
  const id = `w${made}`;
  const { conditions } = options;
  const conditional = conditions === undefined ? {} : { kind: "ClusterSecretStore" as const, conditions };
  const provider = options.provider ?? "SecretsManager";
  const key = provider === "SecretsManager" ? `${id}/database` : `/${id}/database`;
  const { clients } = parts;
  const { endpoint, region, account } = parts.aws;
  const [aws, tokyo, virginia] = await Promise.all([
    startAwsFaultProxy(endpoint),
    startClusterProxy(parts.cluster("tokyo").user),
    startClusterProxy(parts.cluster("virginia").user),
  ]);
  const proxies = { aws, tokyo, virginia };
  const gate = createGate(aws, { tokyo, virginia });
  const clock = createVirtualClock();
  const log = captureLog(clock);
  const tableName = `registry-${id}`;
  const [, queueUrl, failureQueueUrl, { ARN: arn = "" }] = await Promise.all([
    createRegistryTable(clients.dynamodb, tableName),
    createQueue(parts, `sync-${id}`),
    createQueue(parts, `failures-${id}`),
    clients.secretsManager.send(new CreateSecretCommand({ Name: key, SecretString: valueOf("v1") })),
    clients.ssm.send(
      new PutParameterCommand({ Name: `/${id}/database`, Value: valueOf("v1"), Type: "SecureString", Tags: [{ Key: "world", Value: id }] }),
    ),
    ...CLUSTERS.map(async (name) => {
      const Name = `clusters/${id}/${name}`;
      // As JSON, which needs no parser to be loaded: cells run ahead of their tests, and jest imports nothing between tests.
      const SecretString = JSON.stringify(parse(proxies[name].kubeconfig));
      await clients.secretsManager.send(new CreateSecretCommand({ Name, SecretString }));
    }),
  ]);
  if (options.isOfTags === true) await clients.ssm.send(tagging(key, valueOf("v1")));
  const registry = createDynamoRegistry(clients.dynamodb, tableName);
  const compose = (timeoutMs?: number): Functions =>
    composeFunctions({
      endpoint: aws.endpoint,
      region,
      account,
      clock,
      log: log.log,
      tableName,
      queueUrl,
      failureQueueUrl,
      timeoutMs,
      fastPathTargets: options.fastPathTargets ?? 20,
    });
  let functions = compose();
  const restart = (timeoutMs?: number): void => {
    functions.close();
    functions = compose(timeoutMs);
  };
  const work: World["work"] = async (run) => {
    const ending = await run(functions).then(
      (value) => ({ kind: "answered", value }) as const,
      () => ({ kind: "failed" }) as const,
    );
    if (!gate.isDead) return ending;
    await gate.bury();
    restart();
    return { kind: "died" };
  };
  const delivery = createDelivery({ clock, sqs: clients.sqs, dynamodb: clients.dynamodb, tableName, queueUrl, work });
  const answers: { Status: string }[] = [];
  aws.rewrite = delivery.rewrite;
  aws.local = ({ operation, input }, body) => {
    if (operation === "Invoke") delivery.invoke({ name: "register", event: JSON.parse(body) } satisfies Invocation);
    else if (operation === "DescribeCluster") return describeCluster(proxies, String(input["name"]));
    else if (operation === "PutAnswer") answers.push(JSON.parse(body) as { Status: string });
    else return undefined;
    return { status: operation === "Invoke" ? 202 : 200, body: "" };
  };
  // Whether a token is a good one is another test's: eks.test.ts.
  for (const name of CLUSTERS) proxies[name].isUser = (authorization) => authorization.startsWith("Bearer k8s-aws-v1.");
  const writes = watchWrites(proxies);
  let rotations = 0;
  const placed: ResolvedConfig[] = [];

  const spec: World["spec"] = (cluster) => {
    const base = aSpec({ cluster, namespace: NAMESPACE, name: id, key, refreshIntervalMs: INTERVAL_MS });
    const target = {
      ...base.target,
      deletionPolicy: options.deletionPolicy ?? "Retain",
      ...(options.isTemplated === true ? { template: TEMPLATE } : {}),
    };
    const access = options.access === undefined ? {} : { access: accessBy(options.access, cluster, account) };
    const store = { ...base.store, provider, account, region, ...conditional, ...access };
    const data = options.isOfTags === true ? [{ secretKey: "password", remoteRef: { key, ...TAG } }] : base.data;
    if (options.finds === undefined) return { ...base, store, data, target };
    const find = options.finds === "name" ? { nameRegexp: `^/?${id}/database$` } : { path: `/${id}`, tags: { world: id } };
    return { ...base, store, target, data: [], dataFrom: [{ find, rewrite: [{ regexp: { source: ".+", target: "password" } }] }] };
  };
  const clusterSpec: World["clusterSpec"] = (cluster) =>
    aCluster(cluster, {
      ...(options.isEks === true ? { eks: { name: cluster, region } } : { kubeconfigSecretName: `clusters/${id}/${cluster}` }),
      drift: cluster === "virginia" ? "list" : "probe",
      adopt: options.adopt,
      confine: options.confine,
      allowedNamespaces: [NAMESPACE],
    });
  for (const cluster of CLUSTERS) await registry.putCluster(clusterSpec(cluster));
  const registered = [];
  for (const cluster of CLUSTERS) registered.push(await put(registry, spec(cluster), clock.now()));
  const world: World = {
    id,
    key,
    clock,
    proxies,
    gate,
    delivery,
    registry,
    log,
    queueUrl,
    failureQueueUrl,
    answers,
    writes,
    spec,
    clusterSpec,
    restart,
    place: (config) => void placed.push(config),
    work,
    async registrations() {
      const found = await Promise.all(CLUSTERS.map((cluster) => loaded(registry, registrationId(spec(cluster)))));
      return found.filter((one) => one !== undefined);
    },
    async read(cluster, name = id) {
      const data = await parts.cluster(cluster).readSecret(NAMESPACE, name);
      const { password, ...others } = data ?? {};
      return Object.keys(others).length === 0 ? password : JSON.stringify(data);
    },
    get value() {
      return valueOf(`v${rotations + 1}`);
    },
    async rotate() {
      rotations += 1;
      // Away from the sync before it, as seconds are in any event's time.
      clock.advanceTo(clock.now() + 2_000);
      if (options.isOfTags === true) {
        await clients.ssm.send(tagging(key, world.value));
        return world.callEvent("AddTagsToResource");
      }
      if (provider === "ParameterStore") {
        await clients.ssm.send(new PutParameterCommand({ Name: key, Value: world.value, Type: "SecureString", Overwrite: true }));
        return world.parameterEvent("Update");
      }
      const { VersionId } = await clients.secretsManager.send(new PutSecretValueCommand({ SecretId: key, SecretString: world.value }));
      const detail = { name: key, labelUpdated: "AWSCURRENT", versionId: VersionId };
      const time = new Date(clock.now()).toISOString();
      return { source: "aws.secretsmanager", "detail-type": "Secret Label Updated", account, region, time, resources: [arn], detail };
    },
    parameterEvent(operation) {
      const time = new Date(clock.now()).toISOString();
      const resources = [`arn:aws:ssm:${region}:${account}:parameter${key}`];
      return {
        source: "aws.ssm",
        "detail-type": "Parameter Store Change",
        account,
        region,
        time,
        resources,
        detail: { name: key, operation },
      };
    },
    callEvent(eventName) {
      clock.advanceTo(clock.now() + 2_000);
      const eventTime = new Date(clock.now()).toISOString();
      const service = provider === "ParameterStore" ? "ssm" : "secretsmanager";
      const requestParameters = provider === "ParameterStore" ? { resourceType: "Parameter", resourceId: key } : { secretId: key };
      const detail = { eventSource: `${service}.amazonaws.com`, eventName, eventTime, requestParameters };
      return { source: `aws.${service}`, "detail-type": "AWS API Call via CloudTrail", account, region, detail };
    },
    async close() {
      functions.close();
      const registrations = CLUSTERS.map(spec).map((one) => ({ ...one, store: { ...one.store, account: "" } }));
      const configs = [{ clusters: CLUSTERS.map(clusterSpec), registrations }, ...placed];
      const plans = configs.map((config) => planGrants(config, GRANT_SETTINGS));
      const own = ownArns({ region, account, tableName, queues: { SyncQueue: queueUrl, FailureQueue: failureQueueUrl } });
      await expectAllowed(aws.calls, plans, { region, account, own, ownSession: OWN_SESSION });
      await Promise.all(Object.values(proxies).map((proxy) => proxy.stop()));
    },
  };

  const requests = registered.map((one) => {
    const target = targetKey({ cluster: one.spec.cluster, namespace: NAMESPACE, name: id });
    return { registration: one.id, cluster: one.spec.cluster, target, need: 0, verify: false, attempt: 0 };
  });
  const Records = encodeMessages(requests).map(({ body }, index) => {
    return { messageId: String(index), receiptHandle: "none", body, attributes: { ApproximateReceiveCount: "1" } };
  });
  await work((composed) => composed.sync({ Records }, lambdaContext()));
  const states = (await world.registrations()).map(({ status }) => status.state);
  if (states.join() !== "Synced,Synced") throw new Error(`the world did not settle: ${states.join()}\n${log.text()}`);
  return world;
}
