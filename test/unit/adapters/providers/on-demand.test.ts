/** A provider that is loaded on demand: not before it is asked, and once. */
import { describe, expect, it } from "@jest/globals";
import { onDemand } from "../../../../src/adapters/providers/index.ts";
import type { Reference } from "../../../../src/core/model.ts";
import type { SecretProvider } from "../../../../src/core/ports.ts";

const reference: Reference = { provider: "ParameterStore", account: "1", region: "eu-west-1", key: "/a", version: "latest" };
const absent = { kind: "absent", versionId: "absent", createdAt: 0 } as const;

function counted() {
  let loads = 0;
  const provider: SecretProvider = {
    read: async () => absent,
    list: async () => ["/a"],
    readVersion: async (_, versionId) => ({ ...absent, createdAt: versionId.length }),
    currentVersions: async (references) => new Map(references.map(({ key }) => [key, { versionId: "1", createdAt: 0 }])),
  };
  const load = async () => {
    loads += 1;
    return provider;
  };
  return { loads: () => loads, provider: onDemand(load) };
}

describe("a provider on demand", () => {
  it("is not loaded by a question about nothing", async () => {
    const { loads, provider } = counted();

    expect((await provider.currentVersions([])).size).toBe(0);
    expect(loads()).toBe(0);
  });

  it("is loaded once, and answers everything", async () => {
    const { loads, provider } = counted();

    const [read, version, current] = await Promise.all([
      provider.read(reference),
      provider.readVersion(reference, "four"),
      provider.currentVersions([reference]),
      provider.list({ provider: "ParameterStore", account: "1", region: "eu-west-1", key: "" } as never),
    ]);

    expect(read).toEqual(absent);
    expect(version.createdAt).toBe(4);
    expect([...current.keys()]).toEqual(["/a"]);
    expect(loads()).toBe(1);
  });
});
