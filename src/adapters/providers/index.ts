/** The closed map of providers: each reference is read by the one that its store names. */
import type { ProviderKind, Reference, ReferenceKey } from "../../core/model.ts";
import type { SecretProvider } from "../../core/ports.ts";
import { createParameterStore } from "./parameterstore.ts";
import { createSecretsManager } from "./secretsmanager.ts";
import { createSourceSessions, type SessionDeps } from "./sessions.ts";

/** One provider for all stores. */
export function createProviders(deps: SessionDeps): SecretProvider {
  const sessions = createSourceSessions(deps);
  return byKind({
    SecretsManager: createSecretsManager(undefined, sessions, deps.now),
    ParameterStore: createParameterStore(undefined, sessions),
  });
}

/** Hands each reference to the provider of its kind. */
export function byKind(providers: Readonly<Record<ProviderKind, SecretProvider>>): SecretProvider {
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
