/** A stack of clean-ups that runs in reverse order exactly once, however the process ends (but for SIGKILL). */

type CleanUp = () => Promise<void> | void;

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export interface CleanUpStack {
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
  let running: Promise<void> | undefined;

  const runAll = async (): Promise<void> => {
    const failures: unknown[] = [];
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
 */
export async function runWithCleanUps<T>(action: (stack: CleanUpStack) => Promise<T>): Promise<T> {
  const stack = createCleanUpStack();
  const endAfterCleanUp = (end: () => void): void => {
    stack
      .run()
      .catch((error: unknown) => process.stderr.write(`${String(error)}\n`))
      .finally(end);
  };
  const onSignal = (signal: NodeJS.Signals): void =>
    endAfterCleanUp(() => {
      unlisten();
      process.kill(process.pid, signal);
    });
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
