/** What the queue is told of its messages, by the outcomes of their requests. */
import { describe, expect, it } from "@jest/globals";
import type { SyncOutcome } from "../../../src/app/outcome.ts";
import { sendAll, settleMessages } from "../../../src/app/settle-messages.ts";
import type { SyncRequest } from "../../../src/core/model.ts";
import { createMemoryQueue } from "../../support/fakes/memory-outlets.ts";

const requestOf = (name: string, attempt = 0): SyncRequest => ({
  registration: `tokyo/app/${name}`,
  cluster: "tokyo",
  target: `tokyo/app/${name}`,
  need: 0,
  verify: false,
  attempt,
});
const done = (name: string): SyncOutcome => ({ kind: "done", request: requestOf(name) });
const again = (name: string, delayMs: number): SyncOutcome => ({ kind: "again", request: requestOf(name, 2), delayMs });
const retry = (name: string, delayMs: number): SyncOutcome => ({
  kind: "retry",
  request: requestOf(name, 2),
  delayMs,
  code: "ClusterUnreachable",
});

describe("settleMessages", () => {
  it("takes a message whose requests are all done as done", () => {
    expect(settleMessages([{ messageId: "m", outcomes: [done("a"), done("b")] }])).toEqual({ failures: [], resend: [] });
  });

  it("takes a message without requests as done", () => {
    expect(settleMessages([{ messageId: "m", outcomes: [] }])).toEqual({ failures: [], resend: [] });
  });

  it("fails a message all of whose requests fail, and hides it for the largest delay", () => {
    const { failures, resend } = settleMessages([{ messageId: "m", outcomes: [retry("a", 2_000), retry("b", 9_000)] }]);

    expect(failures).toEqual([{ messageId: "m", delayMs: 9_000 }]);
    expect(resend).toEqual([]);
  });

  it("sends what is left of a message anew, and counts an attempt only where one failed", () => {
    const { failures, resend } = settleMessages([{ messageId: "m", outcomes: [done("a"), retry("b", 2_000), again("c", 60_000)] }]);

    expect(failures).toEqual([]);
    expect(resend).toEqual([
      { request: requestOf("b", 3), delayMs: 2_000 },
      { request: requestOf("c", 2), delayMs: 60_000 },
    ]);
  });

  it("settles each message by itself", () => {
    const { failures, resend } = settleMessages([
      { messageId: "bad", outcomes: [retry("a", 1_000)] },
      { messageId: "good", outcomes: [done("b")] },
      { messageId: "late", outcomes: [again("c", 5)] },
    ]);

    expect(failures.map(({ messageId }) => messageId)).toEqual(["bad"]);
    expect(resend.map(({ request }) => request.registration)).toEqual(["tokyo/app/c"]);
  });
});

describe("sendAll", () => {
  it("sends those of one second together and never earlier than asked", async () => {
    const queue = createMemoryQueue();
    const sends: number[] = [];
    const counting = {
      send: async (requests: readonly SyncRequest[], options: { readonly delayMs: number }) => {
        sends.push(requests.length);
        await queue.send(requests, options);
      },
    };

    await sendAll(counting, [
      { request: requestOf("a"), delayMs: 1_200 },
      { request: requestOf("b"), delayMs: -5 },
      { request: requestOf("c"), delayMs: 1_999 },
    ]);

    expect(sends).toEqual([2, 1]);
    expect(queue.sent.map(({ request, delayMs }) => [request.registration, delayMs])).toEqual([
      ["tokyo/app/a", 2_000],
      ["tokyo/app/c", 2_000],
      ["tokyo/app/b", 0],
    ]);
  });
});
