/** Whom a propagation expects where rules find the secret, and how reconcile finds what no event told of. */
import { describe, expect, it } from "@jest/globals";
import { settlePropagation } from "../../../src/app/propagation.ts";
import { createReconcile } from "../../../src/app/reconcile.ts";
import { RelayError } from "../../../src/core/errors.ts";
import type { FindRule, RegistrationSpec } from "../../../src/core/model.ts";
import { createMemoryQueue } from "../../support/fakes/memory-outlets.ts";
import { put } from "../../support/registrations.ts";
import { relayWorld, worldSpec } from "../../support/relay-world.ts";

const HOUR = 3_600_000;
const keyOf = (name: string, version = "stage/AWSCURRENT") => `SecretsManager|111122223333|eu-west-1|${version}|${name}`;

async function findWorld(rule: FindRule = { nameRegexp: "^shop/" }) {
  const world = await relayWorld();
  const spec = worldSpec();
  const finding = (name: string): RegistrationSpec => ({
    ...spec,
    name,
    target: { ...spec.target, name },
    data: [],
    dataFrom: [{ find: rule }],
  });
  world.source.put("shop/a", "a1", "one");
  world.clock.advance(HOUR);
  const registration = await put(world.registry, finding("db"), world.clock.now());
  await world.sync([world.requestOf(registration)]);
  world.clock.advance(HOUR);
  const settleAll = async () => {
    for (const one of await world.registry.unfinishedPropagations(100)) await settlePropagation(world.deps, one);
  };
  await settleAll();
  return { ...world, finding, registration, settleAll };
}

describe("the propagation of a secret that rules find", () => {
  it("waits for who will find it, and is announced when it has it", async () => {
    const { registry, source, clock, settleAll, events, sync, requestOf, registration } = await findWorld();
    source.put("shop/new", "n1", "new");
    const at = clock.now();
    await registry.openPropagation({ reference: keyOf("shop/new"), versionId: "n1", at }, { openedAt: at, expected: 1 });

    await settleAll();
    expect(events("Secret Propagated").filter(({ key }) => key === "shop/new")).toEqual([]);

    await sync([requestOf(registration, { notice: { reference: keyOf("shop/new"), versionId: "n1", at }, need: at + 999 })]);
    expect(events("Secret Propagated").filter(({ key }) => key === "shop/new")).toMatchObject([
      { key: "shop/new", versionId: "n1", expected: 1, done: 1 },
    ]);
  });

  it("waits for nobody once the secret is gone, nor for rules that its tags may turn away", async () => {
    const { registry, clock, settleAll, source, sync, requestOf, registration } = await findWorld();
    const at = clock.now();
    source.remove("shop/a");
    await registry.openPropagation({ reference: keyOf("shop/a"), versionId: "a2", at }, { openedAt: at, expected: 1 });
    await sync([requestOf(registration, { verify: true })]);
    await settleAll();
    expect(await registry.unfinishedPropagations(10)).toEqual([]);

    const byTags = await findWorld({ tags: { env: "prod" } });
    const other = { reference: keyOf("other"), versionId: "v1", at };
    await byTags.registry.openPropagation(other, { openedAt: at, expected: 0 });
    await byTags.settleAll();
    expect(await byTags.registry.unfinishedPropagations(10)).toEqual([]);
  });
});

describe("reconcile, of registrations with find rules", () => {
  const reconciled = async () => {
    const world = await findWorld();
    const queue = createMemoryQueue();
    let listings = 0;
    world.source.beforeList = () => {
      listings += 1;
    };
    const run = createReconcile({
      ...world.deps,
      queue,
      settlePropagation: async () => {},
      clusterExternalSecrets: { refreshDue: async () => 0 },
      workerLifetimeMs: 70_000,
    });
    return { ...world, queue, listings: () => listings, run: () => run(world.clock.now() + 60_000) };
  };

  it("leaves those alone whose secrets are as they were, and asks for one listing for all of the same rule", async () => {
    const { run, listings, finding, registry, sync, requestOf, clock } = await reconciled();
    for (const name of ["e", "f"]) await sync([requestOf(await put(registry, finding(name), clock.now()))]);
    clock.advance(HOUR);
    const before = listings();

    expect(await run()).toMatchObject({ due: 3, intact: 3, enqueued: 0 });
    expect(listings() - before).toBe(1);
  });

  it.each([
    {
      name: "a secret is listed that was not found before",
      change: (s: Awaited<ReturnType<typeof reconciled>>) => s.source.put("shop/new", "n1", "x"),
    },
    {
      name: "one that was found has another version",
      change: (s: Awaited<ReturnType<typeof reconciled>>) => s.source.put("shop/a", "a2", "x"),
    },
    { name: "one that was found is gone", change: (s: Awaited<ReturnType<typeof reconciled>>) => s.source.remove("shop/a") },
    {
      name: "the listing fails",
      change: (s: Awaited<ReturnType<typeof reconciled>>) => {
        s.source.beforeList = () => {
          throw new RelayError("StoreThrottled", "secrets shop/*");
        };
      },
    },
  ])("wakes a sync where $name", async ({ change }) => {
    const world = await reconciled();
    change(world);

    expect(await world.run()).toMatchObject({ due: 1, intact: 0, enqueued: 1 });
  });

  it("is not woken by a secret that is only missing from the listing", async () => {
    const world = await reconciled();
    world.source.unlisted.add("shop/a");

    expect(await world.run()).toMatchObject({ due: 1, intact: 1, enqueued: 0 });
  });
});
