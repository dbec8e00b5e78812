/** Roles by the emulator's STS, and secrets that are read with what it gives: the requests as they go over the wire. */
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { STSClient } from "@aws-sdk/client-sts";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { createSecretsManager } from "../../../src/adapters/providers/secretsmanager.ts";
import { createSourceSessions } from "../../../src/adapters/providers/sessions.ts";
import type { SourceCredentials } from "../../../src/adapters/providers/source-credentials.ts";
import type { Reference } from "../../../src/core/model.ts";
import { SecretValue } from "../../../src/core/secret-value.ts";
import type { SourceAccess } from "../../../src/core/stores/access.ts";
import { startAws } from "../../support/local-parts.ts";

const ROLE = "arn:aws:iam::222222222222:role/reader";

let endpoint: string;
let region: string;
let own: SourceCredentials;
const used: (SourceCredentials | undefined)[] = [];

function world() {
  used.length = 0;
  const sessions = createSourceSessions({
    modules: { sts: () => import("../../../src/adapters/providers/sts.ts") },
    now: () => Date.now(),
    authReads: async () => ({
      secretKey: async ({ key }) => new SecretValue(key === "id" ? own.accessKeyId : own.secretAccessKey),
      serviceAccount: async () => ({ roleArn: ROLE }),
      serviceAccountToken: async () => new SecretValue("header.e30.signature"),
    }),
    connect: (at, credentials) => new STSClient({ endpoint, region: at, credentials: credentials ?? own }),
  });
  const provider = createSecretsManager((at, credentials) => {
    used.push(credentials);
    return new SecretsManagerClient({ endpoint, region: at, credentials: credentials ?? own });
  }, sessions);
  const read = async (access: SourceAccess | undefined, key: string) => {
    const reference: Reference = { provider: "SecretsManager", account: "", region, key, version: "stage/AWSCURRENT" };
    const answer = await provider.read(access === undefined ? reference : { ...reference, identity: access.id, access });
    return answer.kind === "present" ? answer.value.exposeText() : answer.kind;
  };
  return { read };
}

beforeAll(async () => {
  const aws = await startAws();
  ({ endpoint, region } = aws);
  own = { accessKeyId: aws.account, secretAccessKey: "test" };
  const client = new SecretsManagerClient({ endpoint, region, credentials: own });
  await client.send(new CreateSecretCommand({ Name: "of/own", SecretString: "own" }));
});

describe("sessions over the wire", () => {
  const roles = [{ arn: ROLE, externalId: "ours", tags: { team: "shop" }, transitiveTagKeys: ["team"] }];
  const byKeys = {
    kind: "secret",
    cluster: "tokyo",
    accessKeyId: { namespace: "app", name: "aws", key: "id" },
    secretAccessKey: { namespace: "app", name: "aws", key: "key" },
  } as const;

  it("assume a role with external id and tags, and read with its credentials", async () => {
    const { read } = world();

    await read({ id: "role", base: { kind: "function" }, roles }, "of/own");

    expect(used).toHaveLength(1);
    expect(used[0]?.accessKeyId).toMatch(/^ASIA/);
    expect(used[0]?.sessionToken).toBeTruthy();
  });

  it("exchange a service account's token for a role, and go on to another", async () => {
    const { read } = world();
    const base = { kind: "serviceAccount", cluster: "tokyo", namespace: "app", name: "irsa", audiences: [] } as const;

    await read({ id: "irsa", base, roles: [] }, "of/own");
    await read({ id: "irsa and role", base, roles }, "of/own");

    expect(used.map((one) => one?.accessKeyId.slice(0, 4))).toEqual(["ASIA", "ASIA"]);
    expect(used[0]?.accessKeyId).not.toBe(used[1]?.accessKeyId);
  });

  it("read with access keys, and by the function's own role without any", async () => {
    const { read } = world();

    expect(await read({ id: "keys", base: byKeys, roles: [] }, "of/own")).toBe("own");
    expect(await read(undefined, "of/own")).toBe("own");
    expect(used.map((one) => one?.accessKeyId)).toEqual([own.accessKeyId, undefined]);
  });
});
