/** The registry's part in register runs: which is open, and when one ends. Run on the table and on its fake. */
import { describe, expect, it } from "@jest/globals";
import type { Registry } from "../../src/core/ports.ts";

export function describeRuns(registry: () => Registry): void {
  describe("register runs", () => {
    it("opens a run with a new generation, and ends it once", async () => {
      const before = await registry().nextGeneration();
      expect(await registry().runState()).toEqual({ generation: before, isOpen: false });

      const generation = await registry().beginRun();

      expect(generation).toBeGreaterThan(before);
      expect(await registry().runState()).toEqual({ generation, isOpen: true });
      await registry().endRun(generation);
      await registry().endRun(generation);
      expect(await registry().runState()).toEqual({ generation, isOpen: false });
    });

    it("keeps a run open whatever is written apart from it", async () => {
      const run = await registry().beginRun();

      const generation = await registry().nextGeneration();

      expect(generation).toBeGreaterThan(run);
      expect(await registry().runState()).toEqual({ generation, isOpen: true });
      await registry().endRun(run);
      expect(await registry().runState()).toEqual({ generation, isOpen: false });
    });

    it("ends with a later run those that stopped before it, and by an earlier one nothing", async () => {
      const stopped = await registry().beginRun();
      const later = await registry().beginRun();

      await registry().endRun(stopped);
      expect(await registry().runState()).toEqual({ generation: later, isOpen: true });

      await registry().endRun(later);
      expect(await registry().runState()).toEqual({ generation: later, isOpen: false });
    });

    it("begins a run of its own for each who asks at once", async () => {
      const given = await Promise.all([registry().beginRun(), registry().beginRun(), registry().beginRun()]);

      expect(new Set(given).size).toBe(3);
      const last = Math.max(...given);
      for (const generation of given.filter((one) => one !== last)) await registry().endRun(generation);
      expect(await registry().runState()).toEqual({ generation: last, isOpen: true });
      await registry().endRun(last);
      expect((await registry().runState()).isOpen).toBe(false);
    });
  });
}
