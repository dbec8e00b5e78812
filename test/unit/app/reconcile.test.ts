/** What reconcile finds intact, what it wakes, and what it leaves alone; it writes to no target. */
import { describe, expect, it } from "@jest/globals";
import { RelayError } from "../../../src/core/errors.ts";
import type { Registry } from "../../../src/core/ports.ts";
import { DEFAULT_BOUNDS } from "../../../src/core/sync/freshness.ts";
import type { MemoryCluster } from "../../support/fakes/memory-cluster.ts";
import { DRIFT, LIFETIME, reconcileWorld, T } from "../../support/reconcile-world.ts";
import { aSpec, put } from "../../support/registrations.ts";

describe("reconcile of what is due", () => {
  it("records an intact target as seen, and is due again within the drift interval", async () => {
    const { queue, calls, run, synced, get } = await reconcileWorld();
    const registration = await synced();

    expect(await run()).toEqual({ due: 1, enqueued: 0, intact: 1, propagations: 0, clusterExternalSecrets: 0 });
    expect(queue.sent).toEqual([]);
    expect(calls).toEqual(["tokyo look"]);
    const now = await get(registration);
    expect(now?.status).toEqual({ ...registration.status, syncedAt: T });
    expect(now?.dueAt).toBeGreaterThan(T + DRIFT * 0.8);
    expect(now?.dueAt).toBeLessThanOrEqual(T + DRIFT);
    expect(await run()).toMatchObject({ due: 0 });
  });

  it("moves asOf on by the read, no further than the store's lag allows", async () => {
    const { clock, run, synced, get } = await reconcileWorld();
    const registration = await synced();
    const [key = ""] = Object.keys(registration.applied);
    clock.advance(DRIFT);

    await run(T + DRIFT + 60_000);

    expect((await get(registration))?.applied).toEqual({ [key]: { versionId: "v1", asOf: T + DRIFT - DEFAULT_BOUNDS.visibilityMs } });
  });

  it("is due again at the refreshInterval where that is shorter", async () => {
    const { run, synced, get } = await reconcileWorld();
    const registration = await synced({ refreshIntervalMs: 60_000 });

    await run();

    expect((await get(registration))?.dueAt).toBeLessThanOrEqual(T + 60_000);
  });

  it("leaves what is not due alone", async () => {
    const { registry, calls, run, synced } = await reconcileWorld();
    await registry.record(await synced(), { dueAt: T + 1 });

    expect(await run()).toMatchObject({ due: 0, intact: 0, enqueued: 0 });
    expect(calls).toEqual([]);
  });

  it.each([
    { name: "an edited target", change: (cluster: MemoryCluster) => cluster.writeByHand("app", "db", "kubectl", { a: "b" }) },
    { name: "a deleted target", change: (cluster: MemoryCluster) => cluster.deleteByHand("app", "db") },
    {
      name: "a target deleted and made again",
      change: (cluster: MemoryCluster) => {
        cluster.deleteByHand("app", "db");
        cluster.writeByHand("app", "db", "kubectl", { a: "b" });
      },
    },
  ])("wakes a sync with a look for $name, once", async ({ change }) => {
    const { queue, at, run, synced } = await reconcileWorld();
    const registration = await synced();
    change(at("tokyo"));

    expect(await run()).toMatchObject({ due: 1, enqueued: 1, intact: 0 });
    expect(queue.sent).toEqual([
      {
        request: {
          registration: registration.id,
          cluster: "tokyo",
          target: "tokyo/app/db",
          need: registration.registeredAt,
          verify: true,
          attempt: 0,
        },
        delayMs: 0,
      },
    ]);
    expect(await run()).toMatchObject({ due: 0, enqueued: 0 });
  });

  it("wakes a sync for a version that no event told, and does not bother its cluster", async () => {
    const { source, calls, run, sent, synced } = await reconcileWorld();
    await synced();
    source.put("shop/db", "v2", "newer");

    expect(await run()).toMatchObject({ enqueued: 1, intact: 0 });
    expect(sent()).toEqual(["sync tokyo/app/db"]);
    expect(calls).toEqual([]);
  });

  it("wakes it again when the message seems lost", async () => {
    const { source, clock, queue, run, synced } = await reconcileWorld();
    await synced();
    source.put("shop/db", "v2", "newer");
    await run();
    queue.drain();
    clock.advance(6 * 60_000);

    expect(await run(T + 7 * 60_000)).toMatchObject({ enqueued: 1 });
    expect(queue.sent).toHaveLength(1);
  });

  it("asks the store once for a secret that many read", async () => {
    const { source, run, synced } = await reconcileWorld();
    for (const name of ["a", "b", "c"]) await synced({ name });

    expect(await run()).toMatchObject({ intact: 3 });
    expect(source.reads.get("shop/db")).toBe(1);
  });

  it.each([
    { name: "the store can't be asked", code: "StoreThrottled" },
    { name: "access is denied", code: "AccessDenied" },
  ] as const)("leaves it to a sync to find out where $name, and spares its neighbour", async ({ code }) => {
    const { source, run, sent, synced } = await reconcileWorld();
    await synced({ name: "a" });
    await synced({ name: "b", key: "other" });
    source.fail("shop/db", new RelayError(code, "shop/db"));

    expect(await run()).toMatchObject({ intact: 1, enqueued: 1 });
    expect(sent()).toEqual(["sync tokyo/app/a"]);
  });

  it.each(["CreatedOnce", "OnChange"] as const)("asks no store for %s, and looks for its drift all the same", async (refreshPolicy) => {
    const { source, at, run, sent, synced } = await reconcileWorld();
    await synced({ name: "a", refreshPolicy });
    await synced({ name: "b", refreshPolicy });
    source.put("shop/db", "v2", "newer");
    at("tokyo").deleteByHand("app", "b");

    expect(await run()).toMatchObject({ intact: 1, enqueued: 1 });
    expect(source.reads.get("shop/db")).toBeUndefined();
    expect(sent()).toEqual(["sync tokyo/app/b"]);
  });

  it("wakes a sync each time where templates lie in the cluster, since nobody tells when those change", async () => {
    const { run, synced, sent } = await reconcileWorld();
    const template = { labels: {}, annotations: {}, templateFrom: [{ configMap: { name: "tpl", items: [{ key: "a" }] } }] };
    await synced({ template });
    await synced({ template, name: "kept", refreshPolicy: "CreatedOnce" });

    expect(await run()).toMatchObject({ due: 2, enqueued: 1, intact: 1 });
    expect(sent()).toHaveLength(1);
  });

  it("looks at no target where creationPolicy None has none", async () => {
    const { calls, run, synced } = await reconcileWorld();
    await synced({ creationPolicy: "None" });

    expect(await run()).toMatchObject({ intact: 1, enqueued: 0 });
    expect(calls).toEqual([]);
  });

  it.each(["Pending", "Error", "SecretMissing", "SecretDeleted"] as const)("wakes a sync for one that is %s", async (state) => {
    const { registry, run, sent, synced } = await reconcileWorld();
    const registration = await synced();
    await registry.record(registration, { status: { ...registration.status, state } });

    expect(await run()).toMatchObject({ enqueued: 1, intact: 0 });
    expect(sent()).toEqual(["sync tokyo/app/db"]);
  });

  it("wakes a sync where a new generation was never applied", async () => {
    const { registry, run, synced } = await reconcileWorld();
    await registry.record(await synced(), { appliedGeneration: 0 });

    expect(await run()).toMatchObject({ enqueued: 1 });
  });

  it("gives what was just registered a head start, and finds it when its message got lost", async () => {
    const { registry, clock, queue, run } = await reconcileWorld();
    await put(registry, aSpec(), T);

    clock.advance(60_000);
    expect(await run(T + 3_600_000)).toMatchObject({ due: 0 });
    clock.advance(120_000);
    expect(await run(T + 3_600_000)).toMatchObject({ due: 1, enqueued: 1 });
    expect(queue.sent).toMatchObject([{ request: { need: T, verify: true } }]);
  });

  it("wakes the prune of a tombstone, not before the last worker of its life has ended", async () => {
    const { registry, queue, run, synced } = await reconcileWorld();
    const tomb = await registry.entomb(await synced(), 7, T - 30_000);
    if (tomb === "lost") throw new Error("lost");
    await registry.record(tomb, { dueAt: T - 1 });

    expect(await run()).toMatchObject({ due: 1, enqueued: 1 });
    expect(queue.sent).toMatchObject([
      { request: { registration: "tokyo/app/db", prune: { generation: 7, notBefore: T - 30_000 + LIFETIME } }, delayMs: 40_000 },
    ]);
  });

  it("does nothing for one that somebody else records meanwhile", async () => {
    const { at, queue, run, synced } = await reconcileWorld({ wrap: () => ({ record: async () => "lost" }) });
    await synced({ name: "a" });
    await synced({ name: "b" });
    at("tokyo").deleteByHand("app", "a");

    expect(await run()).toMatchObject({ due: 2, enqueued: 0, intact: 0 });
    expect(queue.sent).toEqual([]);
  });

  it("isolates a record that fails, and logs its code", async () => {
    const { log, run, synced } = await reconcileWorld({
      wrap: (registry) => ({
        record: async (registration, change) => {
          if (registration.spec.name === "a") throw new RelayError("RegistryUnavailable", "table");
          return registry.record(registration, change);
        },
      }),
    });
    await synced({ name: "a" });
    await synced({ name: "b" });

    expect(await run()).toMatchObject({ due: 2, intact: 1 });
    expect(log.lines).toMatchObject([{ fields: { registration: "tokyo/app/a", code: "RegistryUnavailable" } }]);
  });

  it("logs a queue that is down, and wakes again later", async () => {
    const { at, queue, log, clock, run, synced } = await reconcileWorld();
    await synced();
    at("tokyo").deleteByHand("app", "db");
    queue.failure = new RelayError("QueueUnavailable", "queue");

    expect(await run()).toMatchObject({ due: 1, enqueued: 0 });
    expect(log.lines).toMatchObject([{ level: "error", fields: { code: "QueueUnavailable", requests: 1 } }]);
    queue.failure = undefined;
    clock.advance(6 * 60_000);
    expect(await run(T + 3_600_000)).toMatchObject({ enqueued: 1 });
  });

  it("asks the store once for a secret that the registrations of several pages read", async () => {
    const { source, run, synced } = await reconcileWorld();
    for (let index = 0; index < 250; index += 1) await synced({ name: `db-${index}` });
    const asked: number[] = [];
    const currentVersions = source.currentVersions.bind(source);
    source.currentVersions = async (references) => {
      asked.push(references.length);
      return currentVersions(references);
    };

    expect(await run()).toMatchObject({ due: 250, intact: 250, enqueued: 0 });
    expect(asked).toEqual([1]);
  });

  it("goes on through pages, also while the index still lists what was dealt with", async () => {
    const { run, synced } = await reconcileWorld({
      wrap: (registry) => {
        // The index lags by the whole run.
        let listed: Awaited<ReturnType<Registry["due"]>> | undefined;
        return {
          due: async (before, limit) => {
            listed ??= await registry.due(before, 10_000);
            return listed.slice(0, limit);
          },
        };
      },
    });
    for (let index = 0; index < 230; index += 1) await synced({ name: `r${index}` });

    expect(await run()).toMatchObject({ due: 230, intact: 230 });
    expect(await run()).toMatchObject({ due: 0, intact: 0 });
  });

  it("begins nothing after its deadline", async () => {
    const { calls, run, synced } = await reconcileWorld();
    await synced();

    expect(await run(T)).toEqual({ due: 0, enqueued: 0, intact: 0, propagations: 0, clusterExternalSecrets: 0 });
    expect(calls).toEqual([]);
  });
});
