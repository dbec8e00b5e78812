/** The Queue port over one SQS standard queue, and when a received message of it is seen again. */
import type { SendMessageBatchRequestEntry, SQSClient } from "@aws-sdk/client-sqs";
import { ChangeMessageVisibilityCommand, SendMessageBatchCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import { RelayError } from "../../core/errors.ts";
import type { FailureLetter } from "../../core/failure-letter.ts";
import { type EncodedMessage, encodeMessages } from "../../core/messages.ts";
import type { Clock, Queue } from "../../core/ports.ts";
import { relayError } from "../../core/remote-calls.ts";

type Sender = Pick<SQSClient, "send">;

/** SQS's own limits: entries in a call, and 1 MiB for all of their bodies; the rest is left to what else SQS may count. */
const BATCH_SIZE = 10;
const BATCH_BYTES = 1_000_000;
const LONGEST_DELAY_S = 900;
const LONGEST_VISIBILITY_S = 43_200;

/** Calls under way at once: 10,000 requests of one cluster are 50 calls. */
const CONCURRENCY = 8;
const MAX_TRIES = 5;
const FIRST_PAUSE_MS = 100;

/**
 * Sends requests as messages of one cluster each, with the cluster as message group, so that SQS serves clusters fairly. A delay
 * above SQS's 15 minutes is cut: the receiver finds it too early, and sends it on. Entries that SQS did not take are tried again.
 * @throws QueueUnavailable when not all were taken; those before may have been, so the whole is to be sent again
 */
export function createSqsQueue(client: Sender, queueUrl: string, clock: Pick<Clock, "sleep" | "random">): Queue {
  return {
    async send(requests, { delayMs }) {
      const DelaySeconds = Math.min(LONGEST_DELAY_S, Math.max(0, Math.ceil(delayMs / 1000)));
      const batches = batchesOf(encodeMessages(requests));
      for (let from = 0; from < batches.length; from += CONCURRENCY) {
        const calls = batches.slice(from, from + CONCURRENCY).map(async (batch) => {
          const entries = batch.map(({ cluster, body }, index) => ({
            Id: String(index),
            MessageBody: body,
            MessageGroupId: cluster,
            DelaySeconds,
          }));
          await sendEntries(client, queueUrl, clock, entries);
        });
        for (const call of await Promise.allSettled(calls)) if (call.status === "rejected") throw call.reason;
      }
    },
  };
}

function batchesOf(messages: readonly EncodedMessage[]): readonly (readonly EncodedMessage[])[] {
  const batches: EncodedMessage[][] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = Buffer.byteLength(message.body);
    const batch = batches.at(-1);
    if (batch === undefined || batch.length === BATCH_SIZE || bytes + size > BATCH_BYTES) {
      batches.push([message]);
      bytes = size;
    } else {
      batch.push(message);
      bytes += size;
    }
  }
  return batches;
}

async function sendEntries(
  client: Sender,
  queueUrl: string,
  clock: Pick<Clock, "sleep" | "random">,
  entries: readonly SendMessageBatchRequestEntry[],
): Promise<void> {
  let left = entries;
  for (let attempt = 1; ; attempt += 1) {
    const answer = await called(queueUrl, "SendMessageBatch", () =>
      client.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: [...left] })),
    );
    // By what was taken, not by what is said to have failed: an entry that the answer forgets was not taken for sure.
    const taken = new Set(answer.Successful?.map(({ Id }) => Id));
    left = left.filter(({ Id }) => !taken.has(Id));
    if (left.length === 0) return;
    if (attempt === MAX_TRIES) throw new RelayError("QueueUnavailable", queueName(queueUrl), { detail: "some messages were not taken" });
    await clock.sleep(FIRST_PAUSE_MS * 2 ** attempt * (0.5 + clock.random() / 2));
  }
}

/** Tells SQS after how many seconds a received message is to be seen again. @throws QueueUnavailable */
export type ChangeVisibility = (receiptHandle: string, seconds: number) => Promise<void>;

export function createMessageVisibility(client: Sender, queueUrl: string): ChangeVisibility {
  return async (receiptHandle, seconds) => {
    const VisibilityTimeout = Math.min(LONGEST_VISIBILITY_S, Math.max(0, Math.ceil(seconds)));
    const command = new ChangeMessageVisibilityCommand({ QueueUrl: queueUrl, ReceiptHandle: receiptHandle, VisibilityTimeout });
    await called(queueUrl, "ChangeMessageVisibility", () => client.send(command));
  };
}

/** Puts a letter about an event that can't be handled into the failure queue. @throws QueueUnavailable */
export function createFailureQueue(client: Sender, queueUrl: string): (letter: FailureLetter) => Promise<void> {
  return async (letter) => {
    await called(queueUrl, "SendMessage", () =>
      client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(letter) })),
    );
  };
}

async function called<T>(queueUrl: string, operation: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw relayError("QueueUnavailable", queueName(queueUrl), "sqs", operation, error);
  }
}

function queueName(queueUrl: string): string {
  return queueUrl.slice(queueUrl.lastIndexOf("/") + 1);
}
