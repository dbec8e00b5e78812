/** However many events come, repeated or invented, they change nothing that is written, and cost each target little. */
import { describe, expect, it } from "@jest/globals";
import { createOnSecretChange } from "../../../src/app/on-secret-change.ts";
import { createSyncTargets } from "../../../src/app/sync-targets.ts";
import { RelayError } from "../../../src/core/errors.ts";
import type { SecretChange } from "../../../src/core/secret-change.ts";
import { createMemoryQueue } from "../../support/fakes/memory-outlets.ts";
import { ACCOUNT, REGION } from "../../support/registrations.ts";
import { relayWorld, T } from "../../support/relay-world.ts";

const ARN = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:shop/db-AbCdEf`;
const moved = (versionId: string, at: number): SecretChange => ({
  kind: "label moved",
  arn: ARN,
  name: "shop/db",
  label: "AWSCURRENT",
  versionId,
  at: Math.floor(at / 1000) * 1000,
});
const touched = (at: number): SecretChange => ({ kind: "secret changed", arn: ARN, name: "shop/db", at: Math.floor(at / 1000) * 1000 });

/** The relay in front of one target that holds the secret's first version. */
async function eventWorld({ fastPathTargets = 20 } = {}) {
  const world = await relayWorld();
  const { clock, source, deps } = world;
  const queue = createMemoryQueue();
  const syncTargets = createSyncTargets(deps);
  const onChange = createOnSecretChange({ ...deps, queue, sync: syncTargets, fastPathTargets });
  let events = 0;
  /** Each event as one of its own, unless it says whose delivery it is. */
  const handle = async (change: SecretChange, id = `event-${events++}`) => onChange(change, clock.uptime() + 50, id);
  let due: { readonly at: number; readonly request: Parameters<typeof syncTargets>[0][number] }[] = [];
  /** Lets the queue give whatever is due until `moment`, and moves the clock there. */
  const runUntil = async (moment: number): Promise<void> => {
    for (;;) {
      due.push(...queue.drain().map(({ request, delayMs }) => ({ request, at: clock.now() + delayMs })));
      const next = due.filter(({ at }) => at <= moment).toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      const batch = due.filter(({ at }) => at === next.at).map(({ request }) => request);
      due = due.filter(({ at }) => at !== next.at);
      clock.advance(Math.max(0, next.at - clock.now()));
      for (const outcome of await syncTargets(batch, clock.uptime() + 50)) {
        if (outcome.kind !== "done") due.push({ request: outcome.request, at: clock.now() + Math.max(1, outcome.delayMs) });
      }
    }
    clock.advance(Math.max(0, moment - clock.now()));
  };
  const registration = await world.synced();
  clock.advance(600_000);
  const rotate = (versionId: string) => source.put("shop/db", versionId, `value of ${versionId}`);
  return { ...world, registration, handle, runUntil, rotate, data: () => world.data(registration) };
}

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
    const { handle, clock, runUntil, rotate, data, source, register, hook } = await eventWorld();
    const failing = await register({ name: "failing", cluster: "virginia" });
    hook.before = (cluster) => {
      if (cluster === "virginia") throw new RelayError("Forbidden", failing.id);
    };
    // Served where it was written; the failing one has leave for one try, and then is left to the look.
    expect(await handle(moved("v1", clock.now() - 600_000))).toEqual({ targets: 2, path: "fast" });
    expect(await handle(moved("v1", clock.now() - 601_000))).toEqual({ targets: 2, path: "later" });
    rotate("v2");
    source.lag("shop/db", clock.now() + 3_000);
    expect(await handle(moved("v2", clock.now()))).toEqual({ targets: 2, path: "covered" });

    await runUntil(clock.now() + 6_000);

    expect(data()).toEqual({ password: "value of v2" });
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
