/** The Parameter Store provider against the emulator: the port's contract by a label, which can move back, and what is Parameter Store's own. */
import {
  AddTagsToResourceCommand,
  DeleteParameterCommand,
  GetParameterCommand,
  GetParametersCommand,
  LabelParameterVersionCommand,
  PutParameterCommand,
  type SSMClient,
} from "@aws-sdk/client-ssm";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { createParameterStore } from "../../../src/adapters/providers/parameterstore.ts";
import { referenceKey } from "../../../src/core/model.ts";
import { describeProvider } from "../../contract/provider.ts";
import { startAws } from "../../support/local-parts.ts";
import { createParameterClient } from "../../support/parameter-selectors.ts";

const reference = (key: string, version = "latest") =>
  ({ provider: "ParameterStore", account: "000000000000", region: "us-east-1", key, version }) as const;

async function connect(): Promise<SSMClient> {
  const { endpoint, region, account } = await startAws();
  return createParameterClient({ endpoint, region, credentials: { accessKeyId: account, secretAccessKey: "test" } });
}

async function put(client: SSMClient, Name: string, Value: string): Promise<number> {
  const { Version = 0 } = await client.send(new PutParameterCommand({ Name, Value, Type: "SecureString", Overwrite: true }));
  return Version;
}

describeProvider("Parameter Store", async () => {
  const client = await connect();
  const provider = createParameterStore(() => client);
  const label = (Name: string, ParameterVersion: number) =>
    client.send(new LabelParameterVersionCommand({ Name, ParameterVersion, Labels: ["live"] }));
  const live = (key: string) => reference(`/${key}`, "label/live");
  return {
    provider,
    showsAllTags: true,
    // It tells no moment of a deletion, so that no clock matters.
    behind: provider,
    reference: live,
    async put(key, value) {
      await label(`/${key}`, await put(client, `/${key}`, value));
      return (await provider.read(live(key))).versionId;
    },
    async moveTo(key, versionId) {
      await label(`/${key}`, Number(versionId.split(".")[0]));
    },
    async remove(key) {
      await client.send(new DeleteParameterCommand({ Name: `/${key}` }));
    },
    async tag(key, tags) {
      const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
      await client.send(new AddTagsToResourceCommand({ ResourceType: "Parameter", ResourceId: `/${key}`, Tags }));
    },
  };
});

describe("parameter store provider", () => {
  let client: SSMClient;
  const provider = () => createParameterStore(() => client);
  const text = (answer: Awaited<ReturnType<ReturnType<typeof provider>["read"]>>) =>
    answer.kind === "present" ? answer.value.exposeText() : answer.kind;

  beforeAll(async () => {
    client = await connect();
  });

  it("reads the latest version decrypted, and others by number and by label", async () => {
    await put(client, "/read", "one");
    await put(client, "/read", "two");
    await client.send(new LabelParameterVersionCommand({ Name: "/read", ParameterVersion: 1, Labels: ["old"] }));

    expect(text(await provider().read(reference("/read")))).toBe("two");
    expect(text(await provider().read(reference("/read", "id/1")))).toBe("one");
    expect(text(await provider().read(reference("/read", "label/old")))).toBe("one");
  });

  it("takes the first version of a parameter that was made again for another one", async () => {
    await put(client, "/again", "one");
    const before = await provider().read(reference("/again"));
    await client.send(new DeleteParameterCommand({ Name: "/again" }));
    await put(client, "/again", "other");

    const after = await provider().read(reference("/again"));

    expect([text(after), after.versionId === before.versionId]).toEqual(["other", false]);
    await expect(provider().readVersion(reference("/again"), before.versionId)).rejects.toMatchObject({ code: "VersionMissing" });
  });

  it("throws VersionMissing for a number and for a label that a living parameter does not have", async () => {
    await put(client, "/missing", "one");

    for (const version of ["id/7", "label/none"]) {
      await expect(provider().read(reference("/missing", version))).rejects.toMatchObject({ code: "VersionMissing" });
    }
  });

  it("reads tags as a value", async () => {
    await put(client, "/tagged", "one");
    const Tags = [{ Key: "team", Value: "shop" }];
    await client.send(new AddTagsToResourceCommand({ ResourceType: "Parameter", ResourceId: "/tagged", Tags }));

    const answer = await provider().read(reference("/tagged", "tags"));

    expect(text(answer)).toBe('{"team":"shop"}');
    expect(text(await provider().readVersion(reference("/tagged", "tags"), answer.versionId))).toBe('{"team":"shop"}');
    expect(text(await provider().read(reference("/gone", "tags")))).toBe("absent");
  });

  it("asks for ten parameters in one call, without their values, and for what is gone one by one", async () => {
    const names = Array.from({ length: 11 }, (_, index) => `/many/${index}`);
    for (const name of names) await put(client, name, name);
    const sent: string[] = [];
    client.middlewareStack.add(
      (next, { commandName = "" }) =>
        async (args) => {
          sent.push(commandName);
          return next(args);
        },
      { step: "initialize", name: "record" },
    );

    const shown = await provider().currentVersions([...names, "/none"].map((name) => reference(name)));

    client.middlewareStack.remove("record");
    expect(sent.filter((name) => name === GetParametersCommand.name)).toHaveLength(2);
    expect(sent.filter((name) => name === GetParameterCommand.name)).toHaveLength(1);
    expect(shown.get(referenceKey(reference("/many/3")))?.versionId).toMatch(/^1\.\d+$/);
    expect(shown.get(referenceKey(reference("/none")))?.versionId).toBe("absent");
  });
});
