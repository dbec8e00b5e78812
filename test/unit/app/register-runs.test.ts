/** A register run is open from before its first write until all of it is done: so long nothing is pruned. */
import { describe, expect, it } from "@jest/globals";
import { RelayError } from "../../../src/core/errors.ts";
import type { Registry } from "../../../src/core/ports.ts";
import { configOf, registerWorld, T } from "../../support/register-world.ts";

const WRITES = ["putCluster", "retireCluster", "removeCluster", "putRegistration", "entomb", "dropTombstone"] as const;

/** Notes at each write of a run whether the run is open. */
function watched(memory: Registry, seen: string[]): Partial<Registry> {
  const noting = (name: (typeof WRITES)[number]) => {
    const inner = memory[name] as (...args: unknown[]) => Promise<unknown>;
    return async (...args: unknown[]) => {
      seen.push(`${name} ${(await memory.runState()).isOpen ? "in a run" : "outside"}`);
      return inner(...args);
    };
  };
  return Object.fromEntries(WRITES.map((name) => [name, noting(name)]));
}

describe("a register run", () => {
  it("is open at each of its writes, and ended after the last", async () => {
    const seen: string[] = [];
    const { registry, run } = registerWorld((memory) => watched(memory, seen));
    await run(configOf({ name: "a" }, { name: "gone" }, { name: "b", cluster: "virginia" }));
    await run(configOf({ name: "a", target: "moved" }, { name: "c" }));
    await registry.dropTombstone("virginia/app/b", 2);
    await run(configOf({ name: "a", target: "moved" }, { name: "c" }));

    expect(new Set(seen)).toEqual(
      new Set(["putCluster in a run", "retireCluster in a run", "removeCluster in a run", "putRegistration in a run", "entomb in a run"]),
    );
    expect(await registry.runState()).toEqual({ generation: 3, isOpen: false });
  });

  it("stays open where its time is up, where it fails and where it finds a conflict, until one finishes that has nothing left to do", async () => {
    let isDown = false;
    const { registry, run } = registerWorld((memory) => ({
      async putRegistration(given) {
        if (isDown) throw new RelayError("RegistryUnavailable", "table");
        return memory.putRegistration(given);
      },
    }));
    const isOpen = async () => (await registry.runState()).isOpen;

    expect(await run(configOf({ name: "a" }), T)).toMatchObject({ kind: "unfinished" });
    expect(await isOpen()).toBe(true);
    isDown = true;
    await expect(run(configOf({ name: "a" }))).rejects.toMatchObject({ code: "RegistryUnavailable" });
    expect(await isOpen()).toBe(true);
    isDown = false;
    await expect(run(configOf({ name: "a" }, { name: "b", target: "a" }))).rejects.toMatchObject({ code: "OwnedByRegistration" });
    expect(await isOpen()).toBe(true);

    expect(await run(configOf({ name: "a" }))).toMatchObject({ kind: "finished", unchanged: 1 });
    expect(await isOpen()).toBe(false);
  });
});
