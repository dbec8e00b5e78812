/** Of a foreign error only allow-listed facts are kept, and only where they look like facts. */
import { describe, expect, it } from "@jest/globals";
import { errorName, relayError } from "../../../src/core/remote-calls.ts";

const CANARY = "canary-7f3a91";

describe("a foreign error", () => {
  it("becomes the relay's own, with its name, status and request id", () => {
    const foreign = Object.assign(new Error(CANARY), {
      name: "ThrottlingException",
      $metadata: { httpStatusCode: 429, requestId: "1b2c-3d" },
      body: CANARY,
    });

    const error = relayError("RegistryUnavailable", "relay-table", "dynamodb", "Query", foreign);

    const remote = { service: "dynamodb", operation: "Query", status: 429, reason: "ThrottlingException", requestId: "1b2c-3d" };
    expect(error).toMatchObject({ code: "RegistryUnavailable", subject: "relay-table", remote });
    expect(`${error.message}${error.stack}${JSON.stringify(error)}`).not.toContain(CANARY);
    expect(error.cause).toBeUndefined();
  });

  it("loses every fact of an unusual shape", () => {
    const foreign = { name: `${CANARY} {}`, $metadata: { httpStatusCode: CANARY, requestId: `${CANARY} and more` } };

    expect(relayError("BusUnavailable", "bus", "events", "PutEvents", foreign).remote).toEqual({
      service: "events",
      operation: "PutEvents",
    });
  });

  it.each([undefined, null, "text", 5, {}, { name: 5 }, { name: "" }, { name: "x".repeat(81) }])("has no name where it is %p", (error) => {
    expect(errorName(error)).toBeUndefined();
  });
});
