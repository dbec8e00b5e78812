/** The shapes of foreign JSON: what each admits and which places it tells of, and that zod says the same. */
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import * as z from "zod/mini";
import {
  count,
  dateTime,
  exactly,
  filled,
  flag,
  list,
  listFrom,
  nullish,
  object,
  optional,
  quantity,
  type Shape,
  strictObject,
  text,
} from "../../../src/core/shape.ts";

function faultsOf(shape: Shape<unknown>, value: unknown): readonly string[] {
  const faults: string[] = [];
  const isOfIt = shape(value, (path) => faults.push(path));
  expect(isOfIt).toBe(faults.length === 0);
  return faults;
}

const SHAPE = strictObject({
  id: filled,
  form: text(/^a+$/),
  at: dateTime,
  is: flag,
  need: quantity,
  tries: count,
  v: exactly(1),
  note: optional(object({ name: filled, code: nullish(text()) })),
  arns: listFrom(filled),
  all: list(object({ id: filled }), 1),
});
const filledOfZod = z.string().check(z.minLength(1));
const ZOD = z.strictObject({
  id: filledOfZod,
  form: z.string().check(z.regex(/^a+$/)),
  at: z.string().check(z.refine((one) => !Number.isNaN(Date.parse(one)))),
  is: z.boolean(),
  need: z.number().check(z.gte(0)),
  tries: z.int().check(z.gte(0)),
  v: z.literal(1),
  note: z.optional(z.object({ name: filledOfZod, code: z.nullish(z.string()) })),
  arns: z.tuple([filledOfZod], z.unknown()),
  all: z.array(z.object({ id: filledOfZod })).check(z.minLength(1)),
});
const VALID = {
  id: "a",
  form: "aa",
  at: "2026-11-30T10:00:00Z",
  is: true,
  need: 0.5,
  tries: 0,
  v: 1,
  note: { name: "n", code: null, beside: 1 },
  arns: ["x", 1],
  all: [{ id: "y" }, { id: "z" }],
};

describe("a shape", () => {
  it.each([
    { what: "all that is wanted", change: {}, want: [] },
    { what: "no optional field", change: { note: undefined }, want: [] },
    { what: "an empty string", change: { id: "" }, want: ["id"] },
    { what: "several faults", change: { id: 1, form: "b", at: "soon", is: "true", v: 2 }, want: ["id", "form", "at", "is", "v"] },
    { what: "numbers out of range", change: { need: -1, tries: 1.5 }, want: ["need", "tries"] },
    { what: "numbers that are none", change: { need: Number.NaN, tries: Number.POSITIVE_INFINITY }, want: ["need", "tries"] },
    { what: "a fault within", change: { note: { name: "", code: 1 } }, want: ["note.name", "note.code"] },
    { what: "null for an optional field", change: { note: null }, want: ["note"] },
    { what: "an array for an object", change: { note: [] }, want: ["note"] },
    { what: "a list without its first item", change: { arns: [] }, want: ["arns.0"] },
    { what: "a wrong first item", change: { arns: [1] }, want: ["arns.0"] },
    { what: "too short a list", change: { all: [] }, want: ["all"] },
    { what: "a wrong item", change: { all: [{ id: "y" }, {}] }, want: ["all.1.id"] },
    { what: "an unknown key", change: { more: 1 }, want: [""] },
  ])("tells each place that is wrong: $what", ({ change, want }) => {
    expect(faultsOf(SHAPE, { ...VALID, ...change })).toEqual(want);
  });

  it.each([null, undefined, 1, "text", [], [VALID]])("tells of the whole where it is no object: %j", (value) => {
    expect(faultsOf(SHAPE, value)).toEqual([""]);
  });

  it("does not take what every object inherits for a field", () => {
    expect(faultsOf(object({ constructor: text(), toString: optional(text()) }), {})).toEqual(["constructor"]);
  });

  it("admits what zod admits, and tells the same places", () => {
    const part = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(undefined, "", "a", 0, 1, -1, 1.5, [], {}, [{ id: "y" }], [{}], ["x"], { name: "n" }),
    );
    const changes = fc.dictionary(fc.constantFrom(...Object.keys(VALID), "more"), part, { maxKeys: 4 });

    fc.assert(
      fc.property(
        fc.oneof({ weight: 9, arbitrary: changes.map((change) => ({ ...VALID, ...change })) }, { weight: 1, arbitrary: part }),
        (value) => {
          const byZod = ZOD.safeParse(value);
          const want = byZod.success ? [] : byZod.error.issues.map(({ path }) => path.join("."));
          expect([...new Set(faultsOf(SHAPE, value))].toSorted()).toEqual([...new Set(want)].toSorted());
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
