/** The Secrets Manager provider against the emulator: values, versions, and what counts as a proven absence. */
import { CreateSecretCommand, DeleteSecretCommand, PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { createSecretsManager } from "../../../src/adapters/providers/secretsmanager.ts";
import { startAws } from "../../support/local-parts.ts";

describe("secrets manager provider", () => {
  let client: SecretsManagerClient;
  const reference = (key: string, version = "stage/AWSCURRENT") =>
    ({ provider: "SecretsManager", account: "000000000000", region: "us-east-1", key, version }) as const;
  const provider = () => createSecretsManager(() => client);
  const text = (answer: Awaited<ReturnType<ReturnType<typeof provider>["read"]>>) =>
    answer.kind === "present" ? answer.value.exposeText() : answer.kind;

  beforeAll(async () => {
    const { endpoint, region, account } = await startAws();
    client = new SecretsManagerClient({ endpoint, region, credentials: { accessKeyId: account, secretAccessKey: "test" } });
  }, 60_000);

  it("reads the current version by name and by ARN, and an older one by stage and by id", async () => {
    const { ARN, VersionId } = await client.send(new CreateSecretCommand({ Name: "read", SecretString: "one" }));
    await client.send(new PutSecretValueCommand({ SecretId: "read", SecretString: "two" }));

    expect(text(await provider().read(reference("read")))).toBe("two");
    expect(text(await provider().read(reference(ARN ?? "")))).toBe("two");
    expect(text(await provider().read(reference("read", "stage/AWSPREVIOUS")))).toBe("one");
    expect(text(await provider().readVersion(reference("read"), VersionId ?? ""))).toBe("one");
  });

  it("answers absent for a secret that is not there or is marked for deletion", async () => {
    await client.send(new CreateSecretCommand({ Name: "gone", SecretString: "one" }));
    await client.send(new DeleteSecretCommand({ SecretId: "gone", RecoveryWindowInDays: 7 }));

    expect(await provider().read(reference("never"))).toEqual({ kind: "absent", versionId: "absent", createdAt: 0 });
    expect(await provider().read(reference("gone"))).toMatchObject({ kind: "absent", versionId: "absent" });
  });

  it("throws VersionMissing for a stage that a living secret does not have", async () => {
    await client.send(new CreateSecretCommand({ Name: "staged", SecretString: "one" }));

    await expect(provider().read(reference("staged", "stage/NONE"))).rejects.toMatchObject({ code: "VersionMissing" });
  });
});
