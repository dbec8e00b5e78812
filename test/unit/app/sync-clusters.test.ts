/** A cluster that is dead, or refuses credentials, delays no other and costs few tries (rule 7). */
import { describe, expect, it } from "@jest/globals";
import { RelayError } from "../../../src/core/errors.ts";
import type { Registration } from "../../../src/core/model.ts";
import { relayWorld, T, type World } from "../../support/relay-world.ts";

const HOUR = 3_600_000;
const silence = () => new RelayError("ClusterUnreachable", "https://tokyo");

async function many(world: World, count: number, cluster = "tokyo"): Promise<readonly Registration[]> {
  world.source.put("shop/db", "v1", "p1");
  const registrations: Registration[] = [];
  for (let n = 0; n < count; n += 1) registrations.push(await world.register({ cluster, name: `db-${n}` }));
  return registrations;
}

/** Makes tokyo silent; `release` ends the time-outs that are under way. */
function kill(world: World): void {
  world.hook.before = (cluster) => {
    if (cluster === "tokyo") throw silence();
  };
}

const breakerOf = async (world: World) => (await world.registry.load([], ["tokyo"])).clusters.get("tokyo")?.breaker;

describe("many targets of one cluster", () => {
  it("have their bodies made one after another, before the first one's turn ends", async () => {
    const world = await relayWorld({ cluster: { concurrency: 1 } });
    const registrations = await many(world, 3);
    const made: string[] = [];
    world.deps.clusters.applyBody = ({ name }, { kind }) => {
      made.push(name);
      return `${kind} ${name}`;
    };
    const cluster = world.inside("tokyo");
    const apply = cluster.apply.bind(cluster);
    const sent: unknown[] = [];
    cluster.apply = async (...of) => {
      sent.push([of[0].name, of[3], made.length]);
      return apply(...of);
    };

    await world.sync(registrations.map((one) => world.requestOf(one)));

    expect(sent).toEqual([
      ["db-0", "create db-0", 3],
      ["db-1", "create db-1", 3],
      ["db-2", "create db-2", 3],
    ]);
  });
});

describe("a dead cluster", () => {
  it("is given up after three time-outs of a batch; the rest is put back at once, and everybody's status says why", async () => {
    const world = await relayWorld({ cluster: { concurrency: 3 } });
    const registrations = await many(world, 20);
    kill(world);

    const outcomes = await world.sync(registrations.map((one) => world.requestOf(one)));

    expect(world.calls).toHaveLength(3);
    expect(new Set(outcomes.map((outcome) => outcome.kind === "retry" && outcome.code))).toEqual(new Set(["ClusterUnreachable"]));
    for (const one of registrations) {
      expect(await world.reg(one)).toMatchObject({ status: { state: "Error", error: { code: "ClusterUnreachable" } } });
    }
    expect(await breakerOf(world)).toEqual({ failures: 3, openUntil: T + 5_000 });
    expect(world.events("Secret Sync Failed")).toHaveLength(1);
  });

  it("holds up no other cluster of the batch", async () => {
    const world = await relayWorld();
    const [dead] = await many(world, 1);
    const alive = await world.register({ cluster: "virginia" });
    let timeOut = (): void => undefined;
    const hangs = new Promise<void>((resolve) => {
      timeOut = resolve;
    });
    const isServed = new Promise<void>((resolve) => {
      world.hook.before = async (cluster, operation) => {
        if (cluster === "tokyo") {
          await hangs;
          throw silence();
        }
        if (operation === "apply") setImmediate(resolve);
      };
    });
    if (dead === undefined) throw new Error("none");

    const batch = world.sync([world.requestOf(dead), world.requestOf(alive)]);
    await isServed;
    expect(world.data(alive)).toEqual({ password: "p1" });
    timeOut();

    expect((await batch).map(({ kind }) => kind)).toEqual(["retry", "done"]);
  });

  it("is not called, and the store not read for it, while its breaker is open", async () => {
    const world = await relayWorld();
    const written = await world.synced({ name: "written" });
    const registrations = [written, ...(await many(world, 4))];
    kill(world);
    const requests = registrations.map((one) => world.requestOf(one));
    await world.sync(requests);
    world.calls.length = 0;
    const reads = world.source.reads.get("shop/db");
    const revs = await Promise.all(registrations.map(async (one) => (await world.reg(one)).rev));
    world.clock.advance(1_000);

    const outcomes = await world.sync(requests);

    expect(world.calls).toEqual([]);
    expect(world.source.reads.get("shop/db")).toBe(reads);
    // The rest of the breaker's time and a jitter.
    expect(outcomes[0]).toMatchObject({ kind: "retry", delayMs: 4_000 + 2_500 });
    // Known already for those that had to be written; the one that was kept by the registry's word learns it now.
    const now = await Promise.all(registrations.map(async (one) => (await world.reg(one)).rev));
    expect(now.slice(1)).toEqual(revs.slice(1));
    expect(await world.reg(written)).toMatchObject({ status: { state: "Error", error: { code: "ClusterUnreachable" } } });
    const failed = world.events("Secret Sync Failed").map(({ failures }) => failures.map(({ name }) => name).toSorted());
    expect(failed).toEqual([registrations.slice(1).map(({ spec }) => spec.name), ["written"]]);
  });

  it("is tried by one call of one worker when its time has come", async () => {
    const world = await relayWorld();
    const registrations = await many(world, 4);
    kill(world);
    const requests = registrations.map((one) => world.requestOf(one));
    await world.sync(requests);
    world.calls.length = 0;
    world.clock.advance(5_000);

    await Promise.all([world.sync(requests), world.sync(requests)]);

    expect(world.calls).toHaveLength(1);
    expect(await breakerOf(world)).toEqual({ failures: 4, openUntil: T + 5_000 + 10_000 });
  });

  it("is tried a few times a minute at most, and at least", async () => {
    const world = await relayWorld({ cluster: { concurrency: 1 } });
    const registrations = await many(world, 10);
    kill(world);
    const requests = registrations.map((one) => world.requestOf(one));
    await world.sync(requests);
    world.clock.advance(60_000);
    world.calls.length = 0;

    for (let second = 0; second < 600; second += 1) {
      await world.sync(requests);
      world.clock.advance(1_000);
    }

    expect(world.calls.length).toBeGreaterThanOrEqual(29);
    expect(world.calls.length).toBeLessThanOrEqual(31);
  });

  it("catches up by itself when it is back", async () => {
    const world = await relayWorld();
    const registrations = await many(world, 6);
    kill(world);
    const requests = registrations.map((one) => world.requestOf(one));
    await world.sync(requests);
    world.hook.before = undefined;
    world.clock.advance(30_000);

    expect((await world.sync(requests)).map(({ kind }) => kind)).toEqual(registrations.map(() => "done"));
    expect(registrations.map((one) => world.data(one))).toEqual(registrations.map(() => ({ password: "p1" })));
    expect(await breakerOf(world)).toEqual({ failures: 0, openUntil: 0 });
  });

  it("is not what one target's refusal makes of it: an answer shows that the cluster lives", async () => {
    const world = await relayWorld();
    const registrations = await many(world, 6);
    world.hook.before = () => {
      throw new RelayError("Forbidden", "app");
    };

    await world.sync(registrations.map((one) => world.requestOf(one)));

    expect(world.calls).toHaveLength(6);
    expect(await breakerOf(world)).toEqual({ failures: 0, openUntil: 0 });
  });
});

