/** The stack of an account or region that owns secrets: what it forwards, who may read what, and what it refuses to be told. */
import { rm } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { isAllowed } from "../support/simulated-iam.ts";
import { deployed, relayApp, resourcesOf, synthesise, type Template } from "./template.ts";

const OWN = "111122223333";
const HUB = "999900001111";
const REGION = "eu-west-1";
const BUS = `arn:aws:events:us-east-1:${HUB}:event-bus/secret-relay-SourceBus`;
const KEY = `arn:aws:kms:${REGION}:${OWN}:key/k`;
const CONTEXT = {
  hubBusArn: BUS,
  readSecrets: ["shop/db", "team/*", `arn:aws:secretsmanager:us-west-2:${OWN}:secret:far-AbCdEf`],
  readParameters: "/shop/*,/flat",
  externalId: "ours",
  kmsKeyArns: KEY,
};

let outdir: string;
let template: Template;

beforeAll(async () => {
  ({ template, outdir } = await synthesise(CONTEXT, "secret-relay-source"));
});

afterAll(() => rm(outdir, { recursive: true, force: true }));

function propertiesOf(type: string, of: Template = template): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  return deployed(resourcesOf(of, type), { account: OWN, region: REGION }) as Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

function policiesOf(role: string, of: Template = template): readonly unknown[] {
  const all = Object.values(propertiesOf("AWS::IAM::Policy", of));
  return all.filter(({ Roles }) => JSON.stringify(Roles) === `["<${role}>"]`).map(({ PolicyDocument }) => PolicyDocument);
}

const secret = (name: string, region = REGION, account = OWN): string => `arn:aws:secretsmanager:${region}:${account}:secret:${name}`;
const parameter = (name: string): string => `arn:aws:ssm:${REGION}:${OWN}:parameter/${name}`;

describe("forwarding", () => {
  it("sends the hub the events that its own rules take, of this account, by a role, with a queue for what can't be delivered", async () => {
    const hub = await synthesise({ "aws:cdk:bundling-stacks": [] });
    const rulesOf = (of: Template) => Object.values(propertiesOf("AWS::Events::Rule", of)).filter(({ EventPattern }) => EventPattern);
    const onDefaultBus = rulesOf(hub.template).filter(({ EventBusName }) => EventBusName === undefined);

    const rules = rulesOf(template);

    expect(rules.map(({ EventPattern }) => EventPattern)).toEqual(onDefaultBus.map(({ EventPattern }) => EventPattern));
    expect(rules).toHaveLength(4);
    for (const { Targets } of rules) {
      expect(Targets).toEqual([
        {
          Id: "Target0",
          Arn: BUS,
          RoleArn: "<ForwardingRole.Arn>",
          DeadLetterConfig: { Arn: "<ForwardingFailureQueue.Arn>" },
          RetryPolicy: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 },
        },
      ]);
    }
    await rm(hub.outdir, { recursive: true });
  });

  it("gives the role one right on one bus, to EventBridge for this account's own rules only", async () => {
    const trust = propertiesOf("AWS::IAM::Role")["ForwardingRole"]?.["AssumeRolePolicyDocument"];

    expect(policiesOf("ForwardingRole")).toEqual([
      expect.objectContaining({ Statement: [{ Effect: "Allow", Action: "events:PutEvents", Resource: BUS }] }),
    ]);
    expect(trust).toMatchObject({
      Statement: [
        {
          Effect: "Allow",
          Action: "sts:AssumeRole",
          Principal: { Service: "events.amazonaws.com" },
          Condition: {
            StringEquals: { "aws:SourceAccount": OWN },
            ArnLike: { "aws:SourceArn": `arn:aws:events:${REGION}:${OWN}:rule/secret-relay-source-*` },
          },
        },
      ],
    });
  });

  it("lets exactly its rules fill the queue, and an alarm tell of it", () => {
    const [{ PolicyDocument } = {}] = Object.values(propertiesOf("AWS::SQS::QueuePolicy"));
    const { Statement } = PolicyDocument as { readonly Statement: readonly Readonly<Record<string, unknown>>[] };

    const rules = ["LabelUpdated", "Managed", "ParameterChanged", "ParameterTagged"];
    expect(
      Statement.filter(({ Effect }) => Effect === "Allow").map(({ Principal, Action, Condition }) => [Principal, Action, Condition]),
    ).toEqual(
      rules.map((rule) => [
        { Service: "events.amazonaws.com" },
        "sqs:SendMessage",
        { ArnEquals: { "aws:SourceArn": `<Forwarding${rule}.Arn>` }, StringEquals: { "aws:SourceAccount": OWN } },
      ]),
    );
    expect(Object.keys(propertiesOf("AWS::CloudWatch::Alarm"))).toEqual(["ForwardingUndelivered"]);
  });
});

