/**
 * The model's schedules on real parts: two API servers and a table, by the adapters that production uses, which also send to the model's
 * store, queue and bus, in their services' wire formats. The store must lag on purpose, so it stays the model's; so does the clock.
 */

import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { MiniStack } from "../../../src/local/ministack.ts";
import type { Ground } from "../../model/ground.ts";
import type { Schedule } from "../../model/run-schedule.ts";
import { schedules } from "../../model/schedules.ts";
import { search } from "../../model/search.ts";
import { useCases } from "../../model/use-cases.ts";
import { type LocalCluster, startLocalCluster } from "../../support/local-cluster.ts";
import { startAws } from "../../support/local-parts.ts";
import { clear, type Run, run, runOnFakes } from "./outcome.ts";
import { WIRE_BUGS } from "./planted.ts";
import { groundIn } from "./real-ground.ts";
import { dynamoClient, freshTable, realParts } from "./real-parts.ts";

const SCHEDULES = 300;
const SEED = 20_261_124;
/** Beside each other on one server, each in a namespace of its own. */
const LANES = ["lane-1", "lane-2", "lane-3", "lane-4"];
const PLANTED = "planted";
/** Below it something else than the order of equals differs. */
const SAME_STEPS = 285;

async function runOnRealParts(schedule: Schedule, ground: Ground, client: DynamoDBClient): Promise<Run> {
  const done = await run(schedule, ground, { isReal: true, parts: realParts(client, await freshTable(client)) });
  await clear(ground);
  return done;
}

describe("the model on real parts", () => {
  let servers: readonly LocalCluster[] = [];
  let aws: MiniStack;
  beforeAll(async () => {
    [aws, ...servers] = await Promise.all([
      startAws(),
      ...["tokyo", "virginia"].map(async (name) => startLocalCluster(name, [...LANES, PLANTED])),
    ]);
  });
  afterAll(async () => {
    await Promise.all(servers.map(async (server) => server.stop()));
  });

  it(`breaks no promise in ${SCHEDULES} schedules, and ends in each as on fakes`, async () => {
    const waiting = fc.sample(schedules(16), { seed: SEED, numRuns: SCHEDULES });
    const different: unknown[] = [];
    const broken: unknown[] = [];
    let ran = 0;
    let sameSteps = 0;
    const client = dynamoClient(aws);
    const lanes = await Promise.all(servers.flatMap((server) => LANES.map(async (namespace) => groundIn(server, namespace))));

    await Promise.all(
      lanes.map(async (ground) => {
        for (let schedule = waiting.pop(); schedule !== undefined; schedule = waiting.pop()) {
          const real = await runOnRealParts(schedule, ground, client);
          const fake = await runOnFakes(schedule, ground.namespace);
          ran += 1;
          if (real.outcome.judgement !== "clean") broken.push({ ...real.outcome, steps: real.world.steps, schedule });
          const isSameSteps = real.steps.join("\n") === fake.steps.join("\n");
          if (isSameSteps) sameSteps += 1;
          // Which of two equals gets the read that lags decides when a claim is made, but never what the Secrets hold in the end.
          const of = ({ judgement, targets, claims }: Run["outcome"]) => JSON.stringify([judgement, targets, isSameSteps ? claims : []]);
          if (of(real.outcome) !== of(fake.outcome)) {
            different.push({ real: real.outcome, fake: fake.outcome, steps: real.world.steps, schedule });
          }
        }
      }),
    );
    client.destroy();

    expect(broken).toEqual([]);
    expect(different).toEqual([]);
    expect(ran).toBe(SCHEDULES);
    // The rest differ by the order of calls that a worker makes beside each other, or of what is due at the same moment.
    expect(sameSteps).toBeGreaterThanOrEqual(SAME_STEPS);
  });

  it.each(WIRE_BUGS)("finds that $bug.name", async ({ bug, onSend, onTable }) => {
    const { cluster, registry, setup, steps, kinds, seed = 1 } = bug;
    const world = { wrapCluster: cluster, wrapRegistry: registry };
    const found = await search(useCases, schedules(steps, setup, kinds), { seed, runs: 20_000, shrinks: true, world });
    if (found === undefined || servers[0] === undefined) throw new Error("not found on fakes");
    const [healthy, ill] = [dynamoClient(aws), dynamoClient(aws)];
    onTable?.(ill);

    const planted = await runOnRealParts(found.schedule, await groundIn(servers[0], PLANTED, onSend), ill);
    const control = await runOnRealParts(found.schedule, await groundIn(servers[0], PLANTED), healthy);
    for (const client of [healthy, ill]) client.destroy();

    expect(bug.faults).toContain(planted.outcome.judgement.split(":")[0]);
    expect(control.outcome.judgement).toBe("clean");
  });
});
