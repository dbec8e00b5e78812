/** The closed map of providers: each reference is read by the one that its store names. */
import type { ProviderKind, Reference, ReferenceKey } from "../../core/model.ts";
import type { SecretProvider } from "../../core/ports.ts";
import { type ClientOptions, clientOptions } from "../../core/remote-calls.ts";
import { createSecretsManager, secretsManagerClients } from "./secretsmanager.ts";
import { createSourceSessions, type SessionDeps } from "./sessions.ts";

/** Modules with SDK clients that most deployments have no use for: an eighth of a bundle. */
export interface ProviderModules extends Pick<SessionDeps["modules"], "sts"> {
  readonly parameterStore: () => Promise<Pick<typeof import("./parameterstore.ts"), "createParameterStore" | "parameterStoreClients">>;
}

export interface ProviderDeps extends Pick<SessionDeps, "authReads" | "now"> {
  readonly modules: ProviderModules;
  /** Of every client of AWS. @default - those of a deployment */
  readonly options?: ((region: string) => ClientOptions) | undefined;
}

/** One provider for all stores. */
export function createProviders({ authReads, now, modules, options = clientOptions }: ProviderDeps): SecretProvider {
  const sessions = createSourceSessions({ authReads, now, modules, options });
  return byKind({
    SecretsManager: createSecretsManager(secretsManagerClients(options), sessions, now),
    ParameterStore: onDemand(async () => {
      const { createParameterStore, parameterStoreClients } = await modules.parameterStore();
      return createParameterStore(parameterStoreClients(options), sessions);
    }),
  });
}

/** A provider whose module is loaded by its first call that has anything to ask. */
export function onDemand(load: () => Promise<SecretProvider>): SecretProvider {
  let loading: Promise<SecretProvider> | undefined;
  const loaded = (): Promise<SecretProvider> => {
    loading ??= load();
    return loading;
  };
  return {
    read: async (reference) => (await loaded()).read(reference),
    readVersion: async (reference, versionId) => (await loaded()).readVersion(reference, versionId),
    list: async (query) => (await loaded()).list(query),
    currentVersions: async (references) => (references.length === 0 ? new Map() : (await loaded()).currentVersions(references)),
  };
}

/** Hands each reference to the provider of its kind. */
function byKind(providers: Readonly<Record<ProviderKind, SecretProvider>>): SecretProvider {
  const of = ({ provider }: Reference): SecretProvider => providers[provider];
  return {
    read: (reference) => of(reference).read(reference),
    readVersion: (reference, versionId) => of(reference).readVersion(reference, versionId),
    list: (query) => providers[query.provider].list(query),
    async currentVersions(references) {
      const kinds = [...Map.groupBy(references, ({ provider }) => provider)];
      // A store that fails as a whole leaves out its own references only.
      const answers = await Promise.all(kinds.map(([kind, ofKind]) => providers[kind].currentVersions(ofKind)));
      return new Map(answers.flatMap((shown) => [...shown] as [ReferenceKey, { versionId: string; createdAt: number }][]));
    },
  };
}
