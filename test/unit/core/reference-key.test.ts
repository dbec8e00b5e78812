/** Keys of references: each names one reference, and is turned back into it. */
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { keptReferenceKey, parseReferenceKey, type Reference, referenceKey } from "../../../src/core/model.ts";

const word = fc.stringMatching(/^[a-z0-9-]{0,6}$/);
const references: fc.Arbitrary<Reference> = fc
  .record({
    provider: fc.constantFrom("SecretsManager" as const, "ParameterStore" as const),
    account: word,
    region: word,
    // Of Kubernetes and AWS none holds a bar but the key, which may hold any character.
    version: fc.stringMatching(/^[a-z]{1,5}\/?[A-Za-z0-9-]{0,5}$/),
    key: fc.string(),
    identity: fc.option(word, { nil: undefined }),
  })
  .map(({ identity, ...rest }) => (identity === undefined ? rest : { ...rest, identity }));

describe("a reference's key", () => {
  it("is turned back into the reference", () => {
    fc.assert(fc.property(references, (reference) => expect(parseReferenceKey(referenceKey(reference))).toEqual(reference)));
  });

  it("keeps every bar and tilde of the secret's own key", () => {
    const reference = { provider: "ParameterStore", account: "1", region: "r", version: "latest", key: "a|b~c||" } as const;

    expect(referenceKey(reference)).toBe("ParameterStore|1|r|latest|a|b~c||");
    expect(parseReferenceKey(referenceKey(reference))).toEqual(reference);
  });

  it("is the same whether it is kept or made", () => {
    fc.assert(
      fc.property(references, (reference) => {
        const kept = keptReferenceKey(reference);

        expect(referenceKey(reference)).toBe(kept);
        expect(referenceKey({ ...reference })).toBe(kept);
      }),
    );
  });
});
