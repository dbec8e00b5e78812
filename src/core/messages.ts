/** The body of a message in the sync queue: names, times and version ids of sync requests, never a value; versioned. */
import { RelayError } from "./errors.ts";
import type { SyncRequest } from "./model.ts";
import { count, exactly, filled, flag, list, optional, quantity, strictObject } from "./shape.ts";

/** One message: requests of one cluster. */
export interface EncodedMessage {
  readonly cluster: string;
  readonly body: string;
}

/** At 20 requests of the longest names a body stays below 100 KB, so that ten of them fit into one call of SQS. */
export const REQUESTS_IN_A_MESSAGE = 20;

const VERSION = 1;

// Strict: a key that this version does not know may change what the request means.
const request = strictObject({
  registration: filled,
  cluster: filled,
  target: filled,
  notice: optional(strictObject({ reference: filled, versionId: filled, at: quantity })),
  candidate: optional(filled),
  need: quantity,
  verify: flag,
  event: optional(filled),
  prune: optional(strictObject({ generation: count, notBefore: quantity })),
  attempt: count,
});

const message = strictObject({ v: exactly(VERSION), requests: list(request, 1) });

/** Groups requests by cluster, each group in its order and in messages of at most 20. */
export function encodeMessages(requests: readonly SyncRequest[]): readonly EncodedMessage[] {
  const byCluster = Map.groupBy(requests, ({ cluster }) => cluster);
  return [...byCluster].flatMap(([cluster, ofCluster]) =>
    Array.from({ length: Math.ceil(ofCluster.length / REQUESTS_IN_A_MESSAGE) }, (_, page) => {
      const part = ofCluster.slice(page * REQUESTS_IN_A_MESSAGE, (page + 1) * REQUESTS_IN_A_MESSAGE);
      return { cluster, body: JSON.stringify({ v: VERSION, requests: part }) };
    }),
  );
}

/**
 * The requests of one message, at least one, all of one cluster.
 * @throws MessageMalformed for a body of any other shape or version; nothing of it is echoed
 */
export function parseMessage(body: string): readonly SyncRequest[] {
  const read = readJson(body);
  if (message(read, () => {}) && new Set(read.requests.map(({ cluster }) => cluster)).size === 1) return read.requests;
  throw new RelayError("MessageMalformed", "sync queue");
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Its message quotes the text; no JSON is just another malformed message.
    return undefined;
  }
}
