/** Events that nobody's store sent: real ones with one or several things changed, and shapes of any kind; all reproducible by a seed. */
import fc from "fast-check";
import { ACCOUNT, REGION } from "./registrations.ts";

const OTHER_ACCOUNT = "444455556666";
const OTHER_REGION = "us-west-2";

/** The native event of a label that moved, as the bus brings it. */
export function labelEvent(
  name: string,
  change: { readonly account?: string; readonly region?: string; readonly versionId?: string } = {},
) {
  const { account = ACCOUNT, region = REGION, versionId = "v2" } = change;
  return {
    version: "0",
    id: "7bf73129-1428-4cd3-a780-95db273d1602",
    source: "aws.secretsmanager",
    "detail-type": "Secret Label Updated",
    account,
    region,
    time: "2027-01-15T08:00:00Z",
    resources: [`arn:aws:secretsmanager:${region}:${account}:secret:${name}-AbCdEf`],
    detail: { name, labelUpdated: "AWSCURRENT", versionId },
  };
}

function calledEvent(name: string, eventName: string) {
  const event = labelEvent(name);
  const detail = {
    eventSource: "secretsmanager.amazonaws.com",
    eventName,
    eventTime: event.time,
    requestParameters: { secretId: name, name },
    responseElements: { arn: event.resources[0] },
  };
  return { ...event, "detail-type": "AWS API Call via CloudTrail", resources: [], detail };
}

function parameterEvent(name: string, operation: string) {
  const resources = [`arn:aws:ssm:${REGION}:${ACCOUNT}:parameter/${name}`];
  return { ...labelEvent(name), source: "aws.ssm", "detail-type": "Parameter Store Change", resources, detail: { name, operation } };
}

const templates = (name: string): readonly object[] => [
  labelEvent(name),
  labelEvent(name, { account: OTHER_ACCOUNT }),
  labelEvent(name, { region: OTHER_REGION }),
  ...["CreateSecret", "DeleteSecret", "RestoreSecret", "UpdateSecretVersionStage", "TagResource"].map((call) => calledEvent(name, call)),
  ...["Create", "Update", "Delete", "LabelParameterVersion"].map((operation) => parameterEvent(name, operation)),
];

/** Every place in an event, as paths of keys. */
function places(value: unknown, at: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [at];
  return [...(at.length === 0 ? [] : [at]), ...Object.entries(value).flatMap(([key, inner]) => places(inner, [...at, key]))];
}

/** A copy with another value at a place; undefined takes it away. */
function withValue(value: unknown, [key, ...rest]: readonly string[], to: unknown): unknown {
  if (key === undefined) return to;
  if (typeof value !== "object" || value === null) return value;
  const inner = withValue((value as Readonly<Record<string, unknown>>)[key], rest, to);
  if (Array.isArray(value)) return value.map((one: unknown, index) => (String(index) === key ? inner : one));
  return { ...value, [key]: inner };
}

/** What an attacker would put in: other names, accounts, versions and times, the wrong type, and what breaks parsers. */
function forgedValue(name: string): fc.Arbitrary<unknown> {
  return fc.oneof(
    fc.constantFrom(
      name,
      `${name}-AbCdEf`,
      ACCOUNT,
      OTHER_ACCOUNT,
      REGION,
      OTHER_REGION,
      `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:${name}-AbCdEf`,
      `arn:aws:secretsmanager:${REGION}:${OTHER_ACCOUNT}:secret:${name}-AbCdEf`,
      `arn:aws:secretsmanager:${OTHER_REGION}:${ACCOUNT}:secret:${name}`,
      `arn:aws:ssm:${REGION}:${OTHER_ACCOUNT}:parameter/${name}`,
      "AWSCURRENT",
      "AWSPREVIOUS",
      "absent",
      "*",
      "__proto__",
      "constructor",
      "1970-01-01T00:00:00Z",
      "9999-12-31T23:59:59Z",
      "",
      null,
      undefined,
      true,
      Number.NaN,
      [],
      {},
    ),
    fc.string({ maxLength: 40 }),
    fc.integer(),
    fc.uuid(),
  );
}

/** Events about a secret of this name, most of them so nearly right that a parser takes them. */
export function forgedEvents(name: string): fc.Arbitrary<unknown> {
  const mutated = fc
    .constantFrom(...templates(name))
    .chain((event) =>
      fc
        .array(fc.tuple(fc.constantFrom(...places(event)), forgedValue(name)), { maxLength: 3 })
        .map((changes) => changes.reduce<unknown>((changed, [at, to]) => withValue(changed, at, to), event)),
    );
  const shapes = fc.anything({ maxDepth: 3, withNullPrototype: true });
  const dressed = shapes.map((detail) => ({ ...labelEvent(name), detail }));
  return fc.oneof({ weight: 8, arbitrary: mutated }, { weight: 1, arbitrary: dressed }, { weight: 1, arbitrary: shapes });
}
