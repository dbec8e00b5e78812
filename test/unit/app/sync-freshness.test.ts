/** A store that lags never brings an older value back, and no change is called served before it is (rules 1 and 2). */
import { describe, expect, it } from "@jest/globals";
import { RelayError } from "../../../src/core/errors.ts";
import { DEFAULT_BOUNDS } from "../../../src/core/sync/freshness.ts";
import { relayWorld, T } from "../../support/relay-world.ts";

const HOUR = 3_600_000;
const D = DEFAULT_BOUNDS.visibilityMs;

/** A world an hour after its target got v1, in which v2 has just become current. */
async function rotated() {
  const world = await relayWorld();
  const registration = await world.synced();
  world.clock.advance(HOUR);
  world.source.put("shop/db", "v2", "p2");
  const at = world.clock.now();
  return { world, registration, at };
}

describe("an event that arrives before the store shows its version", () => {
  it("is served by quick looks again: 0.1, 0.2, 0.4 s, while the time allows", async () => {
    const { world, registration, at } = await rotated();
    world.source.lag("shop/db", at + 600);
    world.calls.length = 0;

    const outcomes = await world.sync(await world.announce([registration], "v2", at));

    expect(outcomes).toMatchObject([{ kind: "done" }]);
    expect(world.clock.slept).toEqual([100, 200, 400]);
    expect(world.data(registration)).toEqual({ password: "p2" });
    expect(world.calls).toEqual(["tokyo apply db"]);
  });

  it("sleeps once for all registrations that wait for it, and reads once a look", async () => {
    const world = await relayWorld();
    const others = [];
    for (const name of ["a", "b", "c", "d"]) others.push(await world.synced({ name }));
    world.clock.advance(HOUR);
    world.source.put("shop/db", "v2", "p2");
    world.source.lag("shop/db", world.clock.now() + 200);
    const before = world.source.reads.get("shop/db") ?? 0;

    await world.sync(await world.announce(others, "v2", world.clock.now()));

    expect(world.clock.slept).toEqual([100, 200]);
    expect((world.source.reads.get("shop/db") ?? 0) - before).toBe(3);
    expect(others.map((one) => world.data(one))).toEqual(others.map(() => ({ password: "p2" })));
  });

  it("is asked for again by message where the time does not allow more, with a growing delay and its notice", async () => {
    const { world, registration, at } = await rotated();
    world.source.lag("shop/db", at + 30_000);
    const [request] = await world.announce([registration], "v2", at);
    if (request === undefined) throw new Error("no request");

    const [first] = await world.sync([request], at + 500);
    if (first?.kind !== "again") throw new Error(`is ${first?.kind}`);
    const [second] = await world.sync([first.request], world.clock.now() + 50);

    expect(first).toMatchObject({ delayMs: 1_000, request: { notice: request.notice, need: request.need, attempt: 1 } });
    expect(second).toMatchObject({ kind: "again", delayMs: 2_000, request: { attempt: 2 } });
    expect(world.data(registration)).toEqual({ password: "p1" });
  });

  it("is overtaken: a later version serves it once every read qualifies", async () => {
    const { world, registration, at } = await rotated();
    world.clock.advance(1_000);
    world.source.put("shop/db", "v3", "p3");
    const requests = await world.announce([registration], "v2", at);

    expect(await world.sync(requests)).toMatchObject([{ kind: "done" }]);
    expect(world.data(registration)).toEqual({ password: "p3" });
  });

  it("is looked for again where the store announces a version that it can't give yet", async () => {
    const { world, registration, at } = await rotated();
    const other = await world.register({ name: "other" });
    await world.sync(await world.announce([registration], "v2", at));
    const readVersion = world.source.readVersion.bind(world.source);
    let misses = 2;
    world.source.lag("shop/db", at + 5_000);
    world.source.readVersion = async (reference, versionId) => {
      if (misses-- > 0) throw new RelayError("VersionMissing", "shop/db");
      return readVersion(reference, versionId);
    };

    const outcomes = await world.sync(await world.announce([other], "v2", at));

    expect(outcomes[0]?.kind).toBe("again");
    expect(world.clock.slept).toEqual([100, 200]);
    expect(world.data(other)).toEqual({ password: "p2" });
    expect((await world.reg(other)).status.failures).toBe(0);
  });
});

