/** What is read out of the answer to a write, held against JSON.parse: it says the same, or that it can't say. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { parseAnswer, parseVersion } from "../../../../src/adapters/kubernetes/answers.ts";

/** As an API server answers an apply. */
const ANSWER = {
  kind: "PartialObjectMetadata",
  apiVersion: "meta.k8s.io/v1",
  metadata: {
    name: "db",
    namespace: "app",
    uid: "ee7b6104-e266-47e6-8bcd-000a5e0e12e2",
    resourceVersion: "10219",
    generation: 3,
    labels: { "app.kubernetes.io/name": 'a "quoted" name, {braced} and \\' },
    annotations: {},
    ownerReferences: [{ apiVersion: "v1", kind: "ConfigMap", name: "other", uid: "another", controller: true }],
    managedFields: [{ manager: "relay", fieldsV1: { "f:metadata": { "f:uid": {}, uid: "not this", resourceVersion: "nor this" } } }],
  },
};
const { name, uid, resourceVersion } = ANSWER.metadata;
const VERSION = { metadata: { name, uid, resourceVersion } };

/** What JSON.parse makes of the same fields. */
function parsedVersion(raw: string): unknown {
  const { metadata } = JSON.parse(raw) as typeof ANSWER;
  const fields = Object.entries(metadata).filter(([field]) => ["name", "uid", "resourceVersion"].includes(field));
  return { metadata: Object.fromEntries(fields) };
}

describe("parseVersion", () => {
  it("reads name, uid and resourceVersion of the object itself, and nothing of what it holds", () => {
    expect(parseVersion(JSON.stringify(ANSWER))).toEqual(VERSION);
    // As Go's encoder ends it.
    expect(parseVersion(`${JSON.stringify(ANSWER)}\n`)).toEqual(VERSION);
  });

  it("says the same as JSON.parse, or nothing, of whatever metadata", () => {
    const texts = fc.oneof(fc.string(), fc.constantFrom('"', "\\", '\\"', "}", "]", '":"', "uid", "\u2028", "é"));
    const values = fc.oneof(texts, fc.jsonValue());
    const fields = fc.dictionary(fc.oneof(fc.constantFrom("name", "uid", "resourceVersion", "labels", "__proto__"), fc.string()), values);
    const objects = fc.tuple(fc.dictionary(fc.string(), values), fields, fc.dictionary(fc.string(), values));
    let read = 0;

    fc.assert(
      fc.property(objects, ([before, metadata, after]) => {
        const raw = JSON.stringify({ ...before, metadata, ...after });
        const version = parseVersion(raw);
        fc.pre(version !== undefined);
        read += 1;
        expect(version).toEqual(parsedVersion(raw));
      }),
      { numRuns: 2_000, maxSkipsPerRun: 1_000 },
    );

    expect(read).toBe(2_000);
  });

  it("always reads what an API server writes", () => {
    const identifiers = fc.stringMatching(/^[a-z0-9.-]{1,40}$/u);
    const objects = fc.record({ name: identifiers, uid: fc.uuid(), resourceVersion: fc.nat().map(String) });

    fc.assert(
      fc.property(objects, fc.jsonValue(), (known, other) => {
        const raw = JSON.stringify({ other, metadata: { other, ...known, more: [other, { uid: other }] }, data: other });
        expect(parseVersion(raw)).toEqual({ metadata: known });
      }),
    );
  });

  it("can't say of a part of an answer, wherever it was cut", () => {
    const raw = JSON.stringify(ANSWER);
    for (let end = 0; end < raw.length; end += 1) expect(parseVersion(raw.slice(0, end))).toBeUndefined();
  });

  it.each([
    ["nothing", ""],
    ["a page", "<html></html>"],
    ["a list", JSON.stringify([ANSWER])],
    ["two objects", `${JSON.stringify(ANSWER)}${JSON.stringify(ANSWER)}`],
    ["an object with spaces", JSON.stringify(ANSWER, undefined, 2)],
    ["metadata that are none", '{"metadata":null}'],
    ["a uid that is no text", '{"metadata":{"uid":7}}'],
    ["a uid that is no JSON", '{"metadata":{"uid":"a\nb"}}'],
    ["a field with an escape", '{"metadata":{"\\u0075id":"a"}}'],
    ["a member without a value", '{"metadata":{"uid":"a"},"more":}'],
    ["more brackets than were opened", '{"metadata":{"uid":"a"}}}'],
  ])("can't say of %s", (_what, raw) => {
    expect(parseVersion(raw)).toBeUndefined();
  });

  it("reads an escape", () => {
    expect(parseVersion('{"metadata":{"uid":"\\u0061\\""}}')).toEqual({ metadata: { uid: 'a"' } });
  });

  it("keeps nothing else of the answer alive", () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const heap = (): number => {
      collect();
      return process.memoryUsage().heapUsed;
    };
    const before = heap();

    const kept = Array.from({ length: 200 }, () => parseVersion(JSON.stringify({ ...ANSWER, more: "x".repeat(100_000) })));

    expect((heap() - before) / 2 ** 20).toBeLessThan(2);
    expect(kept.at(-1)).toEqual(VERSION);
  });

  it("lets the last of two count", () => {
    const raw = '{"metadata":{"uid":"a","uid":"b"},"metadata":{"name":"c","name":"d"}}';

    expect(parseVersion(raw)).toEqual({ metadata: { name: "d" } });
    expect(parsedVersion(raw)).toEqual({ metadata: { name: "d" } });
  });
});

describe("parseAnswer", () => {
  it("tells an empty answer from one that is no JSON", () => {
    expect(parseAnswer("")).toEqual({ ok: true, body: undefined });
    expect(parseAnswer("{")).toEqual({ ok: false, body: undefined });
    expect(parseAnswer('{"a":[1]}')).toEqual({ ok: true, body: { a: [1] } });
  });
});
