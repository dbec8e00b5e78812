/** What sync windows hold back waits, is told, and is never lost: over syncs, reconcile and propagations. T is 8:00 UTC. */
import { describe, expect, it } from "@jest/globals";
import { settlePropagation } from "../../../src/app/propagation.ts";
import { RelayError } from "../../../src/core/errors.ts";
import type { Registration } from "../../../src/core/model.ts";
import { reconcileWorld } from "../../support/reconcile-world.ts";
import { relayWorld, T, type World } from "../../support/relay-world.ts";

const MINUTE = 60_000;
/** Opens ten and a half hours after T. */
const evening = { kind: "allow", windows: [{ schedule: "30 18 * * *", durationMs: 60 * MINUTE }] } as const;
/** Opens five minutes after T. */
const soon = { kind: "allow", windows: [{ schedule: "5 8 * * *", durationMs: 60 * MINUTE }] } as const;
const never = { kind: "allow", windows: [{ schedule: "nonsense", durationMs: 60 * MINUTE }] } as const;
const EVENING = T + 630 * MINUTE;

/** Two minutes later the store has v2, and its event is delivered. */
async function rotated(world: World, registration: Registration) {
  world.clock.advance(2 * MINUTE);
  world.source.put("shop/db", "v2", "p2");
  return world.sync(await world.announce([registration], "v2", world.clock.now()));
}

const announced = (world: World) => world.events("Secret Propagated").filter(({ versionId }) => versionId === "v2");

async function settleAll({ deps, registry }: World): Promise<void> {
  for (const propagation of await registry.unfinishedPropagations(10)) await settlePropagation(deps, propagation);
}

describe("a sync in a closed window", () => {
  it("takes no new version, reads nothing, and says until when it waits", async () => {
    const world = await relayWorld();
    const registration = await world.synced({ syncWindows: evening });
    const reads = world.source.reads.get("shop/db");

    expect(await rotated(world, registration)).toMatchObject([{ kind: "done" }]);

    expect(world.data(registration)).toEqual({ password: "p1" });
    expect(world.source.reads.get("shop/db")).toBe(reads);
    expect((await world.reg(registration)).status).toMatchObject({ state: "Synced", heldUntil: EVENING });
  });

  it("is due when the window opens, where that is before the next look for drift", async () => {
    const world = await relayWorld();
    const registration = await world.synced({ syncWindows: soon });

    await rotated(world, registration);

    expect((await world.reg(registration)).dueAt).toBe(T + 5 * MINUTE);
  });

  it("says nothing of waiting for an event of the version that it has", async () => {
    const world = await relayWorld();
    const registration = await world.synced({ syncWindows: evening });

    await world.sync(await world.announce([registration], "v1", world.clock.now()));

    expect((await world.reg(registration)).status.heldUntil).toBeUndefined();
  });

  it("does not forget what waits where a look fails meanwhile", async () => {
    const world = await relayWorld();
    const registration = await world.synced({ syncWindows: evening });
    await rotated(world, registration);
    world.hook.before = () => {
      throw new RelayError("Forbidden", "db");
    };
    await world.sync([world.requestOf(registration, { verify: true })]);
    expect((await world.reg(registration)).status).toMatchObject({ state: "Error", heldUntil: EVENING });
    world.hook.before = undefined;

    await world.sync([world.requestOf(registration, { verify: true })]);

    expect((await world.reg(registration)).status).toMatchObject({ state: "Synced", heldUntil: EVENING });
  });

  it("does not forget at a look for drift what waits, and forgets it once it is applied", async () => {
    const world = await relayWorld();
    const registration = await world.synced({ syncWindows: soon });
    await rotated(world, registration);
    await world.sync([world.requestOf(registration, { verify: true })]);
    expect((await world.reg(registration)).status.heldUntil).toBe(T + 5 * MINUTE);
    world.clock.advance(5 * MINUTE);

    await world.sync([world.requestOf(registration, { verify: true })]);

    expect(world.data(registration)).toEqual({ password: "p2" });
    expect((await world.reg(registration)).status).toMatchObject({ state: "Synced", failures: 0 });
    expect((await world.reg(registration)).status.heldUntil).toBeUndefined();
  });
});

describe("a propagation that sync windows hold back", () => {
  it("stays open until they open, and is then announced", async () => {
    const world = await relayWorld();
    const registration = await world.synced({ syncWindows: soon });
    const other = await world.synced({ name: "other" });
    const opened = await rotated(world, registration);
    await world.sync(await world.announce([other], "v2", world.clock.now()));
    await settleAll(world);
    expect(opened).toMatchObject([{ kind: "done" }]);
    expect(announced(world)).toEqual([]);
    world.clock.advance(5 * MINUTE);

    await world.sync([world.requestOf(registration, { verify: true })]);
    await settleAll(world);

    expect(announced(world)).toMatchObject([{ expected: 2, done: 2 }]);
  });

  it("does not wait for windows that never open", async () => {
    const world = await relayWorld();
    const registration = await world.synced({ syncWindows: never });
    const other = await world.synced({ name: "other" });
    await rotated(world, registration);
    await world.sync(await world.announce([other], "v2", world.clock.now()));

    await settleAll(world);

    expect((await world.reg(registration)).status.heldUntil).toBeUndefined();
    expect(announced(world)).toMatchObject([{ expected: 1, done: 1 }]);
  });
});

describe("reconcile in a closed window", () => {
  it("calls the target intact though the store shows another version, and keeps what waits", async () => {
    const { source, registry, queue, run, synced, get } = await reconcileWorld();
    const registration = await synced({ syncWindows: evening });
    await registry.record(registration, { status: { ...registration.status, heldUntil: EVENING } });
    source.put("shop/db", "v2", "value");

    expect(await run()).toMatchObject({ due: 1, intact: 1, enqueued: 0 });

    expect(queue.sent).toEqual([]);
    expect((await get(registration))?.status.heldUntil).toBe(EVENING);
  });

  it("sends it to a sync once the window is open", async () => {
    const { source, queue, run, synced } = await reconcileWorld();
    const registration = await synced({ syncWindows: { kind: "allow", windows: [{ schedule: "0 8 * * *", durationMs: MINUTE }] } });
    source.put("shop/db", "v2", "value");

    expect(await run()).toMatchObject({ due: 1, intact: 0, enqueued: 1 });

    expect(queue.sent).toMatchObject([{ request: { registration: registration.id } }]);
  });

  it("wakes nobody for a propagation that is held back", async () => {
    const { registry, queue, run, synced } = await reconcileWorld();
    const registration = await synced({ syncWindows: evening });
    const [reference = ""] = Object.keys(registration.applied);
    await registry.record(registration, { applied: { [reference]: { versionId: "v0", asOf: T - 800_000 } }, dueAt: T + 600_000 });
    await registry.openPropagation({ reference, versionId: "v1", at: T - 700_000 }, { openedAt: T - 600_000, expected: 1 });

    await run();

    expect(queue.sent).toEqual([]);
  });
});
