/** Use case: refreshes ClusterExternalSecrets, each in the namespaces of its cluster. */
import type { ClusterExternalSecretSpec } from "../core/cluster-external-secret.ts";
import type { ClusterExternalSecretRecord } from "../core/cluster-external-secret-record.ts";
import { isRelayError, RelayError } from "../core/errors.ts";
import type { Millis, RegistrationId } from "../core/model.ts";
import type { Clock, ClusterRecord, Clusters } from "../core/ports.ts";
import { createClusterNamespaces } from "./find-namespaces.ts";
import { type RefreshDeps, refreshNamespaces } from "./refresh-namespaces.ts";
import { openSession } from "./sync-session.ts";

export interface RefreshAllDeps extends RefreshDeps {
  readonly clusters: Clusters;
  readonly clock: Clock;
}

/**
 * Refreshes these, as far as the deadline lets it; `taken` are the ids of the config's own ExternalSecrets. A failure concerns one alone,
 * and is told to `onFailure`, which may end it all by throwing.
 * @throws RegistryUnavailable where it can't begin
 */
export type RefreshAll = (
  records: readonly ClusterExternalSecretRecord[],
  taken: ReadonlySet<RegistrationId>,
  deadline: Millis,
  onFailure: (record: ClusterExternalSecretRecord, error: RelayError) => void,
) => Promise<void>;

/** All clusters at once: a silent one holds up its own alone (rule 7). */
export function createRefreshAll(deps: RefreshAllDeps): RefreshAll {
  const { registry, clock } = deps;
  return async (records, taken, deadline, onFailure) => {
    const byCluster = Map.groupBy(records, ({ spec }) => spec.cluster);
    const { clusters: known } = await registry.load([], [...byCluster.keys()]);
    await Promise.all(
      [...byCluster].map(async ([name, ofCluster]) => {
        const placeOf = createPlaces(deps, name, known.get(name), deadline);
        // One after the other, in the order of their names: which of two gets a name that both want is always the same.
        for (const record of ofCluster.toSorted((a, b) => (a.spec.name < b.spec.name ? -1 : 1))) {
          if (clock.uptime() >= deadline) return;
          try {
            await refreshNamespaces(deps, { ...placeOf(record.spec), taken }, record);
          } catch (error) {
            if (!isRelayError(error)) throw error;
            onFailure(record, error);
          }
        }
      }),
    );
  };
}

/** What one is asked for in its cluster, over one session and one list for all of them. */
function createPlaces(deps: RefreshAllDeps, name: string, record: ClusterRecord | undefined, deadline: Millis) {
  if (record === undefined) {
    const find = () => Promise.reject(new RelayError("ClusterUnknown", name));
    return () => ({ find, allowedNamespaces: [] });
  }
  const namespaces = createClusterNamespaces(openSession(deps, record, deadline));
  const { allowedNamespaces } = record.spec;
  return (spec: ClusterExternalSecretSpec) => ({ find: () => namespaces.find(spec), allowedNamespaces });
}
