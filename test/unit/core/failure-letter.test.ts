/** What the failure queue is told: which event and why, and nothing that the event says. */
import { describe, expect, it } from "@jest/globals";
import { RelayError } from "../../../src/core/errors.ts";
import { failureLetter } from "../../../src/core/failure-letter.ts";

const error = new RelayError("EventMalformed", "Secret Label Updated", { detail: "missing or malformed: detail.versionId" });
const ARN = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop/db-AbCdEf";
const event = {
  id: "7bf73129-1428-4cd3-a780-95db273d1602",
  source: "aws.secretsmanager",
  "detail-type": "Secret Label Updated",
  time: "2026-11-24T04:00:00Z",
  account: "111122223333",
  region: "eu-west-1",
  resources: [ARN],
  detail: { name: "shop/db" },
};

describe("failure letter", () => {
  it("names the event and the fault, and leaves the detail behind", () => {
    const { detail: _left, ...envelope } = event;

    expect(failureLetter(event, error)).toEqual({ ...envelope, code: "EventMalformed", reason: error.message });
  });

  it("leaves out every field of an unusual shape", () => {
    const odd = {
      id: "canary-1 {}",
      source: "canary\n2",
      "detail-type": "x".repeat(200),
      time: 5,
      account: "canary-3",
      region: ["canary-4"],
      resources: ["canary-5", ARN, { canary: 6 }],
    };

    expect(failureLetter(odd, error)).toEqual({ code: "EventMalformed", reason: error.message, resources: [ARN] });
  });

  it.each([undefined, null, "text", 5, []])("tells the fault alone of an event that is %p", (given) => {
    expect(failureLetter(given, error)).toEqual({ code: "EventMalformed", reason: error.message });
  });
});
