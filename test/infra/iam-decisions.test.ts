/** What IAM decides by the synthesised template: what the functions need is allowed, attempts beyond it are denied, and no right is there that no test needs. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { FUNCTION_NAMES, type FunctionName } from "../../src/core/grants/grant.ts";
import { isAllowed, type PolicyDocument } from "../support/iam/policies.ts";
import { recordedRights } from "../support/iam/rights.ts";
import { plain, resourcesOf, synthesise, type Template, WITHOUT_BUNDLES } from "./template.ts";

const ACCOUNT = "111122223333";
const REGION = "us-east-1";
const KEY = `arn:aws:kms:${REGION}:${ACCOUNT}:key/a`;

const CONFIG = `
apiVersion: secret-relay.dev/v1alpha1
kind: Cluster
metadata: {name: tokyo}
spec: {kubeconfigSecretRef: {name: clusters/tokyo}, manifests: ["*.yaml"], namespaces: {allow: ["*"]}}
---
apiVersion: secret-relay.dev/v1alpha1
kind: Cluster
metadata: {name: own}
spec: {eks: {name: prod, region: us-east-1}, manifests: [], namespaces: {allow: ["*"]}}
---
apiVersion: secret-relay.dev/v1alpha1
kind: Cluster
metadata: {name: assumed}
spec: {eks: {name: prod, region: us-east-1, roleArn: "arn:aws:iam::222222222222:role/relay"}, manifests: [], namespaces: {allow: ["*"]}}
---
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: here}
spec: {provider: {aws: {service: SecretsManager}}}
---
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: parameters}
spec: {provider: {aws: {service: ParameterStore}}}
---
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: theirs}
spec: {provider: {aws: {service: SecretsManager, role: "arn:aws:iam::777788889999:role/reader", sessionTags: [{key: team, value: shop}]}}}
---
apiVersion: external-secrets.io/v1
kind: ClusterExternalSecret
metadata: {name: shared}
spec:
  externalSecretSpec: {secretStoreRef: {name: here, kind: ClusterSecretStore}, data: [{secretKey: a, remoteRef: {key: shared/db}}]}
  namespaceSelectors: [{}]
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: a, namespace: app}
spec:
  secretStoreRef: {name: here, kind: ClusterSecretStore}
  data:
    - {secretKey: one, remoteRef: {key: shop/db}}
    - {secretKey: two, remoteRef: {key: /shop/key}, sourceRef: {storeRef: {name: parameters, kind: ClusterSecretStore}}}
    - {secretKey: three, remoteRef: {key: theirs}, sourceRef: {storeRef: {name: theirs, kind: ClusterSecretStore}}}
  dataFrom:
    - {find: {name: {regexp: "^team/.*/key$"}}}
    - {find: {name: {regexp: "^/team/"}}, sourceRef: {storeRef: {name: parameters, kind: ClusterSecretStore}}}
    - {find: {path: /tagged, tags: {env: prod}}, sourceRef: {storeRef: {name: parameters, kind: ClusterSecretStore}}}
`;

const TABLE = `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/registry`;
const QUEUE = `arn:aws:sqs:${REGION}:${ACCOUNT}:`;
const EKS = `arn:aws:eks:${REGION}:${ACCOUNT}:cluster/`;
const LAMBDA = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:`;
const secret = (name: string, account = ACCOUNT, region = REGION) => `arn:aws:secretsmanager:${region}:${account}:secret:${name}`;
const parameter = (name: string) => `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter/${name}`;

/** What the template leaves to CloudFormation, as it might turn out. */
const MADE: Readonly<Record<string, string>> = {
  "AWS::Partition": "aws",
  "AWS::Region": REGION,
  "AWS::AccountId": ACCOUNT,
  "Registry.Arn": TABLE,
  "SyncQueue.Arn": `${QUEUE}sync`,
  "FailureQueue.Arn": `${QUEUE}failures`,
  HashKey: secret("hash-key-x1y2Z3"),
  "Register.Arn": `${LAMBDA}register`,
};

