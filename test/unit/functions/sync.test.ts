/** What SQS is told of a batch: what failed, when it is seen again, and what is sent on as new messages. */
import { describe, expect, it } from "@jest/globals";
import { createSyncHandler } from "../../../functions/sync/sync-batch.ts";
import type { SyncOutcome } from "../../../src/app/outcome.ts";
import { RelayError } from "../../../src/core/errors.ts";
import { encodeMessages } from "../../../src/core/messages.ts";
import type { SyncRequest } from "../../../src/core/model.ts";
import { createManualClock } from "../../support/fakes/manual-clock.ts";
import { createMemoryQueue } from "../../support/fakes/memory-outlets.ts";
import { captureLog, lambdaContext } from "../../support/invocations.ts";

const T = 1_800_000_000_000;
const CANARY = "canary-7f3a91";

const done = (request: SyncRequest): SyncOutcome => ({ kind: "done", request });
const retry = (request: SyncRequest): SyncOutcome => ({ kind: "retry", request, delayMs: 3_400, code: "ClusterUnreachable" });
const again = (request: SyncRequest): SyncOutcome => ({ kind: "again", request: { ...request, need: T }, delayMs: 60_000 });

const aRequest = (name: string, attempt = 0): SyncRequest => {
  return { registration: `tokyo/app/${name}`, cluster: "tokyo", target: `tokyo/app/${name}`, need: 1, verify: false, attempt };
};

function record(messageId: string, requests: readonly SyncRequest[] | string, receives = 1) {
  const body = typeof requests === "string" ? requests : (encodeMessages(requests)[0]?.body ?? "");
  return { messageId, receiptHandle: `handle-${messageId}`, body, attributes: { ApproximateReceiveCount: String(receives) } };
}

/** A function whose sync answers by the name of the registration: `done-…`, `retry-…`, `again-…`. */
function setUp(
  faults: {
    readonly sync?: Error;
    readonly parts?: Error;
    readonly visibility?: Error;
    readonly queue?: Error;
    readonly missing?: number;
  } = {},
) {
  const clock = createManualClock(T);
  const captured = captureLog(clock);
  const queue = createMemoryQueue();
  queue.failure = faults.queue;
  const synced: { requests: readonly SyncRequest[]; deadline: number }[] = [];
  const visible: Record<string, number> = {};
  const handler = createSyncHandler({
    log: captured.log,
    clock,
    async parts() {
      if (faults.parts !== undefined) throw faults.parts;
      return {
        queue,
        async sync(requests, deadline) {
          synced.push({ requests, deadline });
          if (faults.sync !== undefined) throw faults.sync;
          const answers = { done, retry, again };
          return requests
            .slice(faults.missing ?? 0)
            .map((request) => answers[(/app\/(\w+)/.exec(request.registration)?.[1] ?? "done") as keyof typeof answers](request));
        },
      };
    },
    async changeVisibility(handle, seconds) {
      if (faults.visibility !== undefined) throw faults.visibility;
      visible[handle] = seconds;
    },
  });
  const handle = async (...records: readonly ReturnType<typeof record>[]) => {
    const { batchItemFailures } = await handler({ Records: records }, lambdaContext());
    return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  };
  return { ...captured, handler, queue, synced, visible, handle };
}

