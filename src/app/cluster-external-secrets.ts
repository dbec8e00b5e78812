/** Use case: keeps the registrations of ClusterExternalSecrets, which only their clusters' namespaces tell, as register and reconcile ask for. */
import { type ClusterExternalSecretSpec, clusterExternalSecretId } from "../core/cluster-external-secret.ts";
import type { ClusterExternalSecretRecord } from "../core/cluster-external-secret-record.ts";
import { isSameJson } from "../core/config/diff.ts";
import { isRelayError, RelayError } from "../core/errors.ts";
import type { Millis, RegistrationId } from "../core/model.ts";
import type { Clock, ClusterRecord, Clusters } from "../core/ports.ts";
import { createClusterNamespaces } from "./find-namespaces.ts";
import type { RefreshDeps, refreshNamespaces } from "./refresh-namespaces.ts";
import { openSession } from "./sync-session.ts";

export interface ClusterExternalSecretsDeps extends RefreshDeps {
  readonly clusters: Clusters;
  readonly clock: Clock;
  /** By need: it brings the schemas of the config, and most deployments have no ClusterExternalSecret. */
  readonly loadRefresh: () => Promise<typeof refreshNamespaces>;
}

export interface ClusterExternalSecrets {
  /**
   * Brings the registry to these, retires all others, and refreshes them; `taken` are the ids of the config's own ExternalSecrets. A cluster
   * that does not answer fails nothing: its own stay due. What retired ones made is the caller's to remove.
   * @throws RegistryUnavailable
   */
  register(wanted: readonly ClusterExternalSecretSpec[], taken: ReadonlySet<RegistrationId>, deadline: Millis): Promise<void>;
  /** Refreshes what is due. A failure of one is logged and concerns it alone. @returns how many were looked at; throws RegistryUnavailable where it can't begin */
  refreshDue(deadline: Millis): Promise<number>;
}

/** Of one run: more wait for the next. */
const MAX_DUE = 500;
/** A reconcile may be at the same one; each of its writes makes one of ours lose. */
const MAX_TRIES = 8;

export function createClusterExternalSecrets(deps: ClusterExternalSecretsDeps): ClusterExternalSecrets {
  const { registry, clock, log } = deps;

  /** All clusters at once: a silent one holds up its own alone (rule 7). */
  async function refreshAll(
    records: readonly ClusterExternalSecretRecord[],
    taken: ReadonlySet<RegistrationId>,
    deadline: Millis,
    onFailure: (record: ClusterExternalSecretRecord, error: RelayError) => void,
  ): Promise<void> {
    const byCluster = Map.groupBy(records, ({ spec }) => spec.cluster);
    if (byCluster.size === 0) return;
    const refresh = await deps.loadRefresh();
    const { clusters: known } = await registry.load([], [...byCluster.keys()]);
    await Promise.all(
      [...byCluster].map(async ([name, ofCluster]) => {
        const placeOf = createPlaces(deps, name, known.get(name), deadline);
        // One after the other, in the order of their names: which of two gets a name that both want is always the same.
        for (const record of ofCluster.toSorted((a, b) => (a.spec.name < b.spec.name ? -1 : 1))) {
          if (clock.uptime() >= deadline) return;
          try {
            await refresh(deps, { ...placeOf(record.spec), taken }, record);
          } catch (error) {
            if (!isRelayError(error)) throw error;
            onFailure(record, error);
          }
        }
      }),
    );
  }

  async function write(
    first: ClusterExternalSecretRecord | undefined,
    id: string,
    next: (seen: ClusterExternalSecretRecord | undefined) => Omit<ClusterExternalSecretRecord, "token"> | undefined,
  ): Promise<ClusterExternalSecretRecord | undefined> {
    let seen = first;
    for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
      const wanted = next(seen);
      if (wanted === undefined) return seen;
      const written = await registry.writeClusterExternalSecret(wanted, seen);
      if (written !== "lost") return written;
      seen = (await registry.clusterExternalSecrets()).find(({ spec }) => clusterExternalSecretId(spec) === id);
    }
    throw new RelayError("RegistryUnavailable", id, { detail: "too many writers at once" });
  }

  return {
    async register(wanted, taken, deadline) {
      const known = new Map((await registry.clusterExternalSecrets()).map((record) => [clusterExternalSecretId(record.spec), record]));
      const records: ClusterExternalSecretRecord[] = [];
      for (const spec of wanted) {
        const id = clusterExternalSecretId(spec);
        const record = await write(known.get(id), id, (seen) => registered(spec, seen, clock.now()));
        if (record !== undefined) records.push(record);
        known.delete(id);
      }
      for (const [id, record] of known) {
        await write(record, id, (seen) => retired(seen, clock.latest(), deps.workerLifetimeMs));
      }
      await refreshAll(records, taken, deadline, (_record, error) => {
        throw error;
      });
    },

    async refreshDue(deadline) {
      const due = await registry.dueClusterExternalSecrets(clock.now(), MAX_DUE);
      await refreshAll(due, new Set(), deadline, ({ spec }, error) => {
        log.warn("not refreshed", { cluster: spec.cluster, kind: "ClusterExternalSecret", name: spec.name, code: error.code });
      });
      return due.length;
    },
  };
}

/** What one is asked for in its cluster, over one session and one list for all of them. */
function createPlaces(deps: ClusterExternalSecretsDeps, name: string, record: ClusterRecord | undefined, deadline: Millis) {
  if (record === undefined) {
    const find = () => Promise.reject(new RelayError("ClusterUnknown", name));
    return () => ({ find, allowedNamespaces: [] });
  }
  const namespaces = createClusterNamespaces(openSession(deps, record, deadline));
  const { allowedNamespaces } = record.spec;
  return (spec: ClusterExternalSecretSpec) => ({ find: () => namespaces.find(spec), allowedNamespaces });
}

/** @returns undefined where it is so already */
function registered(spec: ClusterExternalSecretSpec, seen: ClusterExternalSecretRecord | undefined, now: Millis) {
  if (seen !== undefined && seen.retiredAt === undefined && isSameJson(seen.spec, spec)) return undefined;
  const pending = { state: "Pending", since: now, provisioned: [], failed: [], failedCount: 0 } as const;
  return { spec, made: seen?.made ?? [], status: seen?.status ?? pending, dueAt: now };
}

/** Kept until no worker that read it before can make anything of it any more; then reconcile removes what one made, and drops it. */
function retired(seen: ClusterExternalSecretRecord | undefined, now: Millis, workerLifetimeMs: number) {
  if (seen === undefined || seen.retiredAt !== undefined) return undefined;
  const { token: _token, ...rest } = seen;
  return { ...rest, retiredAt: now, dueAt: now + workerLifetimeMs };
}
