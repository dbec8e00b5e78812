/** Heap after a full collection, sampled while something runs: what is held, not what is still to be collected. */
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const SAMPLE_MS = 500;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

export interface HeapUse {
  /** Megabytes, oldest first; the first is from before the work. */
  readonly samples: readonly number[];
}

/** `tidy` runs before each sample: it drops what only the benchmark keeps. */
export async function heapDuring<T>(work: () => Promise<T>, tidy: () => void): Promise<HeapUse & { readonly result: T }> {
  const samples = [heapMb(tidy)];
  let isOver = false;
  const sampling = (async (): Promise<void> => {
    for (;;) {
      await sleep(SAMPLE_MS);
      if (isOver) return;
      samples.push(heapMb(tidy));
    }
  })();
  try {
    return { result: await work(), samples };
  } finally {
    isOver = true;
    await sampling;
  }
}

/** What is held now, in megabytes, with the bytes that lie outside of the heap (values do). */
export function heldMb(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}

function heapMb(tidy: () => void): number {
  tidy();
  collect();
  return process.memoryUsage().heapUsed / 2 ** 20;
}
