/** Rewrite against what Go printed for the same operations (test/oracle-source), and ESO's rules of order for random inputs. */
// Whoever reads a config has it.
import "../../../../src/core/text/go-regexp.ts";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { MergeRewrite, RewriteOperation } from "../../../../src/core/model.ts";
import { SecretValue } from "../../../../src/core/secret-value.ts";
import { compareBytes } from "../../../../src/core/source/keys.ts";
import type { SecretMap } from "../../../../src/core/source/merge.ts";
import { type RenderKey, rewriteKeys } from "../../../../src/core/source/rewrite.ts";
import vectors from "../../../vectors/rewrite.json" with { type: "json" };

type Texts = readonly (readonly [key: string, value: string])[];

const toMap = (texts: Texts): SecretMap => new Map(texts.map(([key, value]) => [key, new SecretValue(value)]));
const toTexts = (map: SecretMap): Texts =>
  [...map].map(([key, value]) => [key, value.exposeText()] as const).toSorted(([a], [b]) => compareBytes(a, b));

class BrokenTemplate extends Error {}

/** Stands for the template engine. */
const renderKey: RenderKey = (template, value) => {
  if (!/^(?:[^{]|\{\{ \.value \}\})*$/.test(template)) throw new BrokenTemplate();
  return template.replaceAll("{{ .value }}", () => value);
};

function rewritten(operations: readonly RewriteOperation[], input: SecretMap): Texts | undefined {
  try {
    const result = rewriteKeys(operations, input, renderKey);
    return result.kind === "rewritten" ? toTexts(result.data) : undefined;
  } catch (error) {
    if (error instanceof BrokenTemplate) return undefined;
    throw error;
  }
}

function merged(merge: MergeRewrite, objects: Texts): Texts | undefined {
  return rewritten([{ merge }], toMap(objects));
}

const name = fc.oneof(fc.constantFrom("a", "b", "c", "__proto__", "constructor", "toString", "\ue000", "\u{10000}"), fc.string());
const textMap = fc.uniqueArray(fc.tuple(name, fc.string()), { selector: ([key]) => key, maxLength: 8 });
const objects = fc.uniqueArray(
  fc.tuple(
    name,
    fc.uniqueArray(fc.tuple(name, fc.string()), { selector: ([key]) => key, maxLength: 5 }).map((members) => {
      // Written by hand: an object literal would lose __proto__.
      return `{${members.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(",")}}`;
    }),
  ),
  { selector: ([key]) => key, maxLength: 6 },
);

const membersOf = (json: string): Texts => Object.entries(JSON.parse(json) as Readonly<Record<string, string>>);

describe("rewriteKeys", () => {
  it.each(vectors)("does as Go: $name", ({ rewrite, in: input, want }) => {
    const texts = rewritten(rewrite as readonly RewriteOperation[], toMap(Object.entries(input)));

    expect(texts).toEqual(want && Object.entries(want).toSorted(([a], [b]) => compareBytes(a, b)));
  });

  it("names the operation that fails, and no part of a value", () => {
    const operations = [{ regexp: { source: "^a$", target: "b" } }, { merge: {} }];

    expect(rewriteKeys(operations, toMap([["a", "canary"]]), renderKey)).toEqual({
      kind: "fault",
      operation: 1,
      what: "the value of key 1 in the order of merging is no JSON: unexpected character at byte 0",
    });
  });

  it("keeps every value under the key that regexp gives, the last of equal ones in byte order", () => {
    fc.assert(
      fc.property(textMap, (texts) => {
        const ordered = texts.toSorted(([a], [b]) => compareBytes(a, b));
        const want = new Map(ordered.map(([key, value]) => [key.replace(/[ab_]/g, ""), value]));

        expect(rewritten([{ regexp: { source: "[ab_]", target: "" } }], toMap(texts))).toEqual(
          [...want].toSorted(([a], [b]) => compareBytes(a, b)),
        );
      }),
    );
  });

  it("gives the same for every order of the input", () => {
    const operation = fc.constantFrom<RewriteOperation>(
      { regexp: { source: "(.)", target: "$1$1" } },
      { regexp: { source: "^.*$", target: "k" } },
      { transform: { template: "p{{ .value }}" } },
      { merge: { conflictPolicy: "Ignore" } },
      { merge: { strategy: "JSON", into: "all", conflictPolicy: "Ignore" } },
    );
    fc.assert(
      fc.property(objects, fc.array(operation, { maxLength: 4 }), (texts, operations) => {
        expect(rewritten(operations, toMap(texts.toReversed()))).toEqual(rewritten(operations, toMap(texts)));
      }),
    );
  });

  it("does two operations as one after the other", () => {
    const first: RewriteOperation = { regexp: { source: "a", target: "b" } };
    const second: RewriteOperation = { regexp: { source: "b(.*)", target: "${1}c" } };
    fc.assert(
      fc.property(textMap, (texts) => {
        const between = rewritten([first], toMap(texts)) ?? [];

        expect(rewritten([first, second], toMap(texts))).toEqual(rewritten([second], toMap(between)));
      }),
    );
  });

  it("merges so that later keys win, and those of priority most", () => {
    fc.assert(
      fc.property(objects, fc.array(name, { maxLength: 3 }), (texts, priority) => {
        const rest = texts.filter(([key]) => !priority.includes(key)).toSorted(([a], [b]) => compareBytes(a, b));
        const first = priority.flatMap((wanted) => texts.filter(([key]) => key === wanted));
        const want = new Map([...rest, ...first].flatMap(([, json]) => membersOf(json)));
        const merge = { priority, priorityPolicy: "IgnoreNotFound", conflictPolicy: "Ignore" } as const;

        expect(merged(merge, texts)).toEqual([...want].toSorted(([a], [b]) => compareBytes(a, b)));
      }),
    );
  });

  it("refuses exactly the conflicts that Ignore would settle, and the absent keys that IgnoreNotFound would leave out", () => {
    fc.assert(
      fc.property(objects, fc.uniqueArray(name, { maxLength: 3 }), (texts, priority) => {
        const members = texts.flatMap(([, json]) => membersOf(json).map(([key]) => key));
        const isRefused = new Set(members).size < members.length || priority.some((key) => texts.every(([other]) => other !== key));

        expect(merged({ priority }, texts) === undefined).toBe(isRefused);
      }),
    );
  });

  it("adds one key by strategy JSON, which says what Extract gives, and keeps all others", () => {
    fc.assert(
      fc.property(objects, (texts) => {
        const merge = { strategy: "JSON", into: "into!", conflictPolicy: "Ignore" } as const;
        const all = new Map(merged(merge, texts));
        const json = all.get("into!") ?? "";

        expect(membersOf(json).toSorted(([a], [b]) => compareBytes(a, b))).toEqual(merged({ conflictPolicy: "Ignore" }, texts));
        expect(texts.filter(([key]) => key !== "into!").every(([key, value]) => all.get(key) === value)).toBe(true);
      }),
    );
  });
});
