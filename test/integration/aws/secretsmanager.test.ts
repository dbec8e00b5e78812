/** The Secrets Manager provider against the emulator: the port's contract, and what is Secrets Manager's own. */
import {
  BatchGetSecretValueCommand,
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  TagResourceCommand,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { createSecretsManager } from "../../../src/adapters/providers/secretsmanager.ts";
import { referenceKey } from "../../../src/core/model.ts";
import { describeProvider } from "../../contract/provider.ts";
import { startAws } from "../../support/local-parts.ts";

const reference = (key: string, version = "stage/AWSCURRENT") =>
  ({ provider: "SecretsManager", account: "000000000000", region: "us-east-1", key, version }) as const;

async function connect(): Promise<SecretsManagerClient> {
  const { endpoint, region, account } = await startAws();
  return new SecretsManagerClient({ endpoint, region, credentials: { accessKeyId: account, secretAccessKey: "test" } });
}

describeProvider("Secrets Manager", async () => {
  const client = await connect();
  return {
    provider: createSecretsManager(() => client),
    behind: createSecretsManager(
      () => client,
      undefined,
      () => Date.now() - 3_600_000,
    ),
    reference: (key) => reference(key),
    async put(key, value) {
      try {
        return (await client.send(new PutSecretValueCommand({ SecretId: key, SecretString: value }))).VersionId ?? "";
      } catch {
        // It is not there yet.
        return (await client.send(new CreateSecretCommand({ Name: key, SecretString: value }))).VersionId ?? "";
      }
    },
    async moveTo(key, versionId) {
      const { VersionIdsToStages = {} } = await client.send(new DescribeSecretCommand({ SecretId: key }));
      const from = Object.entries(VersionIdsToStages).find(([, stages]) => stages.includes("AWSCURRENT"))?.[0];
      const move = { SecretId: key, VersionStage: "AWSCURRENT", MoveToVersionId: versionId, RemoveFromVersionId: from };
      await client.send(new UpdateSecretVersionStageCommand(move));
    },
    async remove(key) {
      await client.send(new DeleteSecretCommand({ SecretId: key, RecoveryWindowInDays: 7 }));
    },
    async tag(key, tags) {
      const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
      await client.send(new TagResourceCommand({ SecretId: key, Tags }));
    },
  };
});

describe("secrets manager provider", () => {
  let client: SecretsManagerClient;
  const provider = () => createSecretsManager(() => client);
  const text = (answer: Awaited<ReturnType<ReturnType<typeof provider>["read"]>>) =>
    answer.kind === "present" ? answer.value.exposeText() : answer.kind;

  beforeAll(async () => {
    client = await connect();
  });

  /** Names of the commands that are sent while `act` runs; `deny` makes one of them fail. */
  async function commandsOf(act: () => Promise<unknown>, deny?: string): Promise<readonly string[]> {
    const sent: string[] = [];
    client.middlewareStack.add(
      (next, { commandName = "" }) =>
        async (args) => {
          sent.push(commandName);
          if (commandName === deny) throw Object.assign(new Error("denied"), { name: "AccessDeniedException" });
          return next(args);
        },
      { step: "initialize", name: "record" },
    );
    try {
      await act();
    } finally {
      client.middlewareStack.remove("record");
    }
    return sent;
  }

  it("reads the current version by name and by ARN, and the one before by its stage", async () => {
    const { ARN } = await client.send(new CreateSecretCommand({ Name: "read", SecretString: "one" }));
    await client.send(new PutSecretValueCommand({ SecretId: "read", SecretString: "two" }));

    expect(text(await provider().read(reference("read")))).toBe("two");
    expect(text(await provider().read(reference(ARN ?? "")))).toBe("two");
    expect(text(await provider().read(reference("read", "stage/AWSPREVIOUS")))).toBe("one");
  });

  it("throws VersionMissing for a stage that a living secret does not have", async () => {
    await client.send(new CreateSecretCommand({ Name: "staged", SecretString: "one" }));

    await expect(provider().read(reference("staged", "stage/NONE"))).rejects.toMatchObject({ code: "VersionMissing" });
  });

  it("asks for twenty secrets in one call, by any spelling, and for other stages one by one", async () => {
    const names = Array.from({ length: 21 }, (_, index) => `many/${index}`);
    const made = await Promise.all(names.map((Name) => client.send(new CreateSecretCommand({ Name, SecretString: Name }))));
    const arn = made[0]?.ARN ?? "";
    const wanted = [...names.map((name) => reference(name)), reference(arn), reference("many/1", `id/${made[1]?.VersionId}`)];
    let shown: ReadonlyMap<string, { readonly versionId: string }> = new Map();

    const sent = await commandsOf(async () => {
      shown = await provider().currentVersions(wanted);
    });

    expect(sent).toEqual([BatchGetSecretValueCommand.name, BatchGetSecretValueCommand.name, GetSecretValueCommand.name]);
    expect(shown.size).toBe(23);
    expect(shown.get(referenceKey(reference(arn)))?.versionId).toBe(made[0]?.VersionId);
  });

  it("asks one by one where it may not ask by batch", async () => {
    await client.send(new CreateSecretCommand({ Name: "alone", SecretString: "one" }));
    let shown: ReadonlyMap<string, unknown> = new Map();

    const sent = await commandsOf(async () => {
      shown = await provider().currentVersions([reference("alone")]);
    }, BatchGetSecretValueCommand.name);

    expect(sent).toEqual([BatchGetSecretValueCommand.name, GetSecretValueCommand.name]);
    expect([...shown.keys()]).toEqual([referenceKey(reference("alone"))]);
  });
});
