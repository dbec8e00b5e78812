/** The wrapper against what Go's regexp package printed for the same cases (test/oracle-regexp), its limits and its silence. */
import { describe, expect, it } from "@jest/globals";
import { compileGoRegexp, type GoRegexp, MAX_REPLACED_LENGTH, quoteMeta } from "../../../../src/core/text/go-regexp.ts";
import vectors from "../../../vectors/go-regexp.json" with { type: "json" };

function compiled(pattern: string): GoRegexp {
  const result = compileGoRegexp(pattern);
  if (result.kind === "fault") throw new Error(`${result.what} at ${result.offset}`);
  return result.regexp;
}

/** What ADR 20 names: these are refused where Go compiles them, or refused for another reason. */
const DIFFERENCES = new Map([
  ["(?P<n>a)(?P<n>b)", "duplicate capture group name"],
  ["(a{100}){100}", "expression too large"],
]);

describe("compileGoRegexp", () => {
  it.each(vectors.map((vector, index) => ({ ...vector, index })))(
    "does as Go with case $index: $pattern",
    ({ pattern, text, template, limit, fault, index: _index, ...want }) => {
      const result = compileGoRegexp(pattern);
      if (result.kind === "fault") return expect(result.what).toBe(DIFFERENCES.get(pattern) ?? fault);
      const { regexp } = result;

      expect({
        test: regexp.test(text),
        findAll: regexp.findAll(text, limit),
        all: regexp.allSubmatches(text, limit).map((groups) => groups.map((group) => group ?? null)),
        replaced: regexp.replaceAll(text, template),
        literal: regexp.replaceAllLiteral(text, template),
        split: regexp.split(text, limit),
      }).toEqual({ ...want, findAll: want.findAll ?? [], all: want.all ?? [], split: want.split ?? [] });
    },
  );

  it.each([
    { pattern: "ab(", what: "missing closing )", offset: 0 },
    { pattern: "ab[c", what: "missing closing ]", offset: 2 },
    { pattern: "abc\\", what: "trailing backslash at end of expression", offset: 3 },
    { pattern: "a\\8", what: "invalid escape sequence", offset: 1 },
    { pattern: "(?=a)(?=b)", what: "invalid or unsupported Perl syntax", offset: undefined },
  ])("tells kind and offset of the fault in $pattern", ({ pattern, what, offset }) => {
    expect(compileGoRegexp(pattern)).toEqual({ kind: "fault", what, ...(offset === undefined ? {} : { offset }) });
  });

  it.each(["a{1000}".repeat(11), "((a{10}){10}){10}".repeat(12), "(?:(?:ab){30}c{5}){30}".repeat(9), "a".repeat(10_001)])(
    "refuses a program that is too large before it is built (%#)",
    (pattern) => {
      const start = performance.now();

      expect(compileGoRegexp(pattern)).toEqual({ kind: "fault", what: "expression too large" });
      expect(performance.now() - start).toBeLessThan(2_000);
    },
  );

  it("matches in linear time what a backtracking engine can't", () => {
    const start = performance.now();

    expect(compiled("^(a+)+$").test(`${"a".repeat(50_000)}b`)).toBe(false);
    expect(compiled("(x+x+)+y").find("x".repeat(10_000))).toBeUndefined();
    expect(performance.now() - start).toBeLessThan(5_000);
  });

  it("gives up on a replacement that grows without bound", () => {
    expect(compiled("").replaceAll("a".repeat(10_000), "$".repeat(20_000))).toBeUndefined();
    expect(compiled("").replaceAllLiteral("a".repeat(10_000), "b".repeat(MAX_REPLACED_LENGTH))).toBeUndefined();
  });

  it("answers a single find with its groups", () => {
    expect(compiled("(a)(x)?").submatches("ba")).toEqual(["a", "a", undefined]);
    expect(compiled("a+").find("baa")).toBe("aa");
    expect(compiled("q").submatches("ba")).toBeUndefined();
  });
});

describe("quoteMeta", () => {
  it("gives a pattern that matches just the text", () => {
    expect(quoteMeta("a.b[c]{d}$^|?*+()\\-/")).toBe("a\\.b\\[c\\]\\{d\\}\\$\\^\\|\\?\\*\\+\\(\\)\\\\-/");
  });
});
