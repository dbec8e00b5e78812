/** The source in memory keeps the contract of the port, so that tests of use cases may trust it. */
import { describeProvider } from "../../contract/provider.ts";
import { createMemorySource } from "../../support/fakes/memory-source.ts";

describeProvider("memory", async () => {
  let made = 0;
  const now = () => 1_800_000_000_000 + made;
  const provider = createMemorySource({ now });
  return {
    provider,
    behind: provider.seenBy({ now: () => now() - 3_600_000 }),
    reference: (key) => ({ provider: "SecretsManager", account: "000000000000", region: "us-east-1", key, version: "stage/AWSCURRENT" }),
    put: async (key, value) => {
      made += 1;
      provider.put(key, `v${made}`, value);
      return `v${made}`;
    },
    moveTo: async (key, versionId) => provider.moveTo(key, versionId),
    remove: async (key) => provider.remove(key),
    tag: async (key, tags) => provider.tag(key, tags),
  };
});
