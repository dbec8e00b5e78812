/** A rotation reaches every cluster by the store's event alone: overtaken, repeated, reordered; and no value shows anywhere on its way. */

import { ScanCommand } from "@aws-sdk/client-dynamodb";
import { PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { DescribeSecretCommand, PutSecretValueCommand, UpdateSecretVersionStageCommand } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type DeployedRelay, expectRights, startDeployedRelay } from "../support/deployed-relay.ts";
import { eventually } from "../support/eventually.ts";
import { externalSecret, password, yamlFile } from "./manifests.ts";

/** In every value of these tests: found anywhere but in a target's data, it leaked. */
const CANARY = "canary-5d1e";
const CLUSTERS = ["tokyo", "virginia"];

let relay: DeployedRelay;

beforeAll(async () => {
  relay = await startDeployedRelay({
    clusters: CLUSTERS,
    secrets: {
      "shop/database": password(`${CANARY}-0`),
      "shop/broken": password(`${CANARY}-broken`),
      "shop/forbidden": password(`${CANARY}-forbidden`),
    },
    namespaces: ["app-shop", "app-closed"],
    config: {
      "apps/shop.yaml": yamlFile(
        externalSecret("database", "shop/database"),
        externalSecret("reporting", "shop/database"),
        externalSecret("misspelt", "shop/database", { property: "pasword" }),
        externalSecret("closed", "shop/database", { namespace: "app-closed" }),
      ),
    },
    context: { visibilityBoundSeconds: "5" },
  });
  // One namespace of one cluster is shut, as by an admission policy or a missing right.
  relay.cluster("tokyo").proxy.fault = ({ path }) =>
    path.includes("/namespaces/app-closed/") ? { kind: "answer", status: 403, reason: "Forbidden" } : undefined;
}, 300_000);

afterAll(() => relay?.stop(), 60_000);

async function rotate(value: string): Promise<string> {
  const { VersionId } = await relay.clients.secretsManager.send(
    new PutSecretValueCommand({ SecretId: "shop/database", SecretString: password(value) }),
  );
  return VersionId ?? "";
}

async function expectEverywhere(value: string): Promise<void> {
  await eventually(
    async () => {
      for (const name of CLUSTERS) {
        for (const target of ["database", "reporting"]) {
          expect([name, target, await relay.cluster(name).readSecret("app-shop", target)]).toEqual([name, target, { password: value }]);
        }
      }
    },
    { timeoutMs: 60_000 },
  );
}

/** The native event, sent once more by hand: the emulator lets a test speak as the store. */
async function announceAgain(versionId: string, time: Date): Promise<void> {
  const { ARN, Name } = await describeSecret();
  await relay.clients.eventbridge.send(
    new PutEventsCommand({
      Entries: [
        {
          Source: "aws.secretsmanager",
          DetailType: "Secret Label Updated",
          Time: time,
          Resources: [ARN],
          Detail: JSON.stringify({ name: Name, labelUpdated: "AWSCURRENT", versionId }),
        },
      ],
    }),
  );
}

async function describeSecret(): Promise<{ readonly ARN: string; readonly Name: string }> {
  const { ARN = "", Name = "" } = await relay.clients.secretsManager.send(new DescribeSecretCommand({ SecretId: "shop/database" }));
  return { ARN, Name };
}

