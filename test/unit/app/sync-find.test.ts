/** What find rules find reaches its target, and never leaves it by a listing that lags (rules 1, 2 and 5). */
import { describe, expect, it } from "@jest/globals";
import { RelayError } from "../../../src/core/errors.ts";
import { MAX_FOUND } from "../../../src/core/find/find.ts";
import { type FindRule, type Registration, type RegistrationSpec, type SyncRequest } from "../../../src/core/model.ts";
import { put } from "../../support/registrations.ts";
import { relayWorld, worldSpec } from "../../support/relay-world.ts";

const HOUR = 3_600_000;
const LISTING_LAG = 300_000;

async function findWorld(rule: FindRule = { nameRegexp: "^shop/" }, change: Partial<RegistrationSpec["target"]> = {}) {
  const world = await relayWorld();
  const spec = worldSpec();
  const finding: RegistrationSpec = { ...spec, data: [], dataFrom: [{ find: rule }], target: { ...spec.target, ...change } };
  world.source.put("shop/a", "a1", "one");
  world.source.put("shop/b", "b1", "two");
  world.source.put("pay/c", "c1", "three");
  world.clock.advance(HOUR);
  const registration = await put(world.registry, finding, world.clock.now());
  let listings = 0;
  world.source.beforeList = () => {
    listings += 1;
  };
  const keyOf = (name: string, version = "stage/AWSCURRENT") => `SecretsManager|111122223333|eu-west-1|${version}|${name}`;
  const told = (name: string, versionId: string): Partial<SyncRequest> => {
    const at = Math.floor(world.clock.now() / 1000) * 1000;
    return { notice: { reference: keyOf(name), versionId, at }, need: at + 999 };
  };
  return {
    ...world,
    registration,
    finding,
    keyOf,
    told,
    listings: () => listings,
    again: (request: Partial<SyncRequest> = {}) => world.sync([world.requestOf(registration, request)]),
    applied: async (of: Registration = registration) => Object.keys((await world.reg(of)).applied).toSorted(),
  };
}