function concrete(text: string): string {
  return text
    .replaceAll(/[<]([\w:.]+)[>]/g, (_all, name: string) => {
      const logs = /^(\w+)Logs\.Arn$/.exec(name);
      const made = logs === null ? MADE[name] : `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:/aws/lambda/${logs[1]}:*`;
      if (made === undefined) throw new Error(`nothing is known of ${name}`);
      return made;
    })
    .replaceAll(/\$\{(AWS::\w+)\}/g, (_all, name: string) => MADE[name] ?? "");
}

let outdir: string;
let tagged: readonly PolicyDocument[];
let policies: Readonly<Record<FunctionName, readonly PolicyDocument[]>>;

function policiesOf(template: Template, name: FunctionName): readonly PolicyDocument[] {
  const all = ["AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"].flatMap((type) => Object.values(resourcesOf(template, type)));
  return all
    .filter(({ Roles }) => (Roles as readonly string[]).includes(`<${name}Role>`))
    .map(({ PolicyDocument }) => JSON.parse(concrete(JSON.stringify(plain(PolicyDocument ?? null)))) as PolicyDocument);
}

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "secret-relay-decisions-"));
  await mkdir(join(folder, "config"));
  await writeFile(join(folder, "config", "all.yaml"), CONFIG);
  const synthesised = await synthesise({ ...WITHOUT_BUNDLES, config: join(folder, "config"), kmsKeyArns: [KEY] });
  outdir = synthesised.outdir;
  const entries = FUNCTION_NAMES.map((name) => [name, policiesOf(synthesised.template, name)] as const);
  policies = Object.fromEntries(entries) as typeof policies;
  const byTag = await synthesise({ ...WITHOUT_BUNDLES, config: join(folder, "config"), grantTag: "secret-relay=allowed" });
  tagged = policiesOf(byTag.template, "Sync");
  await rm(byTag.outdir, { recursive: true });
  await rm(folder, { recursive: true });
});

afterAll(async () => {
  await rm(outdir, { recursive: true, force: true });
});

interface Attempt {
  readonly of: FunctionName;
  readonly action: string;
  readonly resource: string;
  readonly context?: Readonly<Record<string, string>>;
}

const VIA = { "kms:ViaService": `secretsmanager.${REGION}.amazonaws.com` };
const GET = "secretsmanager:GetSecretValue";

describe("allowed", () => {
  it.each<Attempt>([
    { of: "Sync", action: GET, resource: secret("shop/db-x1y2Z3") },
    { of: "OnSecretChange", action: "secretsmanager:DescribeSecret", resource: secret("shared/db-x1y2Z3") },
    { of: "Reconcile", action: GET, resource: secret("team/any/key-x1y2Z3") },
    { of: "Reconcile", action: "secretsmanager:BatchGetSecretValue", resource: "*" },
    { of: "Register", action: GET, resource: secret("clusters/tokyo-x1y2Z3") },
    { of: "Sync", action: GET, resource: secret("hash-key-x1y2Z3") },
    { of: "Sync", action: "ssm:GetParameter", resource: parameter("shop/key") },
    { of: "Sync", action: "ssm:GetParameters", resource: parameter("team/a/b") },
    { of: "Sync", action: "ssm:GetParametersByPath", resource: parameter("team") },
    { of: "Sync", action: "sts:AssumeRole", resource: "arn:aws:iam::777788889999:role/reader" },
    { of: "Sync", action: "kms:Decrypt", resource: KEY, context: VIA },
    { of: "Sync", action: "eks:DescribeCluster", resource: `${EKS}prod` },
    { of: "Reconcile", action: "sts:AssumeRole", resource: "arn:aws:iam::222222222222:role/relay" },
    { of: "Sync", action: "dynamodb:UpdateItem", resource: TABLE },
    { of: "Reconcile", action: "dynamodb:Query", resource: `${TABLE}/index/due` },
    { of: "Sync", action: "sqs:SendMessage", resource: `${QUEUE}sync` },
    { of: "Register", action: "lambda:InvokeFunction", resource: `${LAMBDA}register` },
  ])("$of: $action on $resource", async ({ of, action, resource, context }) => {
    expect(await isAllowed(policies[of], { action, resource }, ACCOUNT, context)).toBe(true);
  });
});

