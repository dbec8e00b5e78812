/** Property look-up against vectors that gjson v1.18.0 printed for the same document. */
import { describe, expect, it } from "@jest/globals";
import { lookUpProperty, unsupportedGjson } from "../../../../src/core/source/property.ts";

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

  it("refuses at look-up what unsupportedGjson names", () => {
    expect(lookUpProperty(new TextEncoder().encode("{}"), "a|b")).toEqual({ kind: "unsupported", construct: "pipe '|'" });
  });
});

describe("unsupportedGjson", () => {
  it.each([
    ["a.@keys", "modifier '@keys'"],
    ["@reverse", "modifier '@reverse'"],
    ["@pretty:{}", "modifier '@pretty'"],
    ["a|b", "pipe '|'"],
    ["a*", "wildcard '*'"],
    ["a.b?", "wildcard '?'"],
    ["friends.#(age>45).first", "query '#('"],
    ["friends.#.first", "iteration '#.'"],
    ["{a,b}", "multipath '{'"],
    ["a.[b,c]", "multipath '['"],
    ['!"x"', "JSON literal '!'"],
    ["..0", "JSON lines '..'"],
  ])("names the construct of %j", (path, want) => {
    expect(unsupportedGjson(path)).toBe(want);
  });

  it.each(["a", "a.b", "a\\.b", "a.0", "a.#", "\\*", "a\\|b", "@type", "user@host", "a#b", "", "a b", "a/b"])("passes %j", (path) => {
    expect(unsupportedGjson(path)).toBeUndefined();
  });
});
