/** Stores of every kind through the deployed relay: Parameter Store with its events, tags as the value, a store that assumes a role; and a template. */
import { PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { PutSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { AddTagsToResourceCommand, DeleteParameterCommand, PutParameterCommand } from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { namedCanaries } from "../support/canary/canary.ts";
import { type DeployedRelay, expectRights, startDeployedRelay } from "../support/deployed-relay.ts";
import { eventually } from "../support/eventually.ts";
import { externalSecret, password, yamlFile } from "./manifests.ts";

const PARAMETER = "/shop/database";
/** MiniStack's account, where the role lies too. */
const ACCOUNT = "000000000000";

const store = (name: string, aws: string): string => `apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: { name: ${name} }
spec: { provider: { aws: { region: us-east-1, ${aws} } } }
`;

const rendered = `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: { name: rendered, namespace: app-shop }
spec:
  secretStoreRef: { kind: ClusterSecretStore, name: by-role }
  target: { template: { data: { url: 'postgres://shop:{{ .password | urlquery }}@db/shop' } } }
  dataFrom: [{ extract: { key: shop/by-role } }]
`;

const secret = namedCanaries();
let relay: DeployedRelay;

beforeAll(async () => {
  relay = await startDeployedRelay({
    clusters: ["tokyo"],
    secrets: { "shop/by-role": password(secret("0")) },
    parameters: { [PARAMETER]: password(secret("0")) },
    config: {
      "apps/shop.yaml": yamlFile(
        store("parameters", "service: ParameterStore"),
        store("by-role", `service: SecretsManager, role: "arn:aws:iam::${ACCOUNT}:role/reader", externalID: ours`),
        externalSecret("parameter", PARAMETER, { store: "parameters", deletionPolicy: "Delete" }),
        externalSecret("tags", PARAMETER, { store: "parameters", metadataPolicy: "Fetch", property: "team" }),
        externalSecret("by-role", "shop/by-role", { store: "by-role" }),
        rendered,
      ),
    },
    context: { visibilityBoundSeconds: "5" },
  });
});

afterAll(() => relay?.stop(), 60_000);

async function expectTarget(name: string, value: string | undefined): Promise<void> {
  await eventually(
    async () => {
      const expected = value === undefined ? undefined : { password: value };
      expect([name, await relay.cluster("tokyo").readSecret("app-shop", name)]).toEqual([name, expected]);
    },
    { timeoutMs: 60_000 },
  );
}

/** What the real store puts on the bus by itself; the emulator's Parameter Store announces nothing. */
async function announce(detailType: string, detail: object): Promise<void> {
  const Resources = [`arn:aws:ssm:us-east-1:${ACCOUNT}:parameter${PARAMETER}`];
  await relay.clients.eventbridge.send(
    new PutEventsCommand({
      Entries: [{ Source: "aws.ssm", DetailType: detailType, Time: new Date(), Resources, Detail: JSON.stringify(detail) }],
    }),
  );
}

const announceChange = (operation: string): Promise<void> =>
  announce("Parameter Store Change", { operation, name: PARAMETER, type: "SecureString" });

describe("stores", () => {
  it("give their first values after the deploy alone", async () => {
    await expectTarget("parameter", secret("0"));
    await expectTarget("by-role", secret("0"));
  });

  it("tell of a parameter's new value by its event", async () => {
    await relay.clients.ssm.send(new PutParameterCommand({ Name: PARAMETER, Value: password(secret("1")), Overwrite: true }));
    await announceChange("Update");

    await expectTarget("parameter", secret("1"));
  });

  it("tell of a parameter's tags by CloudTrail's event", async () => {
    expect(await relay.cluster("tokyo").readSecret("app-shop", "tags")).toBeUndefined();
    const Tags = [{ Key: "team", Value: "checkout" }];
    await relay.clients.ssm.send(new AddTagsToResourceCommand({ ResourceType: "Parameter", ResourceId: PARAMETER, Tags }));
    await announce("AWS API Call via CloudTrail", {
      eventSource: "ssm.amazonaws.com",
      eventName: "AddTagsToResource",
      eventTime: new Date().toISOString(),
      requestParameters: { resourceType: "Parameter", resourceId: PARAMETER },
    });

    await expectTarget("tags", "checkout");
  });

  it("give templates their values", async () => {
    await eventually(async () => {
      expect(await relay.cluster("tokyo").readSecret("app-shop", "rendered")).toEqual({
        url: `postgres://shop:${encodeURIComponent(secret("0"))}@db/shop`,
      });
    });
  });

  it("are read by a role that the store names, woken by the event of the role's account", async () => {
    await relay.clients.secretsManager.send(new PutSecretValueCommand({ SecretId: "shop/by-role", SecretString: password(secret("1")) }));

    await expectTarget("by-role", secret("1"));
    await eventually(async () => {
      expect(await relay.cluster("tokyo").readSecret("app-shop", "rendered")).toEqual({
        url: `postgres://shop:${encodeURIComponent(secret("1"))}@db/shop`,
      });
    });
    const calls = relay.awsProxy.calls.filter(({ operation }) => operation === "AssumeRole");
    expect(calls.length).toBeGreaterThan(0);
  });

  it("tell of a parameter's deletion by its event, and it is believed only when it is proven", async () => {
    await relay.clients.ssm.send(new DeleteParameterCommand({ Name: PARAMETER }));
    await announceChange("Delete");

    await expectTarget("parameter", undefined);
  });
});

it("the functions did what they may, and needed the rights that are on record for these tests", async () => {
  await expectRights(relay, "e2e/stores");
});
