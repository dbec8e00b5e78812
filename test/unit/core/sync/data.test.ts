/** From answers to data: order, policies, extraction, and errors that hold no value. */
// Whoever reads a config has it.
import "../../../../src/core/source/property.ts";
import "../../../../src/core/text/go-regexp.ts";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { isRelayError, type RelayError } from "../../../../src/core/errors.ts";
import { type DeletionPolicy, type RegistrationSpec, referenceKey } from "../../../../src/core/model.ts";
import type { SourceAnswer } from "../../../../src/core/ports.ts";
import { SecretValue } from "../../../../src/core/secret-value.ts";
import { collectData } from "../../../../src/core/sync/data.ts";
import { resolveReference } from "../../../../src/core/sync/references.ts";

const store = { kind: "SecretStore", name: "s", provider: "SecretsManager", account: "1", region: "r" } as const;

function specOf(
  entries: Partial<Pick<RegistrationSpec, "data" | "dataFrom">>,
  deletionPolicy: DeletionPolicy = "Retain",
): RegistrationSpec {
  return {
    cluster: "c",
    namespace: "n",
    name: "r",
    store,
    refreshPolicy: "Periodic",
    refreshIntervalMs: 1,
    labels: {},
    annotations: {},
    target: { name: "t", creationPolicy: "Owner", deletionPolicy },
    data: [],
    dataFrom: [],
    ...entries,
  };
}

/** A store that holds these secrets; `null` is a proven absence. */
function answersOf(secrets: Readonly<Record<string, string | Uint8Array | null>>): ReadonlyMap<string, SourceAnswer> {
  return new Map(
    Object.entries(secrets).map(([key, value]) => [
      referenceKey(resolveReference(store, { key })),
      value === null
        ? { kind: "absent", versionId: "absent", createdAt: 0 }
        : { kind: "present", versionId: "v", createdAt: 0, value: new SecretValue(value) },
    ]),
  );
}

function collected(...args: Parameters<typeof collectData>): Readonly<Record<string, string>> {
  return Object.fromEntries([...collectData(...args)].map(([key, value]) => [key, value.exposeText()]));
}

function failure(...args: Parameters<typeof collectData>): RelayError {
  try {
    collectData(...args);
  } catch (error) {
    if (isRelayError(error)) return error;
    throw error;
  }
  throw new Error("nothing failed");
}

const extract = (key: string, property?: string) => ({ extract: { key, property } });
const entry = (secretKey: string, key: string, property?: string) => ({ secretKey, remoteRef: { key, property } });