describe("sync", () => {
  it("syncs all requests of the batch in one go, before the deadline", async () => {
    const { synced, queue, visible, handle } = setUp();

    expect(await handle(record("m1", [aRequest("done-a"), aRequest("done-b")]), record("m2", [aRequest("done-c")]))).toEqual([]);

    expect(synced).toEqual([{ requests: [aRequest("done-a"), aRequest("done-b"), aRequest("done-c")], deadline: T + 45_000 }]);
    expect([queue.sent, visible]).toEqual([[], {}]);
  });

  it("counts each earlier receive as an attempt", async () => {
    const { synced, handle } = setUp();

    await handle(record("m1", [aRequest("done-a", 2)], 4), record("m2", [aRequest("done-b", 2)], 1));

    expect(synced[0]?.requests.map(({ attempt }) => attempt)).toEqual([5, 2]);
  });

  it("fails a message of which every request failed, and lets it be seen again after the delay", async () => {
    const { queue, visible, handle } = setUp();

    const failed = await handle(record("m1", [aRequest("done-a")]), record("m2", [aRequest("retry-b"), aRequest("retry-c")]));

    expect(failed).toEqual(["m2"]);
    expect(visible).toEqual({ "handle-m2": 3.4 });
    expect(queue.sent).toEqual([]);
  });

  it("sends on what a message still owes of which other requests are done", async () => {
    const { queue, handle } = setUp();

    expect(await handle(record("m1", [aRequest("done-a"), aRequest("retry-b"), aRequest("again-c")], 2))).toEqual([]);

    expect(queue.sent).toEqual([
      { request: { ...aRequest("retry-b"), attempt: 2 }, delayMs: 4_000 },
      { request: { ...aRequest("again-c"), attempt: 1, need: T }, delayMs: 60_000 },
    ]);
  });

  it("fails the messages whose requests could not be sent on, and no others", async () => {
    const { visible, lines, handle } = setUp({ queue: new RelayError("QueueUnavailable", "q") });

    const failed = await handle(
      record("m1", [aRequest("done-a")]),
      record("m2", [aRequest("again-b")]),
      record("m3", [aRequest("retry-c")]),
    );

    expect(failed).toEqual(["m2", "m3"]);
    expect(Object.keys(visible)).toEqual(["handle-m2", "handle-m3"]);
    expect(lines()).toContainEqual(expect.objectContaining({ level: "ERROR", code: "QueueUnavailable" }));
  });

  it("fails a malformed message alone", async () => {
    const { synced, visible, text, handle } = setUp();

    expect(await handle(record("m1", `{"v":9,"${CANARY}":1}`), record("m2", [aRequest("done-a")]))).toEqual(["m1"]);

    expect(synced[0]?.requests).toEqual([aRequest("done-a")]);
    expect(visible).toEqual({ "handle-m1": 30 });
    expect(text()).toContain("MessageMalformed");
    expect(text()).not.toContain(CANARY);
  });

  it.each([
    { name: "the sync breaks", faults: { sync: new RelayError("RegistryUnavailable", "t") }, code: "RegistryUnavailable" },
    { name: "nothing can be composed", faults: { parts: new RelayError("AccessDenied", "key") }, code: "AccessDenied" },
    { name: "an outcome is missing", faults: { missing: 1 }, code: "Unclassified" },
    { name: "a bug shows", faults: { sync: new TypeError(CANARY) }, code: "Unclassified" },
  ])("fails all messages where $name, and waits longer with each receive", async ({ faults, code }) => {
    const { visible, lines, text, handle } = setUp(faults);

    expect(await handle(record("m1", [aRequest("done-a")], 1), record("m2", [aRequest("done-b")], 5))).toEqual(["m1", "m2"]);

    // Half of the spread that retryDelay allows: the clock's chance is 0.5.
    expect(visible).toEqual({ "handle-m1": 1.5, "handle-m2": 24 });
    expect(lines()).toContainEqual(expect.objectContaining({ level: "ERROR", code }));
    expect(text()).not.toContain(CANARY);
  });

  it("still reports the failures where their visibility can't be set", async () => {
    const { lines, handle } = setUp({ visibility: new RelayError("QueueUnavailable", "q") });

    expect(await handle(record("m1", [aRequest("retry-a")]))).toEqual(["m1"]);

    expect(lines()).toContainEqual(expect.objectContaining({ level: "ERROR", code: "QueueUnavailable" }));
  });

  it("refuses an event that is no batch: nothing of it may count as done", async () => {
    const { handler } = setUp();

    await expect(handler({ Records: [{ body: "{}" }] }, lambdaContext())).rejects.toMatchObject({ code: "EventMalformed" });
  });
});
