/** The proxy in front of a real API server passes the relay's own calls, records their answers, and breaks them when told. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { createCluster } from "../../../src/adapters/kubernetes/cluster.ts";
import { parseCredentials } from "../../../src/adapters/kubernetes/credentials.ts";
import { createHttpSend } from "../../../src/adapters/kubernetes/send.ts";
import type { Cluster, SecretManifest } from "../../../src/core/ports.ts";
import { SecretValue } from "../../../src/core/secret-value.ts";
import { applyObject } from "../../../src/local/kubernetes-api.ts";
import { eventually } from "../../support/eventually.ts";
import { type LocalCluster, startLocalCluster } from "../../support/local-cluster.ts";

let local: LocalCluster;
let relay: Cluster;

beforeAll(async () => {
  local = await startLocalCluster("tokyo", ["app-shop"]);
  const credentials = await parseCredentials(local.proxy.kubeconfig, "tokyo", { allowLoopback: true });
  relay = createCluster(createHttpSend(credentials, { concurrency: 4, requestsPerSecond: 500 }));
});
afterAll(() => local.stop(), 30_000);
beforeEach(async () => {
  if ((await local.getSecret("app-shop", "db")) !== undefined) await local.deleteByHand("app-shop", "db");
});

function manifest(password: string): SecretManifest {
  return { namespace: "app-shop", name: "db", labels: {}, annotations: {}, data: new Map([["password", new SecretValue(password)]]) };
}

function create(password: string): Promise<{ readonly kind: string }> {
  return relay.apply(manifest(password), "relay", { kind: "create" });
}

describe("startLocalCluster", () => {
  it("lets the relay write by way of the proxy, and records an answer without the value", async () => {
    const before = local.proxy.answers.length;
    const result = await create("canary-31c5");
    const held = await local.readSecret("app-shop", "db");

    expect(result.kind).toBe("written");
    expect(held).toEqual({ password: "canary-31c5" });
    const [answer, ...more] = local.proxy.answers.slice(before);
    expect(more).toEqual([]);
    expect(answer).toMatchObject({ status: 201, call: { method: "PATCH" } });
    expect(answer?.text).toContain("PartialObjectMetadata");
    expect(answer?.text).not.toContain("canary-31c5");
  });

  it("records a value where an answer holds one, so that its absence proves something", async () => {
    await local.editByHand("app-shop", "db", { password: "canary-77aa" });
    // What a careless client would do: patch, and take the whole object as the answer.
    await applyObject(local.proxy, { apiVersion: "v1", kind: "Secret", metadata: { namespace: "app-shop", name: "db" } });

    expect(local.proxy.answers.at(-1)?.text).toContain(Buffer.from("canary-77aa").toString("base64"));
  });

  it("gives what hands do: edits, other patches and deletions", async () => {
    await local.editByHand("app-shop", "db", { one: "1", two: "2" });
    await local.editByHand("app-shop", "db", { one: null, three: "3" });
    await local.patchByHand("app-shop", "db", { immutable: true });
    const held = await local.readSecret("app-shop", "db");
    const whole = await local.getSecret("app-shop", "db");
    await local.deleteByHand("app-shop", "db");

    expect(held).toEqual({ two: "2", three: "3" });
    expect(whole).toMatchObject({ immutable: true });
    expect(await local.readSecret("app-shop", "db")).toBeUndefined();
  });

  it.each([
    { name: "403", fault: { kind: "answer", status: 403, reason: "Forbidden" }, code: "Forbidden", isWritten: false },
    { name: "429", fault: { kind: "answer", status: 429 }, code: "ClusterThrottled", isWritten: false },
    { name: "a broken connection before the call", fault: { kind: "break before" }, code: "ClusterUnreachable", isWritten: false },
    { name: "a broken connection after the call", fault: { kind: "break after" }, code: "ClusterUnreachable", isWritten: true },
  ] as const)("plants $name", async ({ fault, code, isWritten }) => {
    local.proxy.fault = () => fault;
    const attempt = create("first");
    await expect(attempt).rejects.toMatchObject({ code });
    local.proxy.fault = undefined;

    expect((await local.readSecret("app-shop", "db")) !== undefined).toBe(isWritten);
  });

  it("is down when told, and up again on the same port", async () => {
    local.proxy.isDown = true;
    await expect(create("first")).rejects.toMatchObject({ code: "ClusterUnreachable" });
    local.proxy.isDown = false;

    expect(await create("first")).toMatchObject({ kind: "written" });
  });
});

describe("eventually", () => {
  it("gives the answer of the first look that does not fail", async () => {
    let looks = 0;
    const answer = await eventually(
      () => {
        looks += 1;
        if (looks < 3) throw new Error("not yet");
        return looks;
      },
      { intervalMs: 1 },
    );

    expect(answer).toBe(3);
  });

  it("says at its deadline what was wrong at the last look", async () => {
    const attempt = eventually(() => Promise.reject(new Error("still two of three")), { timeoutMs: 20, intervalMs: 5 });

    await expect(attempt).rejects.toThrow("not within 20 ms; at the last look: still two of three");
  });
});