describe("collectData", () => {
  it("lets later entries win, and data over dataFrom", () => {
    const spec = specOf({ dataFrom: [extract("one"), extract("two")], data: [entry("c", "raw"), entry("c", "one", "a")] });

    expect(collected(spec, answersOf({ one: '{"a":"1","b":"1","c":"1"}', two: '{"b":"2"}', raw: "x" }))).toEqual({
      a: "1",
      b: "2",
      c: "1",
    });
  });

  it("unquotes strings, empties null and leaves all other values as written", () => {
    const json = '{"s":"q\\n","n":1.50,"e":1e5,"z":null,"o":{ "a" : [1] },"t":true,"":"dropped","a b/c":"v"}';

    expect(collected(specOf({ dataFrom: [extract("k")] }), answersOf({ k: json }))).toEqual({
      s: "q\n",
      n: "1.50",
      e: "1e5",
      z: "",
      o: '{ "a" : [1] }',
      t: "true",
      a_b_c: "v",
    });
  });

  it("extracts a property that is an object, or text that spells one", () => {
    const spec = specOf({ dataFrom: [extract("k", "in"), extract("k", "text")] });

    expect(collected(spec, answersOf({ k: '{"in":{"a":1},"text":"{\\"b\\":2}"}' }))).toEqual({ a: "1", b: "2" });
  });

  it("keeps the bytes of a binary secret", () => {
    const binary = Uint8Array.of(0, 255, 254);
    const data = collectData(specOf({ data: [entry("bin", "k", "")] }), answersOf({ k: binary }));

    expect(data.get("bin")?.expose()).toEqual(binary);
  });

  it.each(["Delete", "Merge"] as const)("skips only the absent entry under deletionPolicy %s", (policy) => {
    const spec = specOf({ dataFrom: [extract("gone")], data: [entry("a", "gone"), entry("b", "k")] }, policy);

    expect(collected(spec, answersOf({ gone: null, k: "v" }))).toEqual({ b: "v" });
  });

  it("fails the registration where a secret is absent under Retain, and names the entry", () => {
    const error = failure(specOf({ data: [entry("a", "k"), entry("b", "gone")] }), answersOf({ gone: null, k: "v" }));

    expect(error.code).toBe("SecretNotFound");
    expect(error.message).toContain("c/n/r: spec.data[1] (key: gone): the secret does not exist");
  });

  it("throws a bug, not an absence, where an answer is missing", () => {
    expect(() => collectData(specOf({ data: [entry("a", "k")] }, "Delete"), new Map())).toThrow("without an answer");
  });

  it("reports dataFrom before data", () => {
    expect(failure(specOf({ data: [entry("a", "gone")], dataFrom: [extract("list")] }), answersOf({ gone: null, list: "[]" })).code).toBe(
      "NotAnObject",
    );
  });

  it.each([
    { name: "plain text", json: "canary", code: "NotAnObject" },
    { name: "a string", json: '"canary"', code: "NotAnObject" },
    { name: "an array", json: '["canary"]', code: "NotAnObject" },
    { name: "keys that become equal", json: '{"a b":"canary","a_b":"canary"}', code: "InvalidKey" },
    { name: "a letter outside ASCII", json: '{"é":"canary"}', code: "InvalidKey" },
    { name: "a key of two dots", json: '{"..":"canary"}', code: "InvalidKey" },
    { name: "a long key", json: `{"${"k".repeat(254)}":"canary"}`, code: "InvalidKey" },
  ])("refuses to extract $name with $code and without the value", ({ json, code }) => {
    const error = failure(specOf({ dataFrom: [extract("k")] }), answersOf({ k: json }));

    expect(error.code).toBe(code);
    expect(error.message).toContain("spec.dataFrom[0] (key: k): ");
    expect(error.message).not.toContain("canary");
  });

  it.each([
    { name: "missing", json: "{}", property: "a.b" },
    { name: "of text", json: "canary", property: "a" },
    { name: "too costly", json: "{}", property: "[@this,@this,@this,@this]|".repeat(30) },
  ])("answers PropertyNotFound for a property $name, whatever the policy", ({ json, property }) => {
    const error = failure(specOf({ data: [entry("a", "k", property)] }, "Delete"), answersOf({ k: json }));

    expect(error.code).toBe("PropertyNotFound");
    expect(error.message).not.toContain("canary");
  });

  it.each([
    { name: "Base64", strategy: "Base64", value: "eA==", want: "x" },
    { name: "Base64URL", strategy: "Base64URL", value: "eA==", want: "x" },
    { name: "Auto on plain text", strategy: "Auto", value: "x y", want: "x y" },
  ] as const)("decodes data and dataFrom by $name", ({ strategy, value, want }) => {
    const remoteRef = { key: "k", decodingStrategy: strategy };
    const spec = specOf({ data: [{ secretKey: "d", remoteRef: { ...remoteRef, property: "p" } }], dataFrom: [{ extract: remoteRef }] });

    expect(collected(spec, answersOf({ k: JSON.stringify({ p: value }) }))).toEqual({ d: want, p: want });
  });

  it("refuses what is not encoded, and names the entry", () => {
    const spec = specOf({ data: [{ secretKey: "d", remoteRef: { key: "k", decodingStrategy: "Base64" } }] });
    const error = failure(spec, answersOf({ k: "canary!" }));

    expect(error.code).toBe("DecodingFailed");
    expect(error.message).toContain("spec.data[0] (key: k): the value is not what decodingStrategy Base64 decodes");
  });

  it("looks for zero bytes after decoding, where the policy says so", () => {
    const remoteRef = { key: "k", decodingStrategy: "Base64" } as const;
    const failing = { ...remoteRef, nullBytePolicy: "Fail" } as const;

    expect(collected(specOf({ data: [{ secretKey: "d", remoteRef }] }), answersOf({ k: "AAA=" }))).toEqual({ d: "\0\0" });
    expect(failure(specOf({ data: [{ secretKey: "d", remoteRef: failing }] }), answersOf({ k: "AAA=" })).code).toBe("NullByteFound");
    expect(failure(specOf({ dataFrom: [{ extract: failing }] }), answersOf({ k: '{"a":"AAA="}' })).code).toBe("NullByteFound");
  });

  it("converts keys by the strategy of the entry, unless there is a rewrite", () => {
    const keep = { regexp: { source: "^nothing$", target: "" } };
    const rename = { regexp: { source: "[ /]", target: "." } };
    const secrets = answersOf({ k: '{"a b":"1"}' });

    expect(collected(specOf({ dataFrom: [{ extract: { key: "k", conversionStrategy: "Unicode" } }] }), secrets)).toEqual({
      a_U0020_b: "1",
    });
    expect(collected(specOf({ dataFrom: [{ ...extract("k"), rewrite: [rename] }] }), secrets)).toEqual({ "a.b": "1" });
    expect(failure(specOf({ dataFrom: [{ ...extract("k"), rewrite: [keep] }] }), secrets).code).toBe("InvalidKey");
  });

  it("names the operation of a rewrite that fails", () => {
    const spec = specOf({ dataFrom: [{ ...extract("k"), rewrite: [{ regexp: { source: "a", target: "b" } }, { merge: {} }] }] });
    const error = failure(spec, answersOf({ k: '{"a":"canary"}' }));

    expect(error.code).toBe("RewriteFailed");
    expect(error.message).toContain("c/n/r: spec.dataFrom[0] (key: k): rewrite[1]: ");
    expect(error.message).not.toContain("canary");
  });

  it("decodes after the rewrite", () => {
    const rewrite = [{ merge: {} }];
    const spec = specOf({ dataFrom: [{ extract: { key: "k", decodingStrategy: "Base64" }, rewrite }] });

    expect(collected(spec, answersOf({ k: '{"o":{"p":"eA=="}}' }))).toEqual({ p: "x" });
  });

  it("renders a transform by the engine that it is given", () => {
    const spec = specOf({ dataFrom: [{ ...extract("k"), rewrite: [{ transform: { template: "T" } }] }] });
    const answers = answersOf({ k: '{"a":"1"}' });

    expect(collected(spec, answers, { renderKey: (template, key) => `${template}-${key}` })).toEqual({ "T-a": "1" });
    expect(() => collectData(spec, answers)).toThrow("without a way to render");
  });

  describe("with a find", () => {
    const found = new Map([
      ["app/a", new SecretValue("1")],
      ["app/b", new SecretValue("eA==")],
    ]);

    it("converts the full names, or rewrites them", () => {
      const strip = [{ regexp: { source: "^app/", target: "" } }];
      const spec = specOf({ dataFrom: [{ find: { nameRegexp: "^app/" } }, { find: {}, rewrite: strip }], data: [entry("b", "k")] });

      expect(
        collected(spec, answersOf({ k: "last" }), {
          found: new Map([
            [0, found],
            [1, found],
          ]),
        }),
      ).toEqual({
        app_a: "1",
        app_b: "eA==",
        a: "1",
        b: "last",
      });
    });

    it("takes its own strategies", () => {
      const spec = specOf({ dataFrom: [{ find: { conversionStrategy: "Unicode", decodingStrategy: "Auto" } }] });

      expect(collected(spec, new Map(), { found: new Map([[0, found]]) })).toEqual({ app_U002f_a: "1", app_U002f_b: "x" });
    });

    it("goes on where nothing was found, and throws a bug where nobody looked", () => {
      const spec = specOf({ dataFrom: [{ find: {} }] }, "Delete");

      expect(collected(spec, new Map(), { found: new Map([[0, new Map()]]) })).toEqual({});
      expect(() => collectData(spec, new Map())).toThrow("without what one of the registration's finds found");
    });

    it("names the find in its errors", () => {
      const same = new Map([...found, ["app_a", new SecretValue("canary")] as const]);
      const error = failure(specOf({ dataFrom: [{ find: {} }] }), new Map(), { found: new Map([[0, same]]) });

      expect(error.message).toContain("c/n/r: spec.dataFrom[0].find: members 1 and 3 get the same key by conversionStrategy Default");
    });
  });

  it("reads an entry of another store there", () => {
    const other = { ...store, name: "other", account: "2" };
    const answers = new Map<string, SourceAnswer>([
      [referenceKey(resolveReference(other, { key: "k" })), { kind: "present", versionId: "v", createdAt: 0, value: new SecretValue("x") }],
    ]);

    expect(collected(specOf({ data: [{ ...entry("a", "k"), store: other }] }), answers)).toEqual({ a: "x" });
  });

  it("keeps ESO's order for random entries, whatever their keys are called", () => {
    const key = fc.constantFrom("a", "b", "__proto__", "constructor", "toString");
    const members = fc.uniqueArray(fc.tuple(key, fc.string()), { selector: ([of]) => of });
    fc.assert(
      fc.property(fc.array(members, { maxLength: 4 }), fc.array(fc.tuple(key, fc.string()), { maxLength: 4 }), (maps, plain) => {
        const written = (map: readonly (readonly [string, string])[]) =>
          `{${map.map(([of, value]) => `${JSON.stringify(of)}:${JSON.stringify(value)}`).join(",")}}`;
        const secrets = answersOf(
          Object.fromEntries([
            ...maps.map((map, index) => [`m${index}`, written(map)]),
            ...plain.map(([, value], index) => [`d${index}`, value]),
          ]),
        );
        const spec = specOf({
          dataFrom: maps.map((_, index) => extract(`m${index}`)),
          data: plain.map(([secretKey], index) => entry(secretKey, `d${index}`)),
        });
        const got = [...collectData(spec, secrets)].map(([of, value]) => [of, value.exposeText()]);

        expect(new Map(got as [string, string][])).toEqual(new Map([...maps.flat(), ...plain]));
      }),
    );
  });

  it("never puts any part of a value into an error", () => {
    const canary = "CaNaRy";
    const holder = fc.tuple(fc.string(), fc.string()).map(([before, after]) => `${before}${canary}${after}`);
    const value = fc.oneof(
      holder,
      fc.json().map((json) => `${json}${canary}`),
      holder.map((text) => JSON.stringify([text])),
      fc.tuple(holder, holder).map(([key, text]) => JSON.stringify({ [`é${key}`]: text })),
    );
    fc.assert(
      fc.property(value, (text) => {
        const error = failure(specOf({ dataFrom: [extract("k")] }), answersOf({ k: text }));

        expect(`${error.message} ${error.stack} ${JSON.stringify(error)}`).not.toContain(canary);
      }),
    );
  });
});
