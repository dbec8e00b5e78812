/** The ports of one worker: those of the world, with the scheduler at each call and the judge at each write. */
import { RelayError } from "../../src/core/errors.ts";
import type { Bus, Clock, Cluster, Clusters, Hasher, Log, Queue, Registry, SecretProvider } from "../../src/core/ports.ts";
import { DEFAULT_BOUNDS, type FreshnessBounds } from "../../src/core/sync/freshness.ts";
import { Violation } from "./judge.ts";
import type { Parts } from "./parts.ts";
import type { Failure, Scheduler, Worker } from "./scheduler.ts";
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
  const { scheduler, parts } = world;
  const clock = scheduler.clockOf(worker);
  const cluster = judged(world, worker);
  return {
    registry: scheduled(world, worker, "registry", parts.registry),
    provider: scheduled(world, worker, "provider", parts.provider(clock)),
    clusters: {
      connect: async () => cluster,
      // No registration of the model has a template.
      templateReads: () => Promise.reject(new Error("the model holds no templates")),
      forget: () => {},
    },
    queue: scheduled(world, worker, "queue", parts.queue(clock)),
    bus: scheduled(world, worker, "bus", parts.bus(clock)),
    log: logOf(world),
    clock,
    hasher: parts.hasher,
    bounds: DEFAULT_BOUNDS,
    timing: { driftIntervalMs: DRIFT_MS },
    workerLifetimeMs: WORKER_LIFETIME_MS,
  };
}

const PAGED = new Set<string>(["interests", "findRules", "ofCluster"]);

type Method = (...args: unknown[]) => unknown;
type ScheduledMethod = (this: Scheduled, ...args: unknown[]) => unknown;

/** A port of one worker: the methods lie in a prototype that is made once, since worlds are many. */
interface Scheduled {
  readonly scheduler: Scheduler;
  readonly worker: Worker;
  readonly port: Readonly<Record<string, Method>>;
  readonly fail: Parts["fail"];
}

const prototypes = new Map<string, object>();

const METHODS = { provider: ["read", "readVersion", "currentVersions", "list"], queue: ["send"], bus: ["publish"] } as const;

/** The same port, with the scheduler in front of each method. All of one `kind` have the same methods. */
function scheduled<P extends object>(
  { scheduler, parts: { fail } }: World,
  worker: Worker,
  kind: "registry" | keyof typeof METHODS,
  port: P,
): P {
  const prototype = prototypes.get(kind) ?? prototypeOf(kind === "registry" ? Object.keys(port) : METHODS[kind]);
  prototypes.set(kind, prototype);
  return Object.assign(Object.create(prototype) as P, { scheduler, worker, port, fail });
}

function prototypeOf(methods: readonly string[]): object {
  const wrapped: Record<string, ScheduledMethod> = {};
  for (const name of methods) {
    wrapped[name] = PAGED.has(name)
      ? function paged(this: Scheduled, ...args) {
          const read = async () => collect(this.port[name]?.(...args) as AsyncIterable<unknown>);
          return pagesOf(() => this.scheduler.call(this.worker, name, args, read));
        }
      : function once(this: Scheduled, ...args) {
          const effect = () => this.port[name]?.(...args) as Promise<unknown>;
          const { fail } = this;
          const failing = fail === undefined ? undefined : (failure: Failure) => fail(name, failure, effect);
          return this.scheduler.call(this.worker, name, args, effect, failing);
        };
  }
  return wrapped;
}

async function collect(pages: AsyncIterable<unknown>): Promise<readonly unknown[]> {
  const found: unknown[] = [];
  for await (const page of pages) found.push(page);
  return found;
}

/** Read when the first page is asked for. A generator would take a promise more for each step, and a schedule has hundreds. */
function pagesOf(read: () => Promise<readonly unknown[]>): AsyncIterable<unknown> {
  return {
    [Symbol.asyncIterator]() {
      let pages: readonly unknown[] | undefined;
      let next = 0;
      return {
        async next() {
          pages ??= await read();
          next += 1;
          return next <= pages.length ? { done: false, value: pages[next - 1] } : { done: true, value: undefined };
        },
      };
    },
  };
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
    tryDecoy: (namespace, policy) => cluster.tryDecoy(namespace, policy),
    apply: (...args) => write("apply", args, [args[0].name, args[1]], () => cluster.apply(...args)),
    takeOver: (...args) => write("takeOver", args, [args[0].name, args[1]], () => cluster.takeOver(...args)),
    remove: (...args) => write("remove", args, [args[0].name, ""], () => cluster.remove(...args)),
    list: (namespace) => cluster.list(namespace),
    namespaceLabels: (namespace) => cluster.namespaceLabels(namespace),
    namespaces: () => cluster.namespaces(),
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

const CLUSTER_CALLS = new Set(["look", "apply", "takeOver", "remove"]);
const STORE_CALLS = new Set(["read", "readVersion", "currentVersions", "list"]);

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
