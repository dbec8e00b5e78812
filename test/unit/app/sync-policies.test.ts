/** What ESO's policies make of a target: deleted sources, shared Secrets, foreign writers, refreshPolicy and refreshInterval 0. */
import { describe, expect, it } from "@jest/globals";
import { RelayError } from "../../../src/core/errors.ts";
import { SecretValue } from "../../../src/core/secret-value.ts";
import { CLUSTER_LABEL, fieldManager } from "../../../src/core/sync/ownership.ts";
import { relayWorld, type WorldSpec } from "../../support/relay-world.ts";

const HOUR = 3_600_000;

describe("a deleted source", () => {
  it.each([
    { deletionPolicy: "Retain", data: { password: "p1" }, state: "Error", code: "SecretNotFound" },
    { deletionPolicy: "Delete", data: undefined, state: "SecretDeleted", code: undefined },
    { deletionPolicy: "Merge", data: {}, state: "Synced", code: undefined },
  ] as const)("under deletionPolicy $deletionPolicy gives $state", async ({ deletionPolicy, data, state, code }) => {
    const world = await relayWorld();
    const registration = await world.synced({ deletionPolicy });
    world.clock.advance(HOUR);
    world.source.remove("shop/db");

    expect(await world.sync([world.requestOf(registration)])).toMatchObject([{ kind: "done" }]);
    expect(world.data(registration)).toEqual(data);
    const { status } = await world.reg(registration);
    expect(status.state).toBe(state);
    expect(status.error?.code).toBe(code);
  });

  it("that comes back brings the target back", async () => {
    const world = await relayWorld();
    const registration = await world.synced({ deletionPolicy: "Delete" });
    world.clock.advance(HOUR);
    world.source.remove("shop/db");
    await world.sync([world.requestOf(registration)]);
    expect((await world.reg(registration)).known).toBeUndefined();
    world.clock.advance(HOUR);
    world.source.put("shop/db", "v9", "p9");

    await world.sync([world.requestOf(registration)]);

    expect(world.data(registration)).toEqual({ password: "p9" });
    const actions = world.events("Secret Synced").flatMap(({ registrations }) => registrations.map(({ action }) => action));
    expect(actions).toEqual(["created", "deleted", "created"]);
  });

  it("deletes no Secret that this registration never wrote", async () => {
    const world = await relayWorld();
    world.inside("tokyo").writeByHand("app", "db", "human", { password: "mine" });
    const registration = await world.register({ deletionPolicy: "Delete" });

    await world.sync([world.requestOf(registration)]);

    expect(world.data(registration)).toEqual({ password: "mine" });
  });
});

