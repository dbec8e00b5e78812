/** The patterns of a find rule: as narrow as its expression lets one see, and never narrower than what it finds. */
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
// The engine that matchesName runs on.
import "../../../../src/core/text/go-regexp.ts";
import { matchesName } from "../../../../src/core/find/find.ts";
import { covers, namePatterns } from "../../../../src/core/find/name-patterns.ts";

describe("patterns of an expression", () => {
  it.each([
    { nameRegexp: "^(a|b)$", want: ["a", "b"] },
    { nameRegexp: "^shop/(db|mail)/password$", want: ["shop/db/password", "shop/mail/password"] },
    { nameRegexp: "^a/.*/password$", want: ["a/*/password"] },
    { nameRegexp: "^shop/[^/]+/key$", want: ["shop/?*/key"] },
    { nameRegexp: "^shop/", want: ["shop/*"] },
    { nameRegexp: "password", want: ["*password*"] },
    { nameRegexp: "password$", want: ["*password"] },
    { nameRegexp: "^a$|^b", want: ["a", "b*"] },
    { nameRegexp: "^a|b$", want: ["*b", "a*"] },
    { nameRegexp: "^colou?r$", want: ["color", "colour"] },
    { nameRegexp: "^v[12]$", want: ["v1", "v2"] },
    { nameRegexp: "^v[0-9]$", want: ["v?"] },
    { nameRegexp: "^v\\d{3}$", want: ["v???"] },
    { nameRegexp: "^v\\d{2,}$", want: ["v??*"] },
    { nameRegexp: "^a\\.b$", want: ["a.b"] },
    { nameRegexp: "^(?:x|y|)z$", want: ["xz", "yz", "z"] },
    { nameRegexp: "^(?P<team>a|b)-x$", want: ["a-x", "b-x"] },
    { nameRegexp: "\\Aa\\z", want: ["a"] },
    { nameRegexp: "^[a-c][a-c](1|2|3|4|5)(1|2|3|4|5)$", want: ["??1*", "??2*", "??3*", "??4*", "??5*"] },
    // A star of the expression is no star of IAM's, and no name has one.
    { nameRegexp: "^a\\*b$", want: ["a?b"] },
    { nameRegexp: "^a\\$\\{b$", want: ["a??b"] },
    // More than the reader knows: the literal beginning alone.
    { nameRegexp: "(?i)^shop/", want: ["*"] },
    { nameRegexp: "^shop/\\pL+$", want: ["shop/*"] },
    { nameRegexp: "^shop/[[:alpha:]]$", want: ["*"] },
    { nameRegexp: undefined, want: ["*"] },
  ])("$nameRegexp", ({ nameRegexp, want }) => {
    expect(namePatterns({ nameRegexp }, "SecretsManager")).toEqual(want);
  });
});

describe("path and expression together", () => {
  it.each([
    { path: "team/", nameRegexp: "key$", want: ["team/*key"] },
    { path: "team/", nameRegexp: "^team/a$", want: ["team/a"] },
    { path: "team/", nameRegexp: "^(team/a|other/b)$", want: ["team/a"] },
    // The word may begin inside of the path.
    { path: "pass", nameRegexp: "password$", want: ["pass*"] },
    { path: "team/", nameRegexp: "/a$", want: ["team/*"] },
    { path: "team/", nameRegexp: "^other/", want: ["team/*"] },
  ])("$path and $nameRegexp", ({ path, nameRegexp, want }) => {
    expect(namePatterns({ path, nameRegexp }, "SecretsManager")).toEqual(want);
  });

  it("takes the path of Parameter Store as a hierarchy", () => {
    expect(namePatterns({ path: "/shop", nameRegexp: "key$" }, "ParameterStore")).toEqual(["/shop/*key"]);
  });
});

/** Expressions of the kinds that people write, over few letters so that names often match. */
const atom = fc.constantFrom("a", "b", "/", "-", ".", "[ab]", "[^a]", "\\.", "\\w", "(a|b)", "(?:ab|b/|)", "(a/)", "[a-b]");
const piece = fc.tuple(atom, fc.constantFrom("", "", "", "*", "+", "?", "{2}", "{1,2}", "*?")).map((parts) => parts.join(""));
const sequence = fc.array(piece, { minLength: 0, maxLength: 4 }).map((parts) => parts.join(""));
const branch = fc.tuple(fc.constantFrom("^", ""), sequence, fc.constantFrom("$", "")).map((parts) => parts.join(""));
const expression = fc.array(branch, { minLength: 1, maxLength: 2 }).map((branches) => branches.join("|"));
const name = fc.array(fc.constantFrom("a", "b", "/", "-", "."), { minLength: 1, maxLength: 7 }).map((parts) => parts.join(""));

it("covers every name that the rule may find", () => {
  let found = 0;
  fc.assert(
    fc.property(
      fc.constantFrom("SecretsManager", "ParameterStore"),
      fc.option(fc.constantFrom("a", "a/", "/a", "/", "ab/"), { nil: undefined }),
      expression,
      fc.array(name, { minLength: 10, maxLength: 10 }),
      (provider, path, nameRegexp, names) => {
        const patterns = namePatterns({ path, nameRegexp }, provider);
        for (const one of names.filter((candidate) => matchesName({ provider, path, nameRegexp }, candidate))) {
          found += 1;
          expect([one, patterns, patterns.some((pattern) => covers(pattern, one))]).toEqual([one, patterns, true]);
        }
      },
    ),
    { numRuns: 3_000 },
  );
  expect(found).toBeGreaterThan(2_000);
});

describe("a pattern that covers another", () => {
  it.each([
    { wide: "a*", narrow: "a?b*", want: true },
    { wide: "a?", narrow: "a*", want: false },
    { wide: "*b", narrow: "a*b", want: true },
    { wide: "a*c", narrow: "abc", want: true },
    { wide: "a*c", narrow: "ab", want: false },
    { wide: "a??", narrow: "a?", want: false },
  ])("$wide, $narrow: $want", ({ wide, narrow, want }) => {
    expect(covers(wide, narrow)).toBe(want);
  });
});
