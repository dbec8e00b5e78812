/** While a register run is open, nothing is pruned: what is nobody's meanwhile may be for another registration of its config. */
import { describe, expect, it } from "@jest/globals";
import { entombed, pruneOf } from "../../support/pruning.ts";
import { relayWorld } from "../../support/relay-world.ts";

describe("pruneTarget, beside a register run", () => {
  it("takes nothing away while a register run is open, and does once it ended", async () => {
    const world = await relayWorld();
    const run = await world.registry.beginRun();
    const tombstone = await entombed(world, await world.synced());

    const request = pruneOf(world, tombstone);
    expect(await world.sync([request])).toEqual([{ kind: "again", request, delayMs: 60_000 }]);
    expect(world.calls).toEqual([]);
    expect(world.data(tombstone)).toEqual({ password: "p1" });
    expect(await world.reg(tombstone)).toMatchObject({ phase: "tombstone", dueAt: world.clock.now() + 15 * 60_000 });
    const fields = { registration: tombstone.id, target: request.target, reason: "a register run has not finished" };
    expect(world.log.lines).toContainEqual({ level: "info", message: "prune waits", fields });

    await world.registry.endRun(run);
    await world.sync([pruneOf(world, tombstone)]);
    expect(world.data(tombstone)).toBeUndefined();
    expect(await world.find(tombstone)).toBeUndefined();
  });

  it("goes on by one of several messages while a run is open", async () => {
    const world = await relayWorld();
    await world.registry.beginRun();
    const tombstone = await entombed(world, await world.synced());
    const request = pruneOf(world, tombstone);

    const first = await world.sync([request]);
    const doubled = await world.sync([request]);
    world.clock.advance(60_000);
    const next = await world.sync([request]);

    expect([first, doubled, next].flat().map(({ kind }) => kind)).toEqual(["again", "done", "again"]);
  });

  it("does not take a target for nobody's that a run frees after the prune began, be it over already", async () => {
    let isAsked = false;
    const world = await relayWorld({
      wrap: (memory) => ({
        async owner(target) {
          const owner = await memory.owner(target);
          if (isAsked || owner !== undefined) return owner;
          isAsked = true;
          // It freed the target just before it was asked for, and gives it to the next registration only now.
          await memory.endRun(await memory.beginRun());
          await world.register({ name: "next", target: "db" });
          return undefined;
        },
      }),
    });
    const tombstone = await entombed(world, await world.synced());

    await world.sync([pruneOf(world, tombstone)]);

    expect(isAsked).toBe(true);
    expect(world.data(tombstone)).toEqual({ password: "p1" });
    expect(await world.reg(tombstone)).toMatchObject({ phase: "tombstone" });
  });
});
