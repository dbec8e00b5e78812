/** The closed map of providers: each reference is read by the one that its store names. */
import type { ProviderKind, Reference, ReferenceKey } from "../../core/model.ts";
import type { SecretProvider } from "../../core/ports.ts";
import { type ClientOptions, clientOptions } from "../../core/remote-calls.ts";
import { createParameterStore, parameterStoreClients } from "./parameterstore.ts";
import { createSecretsManager, secretsManagerClients } from "./secretsmanager.ts";
import { createSourceSessions, type SessionDeps, stsClients } from "./sessions.ts";

export interface ProviderDeps extends Pick<SessionDeps, "authReads" | "now"> {
  /** Of every client of AWS. @default - those of a deployment */
  readonly options?: ((region: string) => ClientOptions) | undefined;
}

/** One provider for all stores. */
export function createProviders({ authReads, now, options = clientOptions }: ProviderDeps): SecretProvider {
  const sessions = createSourceSessions({ authReads, now, connect: stsClients(options) });
  return byKind({
    SecretsManager: createSecretsManager(secretsManagerClients(options), sessions, now),
    ParameterStore: createParameterStore(parameterStoreClients(options), sessions),
  });
}

/** Hands each reference to the provider of its kind. */
function byKind(providers: Readonly<Record<ProviderKind, SecretProvider>>): SecretProvider {
  const of = ({ provider }: Reference): SecretProvider => providers[provider];
  return {
    read: (reference) => of(reference).read(reference),
    readVersion: (reference, versionId) => of(reference).readVersion(reference, versionId),
    async currentVersions(references) {
      const kinds = [...Map.groupBy(references, ({ provider }) => provider)];
      // A store that fails as a whole leaves out its own references only.
      const answers = await Promise.all(kinds.map(([kind, ofKind]) => providers[kind].currentVersions(ofKind)));
      return new Map(answers.flatMap((shown) => [...shown] as [ReferenceKey, { versionId: string; createdAt: number }][]));
    },
  };
}
