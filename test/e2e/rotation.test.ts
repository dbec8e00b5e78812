/** A rotation reaches every cluster by the store's event alone: overtaken, repeated, reordered; and no value shows anywhere on its way. */

import { ScanCommand } from "@aws-sdk/client-dynamodb";
import { PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { DescribeSecretCommand, PutSecretValueCommand, UpdateSecretVersionStageCommand } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { namedCanaries } from "../support/canary/canary.ts";
import { createScanner } from "../support/canary/scanner.ts";
import { type DeployedRelay, expectRights, startDeployedRelay } from "../support/deployed-relay.ts";
import { eventually } from "../support/eventually.ts";
import { externalSecret, password, yamlFile } from "./manifests.ts";

const CLUSTERS = ["tokyo", "virginia"];
const VERSIONS = [...Array(10).keys(), "broken", "forbidden"].map(String);

const secret = namedCanaries();
let relay: DeployedRelay;

beforeAll(async () => {
  relay = await startDeployedRelay({
    clusters: CLUSTERS,
    secrets: {
      "shop/database": password(secret("0")),
      "shop/broken": password(secret("broken")),
      "shop/forbidden": password(secret("forbidden")),
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
  // Else, on a busy machine, it would be shut before it had anything.
  await eventually(async () => expect(await relay.cluster("tokyo").readSecret("app-closed", "closed")).toEqual({ password: secret("0") }), {
    timeoutMs: 60_000,
  });
  // One namespace of one cluster is shut, as by an admission policy or a missing right.
  relay.cluster("tokyo").proxy.fault = ({ path }) =>
    path.includes("/namespaces/app-closed/") ? { kind: "answer", status: 403, reason: "Forbidden" } : undefined;
});

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
    await expectEverywhere(secret("0"));
  });

  it("reaches both clusters by its event alone, beside a broken and a forbidden registration", async () => {
    const versionId = await rotate(secret("1"));

    await expectEverywhere(secret("1"));
    expect(await relay.cluster("virginia").readSecret("app-closed", "closed")).toEqual({ password: secret("1") });
    // What it had before its namespace was shut.
    expect(await relay.cluster("tokyo").readSecret("app-closed", "closed")).toEqual({ password: secret("0") });
    expect(await relay.cluster("virginia").readSecret("app-shop", "misspelt")).toBeUndefined();
    await eventually(async () => {
      const events = await relay.events();
      const synced = events.filter((event) => event["detail-type"] === "Secret Synced");
      expect(JSON.stringify(synced)).toContain(versionId);
      const failed = JSON.stringify(events.filter((event) => event["detail-type"] === "Secret Sync Failed"));
      expect(failed).toContain("PropertyNotFound");
      expect(failed).toContain("Forbidden");
    });
  });

  it("is overtaken by a second one, and the second one stays", async () => {
    await rotate(secret("2"));
    await rotate(secret("3"));

    await expectEverywhere(secret("3"));
  });

  it("changes nothing when its event comes again, late and out of order", async () => {
    const before = new Date();
    const older = await rotate(secret("4"));
    await expectEverywhere(secret("4"));
    const newer = await rotate(secret("5"));
    await expectEverywhere(secret("5"));
    const versions = await Promise.all(
      CLUSTERS.map(async (name) => (await relay.cluster(name).getSecret("app-shop", "database"))?.metadata),
    );

    await announceAgain(newer, new Date());
    await announceAgain(older, before);
    await announceAgain(older, before);
    await relay.invoke("Reconcile", {});
    // A later rotation has passed all of them when it arrives.
    await rotate(secret("6"));
    await expectEverywhere(secret("6"));

    const answers = relay
      .cluster("tokyo")
      .proxy.answers.filter(({ call }) => call.path.includes("/secrets/database?") && call.method === "PATCH");
    expect(versions[0]?.resourceVersion).toBeDefined();
    expect(answers.length).toBeGreaterThan(0);
  });

  it("rolls back when the label moves back", async () => {
    const first = await rotate(secret("7"));
    await expectEverywhere(secret("7"));
    const second = await rotate(secret("8"));
    await expectEverywhere(secret("8"));

    await relay.clients.secretsManager.send(
      new UpdateSecretVersionStageCommand({
        SecretId: "shop/database",
        VersionStage: "AWSCURRENT",
        MoveToVersionId: first,
        RemoveFromVersionId: second,
      }),
    );
    await announceAgain(first, new Date());

    await expectEverywhere(secret("7"));
  });

  it("is announced as propagated once every expected target was seen with it", async () => {
    await relay.deploy({
      "apps/shop.yaml": yamlFile(externalSecret("database", "shop/database"), externalSecret("reporting", "shop/database")),
    });
    const versionId = await rotate(secret("9"));

    await expectEverywhere(secret("9"));
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
  });

  it("shows its value in no answer of an API server, no table, no event and no log", async () => {
    // What was sent holds the value, of course: it is in the call's body.
    const answers = CLUSTERS.flatMap((name) => relay.cluster(name).proxy.answers).map(({ call, text }) => ({ path: call.path, text }));
    const items = await relay.clients.dynamodb.send(new ScanCommand({ TableName: relay.outputs["RegistryTableName"] }));
    const logs = await relay.logs();
    const scan = createScanner(VERSIONS.map((name) => ({ label: name, value: Buffer.from(secret(name)) })));

    const places = { answers: JSON.stringify(answers), items: JSON.stringify(items), events: JSON.stringify(await relay.events()), logs };
    expect(answers.length).toBeGreaterThan(20);
    expect(items.Count).toBeGreaterThan(5);
    expect(logs).not.toBe("");
    for (const [place, text] of Object.entries(places)) {
      expect([place, scan(Buffer.from(text))]).toEqual([place, []]);
    }
  });
});

it("the functions did what they may, and needed the rights that are on record for these tests", async () => {
  await expectRights(relay, "e2e/rotation");
});
