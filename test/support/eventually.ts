/** Waits for something to hold that happens by itself, elsewhere; its failure says what was wrong at the last look. */
import { setTimeout as sleep } from "node:timers/promises";

/** Calls `look` until it neither throws nor rejects, and gives its answer. @throws Error with the last failure's message */
export async function eventually<T>(
  look: () => Promise<T> | T,
  options: { readonly timeoutMs?: number; readonly intervalMs?: number } = {},
): Promise<T> {
  const { timeoutMs = 15_000, intervalMs = 50 } = options;
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (Date.now() >= deadline) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new Error(`not within ${timeoutMs} ms; at the last look: ${reason}`, { cause: error });
      }
    }
    await sleep(intervalMs);
  }
}
