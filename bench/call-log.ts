/** Counts what leaves the process: every attempt of an AWS client, and every request to an API server, with its times. */
import type { Cluster, Clusters } from "../src/core/ports.ts";

/** One round trip, in milliseconds of `performance.now()`. */
export interface Call {
  readonly service: string;
  readonly operation: string;
  readonly startedAt: number;
  endedAt: number;
}

/** How often each `service operation` was called. */
export type CallCounts = Readonly<Record<string, number>>;

export interface CallLog {
  readonly begin: (service: string, operation: string) => Call;
  /** Everything since the last `take`, oldest first. */
  readonly take: () => readonly Call[];
}

export function createCallLog(): CallLog {
  let calls: Call[] = [];
  return {
    begin(service, operation) {
      const call: Call = { service, operation, startedAt: performance.now(), endedAt: Number.NaN };
      calls.push(call);
      return call;
    },
    take() {
      const taken = calls;
      calls = [];
      return taken;
    },
  };
}

export function countsOf(calls: readonly Call[]): CallCounts {
  return addCounts(
    ...[...Map.groupBy(calls, ({ service, operation }) => `${service} ${operation}`)].map(([name, of]) => ({ [name]: of.length })),
  );
}

export function addCounts(...all: readonly CallCounts[]): CallCounts {
  const sums: Record<string, number> = {};
  for (const counts of all) for (const [name, count] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + count;
  return Object.fromEntries(Object.entries(sums).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** All of them but those to API servers. */
export function awsCalls(counts: CallCounts): number {
  return Object.entries(counts).reduce((sum, [name, count]) => sum + (name.startsWith("kubernetes") ? 0 : count), 0);
}

export function countsText(counts: CallCounts): string {
  const parts = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
  return parts.length === 0 ? "none" : parts.join(", ");
}

/**
 * How many of these calls had to be waited for one after another, within the time until `until`: a call counts that began after the last
 * counted one had ended. Calls beside each other are one round trip of waiting.
 */
export function roundTripsInSequence(calls: readonly Call[], until: number): number {
  const done = calls.filter(({ endedAt }) => endedAt <= until).toSorted((a, b) => a.endedAt - b.endedAt);
  let count = 0;
  let lastEnd = Number.NEGATIVE_INFINITY;
  for (const { startedAt, endedAt } of done) {
    if (startedAt < lastEnd) continue;
    count += 1;
    lastEnd = endedAt;
  }
  return count;
}

/** What an SDK client offers for this: middleware that runs once an attempt, retries included. */
interface Countable {
  readonly middlewareStack: {
    add(
      middleware: (
        next: (args: unknown) => Promise<unknown>,
        context: { readonly commandName?: string },
      ) => (args: unknown) => Promise<unknown>,
      options: { readonly step: "deserialize"; readonly priority: "low"; readonly name: string },
    ): void;
  };
}

/** Counts a client's attempts under this name. */
export function countClient<T>(client: T, service: string, log: CallLog): T {
  (client as Countable).middlewareStack.add(
    (next, context) => async (args) => {
      const call = log.begin(service, (context.commandName ?? "unknown").replace(/Command$/, ""));
      try {
        return await next(args);
      } finally {
        call.endedAt = performance.now();
      }
    },
    { step: "deserialize", priority: "low", name: "countAttempts" },
  );
  return client;
}

/** Counts the requests to all clusters; `takeOver`, which is two, does not come up in a benchmark. */
export function countClusters(clusters: Clusters, log: CallLog): Clusters {
  const counted = new WeakMap<Cluster, Cluster>();
  const begin = (operation: string): Call => log.begin("kubernetes", operation);
  const wrap = (cluster: Cluster): Cluster => {
    // As few promises as can be: what it takes counts as the relay's time.
    const watched = <T>(call: Call, work: Promise<T>): Promise<T> => {
      const end = (): void => {
        call.endedAt = performance.now();
      };
      work.then(end, end);
      return work;
    };
    return {
      ...cluster,
      look: (target) => watched(begin("look"), cluster.look(target)),
      apply: (manifest, manager, precondition, body) => watched(begin("apply"), cluster.apply(manifest, manager, precondition, body)),
      takeOver: (...of) => watched(begin("takeOver"), cluster.takeOver(...of)),
      remove: (target, precondition) => watched(begin("remove"), cluster.remove(target, precondition)),
    };
  };
  return {
    ...clusters,
    async connect(spec) {
      const cluster = await clusters.connect(spec);
      const wrapped = counted.get(cluster) ?? wrap(cluster);
      counted.set(cluster, wrapped);
      return wrapped;
    },
  };
}
