/** The real parts that benchmarks run on: the emulator with a table, API servers with the relay's identity, and the real adapters, counted. */
import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { CreateSecretCommand, PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { CreateQueueCommand, SQSClient } from "@aws-sdk/client-sqs";
import { createDynamoRegistry } from "../src/adapters/aws/dynamodb-registry.ts";
import { createEventBus } from "../src/adapters/aws/event-bus.ts";
import { REGISTRY_TABLE } from "../src/adapters/aws/keys.ts";
import { createSqsQueue } from "../src/adapters/aws/sqs-queue.ts";
import { createClusters } from "../src/adapters/kubernetes/clusters.ts";
import { createLog } from "../src/adapters/log.ts";
import { createSecretsManager } from "../src/adapters/providers/secretsmanager.ts";
import { systemClock } from "../src/adapters/system-clock.ts";
import type { SyncDeps } from "../src/app/sync-targets.ts";
import type { ClusterSpec, RegistrationSpec } from "../src/core/model.ts";
import type { Clusters, Registry } from "../src/core/ports.ts";
import { clientOptions } from "../src/core/remote-calls.ts";
import { SecretValue } from "../src/core/secret-value.ts";
import { DEFAULT_BOUNDS } from "../src/core/sync/freshness.ts";
import { startApiServer } from "../src/local/api-server.ts";
import { grantAccess } from "../src/local/cluster-access.ts";
import { startMiniStack } from "../src/local/ministack.ts";
import { type CleanUpStack, startWithCleanUp } from "../src/local/stop-on-exit.ts";
import { testHasher } from "../test/support/fakes/memory-outlets.ts";
import { type CallLog, countClient, countClusters, createCallLog } from "./call-log.ts";

export const ACCOUNT = "000000000000";
export const REGION = "us-east-1";
export const NAMESPACE = "bench";

/** So high that pacing never waits: a benchmark looks for the limit of the machine, not for the one of the config. */
const UNPACED = 100_000;

/** A cluster's requests under way at once: the default of `Cluster.spec.limits`. */
export const CONCURRENCY = 16;

export interface Parts {
  readonly calls: CallLog;
  readonly dynamodb: DynamoDBClient;
  readonly secretsManager: SecretsManagerClient;
  readonly table: string;
  /** Over the emulator's DynamoDB. */
  readonly registry: Registry;
  readonly deps: SyncDeps;
  readonly queue: ReturnType<typeof createSqsQueue>;
  /** Connections of their own to all clusters, as each function instance has them; counted like those of `deps`. */
  readonly connectClusters: () => Clusters;
  /** Kubeconfigs of the relay's identity, by cluster. */
  readonly kubeconfigs: ReadonlyMap<string, string>;
  readonly specs: readonly ClusterSpec[];
  /** Creates the secret, or gives it another value. @returns the version's id */
  readonly putSecret: (name: string, value: string) => Promise<string>;
}

/** Brings up the emulator, a table of the registry's shape, and so many API servers; what came up is stopped by the stack. */
export async function startParts(stack: CleanUpStack, clusters: number): Promise<Parts> {
  const calls = createCallLog();
  const names = Array.from({ length: clusters }, (_, index) => `cluster-${index}`);
  const aws = await startWithCleanUp(stack, () => startMiniStack({ account: ACCOUNT, region: REGION, signal: stack.signal }));
  const users = await Promise.all(
    names.map(async () => grantAccess(await startWithCleanUp(stack, () => startApiServer({ signal: stack.signal })), [NAMESPACE])),
  );
  const kubeconfigs = new Map(names.map((name, index) => [`clusters/${name}`, users[index]?.kubeconfig ?? ""]));

  const options = {
    ...clientOptions(REGION),
    endpoint: aws.endpoint,
    credentials: { accessKeyId: ACCOUNT, secretAccessKey: "local" },
  };
  const dynamodb = countClient(new DynamoDBClient(options), "dynamodb", calls);
  const secretsManager = countClient(new SecretsManagerClient(options), "secretsmanager", calls);
  const events = countClient(new EventBridgeClient(options), "events", calls);
  const sqs = countClient(new SQSClient(options), "sqs", calls);
  await stack.add(() => {
    for (const client of [dynamodb, secretsManager, events, sqs]) client.destroy();
  });
  const table = "registry";
  await createTable(dynamodb, table);
  const registry = createDynamoRegistry(dynamodb, table, { hasFindRules: false });
  const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName: "sync" }));
  const specs = names.map(clusterSpec);
  for (const spec of specs) await registry.putCluster(spec);

  const connectClusters = (): Clusters => {
    const readKubeconfig = async (name: string) => ({ value: new SecretValue(kubeconfigs.get(name) ?? ""), versionId: "v1" });
    return countClusters(createClusters(readKubeconfig, { allowLoopback: true }), calls);
  };
  const made = new Set<string>();
  return {
    calls,
    dynamodb,
    secretsManager,
    table,
    registry,
    queue: createSqsQueue(sqs, QueueUrl, systemClock),
    connectClusters,
    kubeconfigs,
    specs,
    deps: {
      registry,
      provider: createSecretsManager(() => secretsManager),
      clusters: connectClusters(),
      bus: createEventBus(events, "default", systemClock),
      log: quietLog,
      clock: systemClock,
      hasher: testHasher,
      bounds: DEFAULT_BOUNDS,
      timing: { driftIntervalMs: 600_000 },
    },
    async putSecret(name, value) {
      const input = { SecretString: value };
      const { VersionId = "" } = made.has(name)
        ? await secretsManager.send(new PutSecretValueCommand({ SecretId: name, ...input }))
        : await secretsManager.send(new CreateSecretCommand({ Name: name, ...input }));
      made.add(name);
      return VersionId;
    },
  };
}

