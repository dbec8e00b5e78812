/** An event is only a hint: whatever anybody sends, no target changes by a byte, nothing is written, and nobody fails. */
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { createOnSecretChangeHandler } from "../../../functions/on-secret-change/dispatch.ts";
import { createOnSecretChange } from "../../../src/app/on-secret-change.ts";
import { createSyncTargets } from "../../../src/app/sync-targets.ts";
import { createMemoryQueue } from "../../support/fakes/memory-outlets.ts";
import { forgedEvents, labelEvent } from "../../support/forged-events.ts";
import { captureLog, lambdaContext } from "../../support/invocations.ts";
import { relayWorld } from "../../support/relay-world.ts";

const EVENTS = 10_000;
const SEED = 20_261_124;
const NAME = "shop/db";

/** The handler as it is deployed, over a world in which all targets hold v1. */
async function setUp() {
  const world = await relayWorld();
  const registrations = [
    await world.synced({ key: NAME, name: "db" }),
    await world.synced({ key: NAME, name: "previous", version: "AWSPREVIOUS", cluster: "virginia" }),
    await world.synced({ key: NAME, name: "all", cluster: "virginia", deletionPolicy: "Delete" }),
  ];
  const { log, lines } = captureLog(world.clock);
  const queue = createMemoryQueue();
  const letters: unknown[] = [];
  const dispatched: string[] = [];
  const onSecretChange = createOnSecretChange({ ...world.deps, queue, sync: createSyncTargets(world.deps), fastPathTargets: 20 });
  const handler = createOnSecretChangeHandler({
    log,
    clock: world.clock,
    onSecretChange: async () => async (change, deadline, eventId) => {
      const done = await onSecretChange(change, deadline, eventId);
      if (done.targets > 0) dispatched.push(change.kind);
      return done;
    },
    sendLetter: async (letter) => void letters.push(letter),
  });
  const targets = () =>
    registrations.map(({ spec }) => [spec.name, world.inside(spec.cluster).peek(spec.namespace, spec.target.name)] as const);
  return { world, queue, letters, dispatched, lines, targets, handle: (event: unknown) => handler(event, lambdaContext()) };
}

describe("forged and fuzzed events", () => {
  it(`change no byte of any target in ${EVENTS}, and write nothing`, async () => {
    const { world, queue, letters, dispatched, lines, targets, handle } = await setUp();
    const before = targets();
    world.calls.length = 0;

    for (const event of fc.sample(forgedEvents(NAME), { seed: SEED, numRuns: EVENTS })) {
      await handle(event);
      // What was sent on for later is served too, as the queue would.
      for (const { request } of queue.drain()) await world.sync([request]);
      queue.drain();
      world.clock.advance(50);
    }

    expect(targets()).toEqual(before);
    expect(before.map(([, held]) => held?.data)).toEqual(Array.from({ length: 3 }, () => ({ password: "p1" })));
    expect(world.calls.filter((call) => !/ (probe|look|list)/.test(call))).toEqual([]);
    // It was no use of a parser that refuses everything: many were looked into, many refused, many malformed.
    const logged = Map.groupBy(lines(), ({ message }) => String(message));
    expect(dispatched.length).toBeGreaterThan(EVENTS / 100);
    expect(logged.get("event refused")?.length).toBeGreaterThan(EVENTS / 100);
    expect(letters.length).toBeGreaterThan(EVENTS / 100);
  });

  it.each([
    { name: "a secret of the same name in another account", event: labelEvent(NAME, { account: "444455556666" }) },
    { name: "a secret of the same name in another region", event: labelEvent(NAME, { region: "us-west-2" }) },
    { name: "another account than the ARN's", event: { ...labelEvent(NAME), account: "444455556666" } },
    { name: "another region than the ARN's", event: { ...labelEvent(NAME), region: "us-west-2" } },
    { name: "another name than the ARN's", event: { ...labelEvent("shop/other"), detail: labelEvent(NAME).detail } },
  ])("wake nobody by $name", async ({ event }) => {
    const { world, dispatched, handle } = await setUp();
    world.calls.length = 0;
    world.source.put(NAME, "v2", "p2");

    await handle(event);

    expect(dispatched).toEqual([]);
    expect(world.calls).toEqual([]);
  });

  it("would be believed where they were true: the same event, unforged, brings the new value", async () => {
    const { world, dispatched, targets, handle } = await setUp();
    world.clock.advance(60_000);
    world.source.put(NAME, "v2", "p2");

    await handle({ ...labelEvent(NAME), time: new Date(world.clock.now()).toISOString() });

    expect(dispatched).toEqual(["label moved"]);
    expect(targets()[0]?.[1]?.data).toEqual({ password: "p2" });
  });
});
