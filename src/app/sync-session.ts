/** All calls of one batch to one cluster: a bounded number at once, behind its breaker, with fresh credentials where they were refused. */
import { isRelayError } from "../core/errors.ts";
import type { ClusterSpec, Millis } from "../core/model.ts";
import type { Clock, Cluster, ClusterRecord, Clusters, TemplateObject } from "../core/ports.ts";
import type { SecretValue } from "../core/secret-value.ts";
import { type BreakerDeps, createGate } from "./breaker.ts";
import type { RequireConfinement } from "./confinement.ts";

export interface SessionDeps extends BreakerDeps {
  readonly clusters: Clusters;
  readonly clock: Clock;
}

/** Nothing new is begun after the deadline. It is no failure: what was not begun is asked for again. */
export class OutOfTime extends Error {
  override readonly name = "OutOfTime";
}

export interface ClusterSession {
  readonly spec: ClusterSpec;
  /** @throws OutOfTime, ClusterUnreachable at once where the breaker is open, and what Clusters and the call throw */
  call<T>(work: (cluster: Cluster) => Promise<T>): Promise<T>;
  /** The labels of a namespace of the cluster, asked for once a batch. @throws as `call` */
  namespaceLabels(namespace: string): Promise<Readonly<Record<string, string>>>;
  /** What `templateFrom` names, read now. @throws as `call` and ClusterTemplateReads */
  templateObject(object: TemplateObject): Promise<ReadonlyMap<string, SecretValue>>;
  /** When the cluster may be tried again; undefined while it is not known to be dead. */
  openUntil(): Millis | undefined;
}

/** A session that writes: what a cluster is confined by is proven before. */
export interface WritingSession extends ClusterSession {
  /** A call that may write into this namespace. @throws as `call`, and ConfinementMissing */
  write<T>(namespace: string, work: (cluster: Cluster) => Promise<T>): Promise<T>;
}

/** As `openSession`; the proof is a part of the call that waits for it, and so behind the breaker too. */
export function openWritingSession(
  deps: SessionDeps & { readonly requireConfinement: RequireConfinement },
  record: ClusterRecord,
  deadline: Millis,
): WritingSession {
  const session = openSession(deps, record, deadline);
  return {
    ...session,
    write: (namespace, work) =>
      session.call((cluster) => {
        const proof = deps.requireConfinement(record.spec, cluster, namespace);
        return proof === undefined ? work(cluster) : proof.then(() => work(cluster));
      }),
  };
}

/** Connects at the first call. */
export function openSession(deps: SessionDeps, { spec, breaker, credentials }: ClusterRecord, deadline: Millis): ClusterSession {
  const { clusters, clock } = deps;
  const gate = createGate(deps, spec.name, breaker);
  const turns = createTurns(spec.concurrency);
  let connection: Promise<Cluster> | undefined;
  let isRefreshed = false;

  /** The connection to try once more by. Throws the error where another one would not be answered otherwise. */
  function reconnected(used: Promise<Cluster> | undefined, error: unknown): Promise<Cluster> {
    if (!isRelayError(error) || error.code !== "ClusterUnauthorized") throw error;
    // They may have been renewed since they were read: once a batch, whoever comes first reads them anew for all.
    if (connection === used) {
      if (isRefreshed) throw error;
      isRefreshed = true;
      clusters.forget(spec.name);
      connection = undefined;
    }
    return (connection ??= clusters.connect(spec, credentials));
  }

  // One function, since each one between a target and its answer is a promise more for each of them.
  async function call<T>(work: (cluster: Cluster) => Promise<T>): Promise<T> {
    const turn = turns.take();
    if (turn !== undefined) await turn;
    let used: Promise<Cluster> | undefined;
    try {
      if (clock.uptime() >= deadline) throw new OutOfTime();
      used = connection ??= clusters.connect(spec, credentials);
      const cluster = await used;
      return await gate.pass(() => work(cluster));
    } catch (error) {
      const cluster = await reconnected(used, error);
      return await gate.pass(() => work(cluster));
    } finally {
      turns.give();
    }
  }
  const labels = new Map<string, Promise<Readonly<Record<string, string>>>>();

  return {
    spec,
    openUntil: () => gate.openUntil(),
    call,
    // By the same connection, whose credentials `call` has renewed where they were refused.
    templateObject: (object) => call(async () => (await clusters.templateReads(spec)).read(object)),
    namespaceLabels(namespace) {
      const asked = labels.get(namespace) ?? call((cluster) => cluster.namespaceLabels(namespace));
      labels.set(namespace, asked);
      // A failure is its own pass's, and the next one asks again.
      asked.catch(() => labels.delete(namespace));
      return asked;
    },
  };
}

interface Turns {
  /** Undefined where there is one at once: nothing has to be waited for then. */
  take(): Promise<void> | undefined;
  /** Ends the turn that was taken. */
  give(): void;
}

/** At most `limit` turns are taken at once, first come first served. */
function createTurns(limit: number): Turns {
  let free = Math.max(1, limit);
  const waiting: (() => void)[] = [];
  return {
    take() {
      if (free === 0) return new Promise((resolve) => waiting.push(resolve));
      free -= 1;
      return undefined;
    },
    give() {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    },
  };
}
