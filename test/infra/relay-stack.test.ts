/** How the stack's limits fit each other, what it protects and what it lets nobody miss. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { REGISTRY_TABLE } from "../../src/adapters/aws/keys.ts";
import { APP_ID } from "../support/iam/app-id.ts";
import { plain, resourcesOf, synthesise, type Template } from "./template.ts";

let outdir: string;
let template: Template;

function functions() {
  return resourcesOf(template, "AWS::Lambda::Function");
}

beforeAll(async () => {
  ({ template, outdir } = await synthesise({ syncTimeoutSeconds: 45, maxConcurrency: 7 }));
});

afterAll(async () => {
  await rm(outdir, { recursive: true, force: true });
});

describe("time-outs and limits fit each other", () => {
  it("keeps a message invisible for six times the sync function's time-out", () => {
    const timeout = Number(functions()["Sync"]?.["Timeout"]);

    expect(timeout).toBe(45);
    expect(resourcesOf(template, "AWS::SQS::Queue")["SyncQueue"]?.["VisibilityTimeout"]).toBe(6 * timeout);
  });

  it("calls a worker gone only after the time-out of each function that writes to clusters, and its longest request", () => {
    const { OnSecretChange, Sync } = functions();
    const longest = Math.max(Number(OnSecretChange?.["Timeout"]), Number(Sync?.["Timeout"]));
    const lifetimes = Object.values(functions()).map(
      ({ Environment }) => JSON.parse(JSON.stringify(Environment)).Variables.WORKER_LIFETIME_MS,
    );

    expect(lifetimes).toEqual(Array.from({ length: 4 }, () => String((longest + 10) * 1000)));
  });

  it("bounds concurrency at the event source mapping, and reserves none", () => {
    const [mapping] = Object.values(resourcesOf(template, "AWS::Lambda::EventSourceMapping"));

    expect(mapping).toMatchObject({
      EventSourceArn: "<SyncQueue.Arn>",
      BatchSize: 10,
      FunctionResponseTypes: ["ReportBatchItemFailures"],
      ScalingConfig: { MaximumConcurrency: 7 },
    });
    expect(Object.values(functions()).filter((of) => "ReservedConcurrentExecutions" in of)).toEqual([]);
  });

  it("lets exactly the functions that set off themselves do so", () => {
    const allowed = Object.entries(functions()).filter(([, { RecursiveLoop }]) => RecursiveLoop === "Allow");

    expect(allowed.map(([id]) => id)).toEqual(["Sync", "Register"]);
  });
});

describe("nothing is lost in silence", () => {
  it("gives the sync queue a dead-letter queue that outlives it", () => {
    const { SyncQueue, SyncQueueDeadLetter } = resourcesOf(template, "AWS::SQS::Queue");

    expect(SyncQueue).toMatchObject({ RedrivePolicy: { deadLetterTargetArn: "<SyncQueueDeadLetter.Arn>", maxReceiveCount: 50 } });
    expect(SyncQueueDeadLetter?.["MessageRetentionPeriod"]).toBe(14 * 86_400);
    expect(Number(SyncQueue?.["MessageRetentionPeriod"])).toBeLessThan(14 * 86_400);
  });

  it("sends failed asynchronous invocations to the failure queue, but never register's, whose event holds a credential", () => {
    const destinations = Object.values(resourcesOf(template, "AWS::Lambda::EventInvokeConfig")).map((config) => [
      config["FunctionName"],
      JSON.parse(JSON.stringify(config["DestinationConfig"] ?? {})).OnFailure?.Destination,
    ]);

    expect(destinations).toEqual([
      ["<OnSecretChange>", "<FailureQueue.Arn>"],
      ["<Reconcile>", "<FailureQueue.Arn>"],
    ]);
  });

  it("listens to label moves and to what only CloudTrail tells", () => {
    const { ChangeEventsLabelUpdated, ChangeEventsManaged, ReconcileSchedule } = resourcesOf(template, "AWS::Events::Rule");
    const account = ["<AWS::AccountId>"];

    expect(ChangeEventsLabelUpdated?.["EventPattern"]).toEqual({
      source: ["aws.secretsmanager"],
      "detail-type": ["Secret Label Updated"],
      account,
    });
    expect(ChangeEventsManaged?.["EventPattern"]).toMatchObject({
      account,
      detail: { eventName: ["CreateSecret", "DeleteSecret", "RestoreSecret", "UpdateSecretVersionStage", "TagResource", "UntagResource"] },
    });
    for (const rule of [ChangeEventsLabelUpdated, ChangeEventsManaged]) {
      expect(rule?.["Targets"]).toMatchObject([{ Arn: "<OnSecretChange.Arn>", DeadLetterConfig: { Arn: "<FailureQueue.Arn>" } }]);
    }
    expect(ReconcileSchedule).toMatchObject({ ScheduleExpression: "rate(1 minute)", Targets: [{ Arn: "<Reconcile.Arn>" }] });
  });

  it("raises an alarm for each queue of failures, each function, a waiting queue and a silent reconcile", () => {
    expect(Object.keys(resourcesOf(template, "AWS::CloudWatch::Alarm"))).toEqual([
      "AlarmsSyncDeadLetterDepth",
      "AlarmsFailureDepth",
      "AlarmsOnSecretChangeErrors",
      "AlarmsSyncErrors",
      "AlarmsReconcileErrors",
      "AlarmsRegisterErrors",
      "AlarmsOldestMessage",
      "AlarmsReconcileSilent",
    ]);
  });

  it("registers only when everything that serves the registration is there", () => {
    const config = Object.values(template.Resources).find(({ Type }) => Type === "Custom::SecretRelayConfig");
    const before = ["SyncSyncQueue", "ChangeEventsLabelUpdated", "ReconcileSchedule", "ConfigContinuation"];

    for (const id of before) expect(config?.DependsOn?.some((other) => other.startsWith(id))).toBe(true);
    expect(plain(config?.Properties ?? {})).toMatchObject({ ServiceToken: "<Register.Arn>", ServiceTimeout: "3600" });
  });
});

describe("what is kept is protected", () => {
  it("encrypts every queue and refuses to talk to it in the clear", () => {
    const queues = resourcesOf(template, "AWS::SQS::Queue");
    const policies = Object.values(resourcesOf(template, "AWS::SQS::QueuePolicy"));

    expect(Object.keys(queues)).toHaveLength(3);
    for (const [id, queue] of Object.entries(queues)) {
      expect(queue["SqsManagedSseEnabled"]).toBe(true);
      const policy = policies.find(({ Queues }) => JSON.stringify(Queues) === `["<${id}>"]`);
      expect(policy?.["PolicyDocument"]).toMatchObject({
        Statement: expect.arrayContaining([
          expect.objectContaining({ Effect: "Deny", Action: "sqs:*", Condition: { Bool: { "aws:SecureTransport": "false" } } }),
        ]),
      });
    }
  });

  it("makes the registry as its adapter needs it: encrypted, recoverable, kept when the stack goes", () => {
    const [[id, registry] = []] = Object.entries(template.Resources).filter(([, { Type }]) => Type === "AWS::DynamoDB::Table");
    const { dueIndex } = REGISTRY_TABLE;

    expect(id).toBeDefined();
    expect(registry).toMatchObject({
      DeletionPolicy: "Retain",
      Properties: {
        BillingMode: "PAY_PER_REQUEST",
        DeletionProtectionEnabled: true,
        TimeToLiveSpecification: { AttributeName: "expiresAt", Enabled: true },
        SSESpecification: { SSEEnabled: true },
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        KeySchema: [
          { AttributeName: REGISTRY_TABLE.partitionKey, KeyType: "HASH" },
          { AttributeName: REGISTRY_TABLE.sortKey, KeyType: "RANGE" },
        ],
        GlobalSecondaryIndexes: [
          { IndexName: dueIndex.name, Projection: { ProjectionType: "INCLUDE", NonKeyAttributes: dueIndex.attributes } },
        ],
      },
    });
  });

  it("keeps each function's logs for the days asked for, as JSON, without X-Ray", () => {
    const groups = Object.values(resourcesOf(template, "AWS::Logs::LogGroup"));

    expect(groups.map(({ RetentionInDays }) => RetentionInDays)).toEqual([30, 30, 30, 30]);
    for (const [id, of] of Object.entries(functions())) {
      expect(of["LoggingConfig"]).toEqual({ ApplicationLogLevel: "INFO", LogFormat: "JSON", LogGroup: `<${id}Logs>` });
      expect(of["TracingConfig"]).toBeUndefined();
    }
  });

  it("hands functions names and numbers only", () => {
    const common = ["AWS_SDK_UA_APP_ID", "LOG_LEVEL", "REGISTRY_TABLE", "SYNC_QUEUE_URL", "WORKER_LIFETIME_MS"];
    const writing = [...common, "DRIFT_INTERVAL_MS", "EVENT_BUS_NAME", "HASH_KEY_SECRET", "VISIBILITY_BOUND_MS"];
    const variables = Object.entries(functions()).map(([id, { Environment }]) => [id, JSON.parse(JSON.stringify(Environment)).Variables]);

    expect(Object.fromEntries(variables.map(([id, of]) => [id, Object.keys(of).toSorted()]))).toEqual({
      OnSecretChange: [...writing, "FAILURE_QUEUE_URL", "FAST_PATH_TARGETS"].toSorted(),
      Sync: writing.toSorted(),
      Reconcile: writing.filter((name) => name !== "HASH_KEY_SECRET").toSorted(),
      Register: common.toSorted(),
    });
    expect(variables.map(([id, of]) => [id, of.AWS_SDK_UA_APP_ID])).toEqual(variables.map(([id]) => [id, `${APP_ID}${id}`]));
    expect(variables.map(([, of]) => of.HASH_KEY_SECRET).filter((value) => value !== undefined)).toEqual(["<HashKey>", "<HashKey>"]);
    expect(JSON.stringify(template)).not.toContain("{{resolve:");
  });
});

describe("the bundles", () => {
  /** The code asset's folder of a function. */
  function bundleOf(id: string): string {
    const { S3Key } = JSON.parse(JSON.stringify(functions()[id]?.["Code"]));
    return join(outdir, `asset.${String(S3Key).replace(".zip", "")}`);
  }

  it.each(["OnSecretChange", "Sync", "Reconcile", "Register"])(
    "%s holds its SDK, runs on Node 24 on ARM, and exports its handler",
    (id) => {
      const file = join(bundleOf(id), "index.mjs");
      const script = `const { handler } = await import(${JSON.stringify(file)}); process.stdout.write(typeof handler);`;
      // From a folder without node_modules, so that whatever is not in the bundle is not found.
      const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { cwd: tmpdir(), encoding: "utf8" });
      const map = JSON.parse(readFileSync(`${file}.map`, "utf8")) as { readonly sources: readonly string[] };

      expect({ stdout, stderr }).toEqual({ stdout: "function", stderr: "" });
      expect(functions()[id]).toMatchObject({ Runtime: "nodejs24.x", Architectures: ["arm64"], Handler: "index.handler" });
      expect(map.sources.filter((source) => source.startsWith("/") || source.startsWith(".."))).toEqual([]);
    },
  );
});

it("names what the command line and the local stack need", () => {
  expect(Object.keys(template.Outputs)).toEqual([
    "RegistryTableName",
    "SyncQueueUrl",
    "SyncDeadLetterQueueUrl",
    "FailureQueueUrl",
    "EventBusName",
    "SourceBusArn",
    "ReaderRoleArns",
    "OnSecretChangeFunctionName",
    "SyncFunctionName",
    "ReconcileFunctionName",
    "RegisterFunctionName",
    "OnSecretChangeRoleArn",
    "SyncRoleArn",
    "ReconcileRoleArn",
    "RegisterRoleArn",
  ]);
});