describe("denied", () => {
  it.each<Attempt>([
    // Other secrets: a neighbour, one whose name begins alike, another region, another account.
    { of: "Sync", action: GET, resource: secret("shop/mail-x1y2Z3") },
    { of: "Sync", action: GET, resource: secret("shop/db-backup-x1y2Z3") },
    { of: "Sync", action: GET, resource: secret("shop/db/nested-x1y2Z3") },
    { of: "Sync", action: GET, resource: secret("shop/db-x1y2Z3", ACCOUNT, "eu-west-1") },
    { of: "Sync", action: GET, resource: secret("shop/db-x1y2Z3", "444455556666") },
    { of: "Sync", action: GET, resource: secret("team/any/key/more-x1y2Z3") },
    { of: "Sync", action: GET, resource: secret("other-team/any/key-x1y2Z3") },
    // A store's role reads these, not the function.
    { of: "Sync", action: GET, resource: secret("theirs-x1y2Z3") },
    { of: "Register", action: GET, resource: secret("shop/db-x1y2Z3") },
    { of: "Register", action: GET, resource: secret("hash-key-x1y2Z3") },
    { of: "Reconcile", action: GET, resource: secret("hash-key-x1y2Z3") },
    { of: "Sync", action: "secretsmanager:BatchGetSecretValue", resource: "*" },
    // Nothing of a source is ever changed.
    { of: "Sync", action: "secretsmanager:PutSecretValue", resource: secret("shop/db-x1y2Z3") },
    { of: "Sync", action: "secretsmanager:DeleteSecret", resource: secret("shop/db-x1y2Z3") },
    { of: "Sync", action: "secretsmanager:UpdateSecret", resource: secret("clusters/tokyo-x1y2Z3") },
    { of: "Sync", action: "secretsmanager:CreateSecret", resource: secret("shop/new-x1y2Z3") },
    { of: "Sync", action: "secretsmanager:TagResource", resource: secret("shop/db-x1y2Z3") },
    { of: "Sync", action: "secretsmanager:PutResourcePolicy", resource: secret("shop/db-x1y2Z3") },
    { of: "Sync", action: "ssm:PutParameter", resource: parameter("shop/key") },
    { of: "Sync", action: "ssm:DeleteParameter", resource: parameter("shop/key") },
    { of: "Sync", action: "ssm:GetParameter", resource: parameter("shop/key2") },
    { of: "Sync", action: "ssm:GetParametersByPath", resource: parameter("shop") },
    { of: "Register", action: "ssm:GetParameter", resource: parameter("shop/key") },
    // The key opens what a store hands out, and nothing else.
    { of: "Sync", action: "kms:Decrypt", resource: KEY },
    { of: "Sync", action: "kms:Decrypt", resource: KEY, context: { "kms:ViaService": `s3.${REGION}.amazonaws.com` } },
    { of: "Sync", action: "kms:Decrypt", resource: `arn:aws:kms:${REGION}:${ACCOUNT}:key/b`, context: VIA },
    { of: "Sync", action: "kms:Encrypt", resource: KEY, context: VIA },
    { of: "OnSecretChange", action: "kms:CreateGrant", resource: KEY, context: VIA },
    // Other roles, and no way to more rights.
    { of: "Sync", action: "sts:AssumeRole", resource: "arn:aws:iam::777788889999:role/admin" },
    { of: "Sync", action: "sts:AssumeRole", resource: "arn:aws:iam::777788889999:role/reader2" },
    { of: "Register", action: "sts:AssumeRole", resource: "arn:aws:iam::777788889999:role/reader" },
    // Other clusters, those of another region and account, and anything but to describe one.
    { of: "Sync", action: "eks:DescribeCluster", resource: `${EKS}prod2` },
    { of: "Sync", action: "eks:DescribeCluster", resource: `arn:aws:eks:eu-west-1:${ACCOUNT}:cluster/prod` },
    { of: "Sync", action: "eks:DescribeCluster", resource: `arn:aws:eks:${REGION}:222222222222:cluster/prod` },
    { of: "Register", action: "eks:DescribeCluster", resource: `${EKS}prod` },
    { of: "Sync", action: "eks:CreateAccessEntry", resource: `${EKS}prod` },
    { of: "Sync", action: "eks:DeleteCluster", resource: `${EKS}prod` },
    { of: "Register", action: "iam:PutRolePolicy", resource: `arn:aws:iam::${ACCOUNT}:role/secret-relay` },
    { of: "Register", action: "iam:AttachRolePolicy", resource: `arn:aws:iam::${ACCOUNT}:role/secret-relay` },
    { of: "Register", action: "iam:PassRole", resource: `arn:aws:iam::${ACCOUNT}:role/secret-relay` },
    { of: "Sync", action: "lambda:UpdateFunctionCode", resource: `${LAMBDA}sync` },
    { of: "Sync", action: "lambda:InvokeFunction", resource: `${LAMBDA}register` },
    { of: "Register", action: "lambda:InvokeFunction", resource: `${LAMBDA}sync` },
    // The table: no scan, no other table, the index for reconcile alone.
    { of: "Reconcile", action: "dynamodb:Scan", resource: TABLE },
    { of: "Sync", action: "dynamodb:Query", resource: `${TABLE}/index/due` },
    { of: "Sync", action: "dynamodb:PutItem", resource: TABLE },
    { of: "Sync", action: "dynamodb:DeleteTable", resource: TABLE },
    { of: "Sync", action: "dynamodb:UpdateItem", resource: `${TABLE}-of-others` },
    // Queues, bus and bucket.
    { of: "Register", action: "sqs:ReceiveMessage", resource: `${QUEUE}sync` },
    { of: "OnSecretChange", action: "sqs:DeleteMessage", resource: `${QUEUE}failures` },
    { of: "Sync", action: "sqs:PurgeQueue", resource: `${QUEUE}sync` },
    { of: "Sync", action: "sqs:SendMessage", resource: `${QUEUE}of-others` },
    { of: "Register", action: "events:PutEvents", resource: `arn:aws:events:${REGION}:${ACCOUNT}:event-bus/default` },
    { of: "Sync", action: "events:PutEvents", resource: `arn:aws:events:${REGION}:${ACCOUNT}:event-bus/other` },
    { of: "Sync", action: "events:PutRule", resource: `arn:aws:events:${REGION}:${ACCOUNT}:rule/any` },
    { of: "Register", action: "s3:GetObject", resource: `arn:aws:s3:::cdk-hnb659fds-assets-${ACCOUNT}-${REGION}/other.json` },
    { of: "Register", action: "s3:PutObject", resource: `arn:aws:s3:::cdk-hnb659fds-assets-${ACCOUNT}-${REGION}/config.json` },
    { of: "Sync", action: "logs:PutLogEvents", resource: `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:/aws/lambda/Register:log-stream:a` },
  ])("$of: $action on $resource $context", async ({ of, action, resource, context }) => {
    expect(await isAllowed(policies[of], { action, resource }, ACCOUNT, context)).toBe(false);
  });
});

