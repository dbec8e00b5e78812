/** The project's own bootstrap and deploy, by the real CDK CLI, against the emulator: the stack stands, and registers the config. */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CloudFormationClient,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
} from "@aws-sdk/client-cloudformation";
import { DescribeTableCommand, DynamoDBClient, QueryCommand } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient, ListRuleNamesByTargetCommand } from "@aws-sdk/client-eventbridge";
import { GetFunctionConfigurationCommand, LambdaClient, ListEventSourceMappingsCommand } from "@aws-sdk/client-lambda";
import { GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { REGISTRY_TABLE, referencePartition } from "../../../src/adapters/aws/keys.ts";
import { bootstrap, type Deployment, deployStack } from "../../../src/local/cdk.ts";
import type { MiniStack } from "../../../src/local/ministack.ts";
import { startAws } from "../../support/local-parts.ts";

const CONTEXT = { retainRegistry: "false", allowLoopbackClusters: "true" };
const OUTPUTS = [
  "EventBusName",
  "FailureQueueUrl",
  "OnSecretChangeFunctionName",
  "OnSecretChangeRoleArn",
  "ReaderRoleArns",
  "ReconcileFunctionName",
  "ReconcileRoleArn",
  "RegisterFunctionName",
  "RegisterRoleArn",
  "RegistryTableName",
  "SourceBusArn",
  "SyncDeadLetterQueueUrl",
  "SyncFunctionName",
  "SyncQueueUrl",
  "SyncRoleArn",
];

let aws: MiniStack;
let deployment: Deployment;
let configFolder: string;
let clients: ReturnType<typeof connect>;
const reported: string[] = [];

function connect({ endpoint, region, account }: MiniStack) {
  const options = { endpoint, region, credentials: { accessKeyId: account, secretAccessKey: "local" } };
  return {
    cloudFormation: new CloudFormationClient(options),
    dynamoDb: new DynamoDBClient(options),
    events: new EventBridgeClient(options),
    lambda: new LambdaClient(options),
    sqs: new SQSClient(options),
  };
}

function output(key: string): string {
  const value = deployment.outputs[key];
  if (value === undefined) throw new Error(`no output ${key}`);
  return value;
}

/** Who reads a secret of the emulator's account, by the registry's reverse index. */
async function readersOf(key: string): Promise<readonly string[]> {
  const pk = referencePartition({ provider: "SecretsManager", account: aws.account, region: aws.region, key, version: "" });
  const { Items } = await clients.dynamoDb.send(
    new QueryCommand({
      TableName: output("RegistryTableName"),
      KeyConditionExpression: "pk = :pk",
      ExpressionAttributeValues: { ":pk": { S: pk } },
    }),
  );
  return (Items ?? []).map(({ sk }) => sk?.S ?? "").toSorted();
}

beforeAll(async () => {
  aws = await startAws();
  clients = connect(aws);
  configFolder = await mkdtemp(join(tmpdir(), "secret-relay-config-"));
  await cp("config", configFolder, { recursive: true });
  const report = (message: string) => reported.push(message);
  await bootstrap(aws, { report });
  deployment = await deployStack(aws, { context: CONTEXT, configFolder, report });
});

afterAll(async () => {
  for (const client of Object.values(clients)) client.destroy();
  await rm(configFolder, { recursive: true, force: true });
});

describe("cdk deploy", () => {
  it("ends with all outputs, and told what it was doing", () => {
    expect(deployment.hasChanged).toBe(true);
    expect(Object.keys(deployment.outputs).toSorted()).toEqual(OUTPUTS);
    expect(Object.values(deployment.outputs).filter((value) => value === "")).toEqual([]);
    expect(new Set(reported)).toEqual(new Set(["running cdk bootstrap", "running cdk deploy"]));
  });

  it("makes the registry, and the queue with the time-out that fits the sync function's", async () => {
    const { Table } = await clients.dynamoDb.send(new DescribeTableCommand({ TableName: output("RegistryTableName") }));
    const { Attributes } = await clients.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: output("SyncQueueUrl"), AttributeNames: ["All"] }),
    );

    expect(Table?.GlobalSecondaryIndexes?.map(({ IndexName }) => IndexName)).toEqual([REGISTRY_TABLE.dueIndex.name]);
    expect(Attributes?.["VisibilityTimeout"]).toBe("360");
  });

  it("feeds sync from the queue, message by message accountable", async () => {
    const { EventSourceMappings } = await clients.lambda.send(
      new ListEventSourceMappingsCommand({ FunctionName: output("SyncFunctionName") }),
    );

    expect(EventSourceMappings).toMatchObject([{ State: "Enabled", FunctionResponseTypes: ["ReportBatchItemFailures"] }]);
  });

  it("wakes on-secret-change by four rules of the default bus and four of the source bus, and reconcile by one", async () => {
    const rulesOf = async (key: string, EventBusName = "default") => {
      const { FunctionArn } = await clients.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: output(key) }));
      return (await clients.events.send(new ListRuleNamesByTargetCommand({ TargetArn: FunctionArn, EventBusName }))).RuleNames;
    };

    expect(await rulesOf("OnSecretChangeFunctionName")).toHaveLength(4);
    expect(await rulesOf("OnSecretChangeFunctionName", output("SourceBusArn").split("/")[1])).toHaveLength(4);
    expect(await rulesOf("ReconcileFunctionName")).toHaveLength(1);
  });

  it("registers the config for the account and region that it is deployed to", async () => {
    expect(await readersOf("shop/database")).toEqual([
      "tokyo/app-shop/database|stage/AWSCURRENT|shop/database",
      "virginia/app-shop/database|stage/AWSCURRENT|shop/database",
    ]);
  });
});

