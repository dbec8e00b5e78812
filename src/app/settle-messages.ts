/** From the outcomes of sync requests to what the queue is told: which messages failed, and what is sent anew. Pure. */
import type { Millis, SyncRequest } from "../core/model.ts";
import type { Queue } from "../core/ports.ts";
import type { SyncOutcome } from "./outcome.ts";

/** One message of the queue with the outcomes of all of its requests. */
export interface SettledMessage {
  readonly messageId: string;
  readonly outcomes: readonly SyncOutcome[];
}

export interface Resend {
  readonly request: SyncRequest;
  readonly delayMs: number;
}

export interface MessageSettlement {
  /** Reported to SQS as failed, to be seen again after the delay; its count of receives leads to the dead-letter queue. */
  readonly failures: readonly { readonly messageId: string; readonly delayMs: number }[];
  /** To be sent as new messages; once they are, the messages that they come from are done. */
  readonly resend: readonly Resend[];
}

/**
 * A message fails as a whole only where all of its requests do: else those that are served would be done again, and one bad
 * request would take its neighbours to the dead-letter queue.
 */
export function settleMessages(messages: readonly SettledMessage[]): MessageSettlement {
  const failures: { messageId: string; delayMs: number }[] = [];
  const resend: Resend[] = [];
  for (const { messageId, outcomes } of messages) {
    const hasFailed = outcomes.length > 0 && outcomes.every(({ kind }) => kind === "retry");
    if (hasFailed) failures.push({ messageId, delayMs: Math.max(...outcomes.map(delayOf)) });
    else resend.push(...resends(outcomes));
  }
  return { failures, resend };
}

/** What is still owed after these outcomes; a failed attempt counts. */
export function resends(outcomes: readonly SyncOutcome[]): readonly Resend[] {
  return outcomes.flatMap((outcome): readonly Resend[] => {
    switch (outcome.kind) {
      case "done":
        return [];
      case "held":
        return [{ request: outcome.request, delayMs: outcome.delayMs }];
      case "again": {
        const { request, look, delayMs } = outcome;
        return [request, ...(look === undefined ? [] : [look])].map((one) => ({ request: one, delayMs }));
      }
      case "retry":
        return [{ request: { ...outcome.request, attempt: outcome.request.attempt + 1 }, delayMs: outcome.delayMs }];
    }
  });
}

const QUEUE_PRECISION_MS = 1000;

/**
 * Sends each with its delay, those of the same second together: the queue knows whole seconds only, and jittered delays would
 * give a message each.
 * @throws QueueUnavailable
 */
export async function sendAll(queue: Queue, all: readonly Resend[]): Promise<void> {
  const byDelay = new Map<Millis, SyncRequest[]>();
  for (const { request, delayMs } of all) {
    const delay = Math.ceil(Math.max(0, delayMs) / QUEUE_PRECISION_MS) * QUEUE_PRECISION_MS;
    const group = byDelay.get(delay);
    if (group === undefined) byDelay.set(delay, [request]);
    else group.push(request);
  }
  for (const [delayMs, requests] of byDelay) await queue.send(requests, { delayMs });
}

function delayOf(outcome: SyncOutcome): number {
  return outcome.kind === "done" ? 0 : outcome.delayMs;
}
