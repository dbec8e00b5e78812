/** Lambda `sync`: composed from the environment at the first batch. */
import { createMessageVisibility } from "../../src/adapters/aws/sqs-queue.ts";
import { systemClock } from "../../src/adapters/system-clock.ts";
import { createClustersRuntime, createSync } from "../clusters-runtime.ts";
import { createRuntime, environment, once, processLog } from "../runtime.ts";
import { createSyncHandler } from "./sync-batch.ts";

const runtime = once(() => createRuntime(environment));

const parts = once(async () => {
  const base = await runtime();
  const sync = await createSync(environment, base, createClustersRuntime(environment, base), processLog);
  return { sync, queue: base.queue };
});

const changeVisibility = once(async () => {
  const { sqs, queueUrl } = await runtime();
  return createMessageVisibility(sqs, queueUrl);
});

export const handler = createSyncHandler({
  log: processLog,
  clock: systemClock,
  parts,
  changeVisibility: async (receiptHandle, seconds) => (await changeVisibility())(receiptHandle, seconds),
});
