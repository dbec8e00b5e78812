/** The queue on the emulated SQS, and what it does with a client that takes half of what it is given. */

import { CreateQueueCommand, type Message, ReceiveMessageCommand, type SendMessageBatchCommandInput, SQSClient } from "@aws-sdk/client-sqs";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { createFailureQueue, createMessageVisibility, createSqsQueue } from "../../../src/adapters/aws/sqs-queue.ts";
import { parseMessage } from "../../../src/core/messages.ts";
import type { SyncRequest } from "../../../src/core/model.ts";
import { createManualClock } from "../../support/fakes/manual-clock.ts";
import { startAws } from "../../support/local-parts.ts";

const CANARY = "canary-7f3a91";
const QUEUE_URL = "https://sqs.eu-west-1.amazonaws.com/111122223333/secret-relay-sync";

function requestsOf(cluster: string, count: number): readonly SyncRequest[] {
  return Array.from({ length: count }, (_, index) => {
    const id = `${cluster}/app/db-${index}`;
    return { registration: id, cluster, target: id, need: index, verify: false, attempt: 0 };
  });
}

describe("sqs queue", () => {
  let client: SQSClient;

  beforeAll(async () => {
    const { endpoint, region, account } = await startAws();
    client = new SQSClient({ endpoint, region, credentials: { accessKeyId: account, secretAccessKey: "test" } });
  });

  async function createQueue(name: string): Promise<string> {
    const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: name, Attributes: { VisibilityTimeout: "600" } }));
    return QueueUrl ?? "";
  }

  async function receive(queueUrl: string, waitS = 1): Promise<readonly Message[]> {
    const command = new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: 10,
      WaitTimeSeconds: waitS,
      MessageSystemAttributeNames: ["All"],
    });
    return (await client.send(command)).Messages ?? [];
  }

  async function receiveAll(queueUrl: string): Promise<readonly Message[]> {
    const all: Message[] = [];
    for (let some = await receive(queueUrl); some.length > 0; some = await receive(queueUrl)) all.push(...some);
    return all;
  }

  it("delivers every request once, in messages of one cluster, with the cluster as the group", async () => {
    const url = await createQueue("sync-all");
    const requests = [...requestsOf("tokyo", 450), ...requestsOf("virginia", 25)];

    await createSqsQueue(client, url, createManualClock(0)).send(requests, { delayMs: 0 });

    const messages = await receiveAll(url);
    const parsed = messages.map(({ Body, Attributes }) => ({ group: Attributes?.["MessageGroupId"], requests: parseMessage(Body ?? "") }));
    expect(messages).toHaveLength(23 + 2);
    expect(parsed.flatMap((message) => message.requests.map(({ registration }) => registration)).toSorted()).toEqual(
      requests.map(({ registration }) => registration).toSorted(),
    );
    for (const message of parsed) expect(new Set(message.requests.map(({ cluster }) => cluster))).toEqual(new Set([message.group]));
  });

  it("delays a message", async () => {
    const url = await createQueue("sync-delay");
    const startedAt = Date.now();

    await createSqsQueue(client, url, createManualClock(0)).send(requestsOf("tokyo", 1), { delayMs: 1_500 });

    expect(await receive(url, 0)).toEqual([]);
    expect(await receive(url, 10)).toHaveLength(1);
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(1_500);
  });

  it("shows a message again after the visibility that it is given", async () => {
    const url = await createQueue("sync-visibility");
    await createSqsQueue(client, url, createManualClock(0)).send(requestsOf("tokyo", 1), { delayMs: 0 });
    const [first] = await receive(url);

    await createMessageVisibility(client, url)(first?.ReceiptHandle ?? "", 0.4);

    const [second] = await receive(url, 10);
    expect(second).toMatchObject({ MessageId: first?.MessageId, Attributes: { ApproximateReceiveCount: "2" } });
  });

  it("writes a failure letter", async () => {
    const url = await createQueue("failures");
    const letter = { reason: "EventMalformed: …", code: "EventMalformed", id: "1" };

    await createFailureQueue(client, url)(letter);

    expect((await receiveAll(url)).map(({ Body }) => JSON.parse(Body ?? ""))).toEqual([letter]);
  });

  it("throws QueueUnavailable, without a foreign text, for a queue that is not there", async () => {
    const missing = (await createQueue("sync-gone")).replace("sync-gone", "sync-never");

    const send = createSqsQueue(client, missing, createManualClock(0)).send(requestsOf("tokyo", 1), { delayMs: 0 });
    const change = createMessageVisibility(client, missing)("handle", 1);

    await expect(send).rejects.toMatchObject({
      code: "QueueUnavailable",
      subject: "sync-never",
      remote: { operation: "SendMessageBatch" },
    });
    await expect(change).rejects.toMatchObject({ code: "QueueUnavailable", remote: { operation: "ChangeMessageVisibility" } });
  });
});