describe("the reader role", () => {
  const FUNCTION_ROLE = `arn:aws:iam::${HUB}:role/secret-relay-SyncRole-1ABC`;

  function assumes(principal: string, externalId: string | undefined, of: Template = template): Promise<boolean> {
    return isAllowed({
      principal,
      action: "sts:AssumeRole",
      resource: `arn:aws:iam::${OWN}:role/secret-relay-reader`,
      account: OWN,
      context: { "aws:PrincipalArn": principal, ...(externalId === undefined ? {} : { "sts:ExternalId": externalId }) },
      resourcePolicy: propertiesOf("AWS::IAM::Role", of)["Reader"]?.["AssumeRolePolicyDocument"],
    });
  }

  it.each([
    { name: "a function of the hub with the external id", principal: FUNCTION_ROLE, externalId: "ours", want: true },
    { name: "a function of the hub without it", principal: FUNCTION_ROLE, externalId: undefined, want: false },
    { name: "a function of the hub with another", principal: FUNCTION_ROLE, externalId: "theirs", want: false },
    { name: "another role of the hub's account", principal: `arn:aws:iam::${HUB}:role/admin`, externalId: "ours", want: false },
    {
      name: "a role of that name in another account",
      principal: `arn:aws:iam::444455556666:role/secret-relay-SyncRole-1ABC`,
      externalId: "ours",
      want: false,
    },
    { name: "a role of its own account", principal: `arn:aws:iam::${OWN}:role/secret-relay-x`, externalId: "ours", want: false },
  ])("may be assumed by $name: $want", async ({ principal, externalId, want }) => {
    expect(await assumes(principal, externalId)).toBe(want);
  });

  it("may be assumed by exactly the roles that are named, where they are", async () => {
    const { template: named, outdir: folder } = await synthesise({ ...CONTEXT, hubRoleArns: FUNCTION_ROLE }, "secret-relay-source");

    expect(await assumes(FUNCTION_ROLE, "ours", named)).toBe(true);
    expect(await assumes(`arn:aws:iam::${HUB}:role/secret-relay-ReconcileRole-1ABC`, "ours", named)).toBe(false);
    await rm(folder, { recursive: true });
  });

  function may(action: string, resource: string, of: Template = template): Promise<boolean> {
    const account = resource === "*" ? OWN : (resource.split(":")[4] ?? OWN);
    return isAllowed({
      principal: `arn:aws:iam::${OWN}:role/secret-relay-reader`,
      action,
      resource,
      account,
      context: { "aws:ResourceAccount": account },
      identityPolicies: policiesOf("Reader", of),
    });
  }

  it.each([
    { action: "secretsmanager:GetSecretValue", resource: secret("shop/db-AbCdEf"), want: true },
    { action: "secretsmanager:DescribeSecret", resource: secret("team/a/b-AbCdEf"), want: true },
    { action: "secretsmanager:GetSecretValue", resource: secret("far-AbCdEf", "us-west-2"), want: true },
    { action: "secretsmanager:GetSecretValue", resource: secret("shop/db2-AbCdEf"), want: false },
    { action: "secretsmanager:GetSecretValue", resource: secret("other-AbCdEf"), want: false },
    { action: "secretsmanager:GetSecretValue", resource: secret("shop/db-AbCdEf", "us-west-2"), want: false },
    { action: "secretsmanager:GetSecretValue", resource: secret("shop/db-AbCdEf", REGION, HUB), want: false },
    { action: "secretsmanager:PutSecretValue", resource: secret("shop/db-AbCdEf"), want: false },
    { action: "secretsmanager:ListSecrets", resource: "*", want: false },
    { action: "ssm:GetParameters", resource: parameter("shop/db"), want: true },
    { action: "ssm:GetParameter", resource: parameter("flat"), want: true },
    { action: "ssm:GetParameter", resource: parameter("flatter"), want: false },
    { action: "ssm:GetParametersByPath", resource: parameter("shop/x"), want: false },
  ])("may $action on $resource: $want", async ({ action, resource, want }) => {
    expect(await may(action, resource)).toBe(want);
  });

  it("decrypts by the owner's keys through the stores alone, and only what it may read", () => {
    const statements = policiesOf("Reader").flatMap((policy) => (policy as { readonly Statement: readonly object[] }).Statement);

    expect(statements.filter((statement) => JSON.stringify(statement).includes("kms:Decrypt"))).toEqual([
      {
        Effect: "Allow",
        Action: "kms:Decrypt",
        Resource: KEY,
        Condition: {
          StringLike: {
            "kms:ViaService": "secretsmanager.*.amazonaws.com",
            "kms:EncryptionContext:SecretARN": [secret("shop/db-??????"), secret("team/*"), secret("far-AbCdEf", "us-west-2")],
          },
        },
      },
      {
        Effect: "Allow",
        Action: "kms:Decrypt",
        Resource: KEY,
        Condition: {
          StringLike: {
            "kms:ViaService": "ssm.*.amazonaws.com",
            "kms:EncryptionContext:PARAMETER_ARN": [parameter("flat"), parameter("shop/*")],
          },
        },
      },
    ]);
  });

  it("lists for find rules only where the owner says so", async () => {
    const { template: listing, outdir: folder } = await synthesise({ ...CONTEXT, readFind: "true" }, "secret-relay-source");

    for (const action of ["secretsmanager:ListSecrets", "ssm:DescribeParameters"]) {
      expect([action, await may(action, "*", listing)]).toEqual([action, true]);
    }
    for (const [name, want] of [
      ["shop", true],
      ["shop/deeper", true],
      ["other", false],
    ] as const) {
      expect([name, await may("ssm:GetParametersByPath", parameter(name), listing)]).toEqual([name, want]);
    }
    await rm(folder, { recursive: true });
  });

  it("is not there where nothing may be read: another region of the hub's own account needs the events alone", async () => {
    const { template: region, outdir: folder } = await synthesise({ hubBusArn: BUS }, "secret-relay-source");

    expect(Object.keys(propertiesOf("AWS::IAM::Role", region))).toEqual(["ForwardingRole"]);
    expect(Object.keys(region.Outputs)).toEqual(["FailureQueueUrl"]);
    await rm(folder, { recursive: true });
  });
});

describe("a mistake in the context", () => {
  it.each([
    { name: "no bus", context: { hubBusArn: "secret-relay" }, want: /"hubBusArn" must be the ARN of an event bus/ },
    { name: "a wildcard in the middle", context: { ...CONTEXT, readSecrets: "a*b" }, want: /"readSecrets" must be names or ARNs/ },
    { name: "a question mark", context: { ...CONTEXT, readParameters: "/a?" }, want: /"readParameters" must be names or ARNs/ },
    { name: "no external id", context: { hubBusArn: BUS, readSecrets: "a" }, want: /"externalId" is needed/ },
    { name: "an external id for nothing", context: { hubBusArn: BUS, externalId: "ours" }, want: /"externalId" has no effect/ },
    { name: "keys for nothing", context: { hubBusArn: BUS, kmsKeyArns: KEY }, want: /"kmsKeyArns" has no effect/ },
    {
      name: "roles of another account",
      context: { ...CONTEXT, hubRoleArns: `arn:aws:iam::${OWN}:role/x` },
      want: /is no role of the hub's account/,
    },
  ])("is told: $name", async ({ context, want }) => {
    await expect(relayApp(context)).rejects.toThrow(want);
  });
});