describe("creationPolicy", () => {
  it("Merge waits for a Secret, due again later, and writes beside the keys of others", async () => {
    const world = await relayWorld();
    world.source.put("shop/db", "v1", "p1");
    const registration = await world.register({ creationPolicy: "Merge" });

    expect(await world.sync([world.requestOf(registration, { need: world.clock.now() })])).toMatchObject([{ kind: "done" }]);
    expect(world.data(registration)).toBeUndefined();
    const waiting = await world.reg(registration);
    expect(waiting.status.state).toBe("SecretMissing");
    expect(waiting.dueAt).toBeGreaterThan(world.clock.now());

    world.inside("tokyo").writeByHand("app", "db", "human", { theirs: "t" });
    await world.sync([world.requestOf(registration)]);
    expect(world.data(registration)).toEqual({ theirs: "t", password: "p1" });
  });

  it("Merge lets two registrations share a Secret without a fight, in one batch and over time", async () => {
    const world = await relayWorld();
    world.source.put("shop/db", "v1", "p1");
    world.source.put("shop/api", "a1", "x1");
    world.inside("tokyo").writeByHand("app", "shared", "human", { theirs: "t" });
    const shared: WorldSpec = { creationPolicy: "Merge", target: "shared" };
    const first = await world.register({ ...shared, name: "first" });
    const second = await world.register({ ...shared, name: "second", key: "shop/api", secretKey: "token" });

    await world.sync([world.requestOf(first), world.requestOf(second)]);
    // They take turns: neither made the other stale.
    expect(world.clock.slept).toEqual([]);

    for (const version of ["2", "3"]) {
      expect(await world.sync([world.requestOf(first), world.requestOf(second)])).toMatchObject([{ kind: "done" }, { kind: "done" }]);
      world.clock.advance(HOUR);
      world.source.put("shop/db", `v${version}`, `p${version}`);
      world.source.put("shop/api", `a${version}`, `x${version}`);
    }
    await world.sync([world.requestOf(first), world.requestOf(second)]);
    expect(world.data(first)).toEqual({ theirs: "t", password: "p3", token: "x3" });

    world.calls.length = 0;
    await world.sync([world.requestOf(first, { verify: true }), world.requestOf(second, { verify: true })]);
    await world.sync([world.requestOf(first, { verify: true }), world.requestOf(second, { verify: true })]);
    expect(world.calls.filter((call) => call.includes("apply"))).toEqual([]);
  });

  it("None writes nothing, and asks nothing of the cluster", async () => {
    const world = await relayWorld();
    world.source.put("shop/db", "v1", "p1");
    const registration = await world.register({ creationPolicy: "None" });

    expect(await world.sync([world.requestOf(registration, { verify: true })])).toMatchObject([{ kind: "done" }]);
    expect(world.calls).toEqual([]);
    expect((await world.reg(registration)).status.state).toBe("Synced");
  });

  it.each(["Owner", "Orphan"] as const)("%s takes the keys of a foreign writer over, and drops them", async (creationPolicy) => {
    const world = await relayWorld();
    world.source.put("shop/db", "v1", "p1");
    world.inside("tokyo").writeByHand("app", "db", "helm", { password: "old", extra: "x" });
    const registration = await world.register({ creationPolicy });

    await world.sync([world.requestOf(registration)]);

    expect(world.calls).toEqual(["tokyo look db", "tokyo apply db", "tokyo takeOver db", "tokyo apply db"]);
    expect(world.data(registration)).toEqual({ password: "p1" });
  });

  it.each([1, 2, 3, 4])("Owner puts drift right although a try before ended at its call %i to the cluster", async (last) => {
    const world = await relayWorld();
    const registration = await world.synced();
    world.inside("tokyo").writeByHand("app", "db", "human", { password: "edited", extra: "x" });
    let calls = 0;
    world.hook.before = () => {
      calls += 1;
      if (calls >= last) throw new RelayError("ClusterUnreachable", "db");
    };
    await world.sync([world.requestOf(registration, { verify: true })]);
    world.hook.before = undefined;
    world.clock.advance(60_000);

    await world.sync([world.requestOf(registration, { verify: true })]);

    expect(world.data(registration)).toEqual({ password: "p1" });
  });

  it("Orphan leaves drift alone, but looks before its next version is written", async () => {
    const world = await relayWorld();
    const registration = await world.synced({ creationPolicy: "Orphan" });
    world.inside("tokyo").writeByHand("app", "db", "human", { extra: "x" });
    await world.sync([world.requestOf(registration, { verify: true })]);
    expect(world.data(registration)).toEqual({ password: "p1", extra: "x" });
    world.clock.advance(HOUR);
    world.source.put("shop/db", "v2", "p2");

    await world.sync([world.requestOf(registration)]);

    expect(world.data(registration)).toEqual({ password: "p2" });
  });
});