/** Takes what `takes` says of each entry; the emulator can't be made to take half of a batch. */
function halfHearted(takes: (body: string, call: number) => boolean) {
  const calls: SendMessageBatchCommandInput[] = [];
  const client = {
    async send({ input }: { readonly input: SendMessageBatchCommandInput }) {
      calls.push(input);
      const taken = (input.Entries ?? []).filter(({ MessageBody }) => takes(MessageBody ?? "", calls.length));
      const failed = (input.Entries ?? []).filter((entry) => !taken.includes(entry));
      return {
        Successful: taken.map(({ Id }) => ({ Id })),
        Failed: failed.map(({ Id }) => ({ Id, Code: "InternalError", SenderFault: false, Message: CANARY })),
      };
    },
  } as unknown as Pick<SQSClient, "send">;
  return { client, calls };
}

describe("a batch that is not taken as a whole", () => {
  it("is sent again without what was taken, after a pause", async () => {
    const { client, calls } = halfHearted((body, call) => call === 2 || !body.includes("tokyo"));
    const clock = createManualClock(0);
    const requests = [...requestsOf("tokyo", 1), ...requestsOf("virginia", 1)];

    await createSqsQueue(client, QUEUE_URL, clock).send(requests, { delayMs: 0 });

    expect(calls.map(({ Entries }) => Entries?.map(({ MessageGroupId }) => MessageGroupId))).toEqual([["tokyo", "virginia"], ["tokyo"]]);
    expect(clock.slept).toHaveLength(1);
  });

  it("ends in QueueUnavailable where an entry is never taken", async () => {
    const { client, calls } = halfHearted(() => false);

    const send = createSqsQueue(client, QUEUE_URL, createManualClock(0)).send(requestsOf("tokyo", 1), { delayMs: 0 });

    await expect(send).rejects.toMatchObject({ code: "QueueUnavailable", subject: "secret-relay-sync" });
    await expect(send).rejects.not.toThrow(CANARY);
    expect(calls).toHaveLength(5);
  });

  it("takes no answer about an entry for a failure", async () => {
    const client = { send: async () => ({}) } as unknown as Pick<SQSClient, "send">;

    const send = createSqsQueue(client, QUEUE_URL, createManualClock(0)).send(requestsOf("tokyo", 1), { delayMs: 0 });

    await expect(send).rejects.toMatchObject({ code: "QueueUnavailable" });
  });
});

describe("what one call holds", () => {
  it("is at most ten entries and 1 MiB, and never a delay above 15 minutes", async () => {
    const { client, calls } = halfHearted(() => true);
    const long = requestsOf("tokyo", 600).map((request) => ({ ...request, target: "t".repeat(8_000) }));

    await createSqsQueue(client, QUEUE_URL, createManualClock(0)).send(long, { delayMs: 3_600_000 });

    const entries = calls.map(({ Entries }) => Entries ?? []);
    expect(entries.flat()).toHaveLength(30);
    expect(Math.max(...entries.map((some) => some.length))).toBeLessThan(10);
    for (const some of entries) {
      expect(some.reduce((sum, { MessageBody }) => sum + Buffer.byteLength(MessageBody ?? ""), 0)).toBeLessThan(1_048_576);
    }
    expect(new Set(entries.flat().map(({ DelaySeconds }) => DelaySeconds))).toEqual(new Set([900]));
  });

  it("is sent eight calls at a time", async () => {
    let under = 0;
    let most = 0;
    const client = {
      async send({ input }: { readonly input: SendMessageBatchCommandInput }) {
        under += 1;
        most = Math.max(most, under);
        await new Promise((resolve) => setImmediate(resolve));
        under -= 1;
        return { Successful: input.Entries?.map(({ Id }) => ({ Id })) };
      },
    } as unknown as Pick<SQSClient, "send">;

    await createSqsQueue(client, QUEUE_URL, createManualClock(0)).send(requestsOf("tokyo", 10_000), { delayMs: 0 });

    expect(most).toBe(8);
  });
});
