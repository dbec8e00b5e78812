/** Which store and whose credentials each entry reads, and which namespaces may: vectors of ESO's semantics, run through the real code. */
import { describe, expect, it } from "@jest/globals";
import { outcomeOf, readVectors } from "../../support/store-vectors.ts";

const FILES = [
  { file: "stores.yaml", atLeast: 30 },
  { file: "parameter-store.yaml", atLeast: 30 },
  { file: "find.yaml", atLeast: 20 },
];

for (const { file, atLeast } of FILES) {
  const vectors = await readVectors(file);
  describe(`test/vectors/${file}`, () => {
    it(`holds at least ${atLeast} vectors, each with one expectation`, () => {
      expect(vectors.length).toBeGreaterThanOrEqual(atLeast);
      expect(new Set(vectors.map(({ name }) => name)).size).toBe(vectors.length);
      expect(vectors.filter(({ data, error, ignored }) => [data, error, ignored].filter((one) => one !== undefined).length !== 1)).toEqual(
        [],
      );
    });

    it.each(vectors)("$name", async (vector) => {
      const { data, error, ignored } = vector;
      const want = { ...(data && { data }), ...(error && { error }), ...(ignored && { ignored }) };

      expect(await outcomeOf(vector)).toEqual(want);
    });
  });
}
