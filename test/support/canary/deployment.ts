/** What a deployed relay holds and shows besides its requests: read once, before it is taken down, and given to the sinks. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ScanCommand } from "@aws-sdk/client-dynamodb";
import { GetFunctionConfigurationCommand } from "@aws-sdk/client-lambda";
import { GetSecretValueCommand, ListSecretsCommand } from "@aws-sdk/client-secrets-manager";
import { ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { CoreV1Api } from "@kubernetes/client-node";
import { clientOf } from "../../../src/local/kubernetes-api.ts";
import type { DeployedRelay, FunctionName } from "../deployed-relay.ts";
import type { LocalCluster } from "../local-cluster.ts";
import { registerCanary } from "./canary.ts";
import { record, recordFile, type SinkName } from "./sinks.ts";

/** What is read of a relay; its outputs may be empty where no deploy came to its end. */
export type Inspected = Pick<DeployedRelay, "aws" | "clients" | "outputs" | "events" | "logs"> & {
  readonly clusters: readonly LocalCluster[];
};

const FUNCTIONS: readonly FunctionName[] = ["OnSecretChange", "Sync", "Reconcile", "Register"];
const QUEUES = ["SyncQueueUrl", "SyncDeadLetterQueueUrl", "FailureQueueUrl"] as const;

/** Every file below a folder: bundles, templates, whatever a function left. What goes meanwhile, with a function that ends, is gone. */
export async function recordFolder(sink: SinkName, folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const content = await readFile(join(entry.parentPath, entry.name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    if (content !== undefined) recordFile(sink, content);
  }
}

/** The key of the hashes that lie open in the clusters: CloudFormation made it up. */
export async function registerHashKey({ secretsManager }: DeployedRelay["clients"]): Promise<void> {
  const { SecretList = [] } = await secretsManager.send(new ListSecretsCommand({ MaxResults: 100 }));
  for (const { ARN, Name = "" } of SecretList.filter(({ Name: name }) => name?.includes("HashKey") === true)) {
    const { SecretString = "" } = await secretsManager.send(new GetSecretValueCommand({ SecretId: ARN }));
    registerCanary(`the hash key ${Name}`, SecretString);
  }
}

async function recordCluster({ server }: LocalCluster): Promise<void> {
  const client = clientOf(server, CoreV1Api);
  const { items: secrets } = await client.listSecretForAllNamespaces();
  for (const { data: _data, ...secret } of secrets) record("kubernetes-object", JSON.stringify(secret));
  const { items: events } = await client.listEventForAllNamespaces();
  record("kubernetes-object", JSON.stringify(events));
}

/** Reads and records all of it. */
export async function recordDeployment(relay: Inspected): Promise<void> {
  const { aws, clients, outputs, clusters } = relay;
  record("log", await relay.logs());
  for (const event of await relay.events()) record("event", JSON.stringify(event));
  for (const name of FUNCTIONS) {
    const configuration = await clients.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: outputs[`${name}FunctionName`] }));
    record("function-configuration", JSON.stringify(configuration));
  }
  for (const name of QUEUES) {
    const options = { QueueUrl: outputs[name], MaxNumberOfMessages: 10, VisibilityTimeout: 0, WaitTimeSeconds: 0 };
    record("queue", JSON.stringify((await clients.sqs.send(new ReceiveMessageCommand(options))).Messages ?? []));
  }
  let start: Record<string, never> | undefined;
  do {
    const page = await clients.dynamodb.send(new ScanCommand({ TableName: outputs["RegistryTableName"], ExclusiveStartKey: start }));
    record("table", JSON.stringify(page.Items));
    start = page.LastEvaluatedKey as typeof start;
  } while (start !== undefined);
  for (const cluster of clusters) await recordCluster(cluster);
  await recordFolder("file", aws.folder);
}
