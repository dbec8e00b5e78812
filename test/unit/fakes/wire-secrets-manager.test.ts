/** The store in memory behind Secrets Manager's wire format keeps the contract of the port too, by the real provider and SDK client. */
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { createSecretsManager } from "../../../src/adapters/providers/secretsmanager.ts";
import { describeProvider } from "../../contract/provider.ts";
import { createMemorySource } from "../../support/fakes/memory-source.ts";
import { secretsManagerOver } from "../../support/wire/secrets-manager.ts";
import { clientFor } from "../../support/wire/service.ts";

describeProvider("Secrets Manager's wire format over the source in memory", async () => {
  let made = 0;
  const now = () => 1_800_000_000_000 + made;
  const source = createMemorySource({ now });
  const client = new SecretsManagerClient(
    clientFor(secretsManagerOver(source), {
      mistake: (error) => {
        throw error;
      },
    }),
  );
  return {
    provider: createSecretsManager(() => client, undefined, now),
    behind: createSecretsManager(
      () => client,
      undefined,
      () => now() - 3_600_000,
    ),
    reference: (key) => ({ provider: "SecretsManager", account: "111122223333", region: "eu-west-1", key, version: "stage/AWSCURRENT" }),
    put: async (key, value) => {
      made += 1;
      source.put(key, `v${made}`, value);
      return `v${made}`;
    },
    moveTo: async (key, versionId) => source.moveTo(key, versionId),
    remove: async (key) => source.remove(key),
    tag: async (key, tags) => source.tag(key, tags),
  };
});
