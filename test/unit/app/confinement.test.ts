/** The proof that comes before a write: how often it is asked for, what it says, and whom a failure concerns. */
import { describe, expect, it } from "@jest/globals";
import { RelayError } from "../../../src/core/errors.ts";
import { relayWorld } from "../../support/relay-world.ts";

const POLICY = "secret-relay-tokyo";
const decoys = (calls: readonly string[]): number => calls.filter((call) => call.includes("tryDecoy")).length;

async function confinedWorld() {
  const world = await relayWorld({ cluster: { confine: "label" } });
  world.inside("tokyo").policy = POLICY;
  world.source.put("shop/db", "v1", "p1");
  return world;
}

describe("confinement", () => {
  it("is proven once for all targets of a connection, and again after five minutes", async () => {
    const world = await confinedWorld();
    const registrations = await Promise.all(["a", "b", "c"].map((name) => world.register({ name })));
    await world.sync(registrations.map((one) => world.requestOf(one)));
    const first = decoys(world.calls);
    world.clock.advance(4 * 60_000);
    world.inside("tokyo").deleteByHand("app", "a");
    await world.sync([world.requestOf(registrations[0] ?? never(), { verify: true })]);
    const before = decoys(world.calls);
    world.clock.advance(61_000);
    world.inside("tokyo").deleteByHand("app", "a");
    await world.sync([world.requestOf(registrations[0] ?? never(), { verify: true })]);

    expect([first, before, decoys(world.calls)]).toEqual([1, 1, 2]);
    for (const one of registrations) expect(await world.reg(one)).toMatchObject({ status: { state: "Synced" } });
  });

  it("stops all writes where the decoy is admitted, tells of it, and goes on when the policy is back", async () => {
    const world = await confinedWorld();
    world.inside("tokyo").policy = "another-policy";
    const registrations = await Promise.all(["a", "b"].map((name) => world.register({ name })));
    await world.sync(registrations.map((one) => world.requestOf(one)));
    const stopped = [...world.calls];
    world.inside("tokyo").policy = POLICY;
    world.clock.advance(16_000);
    await world.sync(registrations.map((one) => world.requestOf(one)));

    expect(decoys(stopped)).toBe(1);
    expect(stopped.filter((call) => call.includes("apply"))).toEqual([]);
    expect(world.events("Secret Sync Failed").flatMap(({ failures }) => failures.map(({ code, retried }) => [code, retried]))).toEqual([
      ["ConfinementMissing", false],
      ["ConfinementMissing", false],
    ]);
    expect(world.log.lines).toContainEqual(expect.objectContaining({ level: "error", message: "cluster is not confined" }));
    for (const one of registrations) expect(await world.reg(one)).toMatchObject({ status: { state: "Synced" } });
  });

  it("is asked of no cluster whose owner does not say confine: label", async () => {
    const world = await relayWorld({ cluster: { confine: "names" } });
    world.source.put("shop/db", "v1", "p1");
    const registration = await world.register();
    await world.sync([world.requestOf(registration)]);

    expect(world.data(registration)).toEqual({ password: "p1" });
    expect(decoys(world.calls)).toBe(0);
  });

  it("fails by a right that is missing in one namespace only there", async () => {
    const world = await confinedWorld();
    world.inside("tokyo").addNamespace("other");
    const registrations = await Promise.all(["app", "other"].map((namespace) => world.register({ name: "a", namespace })));
    let refused = "";
    const port = world.inside("tokyo");
    const tryDecoy = port.tryDecoy.bind(port);
    port.tryDecoy = async (namespace, policy) => {
      refused ||= namespace;
      if (namespace === refused) throw new RelayError("Forbidden", namespace);
      return tryDecoy(namespace, policy);
    };

    await world.sync(registrations.map((one) => world.requestOf(one)));

    for (const one of registrations) {
      const { status } = await world.reg(one);
      expect([one.spec.namespace, status.error?.code]).toEqual([
        one.spec.namespace,
        one.spec.namespace === refused ? "Forbidden" : undefined,
      ]);
    }
  });

  it("holds up no write longer than an answer that fails", async () => {
    const world = await confinedWorld();
    const registrations = await Promise.all(["a", "b"].map((name) => world.register({ name })));
    let isFirst = true;
    world.hook.before = (_cluster, operation) => {
      if (operation !== "tryDecoy" || !isFirst) return;
      isFirst = false;
      throw new RelayError("ClusterThrottled", "tokyo");
    };

    const outcomes = await world.sync(registrations.map((one) => world.requestOf(one)));
    await world.sync(registrations.map((one) => world.requestOf(one)));

    expect(outcomes.map(({ kind }) => kind)).toEqual(["retry", "retry"]);
    expect(decoys(world.calls)).toBe(2);
    for (const one of registrations) expect(await world.reg(one)).toMatchObject({ status: { state: "Synced" } });
  });
});

function never(): never {
  throw new Error("no registration");
}
