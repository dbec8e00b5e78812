/** Credentials of stores: kept for their own identity, renewed in time, and never replaced by the function's own. */
import { AssumeRoleCommand } from "@aws-sdk/client-sts";
import { describe, expect, it } from "@jest/globals";
import { createSourceClients } from "../../../../src/adapters/providers/clients.ts";
import { createSourceSessions } from "../../../../src/adapters/providers/sessions.ts";
import type { SourceCredentials } from "../../../../src/adapters/providers/source-credentials.ts";
import { RelayError } from "../../../../src/core/errors.ts";
import { parseReferenceKey, type Reference, referenceKey } from "../../../../src/core/model.ts";
import { SecretValue } from "../../../../src/core/secret-value.ts";
import type { SourceAccess } from "../../../../src/core/stores/access.ts";

const HOUR = 3_600_000;
const role = (name: string) => `arn:aws:iam::222222222222:role/${name}`;
const byRole = (name: string, id = name): SourceAccess => ({ id, base: { kind: "function" }, roles: [{ arn: role(name) }] });
const byKeys: SourceAccess = {
  id: "keys",
  base: {
    kind: "secret",
    cluster: "tokyo",
    accessKeyId: { namespace: "app", name: "aws", key: "id" },
    secretAccessKey: { namespace: "app", name: "aws", key: "key" },
  },
  roles: [],
};
const reading = (access?: SourceAccess, region = "eu-west-1"): Reference => ({
  provider: "SecretsManager",
  account: "222222222222",
  region,
  key: "db",
  version: "stage/AWSCURRENT",
  ...(access === undefined ? {} : { identity: access.id, access }),
});

/** An STS that counts, fails as `fail` says, and gives credentials for an hour. */
function world() {
  const asked: string[] = [];
  const state = { now: 1_000_000, fail: undefined as string | undefined, keys: "AKIA1" };
  const sessions = createSourceSessions({
    modules: { sts: () => import("../../../../src/adapters/providers/sts.ts") },
    now: () => state.now,
    authReads: async () => ({
      secretKey: async ({ key }) => new SecretValue(key === "id" ? state.keys : "secret"),
      serviceAccount: async () => ({}),
      serviceAccountToken: async () => new SecretValue(""),
    }),
    connect: (region, by) =>
      ({
        async send(command: AssumeRoleCommand) {
          asked.push(`${region} ${by?.accessKeyId ?? "own"} ${command.input.RoleArn}`);
          if (state.fail !== undefined) throw Object.assign(new Error(`canary ${command.input.RoleArn}`), { name: state.fail });
          const AccessKeyId = `${command.input.RoleArn}#${asked.length}`;
          return { Credentials: { AccessKeyId, SecretAccessKey: "s", SessionToken: "t", Expiration: new Date(state.now + HOUR) } };
        },
      }) as never,
  });
  return { asked, state, sessions };
}

describe("source sessions", () => {
  it("assume a role once for an identity and region, and never share it with another identity", async () => {
    const { asked, sessions } = world();

    const [one, again] = await Promise.all([sessions.credentials(reading(byRole("a"))), sessions.credentials(reading(byRole("a")))]);
    const tagged = await sessions.credentials(reading(byRole("a", "tagged")));
    await sessions.credentials(reading(byRole("a"), "us-east-1"));

    expect(again).toBe(one);
    expect(tagged).not.toBe(one);
    expect(asked).toEqual([`eu-west-1 own ${role("a")}`, `eu-west-1 own ${role("a")}`, `us-east-1 own ${role("a")}`]);
  });

  it("renew what ends within five minutes", async () => {
    const { asked, state, sessions } = world();
    await sessions.credentials(reading(byRole("a")));

    state.now += HOUR - 6 * 60_000;
    await sessions.credentials(reading(byRole("a")));
    expect(asked).toHaveLength(1);

    state.now += 2 * 60_000;
    await sessions.credentials(reading(byRole("a")));
    expect(asked).toHaveLength(2);
  });

  it("keep no failure, and forget what a store refused", async () => {
    const { asked, state, sessions } = world();
    state.fail = "AccessDenied";
    await expect(sessions.credentials(reading(byRole("a")))).rejects.toMatchObject({ code: "RoleNotAssumed" });

    state.fail = undefined;
    await sessions.credentials(reading(byRole("a")));
    sessions.forget(reading(byRole("a")));
    await sessions.credentials(reading(byRole("a")));

    expect(asked).toHaveLength(3);
  });

  it("notice within a minute that access keys were exchanged in their Secret", async () => {
    const { state, sessions } = world();
    await sessions.credentials(reading(byKeys));
    state.keys = "AKIA2";

    expect((await sessions.credentials(reading(byKeys)))?.accessKeyId).toBe("AKIA1");
    state.now += 60_000;
    expect((await sessions.credentials(reading(byKeys)))?.accessKeyId).toBe("AKIA2");
  });

  it("give no credentials for the function's own role, and refuse a reference that lost its access", async () => {
    const { sessions } = world();

    expect(await sessions.credentials(reading())).toBeUndefined();
    const parsed = parseReferenceKey(referenceKey(reading(byRole("a"))));
    await expect(sessions.credentials(parsed)).rejects.toThrow("without its access");
  });

  it.each([
    { error: "AccessDenied", code: "RoleNotAssumed" },
    { error: "ExpiredTokenException", code: "RoleNotAssumed" },
    { error: "InvalidIdentityTokenException", code: "RoleNotAssumed" },
    { error: "IDPRejectedClaimException", code: "RoleNotAssumed" },
    { error: "InvalidClientTokenId", code: "RoleNotAssumed" },
    { error: "SignatureDoesNotMatch", code: "RoleNotAssumed" },
    { error: "RegionDisabledException", code: "RoleNotAssumed" },
    { error: "Throttling", code: "StoreThrottled" },
    { error: "IDPCommunicationErrorException", code: "StoreUnreachable" },
    { error: "TimeoutError", code: "StoreUnreachable" },
  ])("call STS's $error $code, without its text", async ({ error, code }) => {
    const { state, sessions } = world();
    state.fail = error;

    const failure = await sessions.credentials(reading(byRole("a"))).catch((caught: unknown) => caught);

    expect(failure).toMatchObject({ code, subject: role("a"), remote: { service: "sts", operation: "AssumeRole", reason: error } });
    expect((failure as RelayError).message).not.toContain("canary");
  });
});

describe("source clients", () => {
  it("hold one identity's credentials each, and are made anew when those are renewed", async () => {
    const { sessions } = world();
    const made: (SourceCredentials | undefined)[] = [];
    const clients = createSourceClients((_region, credentials) => made.push(credentials), sessions);

    const own = await clients.of(reading());
    const a = await clients.of(reading(byRole("a")));
    const b = await clients.of(reading(byRole("b")));
    expect(await clients.of(reading(byRole("a")))).toBe(a);
    expect(new Set([own, a, b]).size).toBe(3);
    expect(made.map((one) => one?.accessKeyId)).toEqual([undefined, `${role("a")}#1`, `${role("b")}#2`]);

    clients.refused(reading(byRole("a")));
    expect(await clients.of(reading(byRole("a")))).not.toBe(a);
  });

  it("refuse a reference with an identity where there are no sessions", async () => {
    const clients = createSourceClients(() => "client");

    await expect(clients.of(reading(byRole("a")))).rejects.toThrow("no sessions");
    await expect(clients.of(reading())).resolves.toBe("client");
  });
});
