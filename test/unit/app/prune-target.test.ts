/** What a removed registration left is taken away as its policies say, and never what a new owner wrote. */
import { describe, expect, it } from "@jest/globals";
import { RelayError } from "../../../src/core/errors.ts";
import { leftBehindId, type Registration } from "../../../src/core/model.ts";
import type { SecretManifest } from "../../../src/core/ports.ts";
import { SecretValue } from "../../../src/core/secret-value.ts";
import { fieldManager, stampAnnotation } from "../../../src/core/sync/ownership.ts";
import { referencesOf } from "../../../src/core/sync/references.ts";
import { entombed, pruneOf } from "../../support/pruning.ts";
import { relayWorld, T, type World, worldSpec } from "../../support/relay-world.ts";

/** What a registration may have applied to its target, but for its labels. */
function stampedBy({ id, spec }: Registration, data: Readonly<Record<string, string>>): SecretManifest {
  const values = Object.entries(data).map(([key, text]) => [key, new SecretValue(text)] as const);
  const { namespace, target } = spec;
  return { namespace, name: target.name, labels: {}, annotations: { [stampAnnotation(id)]: "1.hash" }, data: new Map(values) };
}

describe("pruneTarget", () => {
  it("waits until no worker can write any more", async () => {
    const world = await relayWorld();
    const tombstone = await entombed(world, await world.synced());
    const request = pruneOf(world, tombstone, T + 70_000);

    expect(await world.sync([request])).toEqual([{ kind: "again", request, delayMs: 70_000 }]);
    expect(world.data(tombstone)).toEqual({ password: "p1" });
  });

  it.each([
    { creationPolicy: "Owner", left: undefined, action: "deleted" },
    { creationPolicy: "Orphan", left: { password: "p1" }, action: "released" },
    { creationPolicy: "Merge", left: { theirs: "t" }, action: "released" },
    { creationPolicy: "CreateOrMerge", left: { theirs: "t" }, action: "released" },
  ] as const)("under creationPolicy $creationPolicy the target is $action", async ({ creationPolicy, left, action }) => {
    const world = await relayWorld();
    if (creationPolicy.endsWith("Merge")) world.inside("tokyo").writeByHand("app", "db", "human", { theirs: "t" });
    const tombstone = await entombed(world, await world.synced({ creationPolicy }));
    const version = tombstone.known?.resourceVersion;

    expect(await world.sync([pruneOf(world, tombstone)])).toMatchObject([{ kind: "done" }]);

    expect(world.data(tombstone)).toEqual(left);
    expect(await world.find(tombstone)).toBeUndefined();
    expect(world.events("Secret Synced").at(-1)).toMatchObject({ cluster: "tokyo", registrations: [{ name: "db", action }] });
    if (left === undefined) return;
    const view = await world.inside("tokyo").look({ cluster: "tokyo", namespace: "app", name: "db" });
    expect(view).toMatchObject({ labels: {}, annotations: {} });
    // A late worker's write must find another version.
    expect(view).not.toMatchObject({ resourceVersion: version });
  });

  it("leaves a Secret to the controller that made it its own since", async () => {
    const world = await relayWorld();
    const tombstone = await entombed(world, await world.synced());
    world.inside("tokyo").setController("app", "db", "ExternalSecret.external-secrets.io/db");

    expect(await world.sync([pruneOf(world, tombstone)])).toMatchObject([{ kind: "done" }]);

    expect(world.data(tombstone)).toEqual({ password: "p1" });
    const view = await world.inside("tokyo").look({ cluster: "tokyo", namespace: "app", name: "db" });
    expect(view).toMatchObject({ labels: {}, annotations: {}, controller: "ExternalSecret.external-secrets.io/db" });
    expect(await world.find(tombstone)).toBeUndefined();
  });

  it("keeps the data of a released Orphan when its keys are nobody's to drop", async () => {
    const world = await relayWorld();
    const tombstone = await entombed(world, await world.synced({ creationPolicy: "Orphan", extract: true }));
    await world.sync([pruneOf(world, tombstone)]);
    const merging = await world.register({ name: "next", target: "db", creationPolicy: "Merge", key: "shop/next", secretKey: "next" });
    world.source.put("shop/next", "n1", "n");

    await world.sync([world.requestOf(merging)]);

    expect(world.data(tombstone)).toEqual({ user: "u1", password: "p1", next: "n" });
  });

  it.each([
    {
      name: "a target that was never written by it",
      prepare: (world: World) => world.inside("tokyo").writeByHand("app", "db", "human", { mine: "m" }),
    },
    { name: "no target at all", prepare: () => undefined },
  ])("drops the tombstone and touches nothing where it finds $name", async ({ prepare }) => {
    const world = await relayWorld();
    prepare(world);
    const tombstone = await entombed(world, await world.register());
    const before = world.data(tombstone);

    expect(await world.sync([pruneOf(world, tombstone)])).toMatchObject([{ kind: "done" }]);
    expect(world.data(tombstone)).toEqual(before);
    expect(await world.find(tombstone)).toBeUndefined();
  });

  it("leaves the target to a new owner, though it still carries the old stamp", async () => {
    const world = await relayWorld();
    const tombstone = await entombed(world, await world.synced());
    const next = await world.register({ name: "next", target: "db" });

    await world.sync([pruneOf(world, tombstone)]);
    expect(world.data(tombstone)).toEqual({ password: "p1" });
    await world.sync([world.requestOf(next)]);
    await world.sync([pruneOf(world, tombstone)]);

    expect(world.data(next)).toEqual({ password: "p1" });
    expect(await world.find(tombstone)).toBeUndefined();
  });

  it.each(["Owner", "Orphan"] as const)(
    "leaves an %s's data to an Orphan that keeps it, since the secret is deleted, and wrote none of it itself",
    async (creationPolicy) => {
      const world = await relayWorld();
      const tombstone = await entombed(world, await world.synced({ creationPolicy }));
      world.source.remove("shop/db");
      world.clock.advance(120_000);
      const next = await world.register({ name: "next", target: "db", creationPolicy: "Orphan" });
      await world.sync([world.requestOf(next)]);

      await world.sync([pruneOf(world, tombstone)]);

      expect(world.data(next)).toEqual({ password: "p1" });
      expect(await world.find(tombstone)).toBeUndefined();
      const follower = await entombed(world, next, 91);
      await world.sync([pruneOf(world, follower)]);
      expect(world.data(next)).toEqual({ password: "p1" });
    },
  );

  it("leaves the data to an Orphan that takes it over when its secret is restored", async () => {
    const world = await relayWorld();
    const tombstone = await entombed(world, await world.synced());
    world.source.remove("shop/db");
    world.clock.advance(120_000);
    const next = await world.register({ name: "next", target: "db", creationPolicy: "Orphan" });
    await world.sync([world.requestOf(next)]);
    await world.sync([pruneOf(world, tombstone)]);

    world.source.put("shop/db", "p2", "restored");
    world.clock.advance(120_000);
    await world.sync([world.requestOf(next, { need: world.clock.now() })]);

    expect(world.data(next)).toEqual({ password: "restored" });
    const view = await world.inside("tokyo").look({ cluster: "tokyo", namespace: "app", name: "db" });
    expect(view).toMatchObject({ dataKeys: [{ operation: "Apply", keys: ["password"] }] });
  });

  it("remembers what it left to an owner that keeps it, since the secret is deleted, and wrote none of it itself", async () => {
    const world = await relayWorld();
    const tombstone = await entombed(world, await world.synced({ creationPolicy: "Orphan" }));
    world.source.remove("shop/db");
    world.clock.advance(120_000);
    const next = await world.register({ name: "next", target: "db" });
    await world.sync([world.requestOf(next)]);

    await world.sync([pruneOf(world, tombstone)]);

    expect(world.data(next)).toEqual({ password: "p1" });
    // Nobody else would remember what is left there.
    expect(await world.reg(tombstone)).toMatchObject({ phase: "tombstone", dueAt: world.clock.now() + 15 * 60_000 });
  });

  it("leaves the data that it alone applied to a new owner that wrote without it", async () => {
    const world = await relayWorld();
    const tombstone = await entombed(world, await world.synced({ creationPolicy: "Orphan" }));
    const next = await world.register({ name: "next", target: "db", creationPolicy: "Orphan" });
    const cluster = world.inside("tokyo");
    const view = await cluster.look({ cluster: "tokyo", namespace: "app", name: "db" });
    if (view === "missing") throw new Error("missing");
    await cluster.apply(stampedBy(next, {}), fieldManager(next.id), { kind: "update", ...view });
    await world.registry.record(next, { appliedGeneration: next.generation });

    await world.sync([pruneOf(world, tombstone)]);

    expect(world.data(next)).toEqual({ password: "p1" });
    expect(await world.find(tombstone)).toBeUndefined();
  });

  it.each(["Owner", "Orphan"] as const)(
    "leaves what a late worker made anew as it is, for the next owner, an %s, to see and to write over",
    async (creationPolicy) => {
      const world = await relayWorld();
      const first = await world.synced();
      const tombstone = await entombed(world, first);
      const next = await world.register({ name: "next", target: "db", creationPolicy });
      await world.sync([world.requestOf(next)]);
      const cluster = world.inside("tokyo");
      cluster.deleteByHand("app", "db");
      await cluster.apply(stampedBy(first, { password: "late" }), fieldManager(first.id), { kind: "create" });

      await world.sync([pruneOf(world, tombstone)]);

      expect(world.data(next)).toEqual({ password: "late" });
      expect(await world.reg(tombstone)).toMatchObject({ phase: "tombstone", dueAt: world.clock.now() + 15 * 60_000 });
      await world.sync([world.requestOf(next, { verify: true })]);
      expect(world.data(next)).toEqual({ password: "p1" });
      await world.sync([pruneOf(world, tombstone)]);
      expect(world.data(next)).toEqual({ password: "p1" });
      const view = await cluster.look({ cluster: "tokyo", namespace: "app", name: "db" });
      expect(view).not.toHaveProperty(["annotations", stampAnnotation(first.id)]);
      expect(await world.find(tombstone)).toBeUndefined();
    },
  );

  it("remembers the target of a new owner that never wrote it, and prunes it when that one goes too", async () => {
    const world = await relayWorld();
    const tombstone = await entombed(world, await world.synced());
    const next = await world.register({ name: "next", target: "db" });

    expect(await world.sync([pruneOf(world, tombstone)])).toMatchObject([{ kind: "done" }]);
    expect(await world.reg(tombstone)).toMatchObject({ phase: "tombstone", dueAt: world.clock.now() + 15 * 60_000 });
    const follower = await entombed(world, next, 91);
    await world.sync([pruneOf(world, follower)]);
    await world.sync([pruneOf(world, tombstone)]);

    expect(world.data(tombstone)).toBeUndefined();
    expect(await world.find(tombstone)).toBeUndefined();
  });

  it("leaves the target to a new owner that writes it between the look and the delete", async () => {
    const world = await relayWorld();
    const tombstone = await entombed(world, await world.synced());
    world.source.put("shop/next", "n1", "new owner's");
    world.hook.before = async (_, operation) => {
      if (operation !== "remove") return;
      world.hook.before = undefined;
      const next = await world.register({ name: "next", target: "db", key: "shop/next" });
      await world.sync([world.requestOf(next)]);
    };

    expect(await world.sync([pruneOf(world, tombstone)])).toMatchObject([{ kind: "done" }]);
    expect(world.data(tombstone)).toEqual({ password: "new owner's" });
    expect(await world.find(tombstone)).toBeUndefined();
  });

  it("does nothing for a registration that returned, or for an older tombstone", async () => {
    const world = await relayWorld();
    const registration = await world.synced();
    const tombstone = await entombed(world, registration);
    const { spec } = registration;
    const returned = await world.registry.putRegistration({ spec, generation: 91, registeredAt: T, previous: tombstone, references: [] });
    expect(returned).toMatchObject({ phase: "live" });

    expect(await world.sync([pruneOf(world, tombstone)])).toMatchObject([{ kind: "done" }]);
    await entombed(world, registration, 92);
    expect(await world.sync([pruneOf(world, tombstone)])).toMatchObject([{ kind: "done" }]);

    expect(world.data(registration)).toEqual({ password: "p1" });
    expect(await world.find(registration)).toMatchObject({ phase: "tombstone", generation: 92 });
  });

  it("takes away the target that a registration left behind, under the marks of the one that left it", async () => {
    const world = await relayWorld();
    const registration = await world.synced();
    const spec = worldSpec({ target: "renamed" });
    const generation = 95;
    await world.registry.putRegistration({ spec, generation, registeredAt: T, previous: registration, references: referencesOf(spec) });
    const left = { ...registration, id: leftBehindId(registration.id, generation), generation };

    await world.sync([pruneOf(world, left), world.requestOf({ ...registration, spec })]);

    expect(world.inside("tokyo").readData("app", "db")).toBeUndefined();
    expect(world.inside("tokyo").readData("app", "renamed")).toEqual({ password: "p1" });
    expect(await world.find(left)).toBeUndefined();
  });

  it("leaves a shared target alone to which the registration came back", async () => {
    const world = await relayWorld();
    world.inside("tokyo").writeByHand("app", "db", "human", { theirs: "t" });
    const first = await world.synced({ creationPolicy: "Merge" });
    const move = async (previous: Registration, target: string, generation: number): Promise<Registration> => {
      const spec = worldSpec({ target, creationPolicy: "Merge" });
      const moved = await world.registry.putRegistration({ spec, generation, registeredAt: T, previous, references: referencesOf(spec) });
      if (typeof moved === "string") throw new Error(moved);
      return moved;
    };
    const away = await move(first, "elsewhere", 95);
    const back = await move(away, "db", 96);
    await world.sync([world.requestOf(back)]);

    await world.sync([pruneOf(world, { ...first, id: leftBehindId(first.id, 95), generation: 95 })]);

    expect(world.data(first)).toEqual({ theirs: "t", password: "p1" });
  });

  it("shows what keeps it from pruning, and tries again where that may pass", async () => {
    const world = await relayWorld();
    const tombstone = await entombed(world, await world.synced());
    world.hook.before = () => {
      throw new RelayError("Forbidden", "app/db");
    };
    expect(await world.sync([pruneOf(world, tombstone)])).toMatchObject([{ kind: "done" }]);
    expect(await world.find(tombstone)).toMatchObject({
      phase: "tombstone",
      status: { state: "Error", error: { code: "Forbidden", step: "prune" } },
    });
    expect(world.events("Secret Sync Failed")).toMatchObject([{ failures: [{ step: "prune", retried: false }] }]);

    world.hook.before = () => {
      throw new RelayError("ClusterUnreachable", "tokyo");
    };
    expect(await world.sync([pruneOf(world, tombstone)])).toMatchObject([{ kind: "retry", code: "ClusterUnreachable" }]);
    expect(world.data(tombstone)).toEqual({ password: "p1" });
  });

  it("begins nothing after the deadline", async () => {
    const world = await relayWorld();
    const tombstone = await entombed(world, await world.synced());

    expect(await world.sync([pruneOf(world, tombstone)], T)).toMatchObject([{ kind: "again", delayMs: 0 }]);
    expect(world.data(tombstone)).toEqual({ password: "p1" });
  });

  it("calls a target gone with its namespace", async () => {
    const world = await relayWorld();
    const tombstone = await entombed(world, await world.register({ namespace: "dropped" }));

    expect(await world.sync([pruneOf(world, tombstone)])).toMatchObject([{ kind: "done" }]);
    expect(await world.find(tombstone)).toBeUndefined();
  });
});
