/** ARNs of what the config names and of patterns: nothing more is covered, and nothing that is meant is left out. */
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { covers } from "../../../../src/core/find/name-patterns.ts";
import { parameterArn, patternArns, secretArn } from "../../../../src/core/grants/arns.ts";

const SECRET = "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:";
const PARAMETER = "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/";

describe("by name or ARN", () => {
  it.each([
    { arn: secretArn("shop/db", ""), want: `${SECRET}shop/db-??????` },
    { arn: secretArn("shop/db", "eu-west-1"), want: `${SECRET.replace("${AWS::Region}", "eu-west-1")}shop/db-??????` },
    {
      arn: secretArn("arn:aws:secretsmanager:eu-west-1:111122223333:secret:a-AbCdEf", ""),
      want: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:a-AbCdEf",
    },
    {
      arn: secretArn("arn:aws:secretsmanager:eu-west-1:111122223333:secret:a", ""),
      want: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:a-??????",
    },
    { arn: parameterArn("/shop/db", ""), want: `${PARAMETER}shop/db` },
    { arn: parameterArn("db", ""), want: `${PARAMETER}db` },
  ])("$want", ({ arn, want }) => {
    expect(arn).toBe(want);
  });

  it.each(["shop/*", "shop/d?", "a b", "", "${aws:username}"])("refuses %j, which could be a pattern or a variable of IAM", (key) => {
    expect(() => secretArn(key, "")).toThrow("neither the name nor the ARN of a secret");
    expect(() => parameterArn(key, "")).toThrow("neither the name nor the ARN of a parameter");
  });
});

describe("by pattern", () => {
  it.each([
    { provider: "SecretsManager", pattern: "a/*", want: [`${SECRET}a/*`] },
    { provider: "SecretsManager", pattern: "a/*/b", want: [`${SECRET}a/*/b-??????`] },
    { provider: "ParameterStore", pattern: "/a/*/b", want: [`${PARAMETER}a/*/b`] },
    { provider: "ParameterStore", pattern: "a*", want: [`${PARAMETER}a*`] },
    { provider: "ParameterStore", pattern: "*/b", want: [`${PARAMETER}*/b`, `${PARAMETER}b`] },
    { provider: "ParameterStore", pattern: "?b", want: [`${PARAMETER}?b`, `${PARAMETER}b`] },
    { provider: "ParameterStore", pattern: "*", want: [`${PARAMETER}*`] },
  ] as const)("$provider $pattern", ({ provider, pattern, want }) => {
    expect(patternArns(provider, "", pattern)).toEqual(want);
  });

  it("covers the ARN of each secret and parameter whose name the pattern covers", () => {
    const text = (letters: readonly string[]) =>
      fc.array(fc.constantFrom(...letters), { minLength: 1, maxLength: 6 }).map((parts) => parts.join(""));
    let found = 0;
    fc.assert(
      fc.property(text(["a", "/", "?", "*"]), fc.array(text(["a", "/"]), { minLength: 8, maxLength: 8 }), (given, names) => {
        const pattern = given.replace(/\*+/g, "*");
        for (const name of names.filter((one) => covers(pattern, one))) {
          found += 1;
          const secret = `${SECRET}${name}-x1y2Z3`;
          expect([secret, patternArns("SecretsManager", "", pattern).some((arn) => covers(arn, secret))]).toEqual([secret, true]);
          // As the service writes it: a name's own slash is the one behind the word.
          const parameter = `${PARAMETER.slice(0, -1)}${name.startsWith("/") ? "" : "/"}${name}`;
          expect([parameter, pattern, patternArns("ParameterStore", "", pattern).some((arn) => covers(arn, parameter))]).toEqual([
            parameter,
            pattern,
            true,
          ]);
        }
      }),
      { numRuns: 2_000 },
    );
    expect(found).toBeGreaterThan(500);
  });
});
