/** What Parameter Store's errors become, and that none of them passes for an absence; the emulator can't be made to give them. */
import { describe, expect, it } from "@jest/globals";
import { createParameterStore } from "../../../../src/adapters/providers/parameterstore.ts";
import type { SourceSessions } from "../../../../src/adapters/providers/sessions.ts";
import type { RelayError } from "../../../../src/core/errors.ts";
import { type Reference, referenceKey } from "../../../../src/core/model.ts";

const CANARY = "canary-51ab";
const reference = (version = "latest", key = "/shop/db"): Reference => ({
  provider: "ParameterStore",
  account: "111122223333",
  region: "eu-west-1",
  key,
  version,
});

type Answers = Readonly<Record<string, unknown>>;

/** A store that answers each command as `answers` says: an object, or the name of an error. */
function world(answers: Answers, sessions?: SourceSessions) {
  const sent: string[] = [];
  const client = {
    async send(command: object) {
      const name = command.constructor.name.replace(/Command$/, "");
      sent.push(name);
      const answer = answers[name] ?? "InternalServerError";
      if (typeof answer === "string") throw Object.assign(new Error(CANARY), { name: answer, $metadata: { httpStatusCode: 400 } });
      return answer;
    },
  };
  return { sent, provider: createParameterStore(() => client as never, sessions) };
}

describe("an error of Parameter Store", () => {
  it.each([
    { error: "AccessDeniedException", code: "AccessDenied" },
    { error: "InvalidKeyId", code: "AccessDenied" },
    { error: "ExpiredTokenException", code: "AccessDenied" },
    { error: "UnrecognizedClientException", code: "AccessDenied" },
    { error: "ThrottlingException", code: "StoreThrottled" },
    { error: "ValidationException", code: "StoreInvalidRequest" },
    { error: "InternalServerError", code: "StoreUnreachable" },
    { error: "ServiceUnavailable", code: "StoreUnreachable" },
    { error: "TimeoutError", code: "StoreUnreachable" },
    { error: "SomethingNew", code: "StoreUnreachable" },
  ])("$error is $code, for value and tags alike, and nothing of its text is kept", async ({ error, code }) => {
    const { provider } = world({ GetParameter: error, ListTagsForResource: error, GetParameterHistory: {} });

    for (const version of ["latest", "label/live", "id/1", "tags"]) {
      const failure = await provider.read(reference(version)).catch((caught: unknown) => caught);
      expect(failure).toMatchObject({ code, subject: "/shop/db" });
      expect((failure as RelayError).message).not.toContain(CANARY);
    }
  });

  it.each([
    { name: "the history is denied", history: "AccessDeniedException", code: "AccessDenied" },
    { name: "the history is throttled", history: "ThrottlingException", code: "StoreThrottled" },
    { name: "the history does not answer", history: "TimeoutError", code: "StoreUnreachable" },
    { name: "the parameter lives", history: {}, code: "VersionMissing" },
  ])("is no absence where GetParameter says NotFound and $name", async ({ history, code }) => {
    const { provider } = world({ GetParameter: "ParameterNotFound", GetParameterHistory: history });

    await expect(provider.read(reference())).rejects.toMatchObject({ code });
  });

  it("is an absence where the history knows no version either", async () => {
    const { provider } = world({ GetParameter: "ParameterNotFound", GetParameterHistory: "ParameterNotFound" });

    expect(await provider.read(reference())).toEqual({ kind: "absent", versionId: "absent", createdAt: 0 });
  });

  it("leaves out what can't be read, and asks each alone where a batch is denied", async () => {
    const parameter = { Name: "/shop/db", Version: 3, Value: "v", LastModifiedDate: new Date(5) };
    const denied = world({ GetParameters: "AccessDeniedException", GetParameter: { Parameter: parameter } });
    const throttled = world({ GetParameters: "ThrottlingException", GetParameter: { Parameter: parameter } });

    expect(await denied.provider.currentVersions([reference()])).toEqual(
      new Map([[referenceKey(reference()), { versionId: "3.5", createdAt: 5 }]]),
    );
    expect(await throttled.provider.currentVersions([reference()])).toEqual(new Map());
    expect(throttled.sent).toEqual(["GetParameters"]);
  });

  it("of refused credentials makes the next read get new ones", async () => {
    const forgotten: (string | undefined)[] = [];
    const sessions: SourceSessions = {
      credentials: async () => ({ accessKeyId: "AKIA1", secretAccessKey: "s" }),
      forget: ({ identity }) => forgotten.push(identity),
    };
    const { provider } = world({ GetParameter: "UnrecognizedClientException" }, sessions);
    const access = { id: "keys", base: { kind: "function" }, roles: [{ arn: "arn:aws:iam::222222222222:role/r" }] } as const;

    await expect(provider.read({ ...reference(), identity: access.id, access })).rejects.toMatchObject({ code: "AccessDenied" });
    expect(forgotten).toEqual(["keys"]);
  });
});
