/** Composes `sync`; all that may fail is made at the first batch. */
import { createMessageVisibility } from "../../src/adapters/aws/sqs-queue.ts";
import { createClustersRuntime, createSync } from "../clusters-runtime.ts";
import type { LambdaHandler } from "../middleware.ts";
import { createRuntime, once, type Surroundings } from "../runtime.ts";
import { type BatchResponse, createSyncHandler } from "./sync-batch.ts";

export function composeSync(on: Surroundings): LambdaHandler<BatchResponse> {
  const runtime = once(() => createRuntime(on));
  const parts = once(async () => {
    const base = await runtime();
    const sync = await createSync(on, base, createClustersRuntime(on, base));
    return { sync, queue: base.queue };
  });
  const changeVisibility = once(async () => {
    const { sqs, queueUrl } = await runtime();
    return createMessageVisibility(sqs, queueUrl);
  });

  return createSyncHandler({
    log: on.log,
    clock: on.clock,
    parts,
    changeVisibility: async (receiptHandle, seconds) => (await changeVisibility())(receiptHandle, seconds),
  });
}
