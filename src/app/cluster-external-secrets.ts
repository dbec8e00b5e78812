/** Use case: keeps the registrations of ClusterExternalSecrets, which only their clusters' namespaces tell, as register and reconcile ask for. */
import { type ClusterExternalSecretSpec, clusterExternalSecretId } from "../core/cluster-external-secret.ts";
import type { ClusterExternalSecretRecord } from "../core/cluster-external-secret-record.ts";
import { isSameJson } from "../core/config/diff.ts";
import { RelayError } from "../core/errors.ts";
import type { Millis, RegistrationId } from "../core/model.ts";
import type { Clock, Log, Registry } from "../core/ports.ts";
import type { RefreshAll } from "./refresh-all.ts";

export interface ClusterExternalSecretsDeps {
  readonly registry: Registry;
  readonly log: Log;
  readonly clock: Pick<Clock, "now" | "latest">;
  readonly workerLifetimeMs: number;
  /** Asked for where there is something to refresh: it brings the schemas of the config, and most deployments have no ClusterExternalSecret. */
  readonly loadRefresh: () => Promise<RefreshAll>;
}

export interface ClusterExternalSecrets {
  /**
   * Brings the registry to these, retires all others, and refreshes them; `taken` are the ids of the config's own ExternalSecrets. A cluster
   * that does not answer fails nothing: its own stay due. What retired ones made is the caller's to remove.
   * @returns whether each has what it wants, as far as its cluster tells: another may have held it, and may free it yet; throws RegistryUnavailable
   */
  register(wanted: readonly ClusterExternalSecretSpec[], taken: ReadonlySet<RegistrationId>, deadline: Millis): Promise<boolean>;
  /** Refreshes what is due. A failure of one is logged and concerns it alone. @returns how many were looked at; throws RegistryUnavailable where it can't begin */
  refreshDue(deadline: Millis): Promise<number>;
}

/** Of one run: more wait for the next. */
const MAX_DUE = 500;
/** A reconcile may be at the same one; each of its writes makes one of ours lose. */
const MAX_TRIES = 8;

export function createClusterExternalSecrets(deps: ClusterExternalSecretsDeps): ClusterExternalSecrets {
  const { registry, clock, log } = deps;

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
      if (records.length === 0) return true;
      const refreshAll = await deps.loadRefresh();
      await refreshAll(records, taken, deadline, (_record, error) => {
        throw error;
      });
      const ids = new Set(wanted.map(clusterExternalSecretId));
      const refreshed = await registry.clusterExternalSecrets();
      return !refreshed.some(({ spec, status }) => ids.has(clusterExternalSecretId(spec)) && status.state === "PartlyReady");
    },

    async refreshDue(deadline) {
      const due = await registry.dueClusterExternalSecrets(clock.now(), MAX_DUE);
      if (due.length === 0) return 0;
      const refreshAll = await deps.loadRefresh();
      await refreshAll(due, new Set(), deadline, ({ spec }, error) => {
        log.warn("not refreshed", { cluster: spec.cluster, kind: "ClusterExternalSecret", name: spec.name, code: error.code });
      });
      return due.length;
    },
  };
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
