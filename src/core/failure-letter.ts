/** What the failure queue is told of an event that can't be handled: why, and which event; never what the event says (rule 4). */
import { type RelayError } from "./errors.ts";

/** docs/events.md has its description. A field that the event lacks, or that has an unusual shape, is left out. */
export interface FailureLetter {
  readonly reason: string;
  readonly code: string;
  readonly id?: string;
  readonly source?: string;
  readonly "detail-type"?: string;
  readonly time?: string;
  readonly account?: string;
  readonly region?: string;
  /** ARNs of secrets and parameters only. */
  readonly resources?: readonly string[];
}

const ENVELOPE = {
  id: /^[\w-]{1,80}$/,
  source: /^[\w.-]{1,120}$/,
  "detail-type": /^[\w .:/-]{1,120}$/,
  time: /^[\dTZ.:+-]{1,40}$/,
  account: /^\d{12}$/,
  region: /^[a-z\d-]{1,40}$/,
} as const;

const SOURCE_ARN = /^arn:[\w-]+:(?:secretsmanager:[\w-]+:\d{12}:secret:[\w/+=.@-]{1,520}|ssm:[\w-]+:\d{12}:parameter\/[\w./-]{1,1011})$/;

/** The detail of a malformed event is what nobody understands: so it is left behind, and only the envelope is told. */
export function failureLetter(event: unknown, error: RelayError): FailureLetter {
  const given = typeof event === "object" && event !== null ? (event as Readonly<Record<string, unknown>>) : {};
  const envelope = Object.fromEntries(
    Object.entries(ENVELOPE).flatMap(([field, shape]) => {
      const value = given[field];
      return typeof value === "string" && shape.test(value) ? [[field, value]] : [];
    }),
  );
  const resources = Array.isArray(given["resources"])
    ? given["resources"].filter((one): one is string => typeof one === "string" && SOURCE_ARN.test(one))
    : [];
  return { reason: error.message, code: error.code, ...envelope, ...(resources.length > 0 ? { resources: resources.slice(0, 10) } : {}) };
}
