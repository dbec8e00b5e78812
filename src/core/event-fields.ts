/** What the schemas of foreign events have in common: fields, times, whose they are, and an error that holds nothing of the event. */
import * as z from "zod/mini";
import { RelayError } from "./errors.ts";
import type { Millis } from "./model.ts";

export const filled = z.string().check(z.minLength(1));
export const moment = z.string().check(z.refine((text) => !Number.isNaN(Date.parse(text))));

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

/** Only the schema's own field names reach the error: nothing that the event holds (rule 4). @throws EventMalformed */
export function checked<T extends z.ZodMiniType>(subject: string, schema: T, event: unknown): z.output<T> {
  const result = schema.safeParse(event);
  if (result.success) return result.data;
  const fields = new Set(result.error.issues.map(({ path }) => (path.length === 0 ? "the event" : path.join("."))));
  throw new RelayError("EventMalformed", subject, { detail: `missing or malformed: ${[...fields].join(", ")}` });
}