describe("a lagging read", () => {
  it("is never written over the newer value, and is looked past once by message", async () => {
    const { world, registration, at } = await rotated();
    await world.sync(await world.announce([registration], "v2", at));
    world.clock.advance(2_000);
    world.source.lag("shop/db", world.clock.now() + 10_000);
    world.inside("tokyo").deleteByHand("app", "db");

    const [outcome] = await world.sync([world.requestOf(registration, { verify: true })]);

    expect(world.data(registration)).toEqual({ password: "p2" });
    if (outcome?.kind !== "again") throw new Error(`is ${outcome?.kind}`);
    expect(outcome).toMatchObject({ delayMs: D + 1, request: { need: world.clock.now(), verify: false } });
    world.clock.advance(outcome.delayMs);
    expect(await world.sync([outcome.request])).toMatchObject([{ kind: "done" }]);
  });

  it("takes nothing back of what was known to be current", async () => {
    const { world, registration, at } = await rotated();
    await world.sync(await world.announce([registration], "v2", at));
    world.clock.advance(10 * D);
    await world.sync([world.requestOf(registration, { verify: true })]);
    const before = (await world.reg(registration)).applied[world.refOf(registration)];
    world.clock.advance(1_000);
    // A replica that has fallen behind; within D of a change nobody announced, it may speak the truth.
    world.source.lag("shop/db", world.clock.now() + 10_000);
    world.deps.bounds.visibilityMs *= 100;
    await world.sync([world.requestOf(registration, { verify: true })]);

    expect(before).toEqual({ versionId: "v2", asOf: at + 9 * D });
    expect((await world.reg(registration)).applied[world.refOf(registration)]).toEqual(before);
  });

  it("becomes a request of its own, without notice, where it concerns another reference than the served notice's", async () => {
    const world = await relayWorld();
    world.source.put("shop/db", "v1", "p1");
    world.source.put("shop/api", "a1", "x");
    const spec = {
      data: [
        { secretKey: "password", remoteRef: { key: "shop/db" } },
        { secretKey: "token", remoteRef: { key: "shop/api" } },
      ],
    };
    const registered = await world.register();
    const previous = await world.reg(registered);
    const put = await world.registry.putRegistration({
      spec: { ...registered.spec, ...spec },
      generation: 9,
      registeredAt: T,
      previous,
      references: [],
    });
    if (typeof put === "string") throw new Error(put);
    world.clock.advance(HOUR);
    world.source.put("shop/api", "a2", "y");
    await world.sync([world.requestOf(put)]);
    world.clock.advance(1_000);
    world.source.lag("shop/api", world.clock.now() + 10_000);
    world.source.put("shop/db", "v2", "p2");

    const [outcome] = await world.sync(await world.announce([put], "v2", world.clock.now()));

    expect(world.data(put)).toEqual({ password: "p2", token: "y" });
    expect(outcome).toMatchObject({ kind: "again", delayMs: D + 1, request: { need: world.clock.now() } });
    expect(outcome?.request.notice).toBeUndefined();
  });

  it("of the absence of a secret deletes nothing before D has passed", async () => {
    const world = await relayWorld();
    const registration = await world.synced({ deletionPolicy: "Delete" });
    world.clock.advance(HOUR);
    world.source.put("shop/db", "v2", "p2");
    await world.sync([world.requestOf(registration)]);
    // A replica that has not seen the secret at all.
    const read = world.source.read.bind(world.source);
    world.source.read = async () => ({ kind: "absent", versionId: "absent", createdAt: 0 });

    const [outcome] = await world.sync([world.requestOf(registration, { verify: true })]);

    expect(world.data(registration)).toEqual({ password: "p2" });
    if (outcome?.kind !== "again") throw new Error(`is ${outcome?.kind}`);
    world.source.read = read;
    world.clock.advance(outcome.delayMs);
    expect(await world.sync([outcome.request])).toMatchObject([{ kind: "done" }]);
    expect(world.data(registration)).toEqual({ password: "p2" });
  });
});

describe("a roll-back", () => {
  it("that an event names is written, and the newer version's lagging reads do not undo it", async () => {
    const { world, registration, at } = await rotated();
    await world.sync(await world.announce([registration], "v2", at));
    world.clock.advance(5_000);
    world.source.moveTo("shop/db", "v1");
    const back = world.clock.now();

    expect(await world.sync(await world.announce([registration], "v1", back))).toMatchObject([{ kind: "done" }]);
    expect(world.data(registration)).toEqual({ password: "p1" });

    world.source.lag("shop/db", back + 20_000);
    world.inside("tokyo").deleteByHand("app", "db");
    await world.sync([world.requestOf(registration, { verify: true })]);
    expect(world.data(registration)).toEqual({ password: "p1" });
  });

  it("that nobody announced gets through after D", async () => {
    const { world, registration, at } = await rotated();
    await world.sync(await world.announce([registration], "v2", at));
    world.clock.advance(5_000);
    world.source.moveTo("shop/db", "v1");

    const [first] = await world.sync([world.requestOf(registration, { need: world.clock.now() })]);
    expect(world.data(registration)).toEqual({ password: "p2" });
    if (first?.kind !== "again") throw new Error(`is ${first?.kind}`);
    world.clock.advance(first.delayMs);
    expect(await world.sync([first.request])).toMatchObject([{ kind: "done" }]);
    expect(world.data(registration)).toEqual({ password: "p1" });
  });
});

describe("a message without a notice", () => {
  it("waits once, until every read gets past its need", async () => {
    const world = await relayWorld();
    world.source.put("shop/db", "v1", "p1");
    const registration = await world.register({}, T);

    const [outcome] = await world.sync([world.requestOf(registration, { need: T, verify: true })]);

    expect(outcome).toMatchObject({ kind: "again", delayMs: D + 1, request: { need: T, verify: false, attempt: 0 } });
    expect(world.data(registration)).toEqual({ password: "p1" });
    expect(world.clock.slept).toEqual([]);
    if (outcome === undefined) return;
    world.clock.advance(D + 1);
    expect(await world.sync([outcome.request])).toMatchObject([{ kind: "done" }]);
  });
});
