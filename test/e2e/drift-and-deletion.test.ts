/** Targets that somebody edits or deletes are put right, and the end of a source does to each target what its deletionPolicy says. */
import { DeleteSecretCommand } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { namedCanaries } from "../support/canary/canary.ts";
import { type DeployedRelay, expectRights, startDeployedRelay } from "../support/deployed-relay.ts";
import { eventually } from "../support/eventually.ts";
import { externalSecret, password, yamlFile } from "./manifests.ts";

const secret = namedCanaries();
let relay: DeployedRelay;

beforeAll(async () => {
  relay = await startDeployedRelay({
    clusters: ["tokyo"],
    secrets: { "shop/database": password(secret("right")), "shop/doomed": password(secret("last")) },
    config: {
      "apps/drift.yaml": yamlFile(
        externalSecret("edited", "shop/database"),
        externalSecret("deleted", "shop/database"),
        externalSecret("replaced", "shop/database"),
      ),
      "apps/doomed.yaml": yamlFile(
        externalSecret("retained", "shop/doomed", { deletionPolicy: "Retain" }),
        externalSecret("removed", "shop/doomed", { deletionPolicy: "Delete" }),
        externalSecret("emptied", "shop/doomed", { deletionPolicy: "Merge", creationPolicy: "CreateOrMerge" }),
      ),
    },
    context: { visibilityBoundSeconds: "2", driftIntervalMinutes: "1" },
  });
});

afterAll(() => relay?.stop(), 60_000);

const read = (name: string) => relay.cluster("tokyo").readSecret("app-shop", name);

describe("a target", () => {
  it("is put right after it was edited, deleted, or deleted and made again by hand", async () => {
    const tokyo = relay.cluster("tokyo");
    const names = ["edited", "deleted", "replaced"];
    const expectRight = async (timeoutMs: number): Promise<void> => {
      await eventually(
        async () => {
          for (const name of names) expect([name, await read(name)]).toEqual([name, { password: secret("right") }]);
        },
        { timeoutMs, intervalMs: 500 },
      );
    };
    await expectRight(60_000);

    await tokyo.editByHand("app-shop", "edited", { password: "wrong", extra: "key" });
    await tokyo.deleteByHand("app-shop", "deleted");
    await tokyo.deleteByHand("app-shop", "replaced");
    await tokyo.editByHand("app-shop", "replaced", { password: "mine" });

    // By the schedule alone: the drift interval, and the schedule's own minute.
    await expectRight(200_000);
  });

  it("is retained, deleted or emptied when its source is deleted, by its deletionPolicy", async () => {
    const tokyo = relay.cluster("tokyo");
    await eventually(async () => expect(await read("emptied")).toEqual({ password: secret("last") }), { timeoutMs: 30_000 });
    await tokyo.editByHand("app-shop", "emptied", { others: "kept" });

    await relay.clients.secretsManager.send(new DeleteSecretCommand({ SecretId: "shop/doomed", ForceDeleteWithoutRecovery: true }));

    await eventually(
      async () => {
        expect(await read("removed")).toBeUndefined();
        expect(await read("emptied")).toEqual({ others: "kept" });
      },
      { timeoutMs: 200_000, intervalMs: 500 },
    );
    expect(await read("retained")).toEqual({ password: secret("last") });
    // Each has a due time of its own, so this one may come a schedule later than the other two.
    await eventually(
      async () => {
        const failed = (await relay.events()).filter((event) => event["detail-type"] === "Secret Sync Failed");
        expect(JSON.stringify(failed)).toContain("SecretNotFound");
      },
      { timeoutMs: 200_000, intervalMs: 500 },
    );
    expect(await read("retained")).toEqual({ password: secret("last") });
  }, 500_000);
});

it("the functions did what they may, and needed the rights that are on record for these tests", async () => {
  await expectRights(relay, "e2e/drift-and-deletion");
});