describe("a rotation", () => {
  it("finds the first version in both clusters after the deploy alone", async () => {
    await expectEverywhere(`${CANARY}-0`);
  }, 90_000);

  it("reaches both clusters by its event alone, beside a broken and a forbidden registration", async () => {
    const versionId = await rotate(`${CANARY}-1`);

    await expectEverywhere(`${CANARY}-1`);
    expect(await relay.cluster("virginia").readSecret("app-closed", "closed")).toEqual({ password: `${CANARY}-1` });
    // What it had before its namespace was shut.
    expect(await relay.cluster("tokyo").readSecret("app-closed", "closed")).toEqual({ password: `${CANARY}-0` });
    expect(await relay.cluster("virginia").readSecret("app-shop", "misspelt")).toBeUndefined();
    await eventually(async () => {
      const events = await relay.events();
      const synced = events.filter((event) => event["detail-type"] === "Secret Synced");
      expect(JSON.stringify(synced)).toContain(versionId);
      const failed = JSON.stringify(events.filter((event) => event["detail-type"] === "Secret Sync Failed"));
      expect(failed).toContain("PropertyNotFound");
      expect(failed).toContain("Forbidden");
    });
  }, 90_000);

  it("is overtaken by a second one, and the second one stays", async () => {
    await rotate(`${CANARY}-2`);
    await rotate(`${CANARY}-3`);

    await expectEverywhere(`${CANARY}-3`);
  }, 90_000);

  it("changes nothing when its event comes again, late and out of order", async () => {
    const before = new Date();
    const older = await rotate(`${CANARY}-4`);
    await expectEverywhere(`${CANARY}-4`);
    const newer = await rotate(`${CANARY}-5`);
    await expectEverywhere(`${CANARY}-5`);
    const versions = await Promise.all(
      CLUSTERS.map(async (name) => (await relay.cluster(name).getSecret("app-shop", "database"))?.metadata),
    );

    await announceAgain(newer, new Date());
    await announceAgain(older, before);
    await announceAgain(older, before);
    await relay.invoke("Reconcile", {});
    // A later rotation has passed all of them when it arrives.
    await rotate(`${CANARY}-6`);
    await expectEverywhere(`${CANARY}-6`);

    const answers = relay
      .cluster("tokyo")
      .proxy.answers.filter(({ call }) => call.path.includes("/secrets/database?") && call.method === "PATCH");
    expect(versions[0]?.resourceVersion).toBeDefined();
    expect(answers.length).toBeGreaterThan(0);
  }, 120_000);

  it("rolls back when the label moves back", async () => {
    const first = await rotate(`${CANARY}-7`);
    await expectEverywhere(`${CANARY}-7`);
    const second = await rotate(`${CANARY}-8`);
    await expectEverywhere(`${CANARY}-8`);

    await relay.clients.secretsManager.send(
      new UpdateSecretVersionStageCommand({
        SecretId: "shop/database",
        VersionStage: "AWSCURRENT",
        MoveToVersionId: first,
        RemoveFromVersionId: second,
      }),
    );
    await announceAgain(first, new Date());

    await expectEverywhere(`${CANARY}-7`);
  }, 120_000);

  it("is announced as propagated once every expected target was seen with it", async () => {
    await relay.deploy({
      "apps/shop.yaml": yamlFile(externalSecret("database", "shop/database"), externalSecret("reporting", "shop/database")),
    });
    const versionId = await rotate(`${CANARY}-9`);

    await expectEverywhere(`${CANARY}-9`);
    await eventually(
      async () => {
        await relay.invoke("Reconcile", {});
        const propagated = (await relay.events()).filter(
          (event) => event["detail-type"] === "Secret Propagated" && event.detail["versionId"] === versionId,
        );
        expect(propagated).toHaveLength(1);
        expect(propagated[0]?.detail).toMatchObject({ key: "shop/database", expected: 4, done: 4, superseded: 0 });
      },
      { timeoutMs: 30_000, intervalMs: 1_000 },
    );
  }, 180_000);

  it("shows its value in no answer of an API server, no table, no event and no log", async () => {
    // What was sent holds the value, of course: it is in the call's body.
    const answers = CLUSTERS.flatMap((name) => relay.cluster(name).proxy.answers).map(({ call, text }) => ({ path: call.path, text }));
    const items = await relay.clients.dynamodb.send(new ScanCommand({ TableName: relay.outputs["RegistryTableName"] }));
    const logs = await relay.logs();
    const encoded = Buffer.from(`${CANARY}-`).toString("base64").slice(0, 14);

    const places = { answers: JSON.stringify(answers), items: JSON.stringify(items), events: JSON.stringify(await relay.events()), logs };
    expect(answers.length).toBeGreaterThan(20);
    expect(items.Count).toBeGreaterThan(5);
    expect(logs).not.toBe("");
    for (const [place, text] of Object.entries(places)) {
      expect([place, text.includes(CANARY), text.includes(encoded)]).toEqual([place, false, false]);
    }
  }, 60_000);
});

it("the functions did what they may, and needed the rights that are on record for these tests", async () => {
  await expectRights(relay, "e2e/rotation");
}, 60_000);
