/** `status` on a real table: found by the stack's output, by name, and by what a demonstration left. */

import { CloudFormationClient, CreateStackCommand, waitUntilStackCreateComplete } from "@aws-sdk/client-cloudformation";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createDynamoRegistry } from "../../../src/adapters/aws/dynamodb-registry.ts";
import { REGISTRY_TABLE } from "../../../src/adapters/aws/keys.ts";
import type { Reference, RegistrationSpec } from "../../../src/core/model.ts";
import { referenceKey } from "../../../src/core/model.ts";
import type { MiniStack } from "../../../src/local/ministack.ts";
import { startAws } from "../../support/local-parts.ts";
import { runCli } from "../../unit/cli/run-cli.ts";

const STACK = "status-test";
const TABLE = `status-${Date.now()}`;

const TEMPLATE = {
  Resources: {
    Registry: {
      Type: "AWS::DynamoDB::Table",
      Properties: {
        TableName: TABLE,
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [
          { AttributeName: REGISTRY_TABLE.partitionKey, AttributeType: "S" },
          { AttributeName: REGISTRY_TABLE.sortKey, AttributeType: "S" },
        ],
        KeySchema: [
          { AttributeName: REGISTRY_TABLE.partitionKey, KeyType: "HASH" },
          { AttributeName: REGISTRY_TABLE.sortKey, KeyType: "RANGE" },
        ],
      },
    },
  },
  Outputs: { RegistryTableName: { Value: { Ref: "Registry" } } },
};

const reference: Reference = { provider: "SecretsManager", account: "0", region: "us-east-1", key: "shop/db", version: "stage/AWSCURRENT" };

function specOf(name: string): RegistrationSpec {
  return {
    cluster: "tokyo",
    namespace: "app-shop",
    name,
    store: { kind: "SecretStore", name: "aws", provider: "SecretsManager", account: "0", region: "us-east-1" },
    refreshPolicy: "Periodic",
    refreshIntervalMs: 3_600_000,
    labels: {},
    annotations: {},
    target: { name, creationPolicy: "Owner", deletionPolicy: "Retain" },
    data: [{ secretKey: "password", remoteRef: { key: "shop/db" } }],
    dataFrom: [],
  };
}

let aws: MiniStack;
let registry: ReturnType<typeof createDynamoRegistry>;
let clients: readonly [CloudFormationClient, DynamoDBClient] | undefined;

beforeAll(async () => {
  aws = await startAws();
  const options = { endpoint: aws.endpoint, region: aws.region, credentials: { accessKeyId: aws.account, secretAccessKey: "test" } };
  const stacks = new CloudFormationClient(options);
  const dynamo = new DynamoDBClient(options);
  clients = [stacks, dynamo];
  await stacks.send(new CreateStackCommand({ StackName: STACK, TemplateBody: JSON.stringify(TEMPLATE) }));
  await waitUntilStackCreateComplete({ client: stacks, maxWaitTime: 30, minDelay: 1, maxDelay: 1 }, { StackName: STACK });
  registry = createDynamoRegistry(dynamo, TABLE);
  await registry.putCluster({
    name: "tokyo",
    labels: {},
    kubeconfigSecretName: "clusters/tokyo",
    allowedNamespaces: ["*"],
    concurrency: 16,
    requestsPerSecond: 200,
    drift: "probe",
  });
  for (const name of ["payment", "database"]) {
    const generation = await registry.nextGeneration();
    const put = await registry.putRegistration({ spec: specOf(name), generation, registeredAt: Date.now(), references: [reference] });
    if (typeof put === "string") throw new Error(`the registry answered ${put}`);
    if (name === "payment") continue;
    const now = Date.now();
    await registry.record(put, {
      applied: { [referenceKey(reference)]: { versionId: "0123456789abcdef", asOf: now } },
      status: { state: "Synced", since: now, syncedAt: now, failures: 0 },
    });
  }
});

afterAll(() => {
  for (const client of clients ?? []) client.destroy();
});

describe("status", () => {
  it.each([
    { name: "the stack's output", args: ["--stack", STACK], env: () => ({}), file: () => ({}) },
    { name: "--table", args: ["--table", TABLE], env: () => ({}), file: () => ({}) },
    { name: "REGISTRY_TABLE", args: [], env: () => ({ REGISTRY_TABLE: TABLE }), file: () => ({}) },
    {
      name: "what a demonstration left",
      args: ["--local"],
      env: () => ({ AWS_ENDPOINT_URL: "http://127.0.0.1:9" }),
      file: () => ({
        ".secret-relay/local.json": JSON.stringify({ environment: aws.environment, outputs: { RegistryTableName: TABLE } }),
      }),
    },
  ])("lists what is registered, by $name", async ({ args, env, file }) => {
    const ran = await runCli(["status", ...args, "-o", "json"], { env: { ...aws.environment, ...env() }, files: file() });

    expect(ran.stderr).toBe("");
    expect(ran.status).toBe(0);
    expect(JSON.parse(ran.stdout)).toMatchObject([
      { cluster: "tokyo", namespace: "app-shop", name: "database", target: "database", state: "Synced", version: "01234567", error: null },
      { cluster: "tokyo", namespace: "app-shop", name: "payment", target: "payment", state: "Pending", version: null, syncedAt: null },
    ]);
  });

  it("prints a table for people", async () => {
    const ran = await runCli(["status", "--table", TABLE], { env: aws.environment });

    expect(ran.stdout).toMatch(
      /^CLUSTER +NAMESPACE +NAME +TARGET +STATE +VERSION +AGE +ERROR\ntokyo +app-shop +database +database +Synced +01234567 +\d+s\ntokyo +app-shop +payment +payment +Pending +- +-\n$/,
    );
  });

  it("says that what is being removed waits, where a deployment has not finished", async () => {
    const generation = await registry.beginRun();
    const put = await registry.putRegistration({ spec: specOf("removed"), generation, registeredAt: Date.now(), references: [reference] });
    if (typeof put === "string") throw new Error(`the registry answered ${put}`);
    const held = async () => (await runCli(["status", "--table", TABLE], { env: aws.environment })).stderr;
    expect(await held()).toBe("");

    const tombstone = await registry.entomb(put, generation, Date.now());

    if (tombstone === "lost") throw new Error("lost");
    expect(await held()).toMatch(/^a deployment has not finished its registration: .* deploy once more/);
    await registry.endRun(generation);
    expect(await held()).toBe("");
    await registry.dropTombstone(tombstone.id, generation);
  });

  it.each([
    { args: ["--stack", "nowhere"], want: "error: can't read the outputs of the stack nowhere: there is no such stack in us-east-1" },
    {
      args: ["--table", "nowhere"],
      want: "error: can't read the registry table nowhere: there is no such table in this account and region\n",
    },
    { args: ["--table", TABLE, "--cluster", "tokio"], want: "error: no cluster tokio is registered; did you mean tokyo?\n" },
  ])("ends with 1 and one clear line: $args", async ({ args, want }) => {
    const ran = await runCli(["status", ...args], { env: aws.environment });

    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain(want);
    expect(ran.stdout).toBe("");
  });
});
