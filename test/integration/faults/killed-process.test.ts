/** A worker's process is killed in the middle of its work: what it did not do is done by whoever comes next, and nothing is done twice. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { expectConvergence, expectSilence } from "../../support/faults/cell.ts";
import { type FaultParts, startFaultParts } from "../../support/faults/parts.ts";
import { STORIES } from "../../support/faults/stories.ts";
import type { WorkerInput } from "../../support/faults/worker-process.ts";
import { createWorld, valueOf, type World } from "../../support/faults/world.ts";

const WORKER = join(import.meta.dirname, "../../support/faults/worker-process.ts");

let parts: FaultParts;

beforeAll(async () => {
  parts = await startFaultParts();
});
afterAll(() => parts?.stop(), 60_000);

async function workInProcess(world: World, event: unknown, onStart: (pid: number) => void): Promise<NodeJS.Signals | null> {
  const { region, account } = parts.aws;
  const { queueUrl, failureQueueUrl } = world;
  const input: WorkerInput = {
    region,
    account,
    queueUrl,
    failureQueueUrl,
    event,
    aheadMs: world.clock.now() - Date.now(),
    fastPathTargets: 20,
    endpoint: world.proxies.aws.endpoint,
    tableName: `registry-${world.id}`,
  };
  const child = spawn(process.execPath, [WORKER], { env: { ...process.env, WORKER_INPUT: JSON.stringify(input) }, stdio: "ignore" });
  await once(child, "spawn");
  onStart(child.pid ?? 0);
  const [, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  return signal;
}

describe.each(["Query REF", "TransactWriteItems HEAD", "apply", "UpdateItem REG", "PutEvents"])("a process that is killed at %s", (row) => {
  it.each([
    ["before it", "hang"],
    ["after it", "after"],
  ] as const)("%s: converges, and then is silent", async (_when, kind) => {
    const world = await createWorld(parts);
    try {
      const event = await world.rotate();
      let pid = 0;
      world.gate.plant({ row, fault: { kind }, times: 1, onMeet: () => process.kill(pid, "SIGKILL") });

      const signal = await workInProcess(world, event, (started) => {
        pid = started;
      });
      expect(signal).toBe("SIGKILL");
      await Promise.all(Object.values(world.proxies).map((proxy) => proxy.settled()));
      world.gate.plant(undefined);
      // As Lambda does when it hears no more of an asynchronous invocation.
      world.delivery.invoke({ name: "onSecretChange", event });

      await expectConvergence(parts, world, STORIES.rotation);
      expect(world.writes.filter(({ value }) => value === valueOf("v2"))).toHaveLength(2);
      await expectSilence(world, STORIES.rotation);
    } finally {
      await world.close();
    }
  });
});
