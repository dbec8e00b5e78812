/** Drives the real sync handler as Lambda would: messages of the queue's own encoding, batches of ten, all invocations beside each other. */
import { createSyncHandler } from "../functions/sync/sync-batch.ts";
import { systemClock } from "../src/adapters/system-clock.ts";
import { pagesOf } from "../src/app/concurrently.ts";
import { createSyncTargets, type SyncDeps } from "../src/app/sync-targets.ts";
import { encodeMessages } from "../src/core/messages.ts";
import { type Registration, type SyncRequest, targetKey } from "../src/core/model.ts";
import type { Clusters, Queue } from "../src/core/ports.ts";
import { quietLog } from "./parts.ts";
import { invocation } from "./secret-event.ts";

/** The event source mapping's batch size, and so many functions at work at once by default. */
export const BATCH_SIZE = 10;
export const MAX_INVOCATIONS = 20;

/** What the queue gives one invocation. */
interface SqsBatch {
  readonly Records: readonly object[];
}

/** Syncs these batches, and ends when every invocation has. @throws Error where a request was not served at once */
export type SyncAll = (batches: readonly SqsBatch[]) => Promise<void>;

/** `clustersOf` gives the each function instance its connections. @default those of `deps`, shared by all */
export function createSyncAll(deps: SyncDeps, clustersOf: () => Clusters = () => deps.clusters): SyncAll {
  const refuse = (): Promise<never> => Promise.reject(new Error("a benchmark's request was put back"));
  const queue: Queue = { send: refuse };
  const handlers = Array.from({ length: MAX_INVOCATIONS }, () => {
    const sync = createSyncTargets({ ...deps, clusters: clustersOf() });
    const parts = async () => ({ sync, queue });
    return createSyncHandler({ log: quietLog, clock: systemClock, parts, changeVisibility: refuse });
  });

  return async (batches) => {
    const pending = batches.entries();
    const instance = async (handler: (typeof handlers)[number]): Promise<void> => {
      for (const [number, batch] of pending) {
        const { batchItemFailures } = await handler(batch, invocation(`batch-${number}`));
        if (batchItemFailures.length > 0) throw new Error(`${batchItemFailures.length} messages failed`);
      }
    };
    await Promise.all(handlers.map(instance));
  };
}

/** The batches in which the queue gives these requests to the sync function, once they were sent to it. */
export function batchesOf(requests: readonly SyncRequest[]): readonly SqsBatch[] {
  return pagesOf(encodeMessages(requests), BATCH_SIZE).map((messages) => ({
    Records: messages.map(({ body }, index) => ({
      messageId: String(index),
      receiptHandle: String(index),
      body,
      attributes: { ApproximateReceiveCount: "1" },
    })),
  }));
}

export function syncRequest({ id, spec }: Registration, change: Partial<SyncRequest> = {}): SyncRequest {
  const { cluster, namespace, target } = spec;
  return {
    registration: id,
    cluster,
    target: targetKey({ cluster, namespace, name: target.name }),
    need: 0,
    verify: false,
    attempt: 0,
    ...change,
  };
}