describe("a registration that finds its secrets", () => {
  it("gets the values of all that match, and remembers them as references that events look up", async () => {
    const { again, data, registration, applied, keyOf, registry } = await findWorld();

    expect(await again()).toMatchObject([{ kind: "done" }]);
    expect(data(registration)).toEqual({ shop_a: "one", shop_b: "two" });
    expect(await applied()).toEqual([keyOf("shop/a"), keyOf("shop/b")]);
    const pages = [];
    const asked = {
      provider: "SecretsManager",
      account: "111122223333",
      region: "eu-west-1",
      version: "stage/AWSCURRENT",
      key: "shop/b",
    } as const;
    for await (const page of registry.interests([asked])) pages.push(...page);
    expect(pages).toMatchObject([{ registration: registration.id, reference: keyOf("shop/b") }]);
  });

  it("looks again once any listing has seen its registration: five minutes and the bound", async () => {
    const { again, registration, clock } = await findWorld();

    const [outcome] = await again({ need: registration.registeredAt });

    expect(outcome).toMatchObject({ kind: "again", request: { need: registration.registeredAt } });
    if (outcome?.kind !== "again") throw new Error("not again");
    expect(outcome.delayMs).toBe(registration.registeredAt + LISTING_LAG + 1 - clock.now());
    clock.advance(outcome.delayMs);
    expect(await again({ need: registration.registeredAt })).toMatchObject([{ kind: "done" }]);
  });

  it("gets a new secret by its event alone, without a listing", async () => {
    const { again, data, registration, source, clock, told, listings, applied, keyOf } = await findWorld();
    await again();
    clock.advance(HOUR);
    source.put("shop/new", "n1", "new");
    source.unlisted.add("shop/new");

    expect(await again(told("shop/new", "n1"))).toMatchObject([{ kind: "done" }]);

    expect(data(registration)).toEqual({ shop_a: "one", shop_b: "two", shop_new: "new" });
    expect(await applied()).toContain(keyOf("shop/new"));
    expect(listings()).toBe(1);
  });

  it("gets its very first secret by the event alone, where it found nothing before", async () => {
    const { again, data, registration, source, clock, told, listings } = await findWorld({ nameRegexp: "^later/" });
    await again();
    expect(data(registration)).toBeUndefined();
    clock.advance(HOUR);
    source.put("later/a", "l1", "late");

    await again(told("later/a", "l1"));

    expect(data(registration)).toEqual({ later_a: "late" });
    expect(listings()).toBe(1);
  });

  it("looks again while the store does not show the new secret, until any read must", async () => {
    const { again, data, registration, source, clock, told } = await findWorld();
    await again();
    clock.advance(HOUR);
    source.put("shop/new", "n1", "new");
    source.lag("shop/new", clock.now() + 250);

    const request = told("shop/new", "n1");
    const [outcome] = await again(request);

    expect(outcome).toMatchObject({ kind: "again", request });
    expect(clock.slept.slice(0, 3)).toEqual([100, 200, 400]);
    expect(data(registration)).toEqual({ shop_a: "one", shop_b: "two" });
    clock.advance(61_000);
    expect(await again(request)).toMatchObject([{ kind: "done" }]);
    expect(data(registration)).toHaveProperty("shop_new", "new");
  });

  it("keeps what the listing lacks, and gives it up only where its absence is proven", async () => {
    const { again, data, registration, source, clock, applied, keyOf } = await findWorld();
    await again();
    clock.advance(HOUR);
    source.unlisted.add("shop/b");

    await again({ verify: true });
    expect(data(registration)).toEqual({ shop_a: "one", shop_b: "two" });

    source.remove("shop/b");
    clock.advance(HOUR);
    await again({ verify: true });
    expect(data(registration)).toEqual({ shop_a: "one" });
    expect(await applied()).toEqual([keyOf("shop/a")]);
  });

  it("does not take back what is gone, however long a listing shows it", async () => {
    const { again, data, registration, source, clock } = await findWorld();
    await again();
    clock.advance(HOUR);
    source.remove("shop/b");
    source.listingLagMs = 10 * HOUR;
    source.chooseListed = () => 1;

    await again({ verify: true });
    await again({ verify: true });

    expect(data(registration)).toEqual({ shop_a: "one" });
  });

  it("remembers a secret before it writes it, so that a worker whose listing lags keeps what a dead one wrote", async () => {
    const world = await findWorld();
    const { again, data, registration, source, clock, told, hook, registry } = world;
    await again();
    clock.advance(HOUR);
    source.put("shop/new", "n1", "new");
    source.unlisted.add("shop/new");
    // It dies between its write and its record.
    hook.before = (_cluster, operation) => {
      if (operation === "apply") world.deps.registry.record = () => new Promise(() => {});
    };
    void again(told("shop/new", "n1"));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(data(registration)).toHaveProperty("shop_new", "new");
    hook.before = undefined;
    world.deps.registry.record = (...args) => registry.record(...args);

    await again({ verify: true });

    expect(data(registration)).toEqual({ shop_a: "one", shop_b: "two", shop_new: "new" });
  });

  it("writes nothing where one of the secrets can't be read, or the listing fails", async () => {
    const { again, data, registration, source, reg } = await findWorld();
    await again();
    source.fail("shop/b", new RelayError("AccessDenied", "shop/b"));
    source.put("shop/a", "a2", "newer");

    await again();
    expect(data(registration)).toEqual({ shop_a: "one", shop_b: "two" });
    expect((await reg(registration)).status).toMatchObject({ state: "Error", error: { code: "AccessDenied", step: "read" } });

    source.fail("shop/b", undefined);
    source.beforeList = () => {
      throw new RelayError("StoreThrottled", "secrets shop/*");
    };
    expect(await again()).toMatchObject([{ kind: "retry", code: "StoreThrottled" }]);
    expect(data(registration)).toEqual({ shop_a: "one", shop_b: "two" });
  });

  it.each([
    { name: "finds more", count: MAX_FOUND, length: 1 },
    { name: "finds longer names", count: MAX_FOUND - 10, length: 700 },
  ])("is parked where it $name than a registration may have", async ({ count, length }) => {
    const { again, source, reg, registration, calls } = await findWorld();
    for (let made = 0; made < count; made += 1) source.put(`shop/many-${made}${"x".repeat(length)}`, "v1", "x");

    await again();

    expect((await reg(registration)).status.error).toMatchObject({ code: "TooManyFound" });
    expect(calls).toEqual(["tokyo look db"]);
  });

  it("asks for one listing for all registrations of a batch that have the same rule", async () => {
    const { again: _again, registry, finding, sync, requestOf, listings, data, clock } = await findWorld();
    const others = [];
    for (const name of ["e", "f", "g"]) {
      others.push(await put(registry, { ...finding, name, target: { ...finding.target, name } }, clock.now()));
    }

    await sync(others.map((one) => requestOf(one)));

    expect(listings()).toBe(1);
    expect(others.map(data)).toEqual(others.map(() => ({ shop_a: "one", shop_b: "two" })));
  });

  it("with nothing found leaves the target under Retain, and deletes it under Delete only when all is proven gone", async () => {
    for (const { deletionPolicy, want } of [
      { deletionPolicy: "Retain", want: { shop_a: "one", shop_b: "two" } },
      { deletionPolicy: "Delete", want: undefined },
    ] as const) {
      const { again, data, registration, source, clock } = await findWorld(undefined, { deletionPolicy });
      await again();
      clock.advance(HOUR);
      for (const name of ["shop/a", "shop/b"]) source.unlisted.add(name);
      await again({ verify: true });
      expect(data(registration)).toEqual({ shop_a: "one", shop_b: "two" });

      for (const name of ["shop/a", "shop/b"]) source.remove(name);
      clock.advance(HOUR);
      await again({ verify: true });
      expect(data(registration)).toEqual(want);
    }
  });

  it("remembers what it found when it comes back after its removal", async () => {
    const { again, data, registration, source, clock, registry, finding, reg, requestOf, sync } = await findWorld();
    await again();
    const generation = await registry.nextGeneration();
    const tombstone = await registry.entomb(await reg(registration), generation, clock.now());
    if (tombstone === "lost") throw new Error("lost");
    source.unlisted.add("shop/b");

    const next = await registry.nextGeneration();
    const back = await registry.putRegistration({
      spec: finding,
      generation: next,
      registeredAt: clock.now(),
      previous: tombstone,
      references: [],
    });
    if (typeof back === "string") throw new Error(back);
    await sync([requestOf(back)]);

    expect(data(registration)).toEqual({ shop_a: "one", shop_b: "two" });
  });

  it("keeps its versions where it is frozen, whatever is found since", async () => {
    const { registry, finding, sync, requestOf, data, source, clock, inside } = await findWorld();
    const spec = { ...finding, name: "once", target: { ...finding.target, name: "once" }, refreshPolicy: "CreatedOnce" as const };
    const once = await put(registry, spec, clock.now());
    await sync([requestOf(once)]);
    source.put("shop/new", "n1", "new");
    inside("tokyo").writeByHand("app", "once", "kubectl", { shop_a: "by hand" });

    await sync([requestOf(once, { verify: true })]);
    expect(data(once)).toMatchObject({ shop_a: "one" });
  });
});

