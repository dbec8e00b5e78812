/** A stack of clean-ups that runs in reverse order exactly once, however the process ends (but for SIGKILL). */
import { constants } from "node:os";

type CleanUp = () => Promise<void> | void;

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** One Ctrl-C comes more than once: from the terminal to the whole group, and passed on by npm and by whoever started us. */
const ECHO_MS = 500;

/** For signal listeners of others, when all is cleaned up. */
const LAST_WORDS_MS = 1_000;

export interface CleanUpStack {
  /** Aborts when the run begins, before the first clean-up: for work under way that a clean-up waits for. */
  readonly signal: AbortSignal;
  /** Adds a clean-up on top. Once the stack has run, an added one runs at once: a part that came up late is stopped too. */
  readonly add: (cleanUp: CleanUp) => Promise<void>;
  /**
   * Runs every clean-up, last added first, also after one fails. Every call shares the one run.
   * @throws AggregateError of the failures
   */
  readonly run: () => Promise<void>;
}

/** A stack that runs only when told to; see `runWithCleanUps` for one that follows the process. */
export function createCleanUpStack(): CleanUpStack {
  const cleanUps: CleanUp[] = [];
  const abort = new AbortController();
  let running: Promise<void> | undefined;

  const runAll = async (): Promise<void> => {
    const failures: unknown[] = [];
    abort.abort();
    for (let cleanUp = cleanUps.pop(); cleanUp !== undefined; cleanUp = cleanUps.pop()) {
      try {
        await cleanUp();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) {
      throw new AggregateError(failures, `${failures.length} clean-up(s) failed: ${failures.map(String).join("; ")}`);
    }
  };

  return {
    signal: abort.signal,
    add: async (cleanUp) => {
      if (running === undefined) {
        cleanUps.push(cleanUp);
      } else {
        await cleanUp();
      }
    },
    run: () => (running ??= runAll()),
  };
}

/**
 * Runs `action` and then the clean-ups it added: when it ends, when it fails, on SIGINT, SIGTERM and SIGHUP, and on an uncaught
 * error. After a signal the process ends by that same signal, so that the shell sees why; after an uncaught error with code 1.
 * A second signal doesn't wait for the clean-ups: what they would have ended is killed at exit, and files may stay.
 */
export async function runWithCleanUps<T>(action: (stack: CleanUpStack) => Promise<T>): Promise<T> {
  const stack = createCleanUpStack();
  const endAfterCleanUp = (end: () => void): void => {
    stack
      .run()
      .catch((error: unknown) => process.stderr.write(`${String(error)}\n`))
      .finally(end);
  };
  let signalledAt: number | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (signalledAt !== undefined) {
      if (performance.now() - signalledAt > ECHO_MS) process.exit(128 + constants.signals[signal]);
      return;
    }
    signalledAt = performance.now();
    endAfterCleanUp(() => {
      unlisten();
      // Listeners of others (a terminal library's, which shows the cursor again) get the signal too: in the loop's next turn, which
      // this timer sees to, and one that takes the signal for itself does not keep the process.
      setTimeout(() => process.exit(128 + constants.signals[signal]), LAST_WORDS_MS);
      process.kill(process.pid, signal);
    });
  };
  const onUncaught = (error: unknown): void => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    endAfterCleanUp(() => process.exit(1));
  };
  const unlisten = (): void => {
    for (const signal of SIGNALS) {
      process.off(signal, onSignal);
    }
    process.off("uncaughtException", onUncaught);
  };

  for (const signal of SIGNALS) {
    process.on(signal, onSignal);
  }
  process.on("uncaughtException", onUncaught);
  try {
    return await action(stack);
  } finally {
    try {
      await stack.run();
    } finally {
      unlisten();
    }
  }
}

/**
 * Starts a part and sees to its stop from the first moment: a signal during the start waits for it to come up, or to fail, and
 * then stops it. A failed start is the caller's error alone and not a clean-up's too.
 */
export async function startWithCleanUp<Part extends { readonly stop: () => Promise<void> }>(
  stack: CleanUpStack,
  start: () => Promise<Part>,
): Promise<Part> {
  const starting = start();
  await stack.add(async () => {
    const [part] = await Promise.allSettled([starting]);
    if (part.status === "fulfilled") {
      await part.value.stop();
    }
  });
  return starting;
}

/** Does a piece of work that heeds the stack's signal; the clean-ups below it wait until it has ended and removed its own files. */
export async function workWithCleanUp<T>(stack: CleanUpStack, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const working = work(stack.signal);
  await stack.add(async () => {
    await Promise.allSettled([working]);
  });
  return working;
}
