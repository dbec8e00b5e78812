/** However many secrets a target reads, and however often it fails, events that bring nothing new are no more than one try in five seconds. */
import { describe, expect, it } from "@jest/globals";
import { type ErrorCode, RelayError } from "../../../src/core/errors.ts";
import type { SecretChange } from "../../../src/core/secret-change.ts";
import { eventWorld, moved, touched } from "../../support/event-world.ts";

const SECRETS = ["shop/db", "shop/cache", "shop/mail", "shop/pay", "shop/tax"];
const spec = { alsoKeys: SECRETS.slice(1) };
const FLOOD_MS = 30_000;
/** One at its start, and one at each end of a quiet time. */
const MOST = FLOOD_MS / 5_000 + 1;

type World = Awaited<ReturnType<typeof eventWorld>>;

/** Every call to the cluster fails, as of now. */
function failWith({ hook }: World, code: ErrorCode): void {
  hook.before = () => {
    throw new RelayError(code, "tokyo/app/db");
  };
}

/** An event of each secret every 20 ms. */
async function flood({ handle, runUntil, clock }: World, changeOf: (name: string) => SecretChange): Promise<void> {
  const endsAt = clock.now() + FLOOD_MS;
  while (clock.now() < endsAt) {
    for (const name of SECRETS) await handle(changeOf(name));
    await runUntil(clock.now() + 20);
  }
}

describe("a target that reads five secrets", () => {
  it.each([
    { name: "may not be written", code: "Forbidden", fastPathTargets: 20 },
    { name: "may not be written, by queue", code: "Forbidden", fastPathTargets: 0 },
    { name: "is throttled", code: "ClusterThrottled", fastPathTargets: 20 },
    { name: "is throttled, by queue", code: "ClusterThrottled", fastPathTargets: 0 },
  ] as const)("is tried once in five seconds at most where it $name", async ({ code, fastPathTargets }) => {
    const world = await eventWorld({ fastPathTargets, spec });
    failWith(world, code);
    const from = world.clock.now();
    for (const name of SECRETS) world.rotate("v2", name);
    // What is new comes first.
    for (const name of SECRETS) await world.handle(moved("v2", from, name));
    await world.runUntil(world.clock.now() + 6_000);
    world.calls.length = 0;

    await flood(world, (name) => moved("v2", from, name));

    expect(world.calls.length).toBeGreaterThan(2);
    expect(world.calls.length).toBeLessThanOrEqual(MOST);
    expect(world.waiting()).toBeLessThanOrEqual(2 * SECRETS.length);

    // It goes on without any event, as a failing target does.
    world.hook.before = undefined;
    await world.runUntil(world.clock.now() + 120_000);
    if (code === "ClusterThrottled") expect(world.data()).toMatchObject({ password: "value of v2", tax: "value of v2" });
    expect(world.waiting()).toBe(0);
  });

  it.each([20, 0])(
    "is looked at once in five seconds at most where its Secret is missing, with %d targets at once",
    async (fastPathTargets) => {
      const world = await eventWorld({ fastPathTargets, spec: { ...spec, creationPolicy: "Merge" } });

      await flood(world, (name) => touched(world.clock.now(), name));
      expect(world.calls.length).toBeGreaterThan(2);
      expect(world.calls.length).toBeLessThanOrEqual(MOST);
    },
  );

  it("is tried at once for each version that is new, however lately it failed", async () => {
    const world = await eventWorld({ spec });
    failWith(world, "Forbidden");
    for (const [index, name] of SECRETS.entries()) {
      world.rotate("v2", name);
      world.calls.length = 0;
      for (let n = 0; n < 5; n += 1) await world.handle(moved("v2", world.clock.now(), name));
      await world.runUntil(world.clock.now() + 200);
      // The first one by what it was known to hold; then the first of the events that bring nothing new has a turn.
      expect(world.calls).toEqual(index === 0 ? ["tokyo apply db", "tokyo look db"] : ["tokyo look db"]);
    }
    world.hook.before = undefined;
    // Later than what is known of v2 reaches, and in the quiet time of its turn.
    world.clock.advance(2_000);
    world.rotate("v3", "shop/tax");
    await world.handle(moved("v3", world.clock.now(), "shop/tax"));

    expect(world.data()).toEqual({
      password: "value of v2",
      cache: "value of v2",
      mail: "value of v2",
      pay: "value of v2",
      tax: "value of v3",
    });
  });

  it("gets what the store shows late, although its turn was another secret's", async () => {
    const world = await eventWorld({ spec });
    failWith(world, "ClusterThrottled");
    await world.handle(touched(world.clock.now(), "shop/mail"));
    world.rotate("v2", "shop/mail");
    await world.handle(moved("v2", world.clock.now(), "shop/mail"));
    world.rotate("v2", "shop/tax");
    world.source.lag("shop/tax", world.clock.now() + 3_000);
    await world.handle(moved("v2", world.clock.now(), "shop/tax"));
    world.hook.before = undefined;
    await world.runUntil(world.clock.now() + 11_000);
    expect(world.data()).toMatchObject({ mail: "value of v2", tax: "value of v2" });
  });
});

describe("a cluster that does not answer", () => {
  it("makes no more messages however many events come", async () => {
    const world = await eventWorld({ spec });
    failWith(world, "ClusterUnreachable");
    const from = world.clock.now();
    for (const name of SECRETS) world.rotate("v2", name);

    await flood(world, (name) => moved("v2", from, name));
    expect(world.waiting()).toBeLessThanOrEqual(2 * SECRETS.length);

    world.hook.before = undefined;
    await world.runUntil(world.clock.now() + 120_000);
    expect(world.data()).toMatchObject({ password: "value of v2", tax: "value of v2" });
    expect(world.waiting()).toBe(0);
  });
});