describe("a rule by tags", () => {
  const tagged = async () => {
    const world = await findWorld({ tags: { env: "prod" } });
    world.source.tag("shop/a", { env: "prod", team: "shop" });
    world.source.tag("shop/b", { env: "stage" });
    await world.again();
    return world;
  };

  it("finds by the tags that the secret itself shows, and reads no other's value", async () => {
    const { data, registration, applied, keyOf, source } = await tagged();

    expect(data(registration)).toEqual({ shop_a: "one" });
    expect(await applied()).toEqual([keyOf("shop/a"), keyOf("shop/a", "tags")]);
    // Once for the tags of each that the listing showed.
    expect([source.reads.get("shop/a"), source.reads.get("shop/b")]).toEqual([2, undefined]);
  });

  it("drops a secret whose tags match no more, and takes one that begins to match", async () => {
    const { again, data, registration, source, clock, keyOf } = await tagged();
    clock.advance(HOUR);
    source.tag("shop/a", { env: "gone" });
    source.tag("shop/b", { env: "prod" });
    const at = clock.now();

    for (const name of ["shop/a", "shop/b"]) await again({ candidate: keyOf(name), need: at + 999 });

    expect(data(registration)).toEqual({ shop_b: "two" });
  });

  it("is asked again about a new secret until its tags are as fresh as its event", async () => {
    const { again, data, registration, source, clock, told } = await tagged();
    clock.advance(HOUR);
    source.put("shop/new", "n1", "new");
    const request = told("shop/new", "n1");

    expect(await again(request)).toMatchObject([{ kind: "again", request }]);
    expect(clock.slept.length).toBeGreaterThan(3);
    // The tags are shown late.
    source.tag("shop/new", { env: "prod" });
    clock.advance(61_000);
    expect(await again(request)).toMatchObject([{ kind: "done" }]);

    expect(data(registration)).toEqual({ shop_a: "one", shop_new: "new" });
  });
});
