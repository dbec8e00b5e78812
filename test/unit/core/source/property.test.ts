/** Property look-up against what gjson 1.18.0 printed for the same documents (test/oracle-gjson), and its bounds. */
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { lookUpProperty } from "../../../../src/core/source/property.ts";
import vectors from "../../../vectors/property.json" with { type: "json" };

const DOCUMENT = String.raw`{"a":{"b":"x","list":[1,{"k":"v"},"s"]},"a.b":"lit","n":1.50,"e":1e5,"big":12345678901234567890,"neg":-0.0,"small":1e-7,"huge":1e21,"inf":1e400,"t":true,"z":null,"o":{ "p" : 1 },"arr":[ 1, 2 ],"@type":"ld","dup":1,"dup":2,"d2":{"x":1},"d2":{"y":2},"":"empty","*":"star","#":"hash","é":"u","sur":"\ud83d\ude00\n","esc\"q":"q","a\\b":"bs","i":1E+2,"i2":-12,"m":0.1e1}`;

function looked(json: string, path: string): string | undefined {
  const result = lookUpProperty(new TextEncoder().encode(json), path);
  return result.kind === "found" ? new TextDecoder().decode(result.bytes) : undefined;
}

describe("lookUpProperty", () => {
  it.each([
    ["a.b", "lit"],
    ["a\\.b", "lit"],
    ["a.list.0", "1"],
    ["a.list.#", "3"],
    ["a.list.1.k", "v"],
    ["a.list.01", '{"k":"v"}'],
    ["n", "1.5"],
    ["e", "100000"],
    ["big", "12345678901234567890"],
    ["neg", "-0"],
    ["small", "0.0000001"],
    ["huge", "1000000000000000000000"],
    ["inf", "+Inf"],
    ["i", "100"],
    ["i2", "-12"],
    ["m", "1"],
    ["t", "true"],
    ["z", ""],
    ["o", '{ "p" : 1 }'],
    ["arr", "[ 1, 2 ]"],
    ["@type", "ld"],
    ["\\@type", "ld"],
    ["dup", "1"],
    ["d2.y", "2"],
    ["", "empty"],
    ["\\*", "star"],
    ["#", "hash"],
    ["é", "u"],
    ["sur", "😀\n"],
    ['esc"q', "q"],
    ["a\\\\b", "bs"],
  ])("gives what gjson gives for %j", (path, want) => {
    expect(looked(DOCUMENT, path)).toBe(want);
  });

  it.each(["a.list.3", "n.x", "nope", "a.", "a.list.-1", "a.@type", "constructor", "__proto__"])("finds nothing at %j", (path) => {
    expect(lookUpProperty(new TextEncoder().encode(DOCUMENT), path)).toEqual({ kind: "missing" });
  });

  it("tells text that is no JSON from a missing property", () => {
    const result = lookUpProperty(new TextEncoder().encode("canary"), "a");

    expect(result).toEqual({ kind: "not-json", fault: { kind: "fault", what: "unexpected character", offset: 0 } });
  });

  it("finds what gjson 1.18.0 finds in every vector, also in text that is only nearly JSON", () => {
    const differing = vectors.filter(({ json, path, found }) => looked(json, path) !== found);

    expect(vectors.length).toBeGreaterThan(900);
    expect(differing).toEqual([]);
  });

  it("gives any key's value by its escaped name, whatever the key is called", () => {
    const key = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("__proto__", "constructor", "toString", "a.b", "@this", "#"));
    fc.assert(
      fc.property(key, fc.string(), (name, value) => {
        const escaped = name.replace(/[^A-Za-z0-9_:\u0080-\uffff-]/g, "\\$&");

        expect(looked(JSON.stringify({ other: 1, [name]: value }), escaped)).toBe(value);
      }),
    );
  });

  it.each([
    { name: "modifiers in a row", path: "@pretty|@tostr|@tostr|@tostr|@tostr|@tostr|@tostr|@tostr|@tostr|@tostr|@tostr|@tostr" },
    { name: "multipaths that multiply", path: Array(20).fill("[@this,@this,@this,@this,@this,@this,@this,@this]").join("|") },
    { name: "digs in digs", path: "@dig:@dig:@dig:@dig:@dig:@dig:x" },
    { name: "queries in queries", path: `${"#(".repeat(3000)}${")".repeat(3000)}` },
    { name: "thousands of steps", path: Array(20_000).fill("0").join(".") },
    { name: "thousands of pipes", path: Array(20_000).fill("@this").join("|") },
    { name: "wildcards that backtrack", path: `${"*0".repeat(5_000)}x` },
  ])("bounds the work of $name", ({ path }) => {
    const nested = `${"[".repeat(9_000)}1${"]".repeat(9_000)}`;
    const wide = JSON.stringify(Object.fromEntries(Array.from({ length: 3_000 }, (_, index) => [`k${"0".repeat(10)}${index}`, index])));
    const start = performance.now();
    for (const json of [nested, wide]) lookUpProperty(new TextEncoder().encode(json), path);

    // A coarse bound: each takes well below two seconds alone.
    expect(performance.now() - start).toBeLessThan(20_000);
  });

  it("says that a path is too costly instead of calling its property missing", () => {
    const path = Array(20).fill("[@this,@this,@this,@this,@this,@this,@this,@this]").join("|");

    expect(lookUpProperty(new TextEncoder().encode('{"a":1}'), path)).toEqual({ kind: "too-costly" });
  });
});
