/** What is asked of an API server for a store's auth, and what its answers become; never its own words. */
import { describe, expect, it } from "@jest/globals";
import { createAuthReads } from "../../../../src/adapters/kubernetes/auth-reads.ts";
import { type HttpAnswer, type HttpCall, METADATA_ONLY } from "../../../../src/adapters/kubernetes/http.ts";
import { isRelayError } from "../../../../src/core/errors.ts";

const CANARY = "canary-93f1";
const ACCOUNT = { namespace: "app", name: "irsa" };
const KEY = { namespace: "app", name: "aws", key: "id" };

function world(answer: HttpAnswer) {
  const calls: HttpCall[] = [];
  const reads = createAuthReads(async (call) => {
    calls.push(call);
    return answer;
  });
  return { calls, reads };
}

describe("auth reads", () => {
  it("get one named Secret, and decode one key of it", async () => {
    const { calls, reads } = world({ status: 200, body: { data: { id: "QUtJQQ==" } } });

    expect((await reads.secretKey(KEY)).exposeText()).toBe("AKIA");
    expect(calls.map(({ method, path }) => `${method} ${path}`)).toEqual(["GET /api/v1/namespaces/app/secrets/aws"]);
  });

  it("read a service account by metadata only", async () => {
    const annotations = { "eks.amazonaws.com/role-arn": "arn:aws:iam::222222222222:role/r", "eks.amazonaws.com/audience": "sts.example" };
    const { calls, reads } = world({ status: 200, body: { metadata: { annotations } } });

    expect(await reads.serviceAccount(ACCOUNT)).toEqual({ roleArn: "arn:aws:iam::222222222222:role/r", audience: "sts.example" });
    expect(calls).toMatchObject([{ method: "GET", path: "/api/v1/namespaces/app/serviceaccounts/irsa", accept: METADATA_ONLY }]);
  });

  it("ask for a token of its service account, for these audiences", async () => {
    const { calls, reads } = world({ status: 201, body: { status: { token: "t.o.k" } } });

    expect((await reads.serviceAccountToken(ACCOUNT, ["sts.amazonaws.com"])).exposeText()).toBe("t.o.k");
    expect(calls).toMatchObject([{ method: "POST", path: "/api/v1/namespaces/app/serviceaccounts/irsa/token" }]);
    expect(JSON.parse(calls[0]?.body ?? "")).toMatchObject({
      kind: "TokenRequest",
      spec: { audiences: ["sts.amazonaws.com"], expirationSeconds: 600 },
    });
  });

  it.each([
    { name: "no such Secret", answer: { status: 404, body: { message: CANARY } }, code: "StoreAuthMissing" },
    { name: "no such key", answer: { status: 200, body: { data: { other: CANARY } } }, code: "StoreAuthMissing" },
    { name: "an inherited name as a key", answer: { status: 200, body: { data: {} } }, code: "StoreAuthMissing", key: "constructor" },
    { name: "no right", answer: { status: 403, body: { message: CANARY, reason: "Forbidden" } }, code: "StoreAuthForbidden" },
    { name: "refused credentials", answer: { status: 401, body: { message: CANARY } }, code: "ClusterUnauthorized" },
    { name: "a busy server", answer: { status: 429, body: { message: CANARY } }, code: "ClusterThrottled" },
    { name: "a broken server", answer: { status: 500, body: { message: CANARY } }, code: "ClusterUnreachable" },
  ])("call $name $code", async ({ answer, code, key = "id" }) => {
    const { reads } = world(answer);

    const failure = await reads.secretKey({ ...KEY, key }).catch((error: unknown) => error);

    expect(isRelayError(failure) && failure.code).toBe(code);
    expect(String(failure)).not.toContain(CANARY);
  });
});
