/** The ports of one worker: those of the world, with the scheduler at each call and the judge at each write. */
import { RelayError } from "../../src/core/errors.ts";
import type { SyncRequest } from "../../src/core/model.ts";
import type { Bus, Clock, Cluster, Clusters, Hasher, Log, Queue, Registry, SecretProvider } from "../../src/core/ports.ts";
import { DEFAULT_BOUNDS, type FreshnessBounds } from "../../src/core/sync/freshness.ts";
import { Violation } from "./judge.ts";
import type { Scheduler, Worker } from "./scheduler.ts";
import type { World } from "./world.ts";

const DRIFT_MS = 600_000;
/** The longest life of a worker that writes: function time-out and request time-out. */
const WORKER_LIFETIME_MS = 70_000;

export interface WorkerPorts {
  readonly registry: Registry;
  readonly provider: SecretProvider;
  readonly clusters: Clusters;
  readonly queue: Queue;
  readonly bus: Bus;
  readonly log: Log;
  readonly clock: Clock;
  readonly hasher: Hasher;
  readonly bounds: FreshnessBounds;
  readonly timing: { readonly driftIntervalMs: number };
  readonly workerLifetimeMs: number;
}

export function portsOf(world: World, worker: Worker): WorkerPorts {
  const { scheduler } = world;
  const provider = scheduled(world, worker, world.source, ["read", "readVersion", "currentVersions"]);
  const cluster = judged(world, worker);
  return {
    registry: scheduled(world, worker, world.registry, Object.keys(world.registry)),
    provider,
    clusters: {
      connect: async () => cluster,
      // No registration of the model has a template.
      templateReads: () => Promise.reject(new Error("the model holds no templates")),
      forget: () => {},
    },
    queue: {
      send: (requests, { delayMs }) =>
        scheduler.call(worker, "send", [requests, delayMs], async () => {
          send(world, requests, delayMs);
        }),
    },
    bus: {
      publish: (events) =>
        scheduler.call(worker, "publish", [events], async () => {
          for (const event of events) {
            if (event.type === "Secret Propagated") world.published.push({ at: scheduler.now(), detail: event.detail });
          }
        }),
    },
    log: logOf(world),
    clock: scheduler.clockOf(worker),
    hasher,
    bounds: DEFAULT_BOUNDS,
    timing: { driftIntervalMs: DRIFT_MS },
    workerLifetimeMs: WORKER_LIFETIME_MS,
  };
}

/** SQS holds a message back for a quarter of an hour at most. */
function send(world: World, requests: readonly SyncRequest[], delayMs: number): void {
  world.messages.push({ requests, availableAt: world.scheduler.now() + Math.min(delayMs, 900_000) });
}

const PAGED = new Set<string>(["interests", "ofCluster"]);

type Method = (...args: unknown[]) => unknown;
type ScheduledMethod = (this: Scheduled, ...args: unknown[]) => unknown;

/** A port of one worker: the methods lie in a prototype that is made once a port, since worlds are many. */
interface Scheduled {
  readonly scheduler: Scheduler;
  readonly worker: Worker;
}

const prototypes = new WeakMap<object, object>();

/** The same port, with the scheduler in front of each method. */
function scheduled<P extends object>({ scheduler }: World, worker: Worker, port: P, methods: readonly string[]): P {
  const prototype = prototypes.get(port) ?? prototypeOf(port as Record<string, Method>, methods);
  prototypes.set(port, prototype);
  return Object.assign(Object.create(prototype) as P, { scheduler, worker });
}

function prototypeOf(port: Readonly<Record<string, Method>>, methods: readonly string[]): object {
  const wrapped: Record<string, ScheduledMethod> = {};
  for (const name of methods) {
    wrapped[name] = PAGED.has(name)
      ? function paged(this: Scheduled, ...args) {
          const read = async () => collect(port[name]?.(...args) as AsyncIterable<unknown>);
          return pagesOf(() => this.scheduler.call(this.worker, name, args, read));
        }
      : function once(this: Scheduled, ...args) {
          return this.scheduler.call(this.worker, name, args, () => port[name]?.(...args) as Promise<unknown>);
        };
  }
  return wrapped;
}

