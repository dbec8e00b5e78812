/** What the shapes of foreign events have in common: fields, times, whose they are, and an error that holds nothing of the event. */
import { RelayError } from "./errors.ts";
import type { Millis } from "./model.ts";
import { filled, type Shape } from "./shape.ts";

/** What is behind the second is cut off, so that the change lies within [at, at + 999] whoever wrote the time. */
export function wholeSecond(time: string): Millis {
  return Math.floor(Date.parse(time) / 1000) * 1000;
}

/** Where an event says that it happened; on a bus EventBridge writes both, and a forwarder keeps them. */
export const place = { account: filled, region: filled };

/** Account, region and what is named, as an ARN has them. */
export interface Owner {
  readonly account: string;
  readonly region: string;
}

/**
 * Whether an event of that place may speak of what the ARN names: an event of one account or region never stands for a secret of
 * another (a caller in one account may act on another's secret; the owner's own event tells of it then).
 */
export function isOwner({ account, region }: Owner, arn: string): boolean {
  const [, , , arnRegion, arnAccount] = arn.split(":");
  return arnAccount === account && arnRegion === region;
}

/** Only the shape's own field names reach the error: nothing that the event holds (rule 4). @throws EventMalformed */
export function checked<T>(subject: string, shape: Shape<T>, event: unknown): T {
  const fields = new Set<string>();
  if (shape(event, (path) => fields.add(path === "" ? "the event" : path))) return event;
  throw new RelayError("EventMalformed", subject, { detail: `missing or malformed: ${[...fields].join(", ")}` });
}
