/** The scanner against JSON.parse, its raw slices, its limits and its silence about content. */
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { decodeString, type JsonValue, jsonElements, jsonObject, scanJson } from "../../../../src/core/source/json.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (raw: Uint8Array): string => new TextDecoder().decode(raw);

function scanned(from: Uint8Array): JsonValue {
  const value = scanJson(from);
  if (value.kind === "fault") throw new Error(`${value.what} at ${value.offset}`);
  return value;
}

/** Rebuilds the value from the slices alone. */
function rebuilt(value: JsonValue): unknown {
  if (value.kind === "object") return Object.fromEntries([...jsonObject(value)].map(([key, member]) => [key, rebuilt(member)]));
  if (value.kind === "array") return [...jsonElements(value)].map(rebuilt);
  if (value.kind === "string") return decodeString(value.raw);
  return JSON.parse(text(value.raw));
}

describe("scanJson", () => {
  it("agrees with JSON.parse on any JSON, with and without white space", () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom(0, 2), (json, indent) => {
        const spaced = JSON.stringify(JSON.parse(json), null, indent);

        expect(rebuilt(scanned(bytes(` ${spaced}\n`)))).toEqual(JSON.parse(spaced));
      }),
    );
  });

  it("accepts and refuses the same texts as JSON.parse", () => {
    const piece = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      '"',
      "\\",
      "1",
      "-",
      "0",
      ".",
      "e",
      "+",
      "true",
      "null",
      '"a"',
      '"k":',
      " ",
      "\\u00",
      "\t",
      "x",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        let accepted = true;
        try {
          JSON.parse(pieces.join(""));
        } catch {
          accepted = false;
        }

        expect(scanJson(bytes(pieces.join(""))).kind !== "fault").toBe(accepted);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    { name: "decimals", json: '{"a": 1.50 }', key: "a", want: "1.50" },
    { name: "exponents", json: '{"a":1e5}', key: "a", want: "1e5" },
    { name: "big integers", json: '{"a":12345678901234567890}', key: "a", want: "12345678901234567890" },
    { name: "nested white space", json: '{"a": [ 1 ,{ } ] }', key: "a", want: "[ 1 ,{ } ]" },
    { name: "the last of a repeated key", json: '{"a":1,"a":2}', key: "a", want: "2" },
    { name: "__proto__", json: '{"__proto__":1}', key: "__proto__", want: "1" },
    { name: "constructor", json: '{"constructor":{}}', key: "constructor", want: "{}" },
    { name: "an escaped key", json: '{"\\u0061\\n":3}', key: "a\n", want: "3" },
  ])("keeps $name as written", ({ json, key, want }) => {
    expect(text(jsonObject(scanned(bytes(json))).get(key)?.raw ?? bytes("none"))).toBe(want);
  });

  it.each([
    { json: "", what: "unexpected end", offset: 0 },
    { json: '{"a":', what: "unexpected end", offset: 5 },
    { json: '{"a":1,}', what: "unexpected character", offset: 7 },
    { json: "[1,]", what: "unexpected character", offset: 3 },
    { json: "01", what: "unexpected character", offset: 1 },
    { json: "1 2", what: "unexpected character", offset: 2 },
    { json: '"a\u0001"', what: "control character in a string", offset: 2 },
    { json: '"\\x"', what: "invalid escape", offset: 2 },
    { json: '"\\u12g4"', what: "invalid escape", offset: 5 },
    { json: "\ufeff{}", what: "unexpected character", offset: 0 },
  ])("tells kind and offset of the fault in $json", ({ json, what, offset }) => {
    expect(scanJson(bytes(json))).toEqual({ kind: "fault", what, offset });
  });

  it("accepts 10000 levels and refuses one more, as Go does", () => {
    const nested = (levels: number): Uint8Array => bytes("[".repeat(levels) + "]".repeat(levels));

    expect(scanJson(nested(10_000)).kind).toBe("array");
    expect(scanJson(nested(10_001))).toEqual({ kind: "fault", what: "nested too deep", offset: 10_000 });
  });

  it("tolerates invalid UTF-8 and half a surrogate pair in strings", () => {
    const invalid = Uint8Array.of(0x22, 0x61, 0xff, 0x22);

    expect(decodeString(scanned(invalid).raw)).toBe("a\ufffd");
    expect(decodeString(scanned(bytes('"\\ud800x"')).raw)).toBe("\ufffdx");
  });

  it("reads sixty thousand members", () => {
    const members = Array.from({ length: 60_000 }, (_, index) => `"key${index}":"v"`);

    expect(jsonObject(scanned(bytes(`{${members.join(",")}}`))).size).toBe(60_000);
  });
});
