/** The end-to-end tests' own harness: the relay is deployed, its parts are reached, and what it does is seen. */

import { PutSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { namedCanaries } from "../support/canary/canary.ts";
import { createScanner } from "../support/canary/scanner.ts";
import { type DeployedRelay, startDeployedRelay } from "../support/deployed-relay.ts";
import { eventually } from "../support/eventually.ts";

const secret = namedCanaries();
let relay: DeployedRelay;

beforeAll(async () => {
  relay = await startDeployedRelay({
    clusters: ["tokyo"],
    secrets: { "shop/database": JSON.stringify({ password: secret("1") }) },
    config: {
      "apps/database.yaml": `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: { name: database, namespace: app-shop }
spec:
  secretStoreRef: { name: aws, kind: ClusterSecretStore }
  target: { name: database }
  data: [{ secretKey: password, remoteRef: { key: shop/database, property: password } }]
`,
    },
  });
});
afterAll(() => relay.stop(), 60_000);

describe("startDeployedRelay", () => {
  it("deploys a relay whose writes, calls, events and logs are all seen, and none but the target holds the value", async () => {
    const tokyo = relay.cluster("tokyo");
    const holds = (password: string) => async (): Promise<void> => {
      expect(await tokyo.readSecret("app-shop", "database")).toEqual({ password });
    };
    await eventually(holds(secret("1")));
    const SecretString = JSON.stringify({ password: secret("2") });
    await relay.clients.secretsManager.send(new PutSecretValueCommand({ SecretId: "shop/database", SecretString }));
    await eventually(holds(secret("2")));
    const events = await eventually(async () => {
      const seen = await relay.events();
      expect(seen.map((event) => event["detail-type"])).toContain("Secret Propagated");
      return seen;
    });
    const logs = await relay.logs();

    expect(tokyo.proxy.answers.some(({ call }) => call.method === "PATCH")).toBe(true);
    expect(relay.awsProxy.calls.some(({ operation }) => operation === "GetSecretValue")).toBe(true);
    expect(logs).not.toBe("");
    const seen = [logs, JSON.stringify(events), ...tokyo.proxy.answers.map(({ text }) => text)].join("\n");
    const scan = createScanner(["1", "2"].map((name) => ({ label: name, value: Buffer.from(secret(name)) })));
    expect(scan(Buffer.from(seen))).toEqual([]);
    expect(await relay.queueLength("SyncDeadLetterQueueUrl")).toBe(0);
  });

  it("invokes a function and gives its failure", async () => {
    await expect(relay.invoke("Reconcile", {})).resolves.not.toThrow();
  });
});
