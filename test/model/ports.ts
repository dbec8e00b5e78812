/** The ports of one worker: those of the world, with the scheduler at each call and the judge at each write. */
import { RelayError } from "../../src/core/errors.ts";
import type { Bus, Clock, Cluster, Clusters, Hasher, Log, Queue, Registry, SecretProvider } from "../../src/core/ports.ts";
import { DEFAULT_BOUNDS, type FreshnessBounds } from "../../src/core/sync/freshness.ts";
import { Violation } from "./judge.ts";
import type { Parts } from "./parts.ts";
import type { Asked, Scheduler, Worker } from "./scheduler.ts";
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

/** A port of one worker: the methods lie in a prototype that is made once, since worlds are many. */
class Scheduled {
  readonly scheduler: Scheduler;
  readonly worker: Worker;
  readonly port: Readonly<Record<string, Method>>;
  readonly fail: Parts["fail"];

  constructor({ scheduler, parts }: World, worker: Worker, port: object) {
    this.scheduler = scheduler;
    this.worker = worker;
    this.port = port as Scheduled["port"];
    this.fail = parts.fail;
  }
}

const classes = new Map<string, typeof Scheduled>();

const METHODS = { provider: ["read", "readVersion", "currentVersions", "list"], queue: ["send"], bus: ["publish"] } as const;

/** The same port, with the scheduler in front of each method. All of one `kind` have the same methods. */
function scheduled<P extends object>(world: World, worker: Worker, kind: "registry" | keyof typeof METHODS, port: P): P {
  const OfKind = classes.get(kind) ?? classOf(kind === "registry" ? Object.keys(port) : METHODS[kind]);
  classes.set(kind, OfKind);
  return new OfKind(world, worker, port) as object as P;
}

function classOf(methods: readonly string[]): typeof Scheduled {
  class OfKind extends Scheduled {}
  for (const name of methods) {
    const value = PAGED.has(name)
      ? function paged(this: Scheduled, ...args: unknown[]) {
          const read = () => this.scheduler.call(this.worker, new PortCall(this, name, args, true));
          return new Pages(read as () => Promise<readonly unknown[]>);
        }
      : function once(this: Scheduled, ...args: unknown[]) {
          return this.scheduler.call(this.worker, new PortCall(this, name, args, false));
        };
    Object.defineProperty(OfKind.prototype, name, { value });
  }
  return OfKind;
}

/** One call of a method of a worker's port. */
class PortCall implements Asked {
  readonly operation: string;
  readonly args: readonly unknown[];
  readonly failing: Asked["failing"];
  private readonly port: Scheduled["port"];
  private readonly isPaged: boolean;

  constructor({ port, fail }: Scheduled, operation: string, args: readonly unknown[], isPaged: boolean) {
    this.operation = operation;
    this.args = args;
    this.port = port;
    this.isPaged = isPaged;
    this.failing = fail === undefined ? undefined : (failure) => fail(operation, failure, () => this.effect());
  }

  effect(): Promise<unknown> {
    const answer = this.port[this.operation]?.(...this.args);
    return this.isPaged ? collect(answer as AsyncIterable<unknown>) : (answer as Promise<unknown>);
  }
}

async function collect(pages: AsyncIterable<unknown>): Promise<readonly unknown[]> {
  const found: unknown[] = [];
  for await (const page of pages) found.push(page);
  return found;
}

/**
 * Read when the first page is asked for. A generator would take a promise more for each step, and an object literal with a computed name
 * is made slowly; a schedule has dozens.
 */
class Pages implements AsyncIterable<unknown>, AsyncIterator<unknown> {
  private readonly read: () => Promise<readonly unknown[]>;
  private reading: Promise<readonly unknown[]> | undefined;
  private at = 0;

  constructor(read: () => Promise<readonly unknown[]>) {
    this.read = read;
  }

  [Symbol.asyncIterator](): AsyncIterator<unknown> {
    return new Pages(this.read);
  }

  next(): Promise<IteratorResult<unknown>> {
    this.reading ??= this.read();
    const index = this.at;
    this.at += 1;
    return this.reading.then((pages) => (index < pages.length ? { done: false, value: pages[index] } : { done: true, value: undefined }));
  }
}

/** Each write is shown to the judge as the API server saw it, just when it happened. */
function judged(world: World, worker: Worker): Cluster {
  const { scheduler, ground, judge } = world;
  const write = <T>(
    operation: string,
    args: readonly unknown[],
    [target, manager]: readonly [string, string],
    effect: () => Promise<T>,
  ): Promise<T> => {
    const begin = (): Promise<T> => {
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
    };
    return scheduler.call(worker, { operation, args, effect: begin });
  };
  const cluster = world.wrapCluster(ground.cluster);
  return {
    look: (target) => scheduler.call(worker, { operation: "look", args: [target], effect: () => cluster.look(target) }),
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

export function describeCall({ operation, args }: Pick<Asked, "operation" | "args">): string {
  const [first] = args;
  const { key, name, id } = typeof first === "object" && first !== null ? (first as Partial<Record<"key" | "name" | "id", string>>) : {};
  const about = key ?? name ?? id ?? (typeof first === "string" ? first.split("|").at(-1) : undefined);
  return about === undefined ? operation : `${operation} ${about}`;
}