async function collect(pages: AsyncIterable<unknown>): Promise<readonly unknown[]> {
  const found: unknown[] = [];
  for await (const page of pages) found.push(page);
  return found;
}

async function* pagesOf(read: () => Promise<readonly unknown[]>): AsyncIterable<unknown> {
  yield* await read();
}

/** Each write is shown to the judge as the API server saw it, just when it happened. */
function judged(world: World, worker: Worker): Cluster {
  const { scheduler, ground, judge } = world;
  const write = <T>(
    operation: string,
    args: readonly unknown[],
    [target, manager]: readonly [string, string],
    effect: () => Promise<T>,
  ): Promise<T> =>
    scheduler.call(worker, operation, args, () => {
      const work = async (): Promise<T> => {
        const before = await ground.see(target);
        const result = await effect();
        const after = await ground.see(target);
        try {
          judge.wrote({ target, manager, writerStartedAt: worker.startedAt, before, after });
          worker.writes += 1;
          if (worker.writes > MAX_WRITES * world.first.length)
            throw new Violation("endless", `${worker.name} writes ${target} again and again`);
        } catch (error) {
          if (!(error instanceof Violation)) throw error;
          world.fault ??= error;
        }
        if (world.fights > 0 && after !== undefined && operation === "apply") {
          world.fights -= 1;
          world.edited.add(target);
          for (const key of Object.keys(after.data)) await ground.edit(target, { [key]: `fight ${world.fights}` });
        }
        return result;
      };
      const done = world.writing.then(work, work);
      world.writing = done;
      return done;
    });
  const cluster = world.wrapCluster(ground.cluster);
  return {
    look: (target) => scheduler.call(worker, "look", [target], () => cluster.look(target)),
    apply: (...args) => write("apply", args, [args[0].name, args[1]], () => cluster.apply(...args)),
    takeOver: (...args) => write("takeOver", args, [args[0].name, args[1]], () => cluster.takeOver(...args)),
    remove: (...args) => write("remove", args, [args[0].name, ""], () => cluster.remove(...args)),
    list: (namespace) => cluster.list(namespace),
    namespaceLabels: (namespace) => cluster.namespaceLabels(namespace),
  };
}

/** Five tries for a registration, each of up to three writes, and one to spare. */
const MAX_WRITES = 16;

const quiet = (): void => {};

/** Log lines are nobody's answer; but one that tells of a fault of our own must not pass unseen. */
function logOf(world: World): Log {
  return {
    debug: quiet,
    info: quiet,
    warn: quiet,
    error: (message, fields) => {
      const isFault = message === "sync failed by a fault of its own" || fields?.["code"] === "Unclassified";
      if (isFault) world.fault ??= new Violation("fault of its own", `${message} ${JSON.stringify(fields)}`);
    },
  };
}

/** As good as any for values that no adversary chose, and faster than a keyed one. */
const hasher: Hasher = {
  hash(bytes) {
    let hash = 0x811c9dc5;
    for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
    return (hash >>> 0).toString(36);
  },
};

const CLUSTER_CALLS = new Set(["look", "apply", "takeOver", "remove"]);
const STORE_CALLS = new Set(["read", "readVersion", "currentVersions"]);

/** What a call may fail with; `choice` picks one. */
export function failureOf(operation: string, choice: number): RelayError {
  if (CLUSTER_CALLS.has(operation)) {
    return new RelayError((["ClusterUnreachable", "ClusterThrottled", "Forbidden"] as const)[choice % 3] ?? "Forbidden", "model");
  }
  if (STORE_CALLS.has(operation)) {
    return new RelayError((["StoreUnreachable", "StoreThrottled", "AccessDenied"] as const)[choice % 3] ?? "AccessDenied", "model");
  }
  if (operation === "send") return new RelayError("QueueUnavailable", "model");
  return new RelayError(operation === "publish" ? "BusUnavailable" : "RegistryUnavailable", "model");
}

export function describeCall({ operation, args }: { readonly operation: string; readonly args: readonly unknown[] }): string {
  const [first] = args;
  const { key, name, id } = typeof first === "object" && first !== null ? (first as Partial<Record<"key" | "name" | "id", string>>) : {};
  const about = key ?? name ?? id ?? (typeof first === "string" ? first.split("|").at(-1) : undefined);
  return about === undefined ? operation : `${operation} ${about}`;
}
