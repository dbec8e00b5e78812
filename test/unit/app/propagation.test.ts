/** What is claimed of a propagation: counted by records, ended by a recount, announced once. */
import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import { settlePropagation } from "../../../src/app/propagation.ts";
import { RelayError } from "../../../src/core/errors.ts";
import type { Registry } from "../../../src/core/ports.ts";
import { relayWorld } from "../../support/relay-world.ts";

const HOUR = 3_600_000;

/** Two targets of v1, an hour later v2. */
async function rotated(options: Parameters<typeof relayWorld>[0] = {}) {
  const world = await relayWorld(options);
  const [first, second] = [await world.synced({ name: "a" }), await world.synced({ name: "b", cluster: "virginia" })];
  world.clock.advance(HOUR);
  world.source.put("shop/db", "v2", "p2");
  const requests = await world.announce([first, second], "v2", world.clock.now());
  const announced = () => world.events("Secret Propagated").filter(({ versionId }) => versionId === "v2");
  return { world, first, second, requests, announced };
}

describe("a propagation", () => {
  it("is announced when the last expected target has the version, and not before", async () => {
    const { world, requests, announced } = await rotated();
    const at = world.clock.now();

    await world.sync(requests.slice(0, 1));
    expect(await world.unfinished()).toMatchObject([{ versionId: "v2", expected: 2, done: 1, superseded: 0, phase: "open" }]);
    expect(announced()).toEqual([]);
    await world.sync(requests.slice(1));

    expect(announced()).toEqual([
      {
        provider: "SecretsManager",
        account: "111122223333",
        region: "eu-west-1",
        key: "shop/db",
        versionId: "v2",
        changedAt: new Date(at).toISOString(),
        closedAt: new Date(at).toISOString(),
        expected: 2,
        done: 2,
        superseded: 0,
      },
    ]);
    expect(await world.unfinished()).toEqual([]);
  });

  it("is counted and announced while the bus still takes what was written", async () => {
    const { world, requests } = await rotated();
    const publish = world.bus.publish.bind(world.bus);
    const order: string[] = [];
    world.bus.publish = async (events) => {
      const types = events.map(({ type }) => type).join();
      order.push(`${types} begins`);
      if (types === "Secret Synced") await setImmediate();
      await publish(events);
      order.push(`${types} is taken`);
    };

    await world.sync(requests);

    expect(order).toEqual([
      "Secret Synced begins",
      "Secret Synced begins",
      "Secret Propagated begins",
      "Secret Propagated is taken",
      "Secret Synced is taken",
      "Secret Synced is taken",
    ]);
  });

  it("counts each target once, however often its event comes", async () => {
    const { world, requests } = await rotated();
    const [first] = requests;
    if (first === undefined) throw new Error("none");

    await world.sync([first, first]);
    await world.sync([first]);
    world.clock.advance(120_000);
    await world.sync([{ ...first, verify: true }]);

    expect(await world.unfinished()).toMatchObject([{ expected: 2, done: 1 }]);
  });

  it("that a target got past already needs no record of it again", async () => {
    const { world, first, requests } = await rotated();
    await world.sync(requests.slice(0, 1));
    const { rev } = await world.reg(first);
    world.clock.advance(120_000);

    await world.sync(requests.slice(0, 1));

    expect((await world.reg(first)).rev).toBe(rev);
    expect(await world.unfinished()).toMatchObject([{ phase: "open", done: 1 }]);
  });

  it("of a version that a later one overtook ends as superseded", async () => {
    const { world, first, second, requests, announced } = await rotated();
    await world.sync(requests.slice(0, 1));
    world.clock.advance(2_000);
    world.source.put("shop/db", "v3", "p3");

    await world.sync(await world.announce([first, second], "v3", world.clock.now()));

    expect(announced()).toMatchObject([{ expected: 2, done: 0, superseded: 2 }]);
    expect(world.events("Secret Propagated").filter(({ versionId }) => versionId === "v3")).toMatchObject([{ expected: 2, done: 2 }]);
    expect(await world.unfinished()).toEqual([]);
  });

  it("of a return to an older version is one of its own, counted also where the target held that version all the time", async () => {
    const { world, first, second, requests } = await rotated();
    await world.sync(requests.slice(0, 1));
    world.clock.advance(5_000);
    world.source.moveTo("shop/db", "v1");

    const back = await world.announce([first, second], "v1", world.clock.now());
    await world.sync(back);

    expect(world.events("Secret Propagated").at(-1)).toMatchObject({ versionId: "v1", expected: 2, done: 2, superseded: 0 });
  });

  it("is not closed by a counter that reached its number while a target that joined is behind", async () => {
    const { world, first, requests, announced } = await rotated();
    const joined = await world.register({ name: "c" });
    world.hook.before = (_, operation, name) => {
      if (operation === "apply" && name === "c") throw new RelayError("Forbidden", "c");
    };
    await world.sync([...requests, world.requestOf(joined)]);
    expect(announced()).toEqual([]);
    expect(await world.unfinished()).toMatchObject([{ done: 2, phase: "open" }]);

    world.hook.before = undefined;
    await world.sync([world.requestOf(joined)]);
    expect(announced()).toMatchObject([{ expected: 3, done: 3 }]);
    expect((await world.reg(first)).applied[world.refOf(first)]).toMatchObject({ versionId: "v2" });
  });

  it("ends by a recount where a crash counted too little", async () => {
    let crashes = 0;
    const { world, requests, announced } = await rotated({
      wrap: (registry): Partial<Registry> => ({
        async countPropagation(id, add) {
          if (id.versionId === "v2" && crashes++ === 0) throw new RelayError("RegistryUnavailable", "table");
          return registry.countPropagation(id, add);
        },
      }),
    });
    await world.sync(requests.slice(0, 1));
    await world.sync(requests.slice(1));
    const [open] = await world.unfinished();
    expect(open).toMatchObject({ phase: "open", done: 1 });
    expect(announced()).toEqual([]);

    if (open !== undefined) await settlePropagation(world.deps, open);

    expect(announced()).toMatchObject([{ expected: 2, done: 2, superseded: 0 }]);
  });

  it("that nobody announced to the relay is opened by whoever moved HEAD, and gets its number at the first recount", async () => {
    const world = await relayWorld();
    const [first, second] = [await world.synced({ name: "a" }), await world.synced({ name: "b" })];
    world.clock.advance(HOUR);
    world.source.put("shop/db", "v2", "p2");

    await world.sync([world.requestOf(first)]);
    expect(await world.unfinished()).toMatchObject([{ versionId: "v2", expected: 2, done: 1 }]);
    await world.sync([world.requestOf(second)]);

    expect(world.events("Secret Propagated").at(-1)).toMatchObject({ versionId: "v2", expected: 2, done: 2 });
  });

  it("waits neither for a frozen registration, nor for one without a target", async () => {
    const { world, first, second, requests, announced } = await rotated();
    const [open] = await world.unfinished();
    const frozen = await world.register({ name: "frozen", refreshIntervalMs: 0, creationPolicy: "None" });
    const waiting = await world.register({ name: "waiting", creationPolicy: "Merge" });
    await world.sync([world.requestOf(waiting)]);
    await world.sync([...requests, world.requestOf(frozen)]);
    expect(open).toBeDefined();

    expect(announced()).toMatchObject([{ expected: 2, done: 2 }]);
    expect([world.data(first), world.data(second)]).toEqual([{ password: "p2" }, { password: "p2" }]);
  });

  it("does not wait for a registration that keeps its version", async () => {
    const world = await relayWorld();
    const [live, frozen] = [await world.synced({ name: "a" }), await world.synced({ name: "b", refreshPolicy: "CreatedOnce" })];
    world.clock.advance(HOUR);
    world.source.put("shop/db", "v2", "p2");
    await world.sync(await world.announce([live, frozen], "v2", world.clock.now()));
    const [open] = await world.unfinished();
    if (open === undefined) throw new Error("none is open");

    await settlePropagation(world.deps, open);

    expect(world.events("Secret Propagated").at(-1)).toMatchObject({ versionId: "v2", expected: 1, done: 1 });
  });

  it("that is closed but not announced is announced again", async () => {
    const { world, requests, announced } = await rotated();
    world.bus.failure = new RelayError("BusUnavailable", "bus");
    await world.sync(requests);
    const [closed] = await world.unfinished();
    expect(closed).toMatchObject({ phase: "closed", announced: false });
    world.bus.failure = undefined;

    if (closed !== undefined) await settlePropagation(world.deps, closed);

    expect(announced()).toMatchObject([{ expected: 2, done: 2 }]);
    expect(await world.unfinished()).toEqual([]);
  });

  it("is announced by one of two that close it at once", async () => {
    const { world, requests, announced } = await rotated();

    await Promise.all([world.sync(requests.slice(0, 1)), world.sync(requests.slice(1))]);

    expect(announced()).toHaveLength(1);
  });
});
