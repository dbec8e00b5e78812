/** However many events come, repeated or invented, they change nothing that is written, and cost each target little. */
import { describe, expect, it } from "@jest/globals";
import { createOnSecretChange } from "../../../src/app/on-secret-change.ts";
import { createSyncTargets } from "../../../src/app/sync-targets.ts";
import { RelayError } from "../../../src/core/errors.ts";
import { eventWorld, moved, touched } from "../../support/event-world.ts";
import { createMemoryQueue } from "../../support/fakes/memory-outlets.ts";
import { relayWorld, T } from "../../support/relay-world.ts";

const START = T + 600_000;

describe("events of one secret", () => {
  it.each([
    { name: "the same change again and again", change: () => moved("v1", START - 2_000) },
    { name: "the current version, ever later", change: (_: number, now: number) => moved("v1", now) },
    { name: "versions that do not exist", change: (n: number, now: number) => moved(`no-${n}`, now) },
    { name: "changes of an unknown kind", change: (_: number, now: number) => touched(now) },
    { name: "moments that are still to come", change: (n: number, now: number) => moved("v1", now + 3_600_000 * n) },
  ])("look at a target once in five seconds at most, whatever they say: $name", async ({ change }) => {
    const { handle, clock, calls, runUntil, source, data } = await eventWorld();
    const before = source.reads.get("shop/db") ?? 0;

    for (let n = 0; n < 1_000; n += 1) {
      await handle(change(n, clock.now()));
      await runUntil(clock.now() + 20);
    }
    await runUntil(clock.now() + 120_000);

    // 20 seconds of them.
    expect(calls.filter((call) => !call.includes("look"))).toEqual([]);
    expect(calls.length).toBeLessThanOrEqual(6);
    expect(source.reads.get("shop/db")).toBeLessThan(before + 1_000 + 100);
    expect(data()).toEqual({ password: "p1" });
  });

  it("try a target that can't be written once in five seconds at most", async () => {
    const { handle, clock, calls, runUntil, rotate, hook } = await eventWorld();
    hook.before = () => {
      throw new RelayError("Forbidden", "tokyo/app/db");
    };
    rotate("v2");
    const startedAt = clock.now();
    while (clock.now() < startedAt + 20_000) {
      await handle(moved("v2", startedAt));
      await runUntil(clock.now() + 20);
    }

    expect(calls.length).toBeGreaterThan(0);
    expect(calls.length).toBeLessThanOrEqual(6);
  });

  it.each([20, 0])("never hold up what is new, with %d targets at once", async (fastPathTargets) => {
    const { handle, clock, runUntil, rotate, data } = await eventWorld({ fastPathTargets });
    for (const versionId of ["v2", "v3", "v4"]) {
      for (let n = 0; n < 20; n += 1) await handle(moved(`no-${n}`, clock.now()));
      clock.advance(1_000);
      rotate(versionId);
      await handle(moved(versionId, clock.now()));
      await runUntil(clock.now() + 1);

      expect(data()).toEqual({ password: `value of ${versionId}` });
    }
  });

  it("find what is new although the store lags and its own event is one of many", async () => {
    const { handle, clock, runUntil, rotate, data, source } = await eventWorld();
    await handle(moved("no-1", clock.now()));
    rotate("v2");
    source.lag("shop/db", clock.now() + 3_000);
    for (let n = 0; n < 10; n += 1) await handle(moved(n === 5 ? "v2" : `no-${n}`, clock.now()));

    await runUntil(clock.now() + 6_000);

    expect(data()).toEqual({ password: "value of v2" });
  });

  it("find what is new however long the store lags", async () => {
    const { handle, clock, runUntil, rotate, data, source } = await eventWorld();
    await handle(moved("no-1", clock.now()));
    rotate("v2");
    source.lag("shop/db", clock.now() + 59_000);
    for (let n = 0; n < 10; n += 1) await handle(touched(clock.now()));

    await runUntil(clock.now() + 70_000);

    expect(data()).toEqual({ password: "value of v2" });
  });

  it("find what is new for a target to which the event that looks later owed nothing", async () => {
    const { handle, clock, runUntil, rotate, data, source, register, sync, requestOf } = await eventWorld();
    // An event of AWSCURRENT may have moved AWSPREVIOUS too, and does not say where.
    rotate("v2");
    await handle(moved("v2", clock.now()));
    await sync([requestOf(await register({ name: "previous", version: "AWSPREVIOUS", cluster: "virginia" }))]);
    clock.advance(600_000);
    expect(await handle(moved("v2", clock.now()))).toEqual({ targets: 2, path: "fast" });
    expect(await handle(moved("v2", clock.now()))).toEqual({ targets: 2, path: "later" });
    clock.advance(1_500);
    rotate("v3");
    source.lag("shop/db", clock.now() + 3_000);
    expect(await handle(moved("v3", clock.now()))).toEqual({ targets: 2, path: "covered" });

    await runUntil(clock.now() + 6_000);

    expect(data()).toEqual({ password: "value of v3" });
  });

  it("announce a version that came within the quiet time of another", async () => {
    const { handle, clock, runUntil, rotate, unfinished, events } = await eventWorld();
    for (const versionId of ["v2", "v3"]) {
      clock.advance(1_500);
      rotate(versionId);
      await handle(moved(versionId, clock.now()));
    }
    await runUntil(clock.now() + 1_000);

    expect(events("Secret Propagated").map(({ versionId }) => versionId)).toEqual(["v1", "v2", "v3"]);
    expect(await unfinished()).toEqual([]);
  });

  it("are done again by whoever is handed the same event once more", async () => {
    const { handle, clock, rotate, data, source } = await eventWorld();
    rotate("v2");
    source.fail("shop/db", new RelayError("StoreUnreachable", "shop/db"));
    const change = moved("v2", clock.now());
    await handle(change, "one");
    source.fail("shop/db", undefined);

    expect(await handle(change, "one")).toEqual({ targets: 1, path: "fast" });
    expect(data()).toEqual({ password: "value of v2" });
  });

  it("are delivered again where nobody could say whether they may wake", async () => {
    const world = await relayWorld({
      wrap: () => ({
        claimWake: () => Promise.reject(new RelayError("RegistryUnavailable", "table")),
      }),
    });
    await world.synced();
    const onChange = createOnSecretChange({
      ...world.deps,
      queue: createMemoryQueue(),
      sync: createSyncTargets(world.deps),
      fastPathTargets: 20,
    });

    await expect(onChange(moved("v2", world.clock.now()), world.clock.uptime() + 50, "one")).rejects.toMatchObject({
      code: "RegistryUnavailable",
    });
  });

  it("of the future hold up nothing that comes after them", async () => {
    const { handle, clock, runUntil, rotate, data } = await eventWorld();
    await handle(moved("v1", clock.now() + 10 * 365 * 86_400_000));
    clock.advance(10_000);
    rotate("v2");
    await handle(moved("v2", clock.now()));
    await runUntil(clock.now() + 1);

    expect(data()).toEqual({ password: "value of v2" });
  });
});
