/** `permissions`: who may do what, to what and why, as a table and as JSON; what was granted beyond the config is marked. */
import { describe, expect, it } from "@jest/globals";
import type { Permissions } from "../../../src/cli/permissions.ts";
import { runCli } from "./run-cli.ts";

const CONFIG = `apiVersion: secret-relay.dev/v1alpha1
kind: Cluster
metadata: {name: tokyo}
spec: {kubeconfigSecretRef: {name: clusters/tokyo}, manifests: ["*.yaml"], namespaces: {allow: ["*"]}}
---
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: here}
spec: {provider: {aws: {service: SecretsManager}}}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: db, namespace: app}
spec:
  secretStoreRef: {name: here, kind: ClusterSecretStore}
  data: [{secretKey: a, remoteRef: {key: shop/db}}, {secretKey: b, remoteRef: {key: other}}]
  dataFrom: [{find: {name: {regexp: "^team/.*/key$"}}}]
`;
const MORE = ["a", "b", "c", "d"].map(
  (name) => `---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: ${name}, namespace: app}
spec:
  secretStoreRef: {name: here, kind: ClusterSecretStore}
  data: [{secretKey: a, remoteRef: {key: shop/mail}}]
`,
);

const files = { "config/all.yaml": CONFIG };
const READERS = ["OnSecretChange", "Sync", "Reconcile"];
const READS = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"];
const SECRET = "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:";

