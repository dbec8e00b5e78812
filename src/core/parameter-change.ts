/** What an event of Parameter Store says: which parameter, and what sort of change; its events never name a version. */
import { checked, isOwner, place, wholeSecond } from "./event-fields.ts";
import type { Millis } from "./model.ts";
import { dateTime, filled, listFrom, nullish, object, text } from "./shape.ts";

/** A change of a parameter, at a moment within [at, at + 999]. */
export interface ParameterChange {
  readonly kind: "parameter came or went" | "parameter updated" | "parameter labelled" | "parameter tags changed";
  readonly arn: string;
  readonly name: string;
  readonly at: Millis;
}

const PARAMETER_CHANGE = "Parameter Store Change";

const KINDS: Readonly<Record<string, ParameterChange["kind"]>> = {
  Create: "parameter came or went",
  Delete: "parameter came or went",
  Update: "parameter updated",
  LabelParameterVersion: "parameter labelled",
};

const TAGGING_CALLS = ["AddTagsToResource", "RemoveTagsFromResource"];

/** A parameter's ARN ends with its name, less the slash with which a hierarchy begins. */
const PARAMETER_ARN = /^arn:[^:]*:ssm:[^:]+:[^:]+:parameter\/./s;

const changeEvent = object({
  ...place,
  time: dateTime,
  resources: listFrom(text(PARAMETER_ARN)),
  detail: object({ name: filled, operation: filled }),
});

const call = object({ detail: object({ eventSource: text(), eventName: text(), errorCode: nullish(text()) }) });

const taggingCall = object({
  ...place,
  detail: object({ eventTime: dateTime, requestParameters: object({ resourceType: filled, resourceId: filled }) }),
});

/** An event that speaks of a parameter of another account, region or name than its own: it wakes nobody. */
export type Foreign = "foreign";

/** @returns undefined for an event that tells no change. @throws EventMalformed */
export function parseParameterEvent(type: string, event: unknown): ParameterChange | Foreign | undefined {
  if (type !== PARAMETER_CHANGE) return undefined;
  const { account, region, time, resources, detail } = checked(type, changeEvent, event);
  const kind = Object.hasOwn(KINDS, detail.operation) ? KINDS[detail.operation] : undefined;
  if (kind === undefined) return undefined;
  const [arn] = resources;
  if (!isOwner({ account, region }, arn) || !arn.endsWith(`:parameter/${withoutSlash(detail.name)}`)) return "foreign";
  return { kind, arn, name: detail.name, at: wholeSecond(time) };
}

function withoutSlash(name: string): string {
  return name.replace(/^\//, "");
}

/** What CloudTrail tells of a parameter's tags. @returns undefined for any other call, and one that failed. @throws EventMalformed */
export function parseParameterCall(type: string, event: unknown): ParameterChange | undefined {
  const { eventSource, eventName, errorCode } = checked(type, call, event).detail;
  if (eventSource !== "ssm.amazonaws.com" || !TAGGING_CALLS.includes(eventName) || typeof errorCode === "string") return undefined;
  const { account, region, detail } = checked(type, taggingCall, event);
  const { resourceType, resourceId } = detail.requestParameters;
  if (resourceType !== "Parameter") return undefined;
  const arn = `arn:aws:ssm:${region}:${account}:parameter/${withoutSlash(resourceId)}`;
  return { kind: "parameter tags changed", arn, name: resourceId, at: wholeSecond(detail.eventTime) };
}
