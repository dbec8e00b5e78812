/** The whole relay for end-to-end tests: this checkout deployed by `cdk deploy` on the emulator, in front of real API servers. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import { GetFunctionConfigurationCommand, InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { readRelayConfig } from "../../infra/config-source.ts";
import { type GrantPlan, planGrants } from "../../src/core/grants/plan.ts";
import { bootstrap, type Deployment, deployStack } from "../../src/local/cdk.ts";
import { type MiniStack, startMiniStack } from "../../src/local/ministack.ts";
import { createCleanUpStack } from "../../src/local/stop-on-exit.ts";
import { type AwsFaultProxy, startAwsFaultProxy } from "./aws-fault-proxy.ts";
import { canary } from "./canary/canary.ts";
import { recordDeployment, recordFolder, registerHashKey } from "./canary/deployment.ts";
import { openSink } from "./canary/sinks.ts";
import { deployedArns, GRANT_SETTINGS } from "./iam/own.ts";
import { expectAllowed } from "./iam/replay.ts";
import { expectRecordedRights } from "./iam/rights.ts";
import { type LocalCluster, startLocalCluster } from "./local-cluster.ts";
import { startPortForwarder } from "./port-forwarder.ts";

/** Config files by their path below the config folder. */
export type ConfigFiles = Readonly<Record<string, string>>;

export interface DeployedRelayOptions {
  /** Names of the clusters; each gets an API server of its own. */
  readonly clusters: readonly string[];
  /**
   * The config of the first deploy. Where they are missing, `clusters/NAME.yaml` (all of `apps/`, namespaces `app-*`) and
   * `apps/store.yaml` (ClusterSecretStore `aws`) are added, to each deploy.
   */
  readonly config: ConfigFiles;
  /** Secrets of the store that are there before the first deploy, text by name. @default none */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Parameters of Parameter Store, SecureStrings, likewise. @default none */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Namespaces of every cluster. @default ["app-shop"] */
  readonly namespaces?: readonly string[];
  /** Overrides of cdk.json's context; loopback clusters are always allowed. */
  readonly context?: Readonly<Record<string, string>>;
  /** Runs before the first deploy. @default nothing */
  readonly prepare?: (aws: MiniStack, awsProxy: AwsFaultProxy) => Promise<void>;
}

export type FunctionName = "OnSecretChange" | "Sync" | "Reconcile" | "Register";

