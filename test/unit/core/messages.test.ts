/** What goes into the sync queue comes out of it unchanged, and nothing else is taken for a request. */
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { encodeMessages, parseMessage } from "../../../src/core/messages.ts";
import type { SyncRequest } from "../../../src/core/model.ts";

const text = fc.string({ minLength: 1, unit: "binary" });
const moment = fc.nat({ max: 4_000_000_000_000 });
const anyRequest: fc.Arbitrary<SyncRequest> = fc
  .record(
    {
      registration: text,
      cluster: fc.constantFrom("tokyo", "virginia", "dublin"),
      target: text,
      notice: fc.record({ reference: text, versionId: text, at: moment }),
      need: moment,
      verify: fc.boolean(),
      prune: fc.record({ generation: fc.nat(), notBefore: moment }),
      attempt: fc.nat(),
    },
    { requiredKeys: ["registration", "cluster", "target", "need", "verify", "attempt"], noNullPrototype: true },
  )
  .map((request): SyncRequest => request);

const request: SyncRequest = { registration: "tokyo/app/db", cluster: "tokyo", target: "tokyo/app/db", need: 1, verify: true, attempt: 0 };
const body = (over: object, v: unknown = 1) => JSON.stringify({ v, requests: [{ ...request, ...over }] });

describe("messages", () => {
  it("gives back what it was given, cluster by cluster and in order, at most 20 requests a message", () => {
    fc.assert(
      fc.property(fc.array(anyRequest, { maxLength: 120 }), (requests) => {
        const messages = encodeMessages(requests);
        const parsed = messages.map((message) => ({ cluster: message.cluster, requests: parseMessage(message.body) }));

        for (const message of parsed) {
          expect(message.requests.length).toBeLessThanOrEqual(20);
          expect(new Set(message.requests.map(({ cluster }) => cluster))).toEqual(new Set([message.cluster]));
        }
        for (const cluster of ["tokyo", "virginia", "dublin"]) {
          const of = parsed.filter((message) => message.cluster === cluster);
          expect(of.flatMap((message) => message.requests)).toEqual(requests.filter((one) => one.cluster === cluster));
          expect(of.length).toBe(Math.ceil(requests.filter((one) => one.cluster === cluster).length / 20));
        }
      }),
    );
  });

  it("stays far below SQS's limit with twenty requests of the longest names", () => {
    const name = "n".repeat(253);
    const arn = `arn:aws:secretsmanager:ap-northeast-1:111122223333:secret:${"s".repeat(512)}-AbCdEf`;
    const long: SyncRequest = {
      ...request,
      registration: `${name}/${name}/${name}@123456789`,
      target: `${name}/${name}/${name}`,
      notice: {
        reference: `SecretsManager|111122223333|ap-northeast-1|stage/${"l".repeat(256)}|${arn}`,
        versionId: "v".repeat(64),
        at: 1e13,
      },
      prune: { generation: 123_456_789, notBefore: 1e13 },
    };

    const [message, ...others] = encodeMessages(Array.from({ length: 20 }, () => long));

    expect(others).toEqual([]);
    expect(Buffer.byteLength(message?.body ?? "")).toBeLessThan(100_000);
  });

  it.each([
    { name: "no JSON", given: "{" },
    { name: "null", given: "null" },
    { name: "a later version", given: body({}, 2) },
    { name: "no version", given: JSON.stringify({ requests: [request] }) },
    { name: "no request", given: JSON.stringify({ v: 1, requests: [] }) },
    { name: "a request without need", given: body({ need: undefined }) },
    { name: "a need that is text", given: body({ need: "1" }) },
    { name: "an empty registration", given: body({ registration: "" }) },
    { name: "a field that this version does not know", given: body({ force: true }) },
    { name: "half a notice", given: body({ notice: { reference: "r", at: 1 } }) },
    { name: "a negative attempt", given: body({ attempt: -1 }) },
    { name: "two clusters", given: JSON.stringify({ v: 1, requests: [request, { ...request, cluster: "virginia" }] }) },
  ])("refuses $name, and echoes nothing of it", ({ given }) => {
    const parse = () => parseMessage(given);

    expect(parse).toThrow(expect.objectContaining({ code: "MessageMalformed", subject: "sync queue" }));
    expect(parseMessage(body({}))).toEqual([request]);
  });
});
