/** The generation counter of a registry in memory, and the register run that is open. */
import type { Registry } from "../../../src/core/ports.ts";

export interface RunItems {
  /** The last that was given. */
  readonly generation: number;
  readonly openRun: number | undefined;
}

/** `from`: where another registry stopped. */
export function memoryRuns(from: RunItems = { generation: 0, openRun: undefined }) {
  let { generation, openRun } = from;
  const registry: Pick<Registry, "nextGeneration" | "beginRun" | "endRun" | "runState"> = {
    async nextGeneration() {
      generation += 1;
      return generation;
    },
    async beginRun() {
      generation += 1;
      openRun = generation;
      return generation;
    },
    async endRun(ofGeneration) {
      if (openRun !== undefined && openRun <= ofGeneration) openRun = undefined;
    },
    async runState() {
      return { generation, isOpen: openRun !== undefined };
    },
  };
  return { registry, items: (): RunItems => ({ generation, openRun }) };
}
