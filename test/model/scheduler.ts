/**
 * The scheduler of the model: every call of a worker to a port waits here until it is told to go on, to fail before or after its
 * effect, or never to be answered. It owns the one true time; it starts no timer.
 */
import { type AwsTime, createAwsTime } from "../../src/core/aws-time.ts";
import type { RelayError } from "../../src/core/errors.ts";
import type { Millis } from "../../src/core/model.ts";
import type { Clock } from "../../src/core/ports.ts";
import { DEFAULT_BOUNDS } from "../../src/core/sync/freshness.ts";

/** One invocation of a function. */
export interface Worker {
  readonly id: number;
  readonly name: string;
  /** Of its clock from the true time. */
  readonly offsetMs: number;
  /** What the answers of AWS tell it of the true time. */
  readonly time: AwsTime;
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

/** What a worker asks of a port. */
export interface Asked<T = unknown> {
  readonly operation: string;
  readonly args: readonly unknown[];
  /** Begins it. */
  effect(): Promise<T>;
  /** How it fails where its service has an outage. @default - its effect does not take place, or its answer is lost */
  readonly failing?: ((failure: Failure) => Promise<unknown>) | undefined;
}

/** A call that waits. */
export interface Call {
  readonly worker: Worker;
  readonly asked: Asked;
  readonly askedAt: Millis;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** A sleep ends at this moment. */
  readonly wakeAt?: Millis | undefined;
  /** Its worker is dead, but the request is on its way: it may take effect until then. */
  ghostUntil?: Millis | undefined;
}

/** A call fails before it took effect, or after. */
export interface Failure {
  readonly when: "before" | "after";
  readonly error: RelayError;
}

export type Outcome = "answered" | Failure;

/** A request may reach its server for so long after its worker died (the clients' request time-out). */
const REQUEST_TIMEOUT_MS = 10_000;
const WRITES = new Set(["apply", "takeOver", "remove"]);
/** API servers' clocks are nobody's measure. */
const OF_CLUSTERS = new Set([...WRITES, "look"]);

export interface Scheduler {
  readonly now: () => Millis;
  /** Moves the time on, and ends the workers whose time is up. */
  advance(ms: number): void;
  /** A method, since each object that is made with a getter of its own has a shape of its own, which V8 looks up slowly and keeps for long. */
  readonly waiting: () => readonly Call[];
  readonly workers: readonly Worker[];
  start(worker: Pick<Worker, "name" | "offsetMs"> & { readonly lifeMs: number }, work: (worker: Worker) => Promise<void>): Worker;
  /** Every port call of a worker passes here. */
  call<T>(worker: Worker, asked: Asked<T>): Promise<T>;
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

/** A new one each time: what waits for it would be held by one that is shared for ever. */
const never = (): Promise<never> => new Promise(() => {});

export interface SchedulerOptions {
  readonly onEnd: (worker: Worker, failure: unknown) => void;
  readonly isReal: boolean;
  /** What a worker makes of the dates of AWS's answers. @default as the product */
  readonly createTime?: (() => AwsTime) | undefined;
}

const createProductTime = (): AwsTime => createAwsTime(DEFAULT_BOUNDS.clockMarginMs);

export function createScheduler(start: Millis, { onEnd, isReal, createTime = createProductTime }: SchedulerOptions): Scheduler {
  let now = start;
  let waiting: Call[] = [];
  let outstanding = 0;
  let onQuiet = (): void => {};
  const workers: Worker[] = [];

  const remove = (call: Call): void => {
    waiting = waiting.filter((one) => one !== call);
  };
  const learn = (worker: Worker, askedAt: Millis): void => {
    worker.time.learn({ date: Math.floor(now / 1000) * 1000, askedAt, answeredAt: now + worker.offsetMs });
  };
  /** Real parts answer when they like: what is under way is counted. */
  const counted = async <T>(answer: Promise<T>): Promise<T> => {
    outstanding += 1;
    try {
      return await answer;
    } finally {
      outstanding -= 1;
      if (outstanding === 0) onQuiet();
    }
  };
  /** The answers of AWS, and its errors, carry a date in whole seconds. In memory they come in the moment in which they are made. */
  const begin = <T>(worker: Worker, asked: Asked<T>, askedAt: Millis): Promise<T> => {
    const answer = asked.effect();
    const isDated = worker.offsetMs !== 0 && !OF_CLUSTERS.has(asked.operation);
    if (!isReal) {
      if (isDated) learn(worker, askedAt);
      return answer;
    }
    return counted(isDated ? answer.finally(() => learn(worker, askedAt)) : answer);
  };

  const untilQuiet = async (): Promise<void> => {
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (outstanding === 0) return;
      await new Promise<void>((resolve) => {
        onQuiet = resolve;
      });
    }
  };

  const scheduler: Scheduler = {
    now: () => now,
    waiting: () => waiting,
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
        time: createTime(),
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

    call(worker, asked) {
      if (!worker.isAlive) return never();
      const askedAt = now + worker.offsetMs;
      if (worker.mode === "run" || (worker.mode === "run to write" && !WRITES.has(asked.operation))) return begin(worker, asked, askedAt);
      worker.mode = "held";
      return new Promise((resolve, reject) => {
        waiting.push({ worker, asked, askedAt, resolve: resolve as Call["resolve"], reject });
      });
    },

    clockOf(worker) {
      const local = (): Millis => now + worker.offsetMs;
      return {
        now: () => worker.time.earliest(local()),
        latest: () => worker.time.latest(local()),
        uptime: local,
        random: () => 0.5,
        sleep: (ms) => {
          if (!worker.isAlive) return never();
          const asked = { operation: "sleep", args: [ms], effect: async () => {} };
          return new Promise((resolve, reject) => {
            waiting.push({ worker, asked, askedAt: local(), resolve: () => resolve(), reject, wakeAt: now + Math.max(0, ms) });
          });
        },
      };
    },

    proceed(call, outcome) {
      remove(call);
      if (call.wakeAt !== undefined && call.wakeAt > now) scheduler.advance(call.wakeAt - now);
      const { worker, asked, askedAt, resolve, reject } = call;
      const { failing } = asked;
      if (outcome === "answered") begin(worker, asked, askedAt).then(resolve, reject);
      else if (failing !== undefined) counted(failing(outcome)).then(resolve, reject);
      else if (outcome.when === "before") reject(outcome.error);
      else begin(worker, asked, askedAt).then(() => reject(outcome.error), reject);
      return scheduler.flush();
    },

    async run(worker, mode) {
      if (!worker.isAlive || worker.isDone) return;
      const own = waiting.filter((call) => call.worker === worker && call.wakeAt === undefined);
      worker.mode = mode;
      for (const call of own) {
        remove(call);
        begin(worker, call.asked, call.askedAt).then(call.resolve, call.reject);
      }
      await scheduler.flush();
      while (isRunning(worker)) {
        let next: Call | undefined;
        for (const call of waiting) {
          if (call.worker === worker && call.wakeAt !== undefined && call.wakeAt < (next?.wakeAt ?? Number.POSITIVE_INFINITY)) next = call;
        }
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

    flush() {
      // A tick comes once every promise that can move has moved; only real parts need the event loop to turn.
      return isReal ? untilQuiet() : new Promise<void>(onNextTick);
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