describe("by tag", () => {
  const SECRET_READS = ["DescribeSecret", "GetSecretValue"].map((name) => [`secretsmanager:${name}`, secret("any/name-x1y2Z3")] as const);
  const PARAMETER_READS = ["GetParameter", "GetParameters", "GetParameterHistory", "ListTagsForResource"].map(
    (name) => [`ssm:${name}`, parameter("any/name")] as const,
  );

  it.each([...SECRET_READS, ...PARAMETER_READS])("%s is allowed on what has the tag, and on nothing else", async (action, resource) => {
    const decide = (tag: string | undefined) =>
      isAllowed(tagged, { action, resource }, ACCOUNT, tag === undefined ? {} : { "aws:ResourceTag/secret-relay": tag });

    expect(await decide("allowed")).toBe(true);
    expect(await decide("refused")).toBe(false);
    expect(await decide(undefined)).toBe(false);
  });

  it("does not replace the names of clusters' credentials, and opens no other region", async () => {
    const TAG = { "aws:ResourceTag/secret-relay": "allowed" };

    expect(await isAllowed(tagged, { action: GET, resource: secret("clusters/tokyo-x1y2Z3") }, ACCOUNT)).toBe(true);
    expect(await isAllowed(tagged, { action: GET, resource: secret("any-x1y2Z3", ACCOUNT, "eu-west-1") }, ACCOUNT, TAG)).toBe(false);
    expect(await isAllowed(tagged, { action: GET, resource: secret("any-x1y2Z3", "444455556666") }, ACCOUNT, TAG)).toBe(false);
    expect(await isAllowed(tagged, { action: "secretsmanager:PutSecretValue", resource: secret("any-x1y2Z3") }, ACCOUNT, TAG)).toBe(false);
  });
});

