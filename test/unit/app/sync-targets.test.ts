/** Targets get what their sources say: rotation, drift and races, through the use case as a whole. */
import { describe, expect, it } from "@jest/globals";
import { RelayError } from "../../../src/core/errors.ts";
import type { Registry } from "../../../src/core/ports.ts";
import { DRIFT, relayWorld, T } from "../../support/relay-world.ts";

const HOUR = 3_600_000;

describe("createSyncTargets", () => {
  it("creates a missing target, and records and announces it", async () => {
    const world = await relayWorld();
    world.source.put("shop/db", "v1", "p1");
    const registration = await world.register();

    const outcomes = await world.sync([world.requestOf(registration)]);

    expect(outcomes).toMatchObject([{ kind: "done" }]);
    expect(world.data(registration)).toEqual({ password: "p1" });
    const reg = await world.reg(registration);
    expect(reg).toMatchObject({ status: { state: "Synced", syncedAt: T, failures: 0 }, appliedGeneration: registration.generation });
    expect(reg.known).toBeDefined();
    expect(reg.applied[world.refOf(registration)]).toMatchObject({ versionId: "v1" });
    expect(reg.dueAt).toBeGreaterThan(T + DRIFT * 0.89);
    expect(reg.dueAt).toBeLessThanOrEqual(T + DRIFT);
    expect(world.events("Secret Synced")).toEqual([
      {
        cluster: "tokyo",
        registrations: [{ namespace: "app", name: "db", target: "db", versions: { "shop/db": "v1" }, action: "created" }],
      },
    ]);
  });

  it("brings a rotation to both clusters by one apply each, and reads the store once", async () => {
    const world = await relayWorld();
    const [tokyo, virginia] = [await world.synced(), await world.synced({ cluster: "virginia" })];
    world.clock.advance(HOUR);
    world.source.put("shop/db", "v2", "p2");
    const before = world.source.reads.get("shop/db") ?? 0;
    world.calls.length = 0;

    const outcomes = await world.sync(await world.announce([tokyo, virginia], "v2", world.clock.now()));

    expect(outcomes.map(({ kind }) => kind)).toEqual(["done", "done"]);
    expect([world.data(tokyo), world.data(virginia)]).toEqual([{ password: "p2" }, { password: "p2" }]);
    expect(world.calls.toSorted()).toEqual(["tokyo apply db", "virginia apply db"]);
    expect(world.source.reads.get("shop/db")).toBe(before + 1);
  });

  it("reads a secret once for a batch of many, looks included", async () => {
    const world = await relayWorld();
    const registrations = [];
    for (let n = 0; n < 20; n += 1) registrations.push(await world.register({ name: `db-${n}` }));
    world.source.put("shop/db", "v1", "p1");

    await world.sync(registrations.map((one) => world.requestOf(one, { verify: true })));

    expect(world.source.reads.get("shop/db")).toBe(1);
    expect(registrations.map((one) => world.data(one)?.["password"])).toEqual(Array.from({ length: 20 }, () => "p1"));
  });

  it("reads only after it looked: what a target held before its look never decides", async () => {
    const world = await relayWorld();
    const registration = await world.synced();
    const order: string[] = [];
    world.hook.before = (_, operation) => void order.push(operation);
    world.source.before = () => void order.push("read");
    world.inside("tokyo").writeByHand("app", "db", "human", { password: "edited" });

    await world.sync([world.requestOf(registration)]);
    await world.sync([world.requestOf(registration, { verify: true })]);

    expect(order).toEqual(["read", "look", "read", "apply", "takeOver"]);
  });

  it("does one registration's work once for all its requests, and gives each its own outcome", async () => {
    const world = await relayWorld();
    const registration = await world.synced();
    world.clock.advance(HOUR);
    world.source.put("shop/db", "v2", "p2");
    const [first] = await world.announce([registration], "v2", world.clock.now());
    const later = world.requestOf(registration, { need: world.clock.now() + 1 });
    world.calls.length = 0;

    const outcomes = await world.sync([...(first === undefined ? [] : [first, first]), later]);

    expect(outcomes.map(({ kind }) => kind)).toEqual(["done", "done", "again"]);
    expect(world.calls).toEqual(["tokyo apply db"]);
  });

  it("has nothing to do for a registration that is gone, or for a target that is another's", async () => {
    const world = await relayWorld();
    world.source.put("shop/db", "v1", "p1");
    const registration = await world.register();
    const removed = await world.registry.entomb(registration, 99, T);

    const outcomes = await world.sync([
      world.requestOf(registration),
      { ...world.requestOf(registration), registration: "tokyo/app/none" },
    ]);

    expect(removed).not.toBe("lost");
    expect(outcomes.map(({ kind }) => kind)).toEqual(["done", "done"]);
    expect(world.calls).toEqual([]);
    expect(world.data(registration)).toBeUndefined();
  });

  it.each([
    { name: "an edited key", drift: (hands: Hands) => hands.writeByHand("app", "db", "human", { password: "edited" }) },
    { name: "a key that somebody added", drift: (hands: Hands) => hands.writeByHand("app", "db", "human", { extra: "x" }) },
    { name: "a deleted target", drift: (hands: Hands) => hands.deleteByHand("app", "db") },
    {
      name: "a target deleted and made again",
      drift: (hands: Hands) => {
        hands.deleteByHand("app", "db");
        hands.writeByHand("app", "db", "human", { password: "again" });
      },
    },
  ])("puts $name right, by a rotation and by a verify", async ({ drift }) => {
    for (const verify of [true, false]) {
      const world = await relayWorld();
      const registration = await world.synced();
      drift(world.inside("tokyo"));
      world.clock.advance(HOUR);
      if (!verify) world.source.put("shop/db", "v2", "p2");

      const outcomes = await world.sync([world.requestOf(registration, { verify })]);

      expect(outcomes).toMatchObject([{ kind: "done" }]);
      expect(world.data(registration)).toEqual({ password: verify ? "p1" : "p2" });
      expect(await world.reg(registration)).toMatchObject({ status: { state: "Synced" } });
    }
  });

  it("keeps by the registry's word what is applied, without a call to the cluster or a record", async () => {
    const world = await relayWorld();
    const registration = await world.synced();
    world.clock.advance(HOUR);

    expect(await world.sync([world.requestOf(registration)])).toMatchObject([{ kind: "done" }]);
    expect(world.calls).toEqual([]);
    expect((await world.reg(registration)).rev).toBe(registration.rev);
  });

  it("does not believe the registry's word where the last pass failed", async () => {
    const world = await relayWorld();
    const registration = await world.synced();
    world.inside("tokyo").writeByHand("app", "db", "human", { password: "edited" });
    world.hook.before = (_, operation) => {
      if (operation === "apply") throw new RelayError("Forbidden", "db");
    };
    await world.sync([world.requestOf(registration, { verify: true })]);
    expect(await world.reg(registration)).toMatchObject({ status: { state: "Error", error: { code: "Forbidden", step: "apply" } } });
    world.hook.before = undefined;

    await world.sync([world.requestOf(registration)]);

    expect(world.data(registration)).toEqual({ password: "p1" });
  });

  it("looks, when its record is lost, and drops nothing", async () => {
    let isFirst = true;
    const world = await relayWorld({
      wrap: (registry): Partial<Registry> => ({
        async record(loaded, change) {
          if (!isFirst) return registry.record(loaded, change);
          isFirst = false;
          // Another worker gets in first.
          await registry.record(loaded, { dueAt: 1 });
          return registry.record(loaded, change);
        },
      }),
    });
    world.source.put("shop/db", "v1", "p1");
    const registration = await world.register();

    expect(await world.sync([world.requestOf(registration)])).toMatchObject([{ kind: "done" }]);
    expect(world.calls).toEqual(["tokyo look db", "tokyo apply db", "tokyo look db"]);
    expect(await world.reg(registration)).toMatchObject({ status: { state: "Synced" }, appliedGeneration: registration.generation });
  });

  it("heals a crash between apply and record: the next look shows its own stamp", async () => {
    let crashes = 0;
    const world = await relayWorld({
      wrap: (registry): Partial<Registry> => ({
        async record(loaded, change) {
          if (change.known !== undefined && crashes++ === 1) throw new TypeError("crash");
          return registry.record(loaded, change);
        },
      }),
    });
    const registration = await world.synced();
    world.clock.advance(HOUR);
    world.source.put("shop/db", "v2", "p2");
    expect(await world.sync([world.requestOf(registration)])).toMatchObject([{ kind: "retry", code: "Unclassified" }]);
    expect(world.data(registration)).toEqual({ password: "p2" });
    world.calls.length = 0;

    expect(await world.sync([world.requestOf(registration)])).toMatchObject([{ kind: "done" }]);
    // The remembered version is stale by now; the look shows that there is nothing to write.
    expect(world.calls).toEqual(["tokyo apply db", "tokyo look db"]);
    expect((await world.reg(registration)).applied[world.refOf(registration)]).toMatchObject({ versionId: "v2" });
  });

  it("looks at the new target when the config renamed it while it looked at the old one", async () => {
    const world = await relayWorld();
    const registration = await world.synced();
    world.hook.before = async (_, operation) => {
      if (operation !== "look") return;
      world.hook.before = undefined;
      const spec = { ...registration.spec, target: { ...registration.spec.target, name: "renamed" } };
      await world.registry.putRegistration({ spec, generation: 50, registeredAt: T, previous: registration, references: [] });
    };

    expect(await world.sync([world.requestOf(registration, { verify: true })])).toMatchObject([{ kind: "done" }]);
    expect(world.calls).toEqual(["tokyo look db", "tokyo look renamed", "tokyo apply renamed"]);
    expect(world.inside("tokyo").readData("app", "renamed")).toEqual({ password: "p1" });
  });

  it("writes no target that belongs to another registration", async () => {
    const world = await relayWorld({
      wrap: (registry): Partial<Registry> => ({
        async load(wanted, clusters) {
          const loaded = await registry.load(wanted, clusters);
          const others = [...loaded.registrations].map(([id, one]) => [id, { ...one, owner: "tokyo/app/another" }] as const);
          return { ...loaded, registrations: new Map(others) };
        },
      }),
    });
    world.source.put("shop/db", "v1", "p1");
    const registration = await world.register();

    expect(await world.sync([world.requestOf(registration, { verify: true })])).toMatchObject([{ kind: "done" }]);
    expect(world.data(registration)).toBeUndefined();
  });

  it("writes the new spec when the config changed while it looked", async () => {
    const world = await relayWorld();
    const registration = await world.synced();
    world.inside("tokyo").deleteByHand("app", "db");
    world.hook.before = async (_, operation) => {
      if (operation !== "look") return;
      world.hook.before = undefined;
      const previous = await world.reg(registration);
      const spec = { ...registration.spec, data: [{ secretKey: "renamed", remoteRef: { key: "shop/db" } }] };
      await world.registry.putRegistration({ spec, generation: 50, registeredAt: T, previous, references: [] });
    };

    await world.sync([world.requestOf(registration, { verify: true })]);

    expect(world.data(registration)).toEqual({ renamed: "p1" });
    // The old spec is not written first.
    expect(world.calls).toEqual(["tokyo look db", "tokyo apply db"]);
    expect(await world.reg(registration)).toMatchObject({ appliedGeneration: 50, status: { state: "Synced" } });
  });
});

type Hands = Awaited<ReturnType<typeof relayWorld>>["inside"] extends (name: string) => infer C ? C : never;
