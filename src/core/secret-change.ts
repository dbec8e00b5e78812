/** What an event on the bus says of a secret: of a shape, and reduced to names, a version id and a time; never a value. */
import { checked, isOwner, place, wholeSecond } from "./event-fields.ts";
import type { Millis } from "./model.ts";
import { type ParameterChange, parseParameterCall, parseParameterEvent } from "./parameter-change.ts";
import { dateTime, filled, listFrom, nullish, object, text } from "./shape.ts";

/** A change of a secret in the store, at a moment within [at, at + 999]. */
export type SecretChange =
  /** The native event: `label` sits on `versionId` now. */
  | {
      readonly kind: "label moved";
      readonly arn: string;
      readonly name: string;
      readonly label: string;
      readonly versionId: string;
      readonly at: Millis;
    }
  /** CloudTrail: something about the secret changed (made, deleted, restored, a label moved), so all of its readers must look; or its tags. */
  | {
      readonly kind: "secret changed" | "tags changed";
      readonly arn: string;
      readonly name: string;
      readonly at: Millis;
    }
  | ParameterChange;

export type ParsedEvent =
  | { readonly kind: "change"; readonly change: SecretChange }
  /** No change of a secret; `reason` is our own text. */
  | { readonly kind: "ignored"; readonly reason: string }
  /** It speaks of a secret that is not its own: forged, or the echo of a call from another account; `reason` is our own text. */
  | { readonly kind: "refused"; readonly reason: string };

/** Events tell whole seconds. */
const EVENT_PRECISION_MS = 999;

/** The latest moment at which the change can have happened: what a read must get past to have seen it. */
export function latestMoment({ at }: { readonly at: Millis }): Millis {
  return at + EVENT_PRECISION_MS;
}

const LABEL_UPDATED = "Secret Label Updated";
const CLOUDTRAIL = ["AWS API Call via CloudTrail", "AWS Service Event via CloudTrail"];
const CHANGING_CALLS = ["CreateSecret", "DeleteSecret", "RestoreSecret", "UpdateSecretVersionStage"];
const TAGGING_CALLS = ["TagResource", "UntagResource"];
const SECRETS_MANAGER = "secretsmanager.amazonaws.com";
/** The name is what follows `secret:`, less the six random characters that a full ARN ends with. */
const SECRET_ARN = /^arn:[^:]*:secretsmanager:[^:]+:[^:]+:secret:(.+?)(-[A-Za-z0-9]{6})?$/s;

const secretArn = text(SECRET_ARN);

const envelope = object({ source: text(), "detail-type": text() });

const labelUpdated = object({
  ...place,
  time: dateTime,
  resources: listFrom(secretArn),
  detail: object({ name: filled, labelUpdated: filled, versionId: filled }),
});

const cloudTrail = object({ detail: object({ eventSource: text(), eventName: text(), errorCode: nullish(text()) }) });

const callDetail = {
  eventTime: dateTime,
  // CloudTrail spells it both ways.
  responseElements: nullish(object({ arn: nullish(secretArn), aRN: nullish(secretArn) })),
};

const changingCall = object({
  ...place,
  detail: object({ ...callDetail, requestParameters: object({ secretId: filled }) }),
});
const creatingCall = object({ ...place, detail: object({ ...callDetail, requestParameters: object({ name: filled }) }) });

const REFUSED = { kind: "refused", reason: "the event's account, region and name are not those of the ARN in it" } as const;

/**
 * Reads an event of a bus. It counts for a secret of its own account and region only (rule 3: it is a hint, and even so from nobody
 * else), so that whoever may send events of one account wakes nobody who reads another's. Whether anybody reads the secret, and by which label, is the registry's to say.
 * @throws EventMalformed, naming the fields, where an event that claims to be a change of a secret lacks what its type promises
 */
export function parseSecretChange(event: unknown): ParsedEvent {
  const { source, "detail-type": type } = checked("event", envelope, event);
  if (source === "aws.ssm") return parseOfParameter(type, event);
  if (source !== "aws.secretsmanager") return { kind: "ignored", reason: "the event is of no store" };
  if (type === LABEL_UPDATED) {
    const { account, region, time, resources, detail } = checked(LABEL_UPDATED, labelUpdated, event);
    const { name, labelUpdated: label, versionId } = detail;
    const [arn] = resources;
    if (!isOwner({ account, region }, arn) || !isNamed(arn, name)) return REFUSED;
    return { kind: "change", change: { kind: "label moved", arn, name, label, versionId, at: wholeSecond(time) } };
  }
  return CLOUDTRAIL.includes(type) ? parseCall(type, event) : { kind: "ignored", reason: "the event tells no change of a secret" };
}

function parseOfParameter(type: string, event: unknown): ParsedEvent {
  const change = CLOUDTRAIL.includes(type) ? parseParameterCall(type, event) : parseParameterEvent(type, event);
  if (change === "foreign") return REFUSED;
  return change === undefined ? { kind: "ignored", reason: "the event tells no change of a parameter" } : { kind: "change", change };
}

/** Whether the ARN is that of a secret of this name, with its six random characters or without. */
function isNamed(arn: string, name: string): boolean {
  const named = arn.slice(arn.indexOf(":secret:") + ":secret:".length);
  return named === name || (named.startsWith(`${name}-`) && /^[A-Za-z0-9]{6}$/.test(named.slice(name.length + 1)));
}

function parseCall(type: string, event: unknown): ParsedEvent {
  const { eventSource, eventName, errorCode } = checked(type, cloudTrail, event).detail;
  if (eventSource !== SECRETS_MANAGER || ![...CHANGING_CALLS, ...TAGGING_CALLS].includes(eventName)) {
    return { kind: "ignored", reason: "the call changes no secret" };
  }
  if (typeof errorCode === "string") return { kind: "ignored", reason: "the call failed" };
  const { account, region, detail } =
    eventName === "CreateSecret" ? checked(type, creatingCall, event) : checked(type, changingCall, event);
  const { requestParameters } = detail;
  const secretId = "name" in requestParameters ? requestParameters.name : requestParameters.secretId;
  const answered = detail.responseElements?.arn ?? detail.responseElements?.aRN ?? undefined;
  const arn = answered ?? (SECRET_ARN.test(secretId) ? secretId : `arn:aws:secretsmanager:${region}:${account}:secret:${secretId}`);
  const name = SECRET_ARN.exec(secretId)?.[1] ?? secretId;
  if (!isOwner({ account, region }, arn)) return REFUSED;
  // What was asked for, as a name, a whole ARN or one without its random characters, is what the answer names.
  const asked = SECRET_ARN.test(secretId) ? secretId.slice(secretId.indexOf(":secret:") + ":secret:".length) : secretId;
  if (!isNamed(arn, asked)) return REFUSED;
  const kind = TAGGING_CALLS.includes(eventName) ? "tags changed" : "secret changed";
  return { kind: "change", change: { kind, arn, name, at: wholeSecond(detail.eventTime) } };
}
