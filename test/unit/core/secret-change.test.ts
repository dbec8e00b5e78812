/** Which events are changes of a secret, and what a malformed one is told. */
import { describe, expect, it } from "@jest/globals";
import { RelayError } from "../../../src/core/errors.ts";
import { latestMoment, parseSecretChange } from "../../../src/core/secret-change.ts";

const ARN = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop/db-AbCdEf";
const AT = Date.UTC(2026, 10, 24, 4, 16, 43);

const moved = {
  version: "0",
  id: "0d1e7a5c",
  source: "aws.secretsmanager",
  "detail-type": "Secret Label Updated",
  account: "111122223333",
  region: "eu-west-1",
  time: "2026-11-24T04:16:43Z",
  resources: [ARN],
  detail: { name: "shop/db", labelUpdated: "AWSCURRENT", versionId: "v-2" },
};

function called(eventName: string, change: Record<string, unknown> = {}) {
  return {
    ...moved,
    "detail-type": "AWS API Call via CloudTrail",
    resources: [],
    detail: {
      eventSource: "secretsmanager.amazonaws.com",
      eventName,
      eventTime: "2026-11-24T04:16:43Z",
      requestParameters: { secretId: "shop/db" },
      responseElements: { arn: ARN, name: "shop/db" },
      ...change,
    },
  };
}

const PARAMETER = "arn:aws:ssm:eu-west-1:111122223333:parameter/shop/db";

function parameterEvent(operation: string) {
  const detail = { name: "/shop/db", type: "SecureString", operation };
  return { ...moved, source: "aws.ssm", "detail-type": "Parameter Store Change", resources: [PARAMETER], detail };
}

function parameterTagged(change: Record<string, unknown> = {}) {
  const event = called("AddTagsToResource", {
    eventSource: "ssm.amazonaws.com",
    requestParameters: { resourceType: "Parameter", resourceId: "/shop/db" },
    ...change,
  });
  return { ...event, source: "aws.ssm" };
}

describe("an event of Parameter Store", () => {
  it.each([
    { operation: "Create", kind: "parameter came or went" },
    { operation: "Delete", kind: "parameter came or went" },
    { operation: "Update", kind: "parameter updated" },
    { operation: "LabelParameterVersion", kind: "parameter labelled" },
  ])("$operation is read as $kind", ({ operation, kind }) => {
    expect(parseSecretChange(parameterEvent(operation))).toEqual({
      kind: "change",
      change: { kind, arn: PARAMETER, name: "/shop/db", at: AT },
    });
  });

  it("tells of tags by CloudTrail", () => {
    expect(parseSecretChange(parameterTagged())).toEqual({
      kind: "change",
      change: { kind: "parameter tags changed", arn: PARAMETER, name: "/shop/db", at: AT },
    });
  });

  it.each([
    { name: "no name", detail: { operation: "Update" }, field: "detail.name" },
    { name: "no operation", detail: { name: "/shop/db" }, field: "detail.operation" },
  ])("is malformed with $name", ({ detail, field }) => {
    expect(() => parseSecretChange({ ...parameterEvent("Update"), detail })).toThrow(`missing or malformed: ${field}`);
  });
});

