/** Asks a cluster which of its namespaces a ClusterExternalSecret means: by name without any further right, by label through one list. */
import { type ClusterExternalSecretSpec, meansNamespace, type NamespaceView, namespacesByName } from "../core/cluster-external-secret.ts";
import type { FoundNamespaces } from "../core/config/namespace-plan.ts";
import { isRelayError } from "../core/errors.ts";
import { namespaceAllowed } from "../core/sync/guard.ts";
import { concurrently } from "./concurrently.ts";
import type { ClusterSession } from "./sync-session.ts";

/** All ClusterExternalSecrets of a cluster and run share one list. */
export interface ClusterNamespaces {
  /** @throws what the session throws: then nothing is known of any namespace */
  find(spec: ClusterExternalSecretSpec): Promise<FoundNamespaces>;
}

export function createClusterNamespaces(session: ClusterSession): ClusterNamespaces {
  let listed: Promise<readonly NamespaceView[]> | undefined;
  return {
    async find(spec) {
      const names = namespacesByName(spec);
      if (names !== undefined) return findByName(session, spec, names);
      listed ??= session.call((cluster) => cluster.namespaces());
      const meant = (await listed).filter((namespace) => meansNamespace(spec, namespace));
      return {
        matching: meant.filter(({ isTerminating }) => !isTerminating).map(({ name }) => name),
        unsure: new Map(meant.filter(({ isTerminating }) => isTerminating).map(({ name }) => [name, undefined])),
      };
    },
  };
}

/**
 * A look at the target tells whether its namespace is there, by the right that the writes need in any case. Refused for one namespace
 * (rights of a Role go with their namespace), nothing is known of that one.
 */
async function findByName(session: ClusterSession, spec: ClusterExternalSecretSpec, names: readonly string[]): Promise<FoundNamespaces> {
  const { cluster, externalSecretName, externalSecretSpec } = spec;
  const name = externalSecretSpec.target?.name ?? externalSecretName;
  const matching: string[] = [];
  const unsure = new Map<string, string>();
  await concurrently(names, session.spec.concurrency, async (namespace) => {
    // Outside of the allowed ones nothing is even looked at; the plan says so.
    if (!namespaceAllowed(session.spec.allowedNamespaces, namespace)) {
      matching.push(namespace);
      return;
    }
    try {
      await session.call((port) => port.look({ cluster, namespace, name }));
      matching.push(namespace);
    } catch (error) {
      if (!isRelayError(error)) throw error;
      if (error.code === "NamespaceMissing") return;
      if (error.code !== "Forbidden") throw error;
      unsure.set(namespace, error.message);
    }
  });
  return { matching: matching.toSorted(), unsure };
}