describe.each([
  { name: "CreatedOnce", frozen: { refreshPolicy: "CreatedOnce" } },
  { name: "OnChange", frozen: { refreshPolicy: "OnChange" } },
  { name: "Periodic with refreshInterval 0", frozen: { refreshIntervalMs: 0 } },
] as const)("refreshPolicy $name", ({ frozen }) => {
  it("takes no new version by an event, and reads nothing for it", async () => {
    const world = await relayWorld();
    const registration = await world.synced(frozen);
    world.clock.advance(HOUR);
    world.source.put("shop/db", "v2", "p2");
    const before = world.source.reads.get("shop/db");

    expect(await world.sync(await world.announce([registration], "v2", world.clock.now()))).toMatchObject([{ kind: "done" }]);
    expect(world.data(registration)).toEqual({ password: "p1" });
    expect(world.source.reads.get("shop/db")).toBe(before);
    expect(world.calls).toEqual([]);
  });

  it("takes no new version by a verify either, though others write labels on the target", async () => {
    const world = await relayWorld();
    const registration = await world.synced(frozen);
    world.clock.advance(HOUR);
    world.source.put("shop/db", "v2", "p2");
    // As a label by hand does: the version moves, what is ours stays.
    const view = await world.inside("tokyo").look({ cluster: "tokyo", namespace: "app", name: "db" });
    if (view === "missing") throw new Error("missing");
    const labelled = { namespace: "app", name: "db", labels: { team: "shop" }, annotations: {}, data: new Map() };
    await world.inside("tokyo").apply(labelled, "human", { kind: "update", ...view });

    await world.sync([world.requestOf(registration, { verify: true })]);

    expect(world.data(registration)).toEqual({ password: "p1" });
    const now = await world.inside("tokyo").look({ cluster: "tokyo", namespace: "app", name: "db" });
    expect((await world.reg(registration)).known?.resourceVersion).toBe(now === "missing" ? "" : now.resourceVersion);
  });

  it("puts drift right with the current version", async () => {
    const world = await relayWorld();
    const registration = await world.synced(frozen);
    world.clock.advance(HOUR);
    world.source.put("shop/db", "v2", "p2");
    world.inside("tokyo").writeByHand("app", "db", "human", { password: "edited" });

    await world.sync([world.requestOf(registration, { verify: true })]);

    expect(world.data(registration)).toEqual({ password: "p2" });
  });

  it("tells drift by metadata where the store has dropped the applied version", async () => {
    const world = await relayWorld();
    const registration = await world.synced(frozen);
    world.clock.advance(HOUR);
    world.source.put("shop/db", "v2", "p2");
    world.source.readVersion = async () => {
      throw new RelayError("VersionMissing", "shop/db");
    };
    const view = await world.inside("tokyo").look({ cluster: "tokyo", namespace: "app", name: "db" });
    if (view === "missing") throw new Error("missing");
    const labelled = { namespace: "app", name: "db", labels: { team: "shop", [CLUSTER_LABEL]: "tokyo" }, annotations: {}, data: new Map() };
    await world.inside("tokyo").apply(labelled, "human", { kind: "update", ...view });
    await world.sync([world.requestOf(registration, { verify: true })]);
    expect(world.data(registration)).toEqual({ password: "p1" });

    world.inside("tokyo").writeByHand("app", "db", "human", { password: "edited" });
    await world.sync([world.requestOf(registration, { verify: true })]);
    expect(world.data(registration)).toEqual({ password: "p2" });
  });

  it("is served by its first sync, whatever the need", async () => {
    const world = await relayWorld();
    world.source.put("shop/db", "v1", "p1");
    const registration = await world.register(frozen);

    expect(await world.sync([world.requestOf(registration, { need: world.clock.now() })])).toMatchObject([{ kind: "done" }]);
    expect(world.data(registration)).toEqual({ password: "p1" });
  });

  it("puts a lost key right that only rendering the applied version shows", async () => {
    const world = await relayWorld();
    const registration = await world.synced({ ...frozen, extract: true });
    const view = await world.inside("tokyo").look({ cluster: "tokyo", namespace: "app", name: "db" });
    if (view === "missing") throw new Error("missing");
    const { labels, annotations } = view;
    const less = { namespace: "app", name: "db", labels, annotations, data: new Map([["user", new SecretValue("u1")]]) };
    await world.inside("tokyo").apply(less, fieldManager(registration.id), { kind: "update", ...view });

    await world.sync([world.requestOf(registration, { verify: true })]);

    expect(world.data(registration)).toEqual({ user: "u1", password: "p1" });
  });

  it("takes a new generation as ESO does: OnChange at once, the others never", async () => {
    const world = await relayWorld();
    const registration = await world.synced(frozen);
    world.clock.advance(HOUR);
    world.source.put("shop/db", "v2", "p2");
    const spec = { ...registration.spec, labels: { changed: "yes" } };
    const changed = await world.registry.putRegistration({
      spec,
      generation: 77,
      registeredAt: world.clock.now(),
      previous: registration,
      references: [],
    });
    if (typeof changed === "string") throw new Error(changed);

    await world.sync([world.requestOf(changed, { need: world.clock.now() })]);

    expect(world.data(registration)).toEqual({ password: "refreshPolicy" in frozen && frozen.refreshPolicy === "OnChange" ? "p2" : "p1" });
    expect((await world.reg(changed)).status.state).toBe("Synced");
  });
});
