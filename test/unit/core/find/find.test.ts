/** Which names a find rule may find, by which listing, and that nothing narrows it below what its expression matches. */
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import {
  candidateNames,
  type FindPlace,
  hierarchyPath,
  matchesName,
  memberReference,
  namePrefix,
  queryOf,
  rememberedReferences,
} from "../../../../src/core/find/find.ts";
import { literalPrefix } from "../../../../src/core/find/literal-prefix.ts";
import { type FindRule, type ProviderKind, referenceKey, UNAPPLIED } from "../../../../src/core/model.ts";
import { compileGoRegexp } from "../../../../src/core/text/go-regexp.ts";
import { aSpec } from "../../../support/registrations.ts";

function place(rule: FindRule, provider: ProviderKind = "SecretsManager"): FindPlace {
  return { index: 0, rule, store: { ...aSpec().store, provider, prefix: "ignored/" } };
}

describe("the literal beginning of an expression", () => {
  it.each([
    { pattern: "^app/db$", want: "app/db" },
    { pattern: "^app/db-?x", want: "app/db" },
    { pattern: "^app/x*", want: "app/" },
    { pattern: "^app/x{2}", want: "app/" },
    { pattern: "^app/x+", want: "app/x" },
    { pattern: "^app\\.db", want: "app.db" },
    { pattern: "^app\\d", want: "app" },
    { pattern: "^app/(db|cache)", want: "app/" },
    { pattern: "^app/[a|b]", want: "app/" },
    { pattern: "^app/[]|]", want: "app/" },
    { pattern: "^app/[^]|]", want: "app/" },
    { pattern: "^app|pay", want: "" },
    { pattern: "^(?i)app", want: "" },
    { pattern: "(?m)^app", want: "" },
    { pattern: "^\\Qa|b\\E", want: "" },
    { pattern: "^[[:alpha:]]|x", want: "" },
    { pattern: "app", want: "" },
    { pattern: "^aé", want: "a" },
    { pattern: "^", want: "" },
  ])("of $pattern is '$want'", ({ pattern, want }) => {
    expect(literalPrefix(pattern)).toBe(want);
  });

  it("is the beginning of all that the expression matches", () => {
    const piece = fc.constantFrom("a", "b", "/", "\\.", "\\|", "x?", "[ab]", "[^]|]", "(a|b)", "|", "\\d", ".", "a{2}", "(?i)", "$");
    const name = fc.string({ unit: fc.constantFrom("a", "b", "/", ".", "|", "1", "x", "A"), maxLength: 6 });
    const property = fc.property(fc.array(piece, { maxLength: 5 }), fc.array(name, { maxLength: 20 }), (pieces, names) => {
      const pattern = `^${pieces.join("")}`;
      const compiled = compileGoRegexp(pattern);
      if (compiled.kind === "fault") return true;
      return names.every((one) => !compiled.regexp.test(one) || one.startsWith(literalPrefix(pattern)));
    });

    fc.assert(property, { numRuns: 3_000 });
  });
});

describe("a find rule", () => {
  it.each([
    { provider: "SecretsManager", rule: { path: "shop/d" }, name: "shop/db", want: true },
    { provider: "SecretsManager", rule: { path: "shop/d" }, name: "a/shop/db", want: false },
    { provider: "ParameterStore", rule: { path: "/shop" }, name: "/shop/db", want: true },
    { provider: "ParameterStore", rule: { path: "/shop" }, name: "/shop", want: false },
    { provider: "ParameterStore", rule: { path: "/shop" }, name: "/shopping", want: false },
    { provider: "ParameterStore", rule: { path: "/" }, name: "/a", want: true },
    { provider: "SecretsManager", rule: { nameRegexp: "b$" }, name: "shop/db", want: true },
    { provider: "SecretsManager", rule: { nameRegexp: "" }, name: "arn:aws:secretsmanager:eu-west-1:1:secret:a", want: false },
  ] as const)("of $provider by $rule finds $name: $want", ({ provider, rule, name, want }) => {
    expect(matchesName({ provider, ...rule }, name)).toBe(want);
  });

  it("lists by the longer of its path and its expression's beginning, and shares the listing where these are the same", () => {
    const query = (rule: FindRule, provider?: ProviderKind) => queryOf(place(rule, provider));

    expect(query({ path: "shop/", nameRegexp: "^shop/db" })).toMatchObject({ prefix: "shop/db" });
    expect(query({ path: "shop/", nameRegexp: "^pay" })).toMatchObject({ prefix: "shop/" });
    expect(query({ nameRegexp: "a" })).toEqual(query({ nameRegexp: "b" }));
    expect(query({ tags: { a: "1" } })).toMatchObject({ prefix: "", tags: { a: "1" } });
    expect(query({ nameRegexp: "^/shop/d" }, "ParameterStore")).toMatchObject({ prefix: "/shop" });
    expect(query({ path: "/shop", tags: { a: "1" } }, "ParameterStore")).toMatchObject({ prefix: "/shop", tags: { a: "1" } });
    expect(query({ nameRegexp: "^/shop/d", tags: { a: "1" } }, "ParameterStore")).toMatchObject({ prefix: "/shop", tags: { a: "1" } });
    expect(query({ nameRegexp: "x" }, "ParameterStore")).toMatchObject({ prefix: "" });
    expect(hierarchyPath({ nameRegexp: "x" })).toBe("/");
    expect(namePrefix({ path: "/shop/" }, "ParameterStore")).toBe("/shop/");
  });

  it("reads what is listed, what is remembered and what an event told of, each once and by its whole name", () => {
    const one = place({ nameRegexp: "^shop/" });
    const key = (name: string) => referenceKey(memberReference(one.store, name));
    const stranger = referenceKey({ ...memberReference(one.store, "shop/other-account"), account: "999999999999" });
    const names = candidateNames(one, {
      listed: ["shop/b", "pay/a", "shop/a"],
      applied: { [key("shop/a")]: UNAPPLIED, [key("shop/c")]: UNAPPLIED, [stranger]: UNAPPLIED },
      told: [key("shop/d"), key("pay/d")],
    });

    expect(names).toEqual(["shop/a", "shop/b", "shop/c", "shop/d"]);
    expect(key("shop/a")).toBe("SecretsManager|111122223333|eu-west-1|stage/AWSCURRENT|shop/a");
  });

  it("remembers tags beside the values that they decide on", () => {
    const spec = { ...aSpec(), dataFrom: [{ find: { tags: { a: "1" } } }] };
    const value = referenceKey(memberReference(spec.store, "x"));

    expect(rememberedReferences(spec, { [value]: UNAPPLIED }).map(({ version }) => version)).toEqual(["stage/AWSCURRENT", "tags"]);
  });
});