describe("a further cdk deploy", () => {
  it("does nothing where nothing changed", async () => {
    const again = await deployStack(aws, { context: CONTEXT, configFolder });

    expect(again).toEqual({ outputs: deployment.outputs, hasChanged: false });
  });

  it("fails with the place of a mistake in the config, and changes nothing", async () => {
    const broken = await mkdtemp(join(tmpdir(), "secret-relay-broken-"));
    await cp(configFolder, broken, { recursive: true });
    const file = join(broken, "apps/shop/payment.yaml");
    await writeFile(file, (await readFile(file, "utf8")).replace("dataFrom", "dataForm"));

    await expect(deployStack(aws, { context: CONTEXT, configFolder: broken })).rejects.toThrow(
      /cdk deploy failed:[^]*apps\/shop\/payment\.yaml:\d+:\d+: /,
    );
    await rm(broken, { recursive: true });
  });

  it("registers what was added to the config, and keeps the rest", async () => {
    const payment = await readFile(join(configFolder, "apps/shop/payment.yaml"), "utf8");
    await writeFile(
      join(configFolder, "apps/shop/refund.yaml"),
      payment.replace("name: payment", "name: refund").replace("shop/payment", "shop/refund"),
    );

    const { hasChanged } = await deployStack(aws, { context: CONTEXT, configFolder });

    expect(hasChanged).toBe(true);
    expect(await readersOf("shop/database")).toHaveLength(2);
    expect(await readersOf("shop/refund")).toEqual([
      "tokyo/app-shop/refund|stage/AWSCURRENT|shop/refund",
      "virginia/app-shop/refund|stage/AWSCURRENT|shop/refund",
    ]);
  });
});

describe("the stack's end", () => {
  // By the API: the emulator finds a stack to delete by its name only, and `cdk destroy` gives the ARN.
  it("is not held up by the registered config", async () => {
    const { cloudFormation } = clients;
    const { Stacks } = await cloudFormation.send(new DescribeStacksCommand({ StackName: "secret-relay" }));
    const StackName = Stacks?.[0]?.StackId;
    await cloudFormation.send(new DeleteStackCommand({ StackName: "secret-relay" }));
    const deadline = Date.now() + 30_000;
    const statusOf = async () => (await cloudFormation.send(new DescribeStacksCommand({ StackName }))).Stacks?.[0]?.StackStatus;
    while ((await statusOf()) !== "DELETE_COMPLETE" && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 200));

    const { StackEvents } = await cloudFormation.send(new DescribeStackEventsCommand({ StackName }));
    const ofConfig = (StackEvents ?? []).filter(({ ResourceType }) => ResourceType === "Custom::SecretRelayConfig");
    expect(await statusOf()).toBe("DELETE_COMPLETE");
    expect(ofConfig.map(({ ResourceStatus }) => ResourceStatus)).toContain("DELETE_COMPLETE");
    expect(ofConfig.map(({ ResourceStatus }) => ResourceStatus)).not.toContain("DELETE_FAILED");
  });
});
