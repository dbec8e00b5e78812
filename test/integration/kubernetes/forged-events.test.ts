/** Ten thousand forged and fuzzed events against a real API server: its Secrets keep their bytes and their resourceVersions. */
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import fc from "fast-check";
import { createOnSecretChangeHandler } from "../../../functions/on-secret-change/dispatch.ts";
import { forgedEvents } from "../../support/forged-events.ts";
import { captureLog, lambdaContext } from "../../support/invocations.ts";
import { type LocalCluster, startLocalCluster } from "../../support/local-cluster.ts";
import { policyWorld } from "../../support/policy-world.ts";

const EVENTS = 10_000;
const SEED = 20_261_125;
const NAMESPACE = "forged";
const KEY = "db";

let local: LocalCluster;

beforeAll(async () => {
  local = await startLocalCluster("tokyo", [NAMESPACE]);
});

afterAll(() => local?.stop(), 60_000);

it("changes no Secret by forged events, and a true one still arrives", async () => {
  const world = await policyWorld(local, { namespace: NAMESPACE });
  world.put(KEY, "p1");
  await world.register([{ name: "current" }, { name: "deletes", spec: { target: { deletionPolicy: "Delete" } } }]);
  const { log } = captureLog(world.clock);
  let woken = 0;
  const handle = createOnSecretChangeHandler({
    log,
    clock: world.clock,
    onSecretChange: async () => async (change) => {
      const done = await world.onChange(change);
      woken += done.targets > 0 ? 1 : 0;
      return done;
    },
    sendLetter: async () => undefined,
  });
  const held = () => Promise.all(["current", "deletes"].map((name) => world.secret(name)));
  const before = await held();

  for (const event of fc.sample(forgedEvents(KEY), { seed: SEED, numRuns: EVENTS })) {
    await handle(event, lambdaContext());
    await world.drain();
  }

  expect(before.map((secret) => secret?.data)).toEqual([{ password: "cDE=" }, { password: "cDE=" }]);
  expect(woken).toBeGreaterThan(EVENTS / 100);
  // Whole objects: data, labels, annotations, managedFields, uid and resourceVersion.
  expect(await held()).toEqual(before);

  const versionId = world.put(KEY, "p2");
  await world.announce(KEY, versionId);
  await world.drain();
  expect((await held()).map((secret) => secret?.data)).toEqual([{ password: "cDI=" }, { password: "cDI=" }]);
});
