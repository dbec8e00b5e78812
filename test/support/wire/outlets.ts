/** The wire formats of SQS and EventBridge, as far as the relay sends to them; what they take is handed on as it was sent. */
import { createHash, randomUUID } from "node:crypto";
import type { Body, Operations } from "./service.ts";

/** Each message with its body and the seconds for which the queue holds it back. */
export function sqsInto(take: (body: string, delaySeconds: number) => void): Operations {
  return {
    async SendMessageBatch({ Entries }) {
      const Successful = (Entries as readonly Body[]).map(({ Id, MessageBody, DelaySeconds = 0 }) => {
        const body = String(MessageBody);
        take(body, Number(DelaySeconds));
        // The SDK compares it with what it sent.
        return { Id, MessageId: randomUUID(), MD5OfMessageBody: createHash("md5").update(body).digest("hex") };
      });
      return { Successful, Failed: [] };
    },
  };
}

/** Each event with its type and its detail as text. */
export function eventBridgeInto(take: (type: string, detail: string) => void): Operations {
  return {
    async PutEvents({ Entries }) {
      const taken = (Entries as readonly Body[]).map(({ DetailType, Detail }) => {
        take(String(DetailType), String(Detail));
        return { EventId: randomUUID() };
      });
      return { FailedEntryCount: 0, Entries: taken };
    },
  };
}