const BATCH = "only reconcile asks in batches; the readers share their policies, and it shows no more than GetParameter does";
const FIRST = "lists for a registration that an event reaches before its first sync; by the code that Sync shows";
const ALONE = "what a batch does not show is asked for alone: tags, labels, an absence; by the code that Sync shows";

/** Rights that no test shows, by action, or by function and action, each with its reason. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  "logs:CreateLogStream": "Lambda writes the log by the function's role",
  "logs:PutLogEvents": "Lambda writes the log by the function's role",
  "sqs:DeleteMessage": "the event source mapping polls by the function's role",
  "sqs:GetQueueAttributes": "the event source mapping polls by the function's role",
  "sqs:ReceiveMessage": "the event source mapping polls by the function's role",
  "kms:Decrypt": "the store decrypts by the caller's right; the emulator has no keys of customers",
  "OnSecretChange ssm:GetParameters": BATCH,
  "Sync ssm:GetParameters": BATCH,
  "OnSecretChange secretsmanager:ListSecrets": FIRST,
  "OnSecretChange ssm:DescribeParameters": FIRST,
  "OnSecretChange ssm:GetParametersByPath": FIRST,
  "Reconcile ssm:GetParameter": ALONE,
  "Reconcile ssm:GetParameterHistory": ALONE,
  "Register secretsmanager:DescribeSecret": "a cluster's secret that is gone is told from one that is denied; by the code that Sync shows",
};

describe("rights and tests", () => {
  const granted = (): readonly string[] => {
    const lines = FUNCTION_NAMES.flatMap((name) =>
      policies[name].flatMap(({ Statement }) => Statement.flatMap(({ Action }) => [Action].flat().map((action) => `${name} ${action}`))),
    );
    return [...new Set(lines)].toSorted();
  };
  const recorded = (): ReadonlySet<string> => new Set(Object.values(recordedRights()).flat());

  it("every right that tests need is granted", () => {
    expect(granted()).toEqual(expect.arrayContaining([...recorded()]));
  });

  it("every right that is granted is needed by a test, or has its reason", () => {
    const used = recorded();
    const unused = granted().filter(
      (right) => !used.has(right) && EXCEPTIONS[right] === undefined && EXCEPTIONS[right.split(" ")[1] ?? ""] === undefined,
    );

    expect(unused).toEqual([]);
  });

  it("no exception is there for what tests do show", () => {
    const shown = new Set([...recorded()].flatMap((right) => [right, right.split(" ")[1]]));

    expect(Object.keys(EXCEPTIONS).filter((exception) => shown.has(exception))).toEqual([]);
  });
});
