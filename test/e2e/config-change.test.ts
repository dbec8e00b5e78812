/** A second `cdk deploy` changes, removes and renames: what is new arrives, what is gone is pruned, and a misspelling stops before anything. */
import { ScanCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { namedCanaries } from "../support/canary/canary.ts";
import { type DeployedRelay, expectRights, startDeployedRelay } from "../support/deployed-relay.ts";
import { eventually } from "../support/eventually.ts";
import { clusterExternalSecret, externalSecret, yamlFile } from "./manifests.ts";

const secret = namedCanaries();
let relay: DeployedRelay;

beforeAll(async () => {
  relay = await startDeployedRelay({
    clusters: ["tokyo"],
    secrets: { "shop/database": JSON.stringify({ password: secret("p"), token: secret("t") }) },
    config: {
      "apps/shop.yaml": yamlFile(
        externalSecret("changed", "shop/database"),
        externalSecret("removed", "shop/database"),
        externalSecret("renamed", "shop/database", { target: "old-name" }),
        externalSecret("orphan", "shop/database", { creationPolicy: "Orphan" }),
        clusterExternalSecret("several", "shop/database", ["app-shop", "app-nowhere"]),
      ),
    },
    context: { visibilityBoundSeconds: "2", syncTimeoutSeconds: "20" },
  });
});

afterAll(() => relay?.stop(), 60_000);

const read = (name: string) => relay.cluster("tokyo").readSecret("app-shop", name);

describe("a second cdk deploy", () => {
  it("refuses a misspelt config and leaves everything as it is", async () => {
    await eventually(async () => expect(await read("changed")).toEqual({ password: secret("p") }), { timeoutMs: 60_000 });

    const misspelt = externalSecret("changed", "shop/database").replace("secretKey", "secretkey");

    await expect(relay.deploy({ "apps/shop.yaml": misspelt })).rejects.toThrow(/apps\/shop\.yaml:\d+:\d+/);
    expect(await read("removed")).toEqual({ password: secret("p") });
  });

  it("registers what changed, prunes what is gone, and moves a renamed target", async () => {
    for (const name of ["changed", "removed", "old-name", "orphan", "several"]) {
      await eventually(async () => expect([name, await read(name)]).toEqual([name, { password: secret("p") }]), { timeoutMs: 60_000 });
    }

    await relay.deploy({
      "apps/shop.yaml": yamlFile(
        externalSecret("changed", "shop/database", { property: "token" }),
        externalSecret("renamed", "shop/database", { target: "new-name" }),
        externalSecret("added", "shop/database"),
      ),
    });

    await eventually(
      async () => {
        expect(await read("changed")).toEqual({ password: secret("t") });
        expect(await read("new-name")).toEqual({ password: secret("p") });
        expect(await read("added")).toEqual({ password: secret("p") });
      },
      { timeoutMs: 60_000 },
    );
    // After the longest life of a worker: only then can no late write bring them back.
    await eventually(
      async () => {
        expect([await read("removed"), await read("old-name"), await read("several")]).toEqual([undefined, undefined, undefined]);
      },
      { timeoutMs: 180_000, intervalMs: 500 },
    );
    expect(await read("orphan")).toEqual({ password: secret("p") });
  }, 360_000);

  it("leaves no tombstone behind", async () => {
    await eventually(
      async () => {
        const { Items = [] } = await relay.clients.dynamodb.send(new ScanCommand({ TableName: relay.outputs["RegistryTableName"] }));
        expect(JSON.stringify(Items)).not.toContain("tombstone");
      },
      { timeoutMs: 60_000, intervalMs: 500 },
    );
  });
});

it("the functions did what they may, and needed the rights that are on record for these tests", async () => {
  await expectRights(relay, "e2e/config-change");
});
