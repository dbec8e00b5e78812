/**
 * The scheduler of the model: every call of a worker to a port waits here until it is told to go on, to fail before or after its
 * effect, or never to be answered. It owns the one true time; it starts no timer.
 */
import type { RelayError } from "../../src/core/errors.ts";
import type { Millis } from "../../src/core/model.ts";
import type { Clock } from "../../src/core/ports.ts";

/** One invocation of a function. */
export interface Worker {
  readonly id: number;
  readonly name: string;
  /** Of its clock from the true time. */
  readonly offsetMs: number;
  readonly startedAt: Millis;
  /** When Lambda ends it. */
  readonly endsAt: Millis;
  /** How its calls are treated: each waits, all go on, or all go on until one that writes to a cluster. */
  mode: "held" | "run" | "run to write";
  isAlive: boolean;
  isDone: boolean;
  /** To clusters. */
  writes: number;
}

/** A call that waits. */
export interface Call {
  readonly worker: Worker;
  readonly operation: string;
  readonly args: readonly unknown[];
  readonly effect: () => Promise<unknown>;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** A sleep ends at this moment. */
  readonly wakeAt?: Millis | undefined;
  /** Its worker is dead, but the request is on its way: it may take effect until then. */
  ghostUntil?: Millis | undefined;
}

export type Outcome = "answered" | { readonly when: "before" | "after"; readonly error: RelayError };

/** A request may reach its server for so long after its worker died (the clients' request time-out). */
const REQUEST_TIMEOUT_MS = 10_000;
const WRITES = new Set(["apply", "takeOver", "remove"]);

export interface Scheduler {
  readonly now: () => Millis;
  /** Moves the time on, and ends the workers whose time is up. */
  advance(ms: number): void;
  readonly waiting: readonly Call[];
  readonly workers: readonly Worker[];
  start(worker: Pick<Worker, "name" | "offsetMs"> & { readonly lifeMs: number }, work: (worker: Worker) => Promise<void>): Worker;
  /** Every port call of a worker passes here. */
  call<T>(worker: Worker, operation: string, args: readonly unknown[], effect: () => Promise<T>): Promise<T>;
  clockOf(worker: Worker): Clock;
  /** Lets one waiting call go on. */
  proceed(call: Call, outcome: Outcome): Promise<void>;
  /** Lets a worker run on by itself, to its end or to its next write to a cluster. */
  run(worker: Worker, mode: "run" | "run to write"): Promise<void>;
  /** The worker stops for good; `ghosts`: its requests under way may still take effect. */
  kill(worker: Worker, ghosts: boolean): void;
  /** Ghosts that never reached a server. */
  dropGhosts(): void;
  /** Until nothing moves by itself. */
  flush(): Promise<void>;
}

const NEVER = new Promise<never>(() => {});

export function createScheduler(start: Millis, onEnd: (worker: Worker, failure: unknown) => void, isReal: boolean): Scheduler {
  let now = start;
  let waiting: Call[] = [];
  let outstanding = 0;
  const workers: Worker[] = [];

  const remove = (call: Call): void => {
    waiting = waiting.filter((one) => one !== call);
  };
  /** Real parts answer when they like: what is under way is counted. */
  const begin = <T>(effect: () => Promise<T>): Promise<T> => {
    if (!isReal) return effect();
    outstanding += 1;
    return effect().finally(() => {
      outstanding -= 1;
    });
  };

  const scheduler: Scheduler = {
    now: () => now,
    get waiting() {
      return waiting;
    },
    workers,

    advance(ms) {
      now += ms;
      for (const worker of workers) if (worker.isAlive && !worker.isDone && now > worker.endsAt) scheduler.kill(worker, true);
      waiting = waiting.filter(({ ghostUntil }) => ghostUntil === undefined || now <= ghostUntil);
    },

    start({ name, offsetMs, lifeMs }, work) {
      const id = workers.length + 1;
      const worker: Worker = {
        id,
        name,
        offsetMs,
        startedAt: now,
        endsAt: now + lifeMs,
        mode: "held",
        isAlive: true,
        isDone: false,
        writes: 0,
      };
      workers.push(worker);
      const end = (failure?: unknown): void => {
        worker.isDone = true;
        onEnd(worker, failure);
      };
      work(worker).then(
        () => end(),
        (error: unknown) => end(error),
      );
      return worker;
    },

    call(worker, operation, args, effect) {
      if (!worker.isAlive) return NEVER;
      if (worker.mode === "run" || (worker.mode === "run to write" && !WRITES.has(operation))) return begin(effect);
      worker.mode = "held";
      return new Promise((resolve, reject) => {
        waiting.push({ worker, operation, args, effect, resolve: resolve as Call["resolve"], reject });
      });
    },

    clockOf(worker) {
      return {
        now: () => now + worker.offsetMs,
        random: () => 0.5,
        sleep: (ms) => {
          if (!worker.isAlive) return NEVER;
          return new Promise((resolve, reject) => {
            const effect = async (): Promise<void> => {};
            waiting.push({
              worker,
              operation: "sleep",
              args: [ms],
              effect,
              resolve: () => resolve(),
              reject,
              wakeAt: now + Math.max(0, ms),
            });
          });
        },
      };
    },

    async proceed(call, outcome) {
      remove(call);
      if (call.wakeAt !== undefined && call.wakeAt > now) scheduler.advance(call.wakeAt - now);
      if (outcome === "answered") begin(call.effect).then(call.resolve, call.reject);
      else if (outcome.when === "before") call.reject(outcome.error);
      else begin(call.effect).then(() => call.reject(outcome.error), call.reject);
      await scheduler.flush();
    },

    async run(worker, mode) {
      if (!worker.isAlive || worker.isDone) return;
      const own = waiting.filter((call) => call.worker === worker && call.wakeAt === undefined);
      worker.mode = mode;
      for (const call of own) {
        remove(call);
        begin(call.effect).then(call.resolve, call.reject);
      }
      await scheduler.flush();
      while (isRunning(worker)) {
        const asleep = waiting.filter((call) => call.worker === worker && call.wakeAt !== undefined);
        const next = asleep.toSorted((a, b) => (a.wakeAt ?? 0) - (b.wakeAt ?? 0))[0];
        if (next === undefined) break;
        await scheduler.proceed(next, "answered");
      }
      worker.mode = "held";
    },

    kill(worker, mayHaunt) {
      worker.isAlive = false;
      // The next deployment begins only when the requests of one that died have ended too (docs/correctness.md).
      const ghosts = mayHaunt && worker.name !== "register";
      const ghostUntil = ghosts ? Math.min(now, worker.endsAt) + REQUEST_TIMEOUT_MS : undefined;
      for (const call of waiting) if (call.worker === worker) call.ghostUntil = ghostUntil;
      waiting = waiting.filter((call) => call.worker !== worker || (ghosts && call.wakeAt === undefined));
      onEnd(worker, KILLED);
    },

    dropGhosts() {
      waiting = waiting.filter(({ worker }) => worker.isAlive);
    },

    async flush() {
      // A tick comes once every promise that can move has moved; only real parts need the event loop to turn.
      if (!isReal) return new Promise<void>(onNextTick);
      for (;;) {
        await new Promise((resolve) => setImmediate(resolve));
        if (outstanding === 0) return undefined;
      }
    },
  };
  return scheduler;
}

function onNextTick(resolve: () => void): void {
  process.nextTick(resolve);
}

/** As the failure of a worker: it was ended from outside. */
export const KILLED = Symbol("killed");

function isRunning(worker: Worker): boolean {
  return worker.isAlive && !worker.isDone && worker.mode !== "held";
}
