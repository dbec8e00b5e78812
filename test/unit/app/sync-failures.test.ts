/** What fails concerns only itself, is seen in status and event, and is tried again where its cause may pass (rules 2, 5 and 7). */
import { describe, expect, it } from "@jest/globals";
import { RelayError } from "../../../src/core/errors.ts";
import { relayWorld, T } from "../../support/relay-world.ts";

describe("createSyncTargets", () => {
  it("leaves one that is forbidden alone: status, event, and its neighbour is served", async () => {
    const world = await relayWorld();
    world.source.put("shop/db", "v1", "p1");
    const [good, bad] = [await world.register({ name: "good" }), await world.register({ name: "bad" })];
    world.hook.before = (_, operation, name) => {
      if (operation === "apply" && name === "bad") throw new RelayError("Forbidden", "app/bad");
    };

    const requests = [world.requestOf(bad), world.requestOf(good)];
    expect((await world.sync(requests)).map(({ kind }) => kind)).toEqual(["done", "done"]);
    await world.sync(requests);

    expect(world.data(good)).toEqual({ password: "p1" });
    expect(world.data(bad)).toBeUndefined();
    const { status, dueAt } = await world.reg(bad);
    expect(status).toMatchObject({ state: "Error", error: { code: "Forbidden", step: "apply" }, failures: 2 });
    expect(dueAt).toBe(T + 900_000);
    // Announced once, not at each try.
    expect(world.events("Secret Sync Failed")).toMatchObject([
      { cluster: "tokyo", failures: [{ name: "bad", step: "apply", code: "Forbidden", retried: false }] },
    ]);
  });

  it("leaves the target untouched when the source denies access, and names the cause", async () => {
    const world = await relayWorld();
    const registration = await world.synced({ deletionPolicy: "Delete" });
    const other = await world.register({ name: "other", key: "shop/other" });
    world.source.put("shop/other", "o1", "x");
    world.source.fail("shop/db", new RelayError("AccessDenied", "shop/db"));

    const outcomes = await world.sync([world.requestOf(registration, { verify: true }), world.requestOf(other)]);

    expect(outcomes.map(({ kind }) => kind)).toEqual(["done", "done"]);
    expect(world.data(registration)).toEqual({ password: "p1" });
    expect(world.data(other)).toEqual({ password: "x" });
    expect(await world.reg(registration)).toMatchObject({ status: { state: "Error", error: { code: "AccessDenied", step: "read" } } });
  });

  it("tries a throttled store again with a growing delay, and reconcile keeps out of its way", async () => {
    const world = await relayWorld();
    const registration = await world.register();
    world.source.fail("shop/db", new RelayError("StoreThrottled", "shop/db"));

    const [first] = await world.sync([world.requestOf(registration)]);
    const [later] = await world.sync([world.requestOf(registration, { attempt: 4 })]);

    expect(first).toMatchObject({ kind: "retry", code: "StoreThrottled", delayMs: 1_500, request: { attempt: 0 } });
    expect(later).toMatchObject({ kind: "retry", delayMs: 24_000 });
    expect((await world.reg(registration)).dueAt).toBe(T + 24_000 + 300_000);
  });

  it("waits for a namespace that is missing", async () => {
    const world = await relayWorld();
    world.source.put("shop/db", "v1", "p1");
    const registration = await world.register({ namespace: "later" });

    expect(await world.sync([world.requestOf(registration)])).toMatchObject([{ kind: "retry", code: "NamespaceMissing" }]);
    world.inside("tokyo").addNamespace("later");
    expect(await world.sync([world.requestOf(registration)])).toMatchObject([{ kind: "done" }]);
    expect(world.data(registration)).toEqual({ password: "p1" });
  });

  it("asks nothing of a namespace outside the cluster's allowed ones", async () => {
    const world = await relayWorld({ cluster: { allowedNamespaces: ["shop-*"] } });
    world.source.put("shop/db", "v1", "p1");
    const registration = await world.register();

    expect(await world.sync([world.requestOf(registration)])).toMatchObject([{ kind: "done" }]);
    expect(world.calls).toEqual([]);
    expect(await world.reg(registration)).toMatchObject({ status: { state: "Error", error: { code: "NamespaceNotAllowed" } } });
  });

  it("writes no Secret that would mint a token", async () => {
    const world = await relayWorld();
    world.source.put("shop/db", "v1", "p1");
    const previous = await world.register();
    const template = { type: "bootstrap.kubernetes.io/token", labels: {}, annotations: {} };
    const spec = { ...previous.spec, target: { ...previous.spec.target, template } };
    await world.registry.putRegistration({ spec, generation: 50, registeredAt: T, previous, references: [] });

    expect(await world.sync([world.requestOf(previous)])).toMatchObject([{ kind: "done" }]);
    expect(world.data(previous)).toBeUndefined();
    expect(await world.reg(previous)).toMatchObject({ status: { state: "Error", error: { code: "TargetInvalid", step: "render" } } });
  });

  it("gives up for now where somebody keeps writing the target", async () => {
    const world = await relayWorld();
    const registration = await world.synced();
    let edits = 0;
    world.hook.before = (_, operation) => {
      if (operation === "apply") world.inside("tokyo").writeByHand("app", "db", "operator", { password: `fight-${edits++}` });
    };
    world.inside("tokyo").writeByHand("app", "db", "operator", { password: "fight" });

    expect(await world.sync([world.requestOf(registration, { verify: true })])).toMatchObject([{ kind: "retry", code: "Contended" }]);
    expect(edits).toBe(5);
    expect(await world.reg(registration)).toMatchObject({ status: { state: "Error", error: { code: "Contended" } } });
  });

  it("serves a batch although the bus is down", async () => {
    const world = await relayWorld();
    world.source.put("shop/db", "v1", "p1");
    const registration = await world.register();
    world.bus.failure = new RelayError("BusUnavailable", "bus");

    expect(await world.sync([world.requestOf(registration)])).toMatchObject([{ kind: "done" }]);
    expect(world.data(registration)).toEqual({ password: "p1" });
    expect(world.log.lines).toContainEqual(expect.objectContaining({ message: "events not announced", level: "warn" }));
  });

  it("tries everything again when the registry is down", async () => {
    const world = await relayWorld({
      wrap: () => ({
        load: async () => {
          throw new RelayError("RegistryUnavailable", "table");
        },
      }),
    });
    const registration = await world.register();

    expect(await world.sync([world.requestOf(registration)])).toMatchObject([{ kind: "retry", code: "RegistryUnavailable" }]);
  });

  it("names a bug by its error's name only, and tries again", async () => {
    const world = await relayWorld();
    world.source.put("shop/db", "v1", "p1");
    const registration = await world.register();
    world.hook.before = () => {
      throw new TypeError("value: hunter2");
    };

    expect(await world.sync([world.requestOf(registration)])).toMatchObject([{ kind: "retry", code: "Unclassified" }]);
    expect(await world.reg(registration)).toMatchObject({ status: { state: "Pending" } });
    expect(JSON.stringify(world.log.lines)).toContain("TypeError");
    expect(JSON.stringify(world.log.lines)).not.toContain("hunter2");
  });

  it("begins nothing after the deadline, and asks for it again at once", async () => {
    const world = await relayWorld({ cluster: { concurrency: 1 } });
    world.source.put("shop/db", "v1", "p1");
    const registrations = [await world.register({ name: "a" }), await world.register({ name: "b" }), await world.register({ name: "c" })];
    world.hook.before = (_, operation) => {
      if (operation === "apply") world.clock.advance(6_000);
    };

    const outcomes = await world.sync(registrations.map((one) => world.requestOf(one, { attempt: 2 })));

    expect(outcomes.map(({ kind }) => kind)).toEqual(["done", "done", "again"]);
    expect(outcomes[2]).toMatchObject({ delayMs: 0, request: { attempt: 2 } });
    expect(registrations.map((one) => world.data(one))).toEqual([{ password: "p1" }, { password: "p1" }, undefined]);
    expect(
      await world.sync(
        registrations.slice(2).map((one) => world.requestOf(one)),
        T,
      ),
    ).toMatchObject([{ kind: "again", delayMs: 0 }]);
  });
});