describe("credentials that are refused", () => {
  it("are read anew, once for the batch, and the call is made again at once", async () => {
    const world = await relayWorld();
    const registrations = await many(world, 3);
    world.hook.before = () => {
      if (world.forgotten.length === 0) throw new RelayError("ClusterUnauthorized", "tokyo");
    };

    expect((await world.sync(registrations.map((one) => world.requestOf(one)))).map(({ kind }) => kind)).toEqual(["done", "done", "done"]);
    expect(world.forgotten).toEqual(["tokyo"]);
    expect(registrations.map((one) => world.data(one))).toEqual(registrations.map(() => ({ password: "p1" })));
  });

  it("park the registrations where the fresh ones are refused too", async () => {
    const world = await relayWorld({ cluster: { concurrency: 2 } });
    const registrations = await many(world, 3);
    world.hook.before = () => {
      throw new RelayError("ClusterUnauthorized", "tokyo");
    };

    expect((await world.sync(registrations.map((one) => world.requestOf(one)))).map(({ kind }) => kind)).toEqual(["done", "done", "done"]);
    expect(world.forgotten).toEqual(["tokyo"]);
    for (const one of registrations) expect(await world.reg(one)).toMatchObject({ status: { error: { code: "ClusterUnauthorized" } } });
  });

  it("that can't be read concern their own cluster only", async () => {
    const world = await relayWorld();
    const [first] = await many(world, 1);
    const alive = await world.register({ cluster: "virginia" });
    const connect = world.deps.clusters.connect.bind(world.deps.clusters);
    world.deps.clusters.connect = async (spec) => {
      if (spec.name === "tokyo") throw new RelayError("ClusterCredentials", "clusters/tokyo");
      return connect(spec);
    };
    if (first === undefined) throw new Error("none");

    await world.sync([world.requestOf(first), world.requestOf(alive)]);

    expect(await world.reg(first)).toMatchObject({ status: { error: { code: "ClusterCredentials" } } });
    expect(world.data(alive)).toEqual({ password: "p1" });
    expect(await breakerOf(world)).toEqual({ failures: 0, openUntil: 0 });
  });
});

it("names a cluster that the registry does not know", async () => {
  const world = await relayWorld();
  const [registration] = await many(world, 1);
  if (registration === undefined) throw new Error("none");
  await world.registry.retireCluster("tokyo");
  await world.registry.removeCluster("tokyo");

  expect(await world.sync([world.requestOf(registration)])).toMatchObject([{ kind: "done" }]);
  expect(await world.reg(registration)).toMatchObject({ status: { state: "Error", error: { code: "ClusterUnknown", step: "load" } } });
});

it("works on no more targets of a cluster at once than its concurrency allows", async () => {
  const world = await relayWorld({ cluster: { concurrency: 2 } });
  const registrations = await many(world, 8);
  let [now, most] = [0, 0];
  world.hook.before = async () => {
    now += 1;
    most = Math.max(most, now);
    await new Promise((resolve) => setImmediate(resolve));
    now -= 1;
  };

  await world.sync(registrations.map((one) => world.requestOf(one, { need: T - HOUR })));

  expect(most).toBe(2);
});