async function permissions(...args: readonly string[]): Promise<Permissions> {
  const { status, stdout, stderr } = await runCli(["permissions", "-o", "json", ...args], { files });
  expect([status, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout) as Permissions;
}

/** Cells are apart by two blanks or more. */
const cells = (line: string): readonly string[] => line.trimEnd().split(/ {2,}/);

describe("as a table", () => {
  it("has a row for each grant, with its reason", async () => {
    const { status, stdout, stderr } = await runCli(["permissions"], { files });

    expect([status, stderr]).toEqual([0, ""]);
    const readers = READERS.join();
    const read = "secretsmanager:DescribeSecret,GetSecretValue";
    expect(stdout.trimEnd().split("\n").map(cells)).toEqual([
      ["FUNCTIONS", "ACTIONS", "RESOURCE", "BEYOND THE CONFIG'S NAMES", "WHY"],
      ["all", "logs:CreateLogStream,PutLogEvents", "Logs", "writes its log"],
      ["all", "dynamodb:BatchGetItem,DeleteItem,Query,UpdateItem", "Registry", "keeps the registry"],
      ["Reconcile", "dynamodb:Query", "Registry/index/due", "looks for what is due"],
      ["all", "sqs:SendMessage", "SyncQueue", "asks for syncs"],
      ["Sync", "sqs:ChangeMessageVisibility,DeleteMessage,GetQueueAttributes,ReceiveMessage", "SyncQueue", "is fed from the queue"],
      ["OnSecretChange,Reconcile", "sqs:SendMessage", "FailureQueue", "leaves what failed for good"],
      [readers, "events:PutEvents", "EventBus", "announces what it did"],
      ["OnSecretChange,Sync", "secretsmanager:GetSecretValue", "HashKey", "keys the hashes of targets"],
      ["Register", "s3:GetObject", "ConfigObject", "reads the config"],
      ["Register", "lambda:InvokeFunction", "Function", "goes on in a further invocation"],
      [
        "Reconcile",
        "secretsmanager:BatchGetSecretValue",
        "*",
        "no resources",
        "registration tokyo/app/db, find rule tokyo/app/db dataFrom[0]",
      ],
      [readers, "secretsmanager:ListSecrets", "*", "no resources", "find rule tokyo/app/db dataFrom[0]"],
      [readers, read, `${SECRET}clusters/tokyo-??????`, "cluster tokyo"],
      [readers, read, `${SECRET}other-??????`, "registration tokyo/app/db"],
      [readers, read, `${SECRET}shop/db-??????`, "registration tokyo/app/db"],
      [readers, read, `${SECRET}team/*/key-??????`, "by pattern", "find rule tokyo/app/db dataFrom[0]"],
      ["16 grants, 0 over-granted; managed policies: 1, with 560 characters of 6144; a role has 1 of 10"],
    ]);
  });

  it("marks what was granted beyond the config, and names three reasons of many", async () => {
    const { stdout } = await runCli(["permissions", "-c", "grantPrefixes=shop/*"], {
      files: { "config/all.yaml": [CONFIG, ...MORE].join("") },
    });

    expect(stdout.split("\n").map(cells)).toContainEqual([
      READERS.join(),
      "secretsmanager:DescribeSecret,GetSecretValue",
      `${SECRET}shop/*`,
      "OVER-GRANTED: prefix",
      "registration tokyo/app/db, registration tokyo/app/a, registration tokyo/app/b, and 2 more",
    ]);
    expect(stdout).toMatch(/^16 grants, 1 over-granted;/m);
  });
});

describe("as JSON", () => {
  it("holds every grant with all its reasons", async () => {
    const { grants, ...rest } = await permissions();

    expect(rest).toEqual({ managedPolicies: [{ functions: READERS, characters: 560 }], managedPoliciesPerRole: 10 });
    expect(grants).toHaveLength(16);
    expect(grants).toContainEqual({
      functions: READERS,
      actions: READS,
      resource: `${SECRET}shop/db-??????`,
      condition: null,
      reach: "exact",
      overGranted: false,
      why: [{ kind: "registration", name: "tokyo/app/db" }],
    });
  });

  it("shows what the context would change: a tag, a key, X-Ray", async () => {
    const key = "arn:aws:kms:us-east-1:111122223333:key/a";
    const { grants } = await permissions("-c", "grantTag=relay=yes", "-c", `kmsKeyArns=${key}`, "-c", "tracing=true");

    expect(grants.filter(({ overGranted }) => overGranted)).toEqual([
      {
        functions: READERS,
        actions: READS,
        resource: `${SECRET}*`,
        condition: { StringEquals: { "aws:ResourceTag/relay": "yes" } },
        reach: "tag",
        overGranted: true,
        why: [{ kind: "registration", name: "tokyo/app/db" }],
      },
    ]);
    expect(grants).toContainEqual(expect.objectContaining({ actions: ["kms:Decrypt"], resource: key }));
    expect(grants).toContainEqual(expect.objectContaining({ actions: ["xray:PutTelemetryRecords", "xray:PutTraceSegments"] }));
  });
});

describe("what goes wrong", () => {
  it.each([
    { name: "a prefix that nothing needs", args: ["-c", "grantPrefixes=shpo/*"], want: "the config names nothing below shpo/*" },
    {
      name: "a wrong setting",
      args: ["-c", "managedPoliciesPerRole=50"],
      want: '"managedPoliciesPerRole" must be a whole number from 1 to 20',
    },
    { name: "no folder", args: ["elsewhere"], want: "there is no config folder elsewhere" },
  ])("$name ends with 1", async ({ args, want }) => {
    const { status, stdout, stderr } = await runCli(["permissions", ...args], { files });

    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(want);
  });

  it("the context of cdk.json counts, and is overridden by -c", async () => {
    const withContext = { ...files, "cdk.json": JSON.stringify({ context: { managedPoliciesPerRole: 12 } }) };
    const shown = await runCli(["permissions"], { files: withContext });
    const overridden = await runCli(["permissions", "-c", "managedPoliciesPerRole=15"], { files: withContext });

    expect([shown.stdout, overridden.stdout].map((text) => / a role has .*$/m.exec(text)?.[0])).toEqual([
      " a role has 1 of 12",
      " a role has 1 of 15",
    ]);
  });

  it("too many secrets end with what to choose", async () => {
    const keys = Array.from({ length: 1_500 }, (_, index) => `    - {secretKey: k${index}, remoteRef: {key: shop/secret-${index}}}`);
    const text = CONFIG.replace(/ {2}data: .*\n/, `  data:\n${keys.join("\n")}\n`);

    const { status, stderr } = await runCli(["permissions"], { files: { "config/all.yaml": text } });

    expect(status).toBe(1);
    expect(stderr).toContain('"grantPrefixes": ["shop/secret-*"]');
  });
});
