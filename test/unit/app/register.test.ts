/** What a register run writes, in which order, and what it sends; the same config again changes nothing. */
import { describe, expect, it } from "@jest/globals";
import { RelayError } from "../../../src/core/errors.ts";
import { briefs, configOf, LIFETIME, type RegisterWorld, registerWorld, T } from "../../support/register-world.ts";
import { aCluster, aSpec, brief, loaded, put } from "../../support/registrations.ts";

describe("register", () => {
  it("registers clusters and all that is new under one generation, and asks for syncs past the registration", async () => {
    const { registry, run, sent, get } = registerWorld();

    const result = await run(configOf({ name: "a" }, { name: "b", cluster: "virginia" }));

    expect(result).toEqual({ kind: "finished", added: 2, changed: 0, removed: 0, unchanged: 0, clusters: 2 });
    expect((await registry.clusters()).map(({ spec }) => spec.name)).toEqual(["tokyo", "virginia"]);
    const [a, b] = [await get("a"), await get("b", "virginia")];
    expect([a?.generation, b?.generation]).toEqual([1, 1]);
    expect(sent()).toEqual([
      { registration: "tokyo/app/a", cluster: "tokyo", target: "tokyo/app/a", need: T, verify: false, attempt: 0 },
      { registration: "virginia/app/b", cluster: "virginia", target: "virginia/app/b", need: T, verify: false, attempt: 0 },
    ]);
    expect(a?.dueAt).toBeGreaterThan(T);
  });

  it("does nothing where nothing changed", async () => {
    const { run, sent } = registerWorld();
    await run(configOf({ name: "a" }));
    sent();

    expect(await run(configOf({ name: "a" }))).toMatchObject({ kind: "finished", added: 0, unchanged: 1 });
    expect(sent()).toEqual([]);
  });

  it("puts a cluster again that a version wrote which kept less of it, although its spec is the same", async () => {
    const puts: string[] = [];
    const { run } = registerWorld((memory) => ({
      clusters: async () => (await memory.clusters()).map((record) => ({ ...record, isOutdated: true })),
      putCluster: async (spec) => {
        puts.push(spec.name);
        await memory.putCluster(spec);
      },
    }));

    await run(configOf());
    await run(configOf());

    expect(puts).toEqual(["tokyo", "tokyo"]);
  });

  it("gives a change a new generation, and a look only where the creationPolicy changed", async () => {
    const { run, sent, get } = registerWorld();
    await run(configOf({ name: "a" }, { name: "b" }));
    sent();

    const result = await run(configOf({ name: "a", labels: { team: "x" } }, { name: "b", creationPolicy: "Orphan" }));

    expect(result).toMatchObject({ kind: "finished", changed: 2, added: 0 });
    expect(sent().map((request) => [brief(request), request.verify])).toEqual([
      ["sync tokyo/app/a", false],
      ["sync tokyo/app/b", true],
    ]);
    expect(await get("a")).toMatchObject({ generation: 2, spec: { labels: { team: "x" } } });
  });

  it("has a target looked at that shall no longer be immutable", async () => {
    const { run, sent } = registerWorld();
    const config = configOf({ name: "a" }, { name: "b" });
    const [a, b] = config.registrations;
    if (a === undefined || b === undefined) throw new Error("no registrations");
    await run({ ...config, registrations: [{ ...a, target: { ...a.target, immutable: true } }, b] });
    sent();

    await run({ ...config, registrations: [a, { ...b, target: { ...b.target, immutable: true } }] });

    expect(sent().map((request) => [brief(request), request.verify])).toEqual([
      ["sync tokyo/app/a", true],
      ["sync tokyo/app/b", false],
    ]);
  });

  it("entombs what the config has no more, and prunes it after the longest life of a worker", async () => {
    const { registry, queue, run, get } = registerWorld();
    await run(configOf({ name: "a" }, { name: "b" }));
    queue.drain();

    expect(await run(configOf({ name: "b" }))).toMatchObject({ removed: 1, unchanged: 1 });
    expect(await get("a")).toMatchObject({ phase: "tombstone", generation: 2 });
    expect(await registry.owner("tokyo/app/a")).toBeUndefined();
    expect(queue.sent).toMatchObject([
      { request: { registration: "tokyo/app/a", prune: { generation: 2, notBefore: T + LIFETIME } }, delayMs: LIFETIME },
    ]);
  });

  it("brings a removed registration back with a generation of its own", async () => {
    const { run, sent, get } = registerWorld();
    await run(configOf({ name: "a" }));
    await run(configOf());
    sent();

    expect(await run(configOf({ name: "a" }))).toMatchObject({ added: 1 });
    expect(await get("a")).toMatchObject({ phase: "live", generation: 3 });
    expect(briefs(sent())).toEqual(["sync tokyo/app/a"]);
  });

  it("loads and writes again where a sync records in between", async () => {
    let disturbances = 3;
    const { run, get } = registerWorld((registry) => ({
      async putRegistration(given) {
        if (given.previous !== undefined && disturbances > 0) {
          disturbances -= 1;
          const now = await loaded(registry, given.previous.id);
          if (now !== undefined) await registry.record(now, { known: { uid: "u", resourceVersion: String(disturbances) } });
        }
        return registry.putRegistration(given);
      },
    }));
    await run(configOf({ name: "a" }));

    expect(await run(configOf({ name: "a", labels: { team: "x" } }))).toMatchObject({ changed: 1 });
    expect(await get("a")).toMatchObject({ generation: 2, known: { uid: "u", resourceVersion: "0" }, spec: { labels: { team: "x" } } });
  });

  it("entombs what a sync records in between, too", async () => {
    let disturbances = 2;
    const { run, get } = registerWorld((registry) => ({
      async entomb(given, generation, at) {
        if (disturbances-- > 0) await registry.record(given, { dueAt: T });
        return registry.entomb(given, generation, at);
      },
    }));
    await run(configOf({ name: "a" }));

    expect(await run(configOf())).toMatchObject({ removed: 1 });
    expect(await get("a")).toMatchObject({ phase: "tombstone" });
  });

  it("gives up on an item that never holds still", async () => {
    const { run } = registerWorld(() => ({ putRegistration: async () => "lost" }));

    await expect(run(configOf({ name: "a" }))).rejects.toMatchObject({ code: "RegistryUnavailable", subject: "tokyo/app/a" });
  });

  it("stops between pages when its time is up, and the next run does the rest and no more", async () => {
    const world: RegisterWorld = registerWorld((memory) => ({
      putRegistration: (given) => {
        world.clock.advance(1_000);
        return memory.putRegistration(given);
      },
    }));
    const { queue, run } = world;
    const names = Array.from({ length: 60 }, (_, index) => ({ name: `r${String(index).padStart(2, "0")}` }));

    const first = await run(configOf(...names), T + 20_000);
    const second = await run(configOf(...names), T + 3_600_000);

    expect(first).toMatchObject({ kind: "unfinished", added: 25 });
    expect(second).toMatchObject({ kind: "finished", added: 35, unchanged: 25 });
    expect(new Set(queue.sent.map(({ request }) => request.registration)).size).toBe(60);
    expect(queue.sent).toHaveLength(60);
  });

  it("registers all the same while the queue is down: reconcile finds what is due", async () => {
    const { registry, queue, log, run } = registerWorld();
    queue.failure = new RelayError("QueueUnavailable", "queue");

    expect(await run(configOf({ name: "a" }))).toMatchObject({ kind: "finished", added: 1 });
    expect(log.lines).toMatchObject([{ level: "error", fields: { code: "QueueUnavailable", requests: 1 } }]);
    expect(await registry.due(T + 600_000, 10)).toMatchObject([{ registration: "tokyo/app/a" }]);
  });

  it("updates a changed cluster, and leaves an equal one alone", async () => {
    const puts: string[] = [];
    const { registry, run } = registerWorld((memory) => ({
      putCluster: async (spec) => {
        puts.push(spec.name);
        await memory.putCluster(spec);
      },
    }));
    const config = configOf({ name: "a" }, { name: "b", cluster: "virginia" });
    await run(config);
    puts.length = 0;

    await run({ ...config, clusters: [aCluster("tokyo"), aCluster("virginia", { concurrency: 2 })] });

    expect(puts).toEqual(["virginia"]);
    expect(await registry.clusters()).toContainEqual(expect.objectContaining({ spec: aCluster("virginia", { concurrency: 2 }) }));
  });

  it("keeps a cluster that left the config until everything in it is pruned", async () => {
    const { registry, run, sent } = registerWorld();
    await run(configOf({ name: "a" }, { name: "b", cluster: "virginia" }));
    sent();

    expect(await run(configOf({ name: "a" }))).toMatchObject({ removed: 1, clusters: 1 });
    expect(briefs(sent())).toEqual(["prune virginia/app/b"]);
    expect(await registry.clusters()).toMatchObject([{ spec: { name: "tokyo" } }, { spec: { name: "virginia" }, isRetired: true }]);
    await registry.dropTombstone("virginia/app/b", 2);
    await run(configOf({ name: "a" }));
    expect(await registry.clusters()).toMatchObject([{ spec: { name: "tokyo" } }]);
  });

  it("takes a cluster back that left the config", async () => {
    const { registry, run } = registerWorld();
    const config = configOf({ name: "b", cluster: "virginia" });
    await run(config);
    await run(configOf());
    await run(config);

    const record = (await registry.clusters()).find(({ spec }) => spec.name === "virginia");
    expect(record).toBeDefined();
    expect(record?.isRetired).toBeUndefined();
  });

  it("leaves a tombstone of an earlier rename to its own prune", async () => {
    const { registry, run, sent } = registerWorld();
    await put(registry, aSpec({ name: "a", target: "old" }), T);
    await run(configOf({ name: "a", target: "new" }));
    sent();

    expect(await run(configOf())).toMatchObject({ removed: 1 });
    expect(briefs(sent())).toEqual(["prune tokyo/app/a"]);
  });
});