/** An event of source `secret-relay`, as it came from the bus. */
export interface CapturedEvent {
  readonly "detail-type": string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface DeployedRelay {
  readonly aws: MiniStack;
  /** What stands between the functions and AWS. */
  readonly awsProxy: AwsFaultProxy;
  readonly clients: {
    readonly secretsManager: SecretsManagerClient;
    readonly ssm: SSMClient;
    readonly sqs: SQSClient;
    readonly dynamodb: DynamoDBClient;
    readonly eventbridge: EventBridgeClient;
    readonly lambda: LambdaClient;
  };
  /** By name. @throws Error where there is no such cluster */
  readonly cluster: (name: string) => LocalCluster;
  /** Of the last deploy. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Deploys again with another config, and other context on top of the first deploy's. */
  readonly deploy: (config: ConfigFiles, context?: Readonly<Record<string, string>>) => Promise<Deployment>;
  /** Invokes a function and waits for its answer. @throws Error where the function failed */
  readonly invoke: (name: FunctionName, payload: unknown) => Promise<unknown>;
  /** Every event of the relay's own since the start, oldest first as far as the queue keeps order. */
  readonly events: () => Promise<readonly CapturedEvent[]>;
  /** What all functions wrote to their logs since the start. */
  readonly logs: () => Promise<string>;
  /** How many messages a queue holds, visible or not. */
  readonly queueLength: (output: "SyncQueueUrl" | "SyncDeadLetterQueueUrl" | "FailureQueueUrl") => Promise<number>;
  /**
   * Expects that IAM would have allowed all that the functions did so far, by the config of the deploys so far, and that they needed
   * what is on record for the test file.
   */
  readonly expectRights: (file: string) => Promise<void>;
  /** Gives what it holds and shows to the sinks of leaks, and ends it. Further calls share the first one's end. */
  readonly stop: () => Promise<void>;
}

const STORE = `apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: { name: aws }
spec: { provider: { aws: { service: SecretsManager, region: us-east-1 } } }
`;

/** `relay.expectRights`, as an assertion that a test is seen to have. */
export async function expectRights(relay: DeployedRelay, file: string): Promise<void> {
  await relay.expectRights(file);
}

/** Brings it up, call it in `beforeAll` with a time-out of 180 s; a failed start leaves nothing behind. */
export async function startDeployedRelay(options: DeployedRelayOptions): Promise<DeployedRelay> {
  const stack = createCleanUpStack();
  try {
    return await bringUp(options, stack);
  } catch (error) {
    await stack.run();
    throw error;
  }
}

async function bringUp(options: DeployedRelayOptions, stack: ReturnType<typeof createCleanUpStack>): Promise<DeployedRelay> {
  const folder = await mkdtemp(join(tmpdir(), "secret-relay-e2e-"));
  await stack.add(() => rm(folder, { recursive: true, force: true }));
  const forwarder = await startPortForwarder();
  await stack.add(forwarder.stop);
  const ownSession = canary("the functions' session token");
  const startAws = async (): Promise<MiniStack> => {
    const emulator = await startMiniStack({
      functionsEndpoint: forwarder.endpoint,
      functionsCredentials: { secretAccessKey: canary("the functions' secret key"), sessionToken: ownSession },
      onOutput: openSink("output"),
    });
    await stack.add(emulator.stop);
    await bootstrap(emulator);
    return emulator;
  };
  const startCluster = async (name: string): Promise<LocalCluster> => {
    const started = await startLocalCluster(name, options.namespaces ?? ["app-shop"]);
    await stack.add(started.stop);
    return started;
  };
  // All are waited for, also when one fails: else one that comes up later would stay.
  const starting = [startAws(), Promise.all(options.clusters.map(startCluster))] as const;
  await Promise.allSettled(starting);
  const [aws, list] = await Promise.all(starting);
  const clusters = new Map(list.map((each) => [each.name, each]));
  const awsProxy = await startAwsFaultProxy(aws.endpoint);
  await stack.add(awsProxy.stop);
  forwarder.target = awsProxy.endpoint;
  const clients = connect(aws);
  await stack.add(() => {
    for (const client of Object.values(clients)) client.destroy();
  });

  const kubeconfigs = list.map(({ name, proxy }) => [`clusters/${name}`, proxy.kubeconfig] as const);
  for (const [Name, SecretString] of [...kubeconfigs, ...Object.entries(options.secrets ?? {})]) {
    await clients.secretsManager.send(new CreateSecretCommand({ Name, SecretString }));
  }
  for (const [Name, Value] of Object.entries(options.parameters ?? {})) {
    await clients.ssm.send(new PutParameterCommand({ Name, Value, Type: "SecureString" }));
  }
  const capture = await captureEvents(clients);
  await options.prepare?.(aws, awsProxy);

  let outputs: Readonly<Record<string, string>> = {};
  const plans: GrantPlan[] = [];
  const deploy: DeployedRelay["deploy"] = async (config, context = {}) => {
    await writeConfig(folder, options.clusters, config);
    const deployment = await deployStack(aws, {
      configFolder: folder,
      context: { retainRegistry: "false", ...options.context, ...context, allowLoopbackClusters: "true" },
      onSynthesised: (synthesised) => recordFolder("template", synthesised),
    });
    outputs = deployment.outputs;
    await recordFolder("file", folder);
    await registerHashKey(clients);
    plans.push(planGrants(await readRelayConfig(folder), GRANT_SETTINGS));
    return deployment;
  };
  await deploy(options.config);

  const recordAndStop = async (): Promise<void> => {
    try {
      await recordDeployment({ aws, clients, outputs, clusters: list, events: capture, logs: () => readLogs(aws) });
    } finally {
      await stack.run();
    }
  };
  let stopping: Promise<void> | undefined;

  return {
    aws,
    awsProxy,
    clients,
    cluster: (name) => {
      const found = clusters.get(name);
      if (found === undefined) throw new Error(`there is no cluster ${name}`);
      return found;
    },
    get outputs() {
      return outputs;
    },
    deploy,
    invoke: async (name, payload) => {
      const answer = await clients.lambda.send(
        new InvokeCommand({ FunctionName: outputs[`${name}FunctionName`], Payload: Buffer.from(JSON.stringify(payload)) }),
      );
      const text = Buffer.from(answer.Payload ?? []).toString();
      if (answer.FunctionError !== undefined) throw new Error(`${name} failed: ${text}`);
      return text === "" ? undefined : JSON.parse(text);
    },
    events: capture,
    logs: () => readLogs(aws),
    queueLength: async (output) => {
      const AttributeNames = [
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesDelayed",
      ] as const;
      const { Attributes } = await clients.sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: outputs[output], AttributeNames: [...AttributeNames] }),
      );
      return AttributeNames.reduce((sum, name) => sum + Number(Attributes?.[name] ?? 0), 0);
    },
    expectRights: async (file) => {
      const { Environment } = await clients.lambda.send(
        new GetFunctionConfigurationCommand({ FunctionName: outputs["OnSecretChangeFunctionName"] }),
      );
      await expectAllowed(awsProxy.calls, plans, { ...aws, ownSession, own: deployedArns(aws, outputs, Environment?.Variables ?? {}) });
      expectRecordedRights(file);
    },
    stop: () => (stopping ??= recordAndStop()),
  };
}

