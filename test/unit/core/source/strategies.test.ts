/** Key conversion, decoding and tags against what Go printed for the same texts (test/oracle-source), and the check of keys. */
import { describe, expect, it } from "@jest/globals";
import { decodeValue } from "../../../../src/core/source/decoding.ts";
import { compareBytes, convertKey, secretKeyFault } from "../../../../src/core/source/keys.ts";
import { tagsValue } from "../../../../src/core/source/tags.ts";
import vectors from "../../../vectors/strings.json" with { type: "json" };

/** The bytes of a vector's Latin-1 text. */
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));

function done(op: string, input: string): string | undefined {
  switch (op) {
    case "Default":
    case "Unicode":
      return convertKey(input, op);
    case "None":
    case "Base64":
    case "Base64URL":
    case "Auto": {
      const decoded = decodeValue(bytes(input), op);
      return decoded && Buffer.from(decoded).toString("latin1");
    }
    default:
      // A reviver-free JSON.parse keeps __proto__ as an own key.
      return tagsValue(Object.entries(JSON.parse(input) as Readonly<Record<string, string>>)).exposeText();
  }
}

describe("the strategies", () => {
  it.each(["Default", "Unicode", "None", "Base64", "Base64URL", "Auto", "Tags"])("do as Go in every vector of %s", (op) => {
    const mine = vectors.filter((vector) => vector.op === op);

    expect(mine.length).toBeGreaterThanOrEqual(6);
    expect(mine.filter((vector) => done(op, vector.in) !== vector.want)).toEqual([]);
  });
});

describe("secretKeyFault", () => {
  it.each([
    { key: "a.b-c_D0", want: undefined },
    { key: "__proto__", want: undefined },
    { key: "constructor", want: undefined },
    { key: "a".repeat(253), want: undefined },
    { key: "a".repeat(254), want: "is longer than 253 characters" },
    { key: "é".repeat(127), want: "is longer than 253 characters" },
    { key: "é", want: "holds a letter or digit outside ASCII, which the API server refuses" },
    { key: "a b", want: "holds a character other than letters, digits, '-', '_' and '.'" },
    { key: "..a", want: "is '.' or begins with '..', which the API server refuses" },
    { key: "", want: "is empty" },
  ])("says $want of $key", ({ key, want }) => {
    expect(secretKeyFault(key)).toBe(want);
  });
});

describe("compareBytes", () => {
  it("puts supplementary characters behind all others, as UTF-8 does", () => {
    expect(["\u{10000}", "\ue000", "b", "a"].toSorted(compareBytes)).toEqual(["a", "b", "\ue000", "\u{10000}"]);
  });
});
