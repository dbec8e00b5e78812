/** A batch of the sync queue → the use case → which messages failed, when they are seen again, and what is sent on. */
import type { ChangeVisibility } from "../../src/adapters/aws/sqs-queue.ts";
import type { BoundLog } from "../../src/adapters/log.ts";
import type { SyncTargets } from "../../src/app/outcome.ts";
import { type SettledMessage, sendAll, settleMessages } from "../../src/app/settle-messages.ts";
import { RelayError } from "../../src/core/errors.ts";
import { parseMessage } from "../../src/core/messages.ts";
import type { Millis, SyncRequest } from "../../src/core/model.ts";
import type { Clock, Queue } from "../../src/core/ports.ts";
import { filled, list, type Of, object, text } from "../../src/core/shape.ts";
import { retryDelay } from "../../src/core/sync/backoff.ts";
import { createHandler, type LambdaHandler, logFailure } from "../middleware.ts";

export interface SyncBatchDeps {
  readonly log: BoundLog;
  readonly clock: Clock;
  /** Asked for with each batch, so that what fails there fails the messages, with a growing delay. */
  readonly parts: () => Promise<{ readonly sync: SyncTargets; readonly queue: Queue }>;
  /** Apart from `parts`: it must work where those can't be made. */
  readonly changeVisibility: ChangeVisibility;
}

/** SQS's partial batch response. */
export interface BatchResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

const batch = object({
  Records: list(
    object({
      messageId: filled,
      receiptHandle: filled,
      body: text(),
      attributes: object({ ApproximateReceiveCount: text() }),
    }),
  ),
});

type SqsRecord = Of<typeof batch>["Records"][number];

interface Message extends SqsRecord {
  readonly requests: readonly SyncRequest[];
}

interface Failure {
  readonly messageId: string;
  readonly delayMs: number;
}

/** Soon enough to be in the dead-letter queue within half an hour, late enough to outlive a deployment that is under way. */
const MALFORMED_DELAY_MS = 30_000;

export function createSyncHandler({ log, clock, parts, changeVisibility }: SyncBatchDeps): LambdaHandler<BatchResponse> {
  const retryLater = (record: SqsRecord): Failure => ({
    messageId: record.messageId,
    delayMs: retryDelay(receivesBefore(record), clock.random()),
  });

  async function settle(messages: readonly Message[], deadline: Millis): Promise<readonly Failure[]> {
    const { sync, queue } = await parts();
    const outcomes = await sync(
      messages.flatMap(({ requests }) => requests),
      deadline,
    );
    // One that is missing would pass for done, and be lost (rule 2).
    if (outcomes.length !== messages.reduce((sum, { requests }) => sum + requests.length, 0)) throw new Error("not one outcome a request");
    let from = 0;
    const settled = messages.map(({ messageId, requests }): SettledMessage => {
      from += requests.length;
      return { messageId, outcomes: outcomes.slice(from - requests.length, from) };
    });
    const { failures, resend } = settleMessages(settled);
    log.info("batch synced", {
      messages: messages.length,
      requests: outcomes.length,
      done: outcomes.filter(({ kind }) => kind === "done").length,
      resent: resend.length,
      failed: failures.length,
    });
    try {
      await sendAll(queue, resend);
      return failures;
    } catch (error) {
      logFailure(log, error);
      // What they still owe was not handed on for sure: so these messages owe it themselves.
      const owing = settled.filter((message) => message.outcomes.some(({ kind }) => kind !== "done")).map(({ messageId }) => messageId);
      return messages.filter(({ messageId }) => owing.includes(messageId)).map(retryLater);
    }
  }

  /** Without it a message is seen again after the queue's own visibility time-out: later, but not lost. */
  async function delay(failures: readonly Failure[], records: readonly SqsRecord[]): Promise<void> {
    const handles = new Map(records.map(({ messageId, receiptHandle }) => [messageId, receiptHandle]));
    try {
      await Promise.all(failures.map(async ({ messageId, delayMs }) => changeVisibility(handles.get(messageId) ?? "", delayMs / 1000)));
    } catch (error) {
      logFailure(log, error);
    }
  }

  return createHandler({
    name: "sync",
    log,
    clock,
    parse: parseBatch,
    async handle(records, deadline) {
      const { messages, malformed } = readMessages(records, log);
      const failures: Failure[] = malformed.map(({ messageId }) => ({ messageId, delayMs: MALFORMED_DELAY_MS }));
      try {
        if (messages.length > 0) failures.push(...(await settle(messages, deadline)));
      } catch (error) {
        logFailure(log, error);
        failures.push(...messages.map(retryLater));
      }
      if (failures.length > 0) await delay(failures, records);
      return { batchItemFailures: failures.map(({ messageId }) => ({ itemIdentifier: messageId })) };
    },
  });
}

function parseBatch(event: unknown): readonly SqsRecord[] {
  if (batch(event, () => {})) return event.Records;
  throw new RelayError("EventMalformed", "sync", { detail: "no batch of SQS messages" });
}

function readMessages(records: readonly SqsRecord[], log: BoundLog) {
  const messages: Message[] = [];
  const malformed: SqsRecord[] = [];
  for (const record of records) {
    try {
      const attempts = receivesBefore(record);
      const requests = parseMessage(record.body).map((request) => ({ ...request, attempt: request.attempt + attempts }));
      messages.push({ ...record, requests });
    } catch (error) {
      logFailure(log, error);
      malformed.push(record);
    }
  }
  return { messages, malformed };
}

/** Each earlier receive was a failed attempt. */
function receivesBefore({ attributes }: SqsRecord): number {
  const receives = Number(attributes.ApproximateReceiveCount);
  return Number.isSafeInteger(receives) && receives > 1 ? receives - 1 : 0;
}