/** The functions' own log, with what is below a warning left out. */
export const quietLog = createLog({ write: (line) => process.stderr.write(line), now: () => Date.now(), level: "warn" });

export function clusterSpec(name: string): ClusterSpec {
  return {
    name,
    labels: {},
    kubeconfigSecretName: `clusters/${name}`,
    allowedNamespaces: [NAMESPACE],
    concurrency: CONCURRENCY,
    requestsPerSecond: UNPACED,
    drift: "probe",
  };
}

/** A registration that takes one whole secret into a target of its own. */
export function registrationSpec(cluster: string, name: string, key: string): RegistrationSpec {
  return {
    cluster,
    namespace: NAMESPACE,
    name,
    store: { kind: "ClusterSecretStore", name: "aws", provider: "SecretsManager", account: ACCOUNT, region: REGION },
    refreshPolicy: "Periodic",
    refreshIntervalMs: 3_600_000,
    labels: {},
    annotations: {},
    target: { name, creationPolicy: "Owner", deletionPolicy: "Retain" },
    data: [{ secretKey: "password", remoteRef: { key } }],
    dataFrom: [],
  };
}

async function createTable(client: DynamoDBClient, TableName: string): Promise<void> {
  const { dueIndex, partitionKey, sortKey } = REGISTRY_TABLE;
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [
        { AttributeName: partitionKey, AttributeType: "S" },
        { AttributeName: sortKey, AttributeType: "S" },
        { AttributeName: dueIndex.partitionKey, AttributeType: "S" },
        { AttributeName: dueIndex.sortKey, AttributeType: "N" },
      ],
      KeySchema: [
        { AttributeName: partitionKey, KeyType: "HASH" },
        { AttributeName: sortKey, KeyType: "RANGE" },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: dueIndex.name,
          KeySchema: [
            { AttributeName: dueIndex.partitionKey, KeyType: "HASH" },
            { AttributeName: dueIndex.sortKey, KeyType: "RANGE" },
          ],
          Projection: { ProjectionType: "INCLUDE", NonKeyAttributes: [...dueIndex.attributes] },
        },
      ],
    }),
  );
}
