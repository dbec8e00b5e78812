/** Faults of the store, of a cluster and of the relay itself: nothing older is written, nothing is lost, and one delays no other. */
import { DescribeSecretCommand, PutSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { namedCanaries } from "../support/canary/canary.ts";
import { type DeployedRelay, expectRights, startDeployedRelay } from "../support/deployed-relay.ts";
import { eventually } from "../support/eventually.ts";
import { functionProcesses } from "../support/function-processes.ts";
import { externalSecret, password } from "./manifests.ts";

const CLUSTERS = ["tokyo", "virginia"];
const KEY = "shop/database";
const CONFIG = { "apps/shop.yaml": externalSecret("database", KEY) };

const secret = namedCanaries();
let relay: DeployedRelay;
let made = 0;

beforeAll(async () => {
  relay = await startDeployedRelay({
    clusters: CLUSTERS,
    secrets: { [KEY]: password(secret("first")) },
    config: CONFIG,
    context: { visibilityBoundSeconds: "5" },
  });
  await expectIn(CLUSTERS, secret("first"), 60_000);
});

afterEach(() => {
  relay.awsProxy.fault = undefined;
  for (const name of CLUSTERS) {
    const { proxy } = relay.cluster(name);
    proxy.fault = undefined;
    proxy.afterAnswer = undefined;
    proxy.isDown = false;
  }
});

afterAll(() => relay?.stop(), 60_000);

const read = (cluster: string) => relay.cluster(cluster).readSecret("app-shop", "database");

async function rotate(): Promise<{ readonly value: string; readonly versionId: string }> {
  made += 1;
  const value = secret(`rotated-${made}`);
  const { VersionId = "" } = await relay.clients.secretsManager.send(
    new PutSecretValueCommand({ SecretId: KEY, SecretString: password(value) }),
  );
  return { value, versionId: VersionId };
}

async function currentVersion(): Promise<string> {
  const { VersionIdsToStages = {} } = await relay.clients.secretsManager.send(new DescribeSecretCommand({ SecretId: KEY }));
  return Object.entries(VersionIdsToStages).find(([, stages]) => stages.includes("AWSCURRENT"))?.[0] ?? "";
}

async function expectIn(clusters: readonly string[], value: string, timeoutMs = 90_000): Promise<void> {
  await eventually(
    async () => {
      for (const name of clusters) expect([name, await read(name)]).toEqual([name, { password: value }]);
    },
    { timeoutMs, intervalMs: 100 },
  );
}

const isRead = (call: { readonly operation: string; readonly input: Readonly<Record<string, unknown>> }) =>
  call.operation === "GetSecretValue" && call.input["SecretId"] === KEY;

describe("the store", () => {
  it("shows the old version for a while after its event: the new one arrives when it shows", async () => {
    const old = await currentVersion();
    const laggingUntil = Date.now() + 3_000;
    let lagged = 0;
    relay.awsProxy.fault = (call) => {
      if (!isRead(call) || call.input["VersionStage"] !== "AWSCURRENT" || Date.now() > laggingUntil) return undefined;
      lagged += 1;
      return { kind: "rewrite", input: { SecretId: KEY, VersionId: old } };
    };

    const { value } = await rotate();

    await expectIn(CLUSTERS, value);
    expect(lagged).toBeGreaterThan(0);
  });

  it("denies access: the targets stay as they are, and the failure names the cause", async () => {
    const before = await read("tokyo");
    relay.awsProxy.fault = (call) => (isRead(call) ? { kind: "error", status: 400, name: "AccessDeniedException" } : undefined);

    const { value } = await rotate();

    await eventually(async () => {
      const failed = (await relay.events()).filter((event) => event["detail-type"] === "Secret Sync Failed");
      expect(JSON.stringify(failed)).toContain("AccessDenied");
    });
    expect(await read("tokyo")).toEqual(before);
    expect(await read("virginia")).toEqual(before);
    relay.awsProxy.fault = undefined;
    const next = await rotate();
    expect(next.value).not.toBe(value);
    await expectIn(CLUSTERS, next.value);
  });

  it("throttles: the change is not lost, and arrives when it no longer does", async () => {
    const throttledUntil = Date.now() + 4_000;
    relay.awsProxy.fault = (call) =>
      isRead(call) && Date.now() < throttledUntil ? { kind: "error", status: 400, name: "ThrottlingException" } : undefined;

    const { value } = await rotate();

    await expectIn(CLUSTERS, value);
  });
});

describe("a cluster", () => {
  it("is down while another is up: the other is on time, and the first catches up by itself", async () => {
    relay.cluster("tokyo").proxy.isDown = true;

    const { value } = await rotate();

    await expectIn(["virginia"], value, 20_000);
    expect(await read("tokyo")).not.toEqual({ password: value });
    relay.cluster("tokyo").proxy.isDown = false;
    await expectIn(["tokyo"], value, 120_000);
  });

  it("answers an apply into a connection that breaks: the relay finds out what it wrote", async () => {
    let broken = 0;
    relay.cluster("tokyo").proxy.fault = ({ method, path }) => {
      if (method !== "PATCH" || path.includes("dryRun") || broken > 0) return undefined;
      broken += 1;
      return { kind: "break after" };
    };

    const { value } = await rotate();

    await expectIn(CLUSTERS, value);
    expect(broken).toBe(1);
    const next = await rotate();
    await expectIn(CLUSTERS, next.value);
  });
});

describe("a function", () => {
  it("dies after the apply and before the record: the next one finds the write, and nothing is lost", async () => {
    // The emulator's bus hands an event to a function once, where Lambda would try twice more: so it is reconcile that must find the loss.
    await relay.deploy(CONFIG, { driftIntervalMinutes: "1" });
    await expectIn(CLUSTERS, (await rotate()).value);
    let killed = 0;
    relay.cluster("tokyo").proxy.afterAnswer = ({ call, status }) => {
      if (killed > 0 || call.method !== "PATCH" || call.path.includes("dryRun") || status > 299) return;
      for (const pid of functionProcesses(relay.aws.pid)) {
        process.kill(pid, "SIGKILL");
        killed += 1;
      }
    };

    const { value } = await rotate();

    await expectIn(CLUSTERS, value, 150_000);
    expect(killed).toBeGreaterThan(0);
    const next = await rotate();
    await expectIn(CLUSTERS, next.value, 150_000);
  }, 360_000);
});

it("the functions did what they may, and needed the rights that are on record for these tests", async () => {
  await expectRights(relay, "e2e/faults");
});
