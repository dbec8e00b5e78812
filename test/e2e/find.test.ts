/** A new secret that begins to match a find rule reaches its target by its event alone, and no listing that lacks it takes it away. */
import { PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { CreateSecretCommand, PutSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { namedCanaries } from "../support/canary/canary.ts";
import { type DeployedRelay, expectRights, startDeployedRelay } from "../support/deployed-relay.ts";
import { eventually } from "../support/eventually.ts";
import { yamlFile } from "./manifests.ts";

const secret = namedCanaries();
let relay: DeployedRelay;
let ssm: SSMClient;

const finding = (name: string, store: string, find: string) => `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: { name: ${name}, namespace: app-shop }
spec:
  secretStoreRef: { kind: ClusterSecretStore, name: ${store} }
  dataFrom: [{ find: ${find} }]
`;

const PARAMETERS = `apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: { name: parameters }
spec: { provider: { aws: { service: ParameterStore, region: us-east-1 } } }
`;

const LISTINGS = ["ListSecrets", "GetParametersByPath", "DescribeParameters"];

beforeAll(async () => {
  relay = await startDeployedRelay({
    clusters: ["tokyo"],
    secrets: { "shop/first": secret("one"), "other/first": secret("no") },
    config: {
      "apps/find.yaml": yamlFile(
        PARAMETERS,
        finding("by-name", "aws", '{ name: { regexp: "^shop/" } }'),
        finding("by-tags", "aws", "{ path: tagged/, tags: { env: prod } }"),
        finding("by-path", "parameters", '{ path: /shop, name: { regexp: "" } }'),
      ),
    },
    context: { visibilityBoundSeconds: "2", driftIntervalMinutes: "1" },
  });
  const { endpoint, region, account } = relay.aws;
  ssm = new SSMClient({ endpoint, region, credentials: { accessKeyId: account, secretAccessKey: "test" } });
});

afterAll(async () => {
  ssm?.destroy();
  await relay?.stop();
});

const expectData = (name: string, want: Readonly<Record<string, string>> | undefined) =>
  eventually(async () => expect(await relay.cluster("tokyo").readSecret("app-shop", name)).toEqual(want), { timeoutMs: 60_000 });

/** As the store announces it; the emulator leaves out this event of a new secret or parameter. */
async function announce(DetailType: string, Source: string, arn: string, detail: unknown): Promise<void> {
  const entry = { DetailType, Source, Time: new Date(), Resources: [arn], Detail: JSON.stringify(detail) };
  await relay.clients.eventbridge.send(new PutEventsCommand({ Entries: [entry] }));
}

async function create(name: string, value: string, tags: Readonly<Record<string, string>> = {}): Promise<void> {
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  const { ARN = "", VersionId = "" } = await relay.clients.secretsManager.send(
    new CreateSecretCommand({ Name: name, SecretString: value, Tags }),
  );
  await announce("Secret Label Updated", "aws.secretsmanager", ARN, { name, labelUpdated: "AWSCURRENT", versionId: VersionId });
}

describe("find rules, deployed", () => {
  it("find what is there when they are registered", async () => {
    await expectData("by-name", { shop_first: secret("one") });
  });

  it("find what is made later by its event alone: no listing answers from now on", async () => {
    relay.awsProxy.fault = ({ operation }) =>
      LISTINGS.includes(operation) ? { kind: "error", status: 400, name: "ThrottlingException" } : undefined;

    await create("shop/second", secret("two"));
    await create("tagged/yes", secret("tagged"), { env: "prod" });
    await create("tagged/no", secret("not this one"), { env: "stage" });
    await expectData("by-name", { shop_first: secret("one"), shop_second: secret("two") });
    await expectData("by-tags", { tagged_yes: secret("tagged") });
  });

  it("follow the rotations of what they found", async () => {
    await relay.clients.secretsManager.send(new PutSecretValueCommand({ SecretId: "shop/second", SecretString: secret("three") }));

    await expectData("by-name", { shop_first: secret("one"), shop_second: secret("three") });
  });

  it("find parameters by the event of their creation", async () => {
    await ssm.send(new PutParameterCommand({ Name: "/shop/db", Value: secret("value"), Type: "SecureString" }));
    const { account, region } = relay.aws;
    const detail = { name: "/shop/db", operation: "Create" };
    relay.awsProxy.fault = undefined;
    await announce("Parameter Store Change", "aws.ssm", `arn:aws:ssm:${region}:${account}:parameter/shop/db`, detail);

    await expectData("by-path", { _shop_db: secret("value") });
  });

  it("keep what the listing lacks, whatever reconcile and a deployment do", async () => {
    relay.awsProxy.fault = ({ operation }) =>
      operation === "ListSecrets"
        ? { kind: "rewrite", input: { Filters: [{ Key: "name", Values: ["nothing-is-called-so"] }] } }
        : undefined;

    await relay.invoke("Reconcile", {});
    await relay.deploy({
      "apps/find.yaml": yamlFile(PARAMETERS, finding("by-name", "aws", '{ path: shop/, name: { regexp: "^shop/" } }')),
    });

    await eventually(
      async () => {
        const synced = (await relay.events()).filter((event) => event["detail-type"] === "Secret Synced");
        expect(JSON.stringify(synced.at(-1))).toContain("by-name");
      },
      { timeoutMs: 60_000 },
    );
    await expectData("by-name", { shop_first: secret("one"), shop_second: secret("three") });
  });
});

it("the functions did what they may, and needed the rights that are on record for these tests", async () => {
  await expectRights(relay, "e2e/find");
});