describe("parseSecretChange", () => {
  it.each(["TagResource", "UntagResource"])("reads CloudTrail's %s as a change of tags", (name) => {
    expect(parseSecretChange(called(name))).toMatchObject({ change: { kind: "tags changed", arn: ARN, name: "shop/db", at: AT } });
  });

  it("reads the native event", () => {
    expect(parseSecretChange(moved)).toEqual({
      kind: "change",
      change: { kind: "label moved", arn: ARN, name: "shop/db", label: "AWSCURRENT", versionId: "v-2", at: AT },
    });
  });

  it("cuts a time down to its second, so that the change lies within the second after it", () => {
    const parsed = parseSecretChange({ ...moved, time: "2026-11-24T04:16:43.700Z" });

    expect(parsed).toMatchObject({ change: { at: AT } });
    expect(latestMoment({ at: AT })).toBe(AT + 999);
  });

  it("reads CloudTrail's CreateSecret, which tells the name in another place, as a change without a version", () => {
    const event = called("CreateSecret", { requestParameters: { name: "shop/new" }, responseElements: null });

    expect(parseSecretChange(event)).toMatchObject({ change: { kind: "secret changed", name: "shop/new" } });
  });

  it.each(["DeleteSecret", "RestoreSecret", "UpdateSecretVersionStage"])("reads CloudTrail's %s as a change without a version", (name) => {
    expect(parseSecretChange(called(name))).toEqual({
      kind: "change",
      change: { kind: "secret changed", arn: ARN, name: "shop/db", at: AT },
    });
  });

  it.each([
    { name: "aRN", parts: { responseElements: { aRN: ARN } }, arn: ARN },
    { name: "an ARN in the request", parts: { requestParameters: { secretId: ARN }, responseElements: null }, arn: ARN },
    {
      name: "the name alone",
      parts: { responseElements: null },
      arn: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop/db",
    },
  ])("finds the ARN of the secret by $name", ({ parts, arn }) => {
    expect(parseSecretChange(called("DeleteSecret", parts))).toMatchObject({ change: { arn, name: "shop/db" } });
  });

  it.each([
    { name: "another source", event: { ...moved, source: "aws.s3" } },
    { name: "another event of Systems Manager", event: { ...moved, source: "aws.ssm" } },
    { name: "an operation of no consequence", event: parameterEvent("Expire") },
    { name: "another tagged resource", event: parameterTagged({ requestParameters: { resourceType: "Document", resourceId: "x" } }) },
    { name: "tags that were refused", event: parameterTagged({ errorCode: "AccessDenied" }) },
    { name: "another type", event: { ...moved, "detail-type": "Secret Rotation Scheduled" } },
    { name: "another call", event: called("GetSecretValue") },
    { name: "another service's call", event: called("DeleteSecret", { eventSource: "kms.amazonaws.com" }) },
    { name: "a call that failed", event: called("DeleteSecret", { errorCode: "AccessDenied", responseElements: null }) },
  ])("ignores $name, and says why", ({ event }) => {
    expect(parseSecretChange(event)).toEqual({ kind: "ignored", reason: expect.stringMatching(/./) });
  });

  const foreign = "444455556666";
  it.each([
    { name: "another account than its ARN's", event: { ...moved, account: foreign } },
    { name: "another region than its ARN's", event: { ...moved, region: "us-east-1" } },
    { name: "another name than its ARN's", event: { ...moved, detail: { ...moved.detail, name: "shop/other" } } },
    { name: "an ARN as its name", event: { ...moved, detail: { ...moved.detail, name: ARN } } },
    { name: "a name that its ARN's only begins with", event: { ...moved, detail: { ...moved.detail, name: "shop" } } },
    { name: "a call of another account", event: { ...called("DeleteSecret"), account: foreign } },
    { name: "a call in another region", event: { ...called("DeleteSecret"), region: "us-east-1" } },
    { name: "a call for another secret", event: called("DeleteSecret", { requestParameters: { secretId: "shop/other" } }) },
    {
      name: "a call by ARN of another account's secret, unanswered",
      event: { ...called("DeleteSecret", { requestParameters: { secretId: ARN }, responseElements: null }), account: foreign },
    },
    { name: "a parameter of another account", event: { ...parameterEvent("Update"), account: foreign } },
    { name: "a parameter of another region", event: { ...parameterEvent("Update"), region: "us-east-1" } },
    { name: "a parameter of another name", event: { ...parameterEvent("Update"), detail: { name: "/shop/other", operation: "Update" } } },
  ])("refuses $name, and says why", ({ event }) => {
    expect(parseSecretChange(event)).toEqual({ kind: "refused", reason: expect.stringMatching(/account, region and name/) });
  });

  it.each([
    { name: "without the six random characters", arn: ARN.slice(0, -7) },
    { name: "with a name that looks as if it ended in them", arn: `${ARN}-secret`, secret: "shop/db-AbCdEf" },
  ])("takes an ARN $name", ({ arn, secret = "shop/db" }) => {
    const event = { ...moved, resources: [arn], detail: { ...moved.detail, name: secret } };

    expect(parseSecretChange(event)).toMatchObject({ kind: "change", change: { arn, name: secret } });
  });

  it.each([
    { name: "no object", event: "text", field: "the event" },
    { name: "no source", event: { "detail-type": "x" }, field: "source" },
    { name: "no version", event: { ...moved, detail: { name: "shop/db", labelUpdated: "AWSCURRENT" } }, field: "detail.versionId" },
    { name: "an empty label", event: { ...moved, detail: { ...moved.detail, labelUpdated: "" } }, field: "detail.labelUpdated" },
    { name: "no ARN", event: { ...moved, resources: [] }, field: "resources" },
    { name: "a wrong ARN", event: { ...moved, resources: ["s3cr3t-marker"] }, field: "resources.0" },
    { name: "no account", event: { ...moved, account: undefined }, field: "account" },
    { name: "no time", event: { ...moved, time: "s3cr3t-marker" }, field: "time" },
    {
      name: "a call without a secret",
      event: called("DeleteSecret", { requestParameters: {} }),
      field: "detail.requestParameters.secretId",
    },
  ])("names the field of an event with $name, and echoes no value", ({ event, field }) => {
    let failure: unknown;
    try {
      parseSecretChange(event);
    } catch (error) {
      failure = error;
    }

    expect(failure).toBeInstanceOf(RelayError);
    expect(failure).toMatchObject({ code: "EventMalformed" });
    expect(String(failure)).toContain(field);
    expect(String(failure)).not.toContain("s3cr3t-marker");
  });
});