function connect(aws: MiniStack): DeployedRelay["clients"] {
  const config = { endpoint: aws.endpoint, region: aws.region, credentials: { accessKeyId: aws.account, secretAccessKey: "local" } };
  return {
    secretsManager: new SecretsManagerClient(config),
    ssm: new SSMClient(config),
    sqs: new SQSClient(config),
    dynamodb: new DynamoDBClient(config),
    eventbridge: new EventBridgeClient(config),
    lambda: new LambdaClient(config),
  };
}

async function writeConfig(folder: string, clusters: readonly string[], config: ConfigFiles): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  const own = Object.fromEntries(clusters.map((name) => [`clusters/${name}.yaml`, clusterDocument(name)]));
  for (const [path, text] of Object.entries({ "apps/store.yaml": STORE, ...own, ...config })) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

function clusterDocument(name: string): string {
  return `apiVersion: secret-relay.dev/v1alpha1
kind: Cluster
metadata: { name: ${name} }
spec:
  kubeconfigSecretRef: { name: clusters/${name} }
  manifests: ["apps/**/*.yaml"]
  namespaces: { allow: ["app-*"] }
`;
}

/** A rule that sends all events of the relay to a queue, and the reader of that queue. */
async function captureEvents({ eventbridge, sqs }: DeployedRelay["clients"]): Promise<DeployedRelay["events"]> {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "captured-events" }));
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }));
  const EventPattern = JSON.stringify({ source: ["secret-relay"] });
  await eventbridge.send(new PutRuleCommand({ Name: "captured-events", EventPattern }));
  await eventbridge.send(
    new PutTargetsCommand({ Rule: "captured-events", Targets: [{ Id: "queue", Arn: Attributes?.["QueueArn"] ?? "" }] }),
  );
  const captured: CapturedEvent[] = [];
  return async () => {
    for (;;) {
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 0 }));
      if (Messages.length === 0) return [...captured];
      captured.push(...Messages.map(({ Body }) => JSON.parse(Body ?? "{}") as CapturedEvent));
      const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
      await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
    }
  };
}

/** By its HTTP API: the log groups of all functions, a line an event. */
async function readLogs(aws: MiniStack): Promise<string> {
  const call = async <T>(operation: string, input: unknown): Promise<T> => {
    const headers = {
      "x-amz-target": `Logs_20140328.${operation}`,
      "content-type": "application/x-amz-json-1.1",
      authorization: `AWS4-HMAC-SHA256 Credential=${aws.account}/20260101/${aws.region}/logs/aws4_request, SignedHeaders=host, Signature=none`,
    };
    const answer = await fetch(aws.endpoint, { method: "POST", headers, body: JSON.stringify(input) });
    if (!answer.ok) throw new Error(`${operation} got ${answer.status}`);
    return (await answer.json()) as T;
  };
  const { logGroups } = await call<{ readonly logGroups: readonly { readonly logGroupName: string }[] }>("DescribeLogGroups", {});
  const lines: string[] = [];
  for (const { logGroupName } of logGroups) {
    let nextToken: string | undefined;
    do {
      const page: { readonly events: readonly { readonly message: string }[]; readonly nextToken?: string } = await call(
        "FilterLogEvents",
        {
          logGroupName,
          ...(nextToken === undefined ? {} : { nextToken }),
        },
      );
      lines.push(...page.events.map(({ message }) => message));
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
  }
  return lines.join("\n");
}
