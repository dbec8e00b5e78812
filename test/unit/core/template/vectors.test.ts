/** The engine renders as Go's own does: vectors that scripts/make-template-vectors.ts made by the real Go code. */
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "@jest/globals";
import { renderCase } from "../../../oracle/render.ts";

interface Vector {
  readonly template: string;
  readonly data: number;
  readonly output?: string;
  readonly base64?: string;
  readonly error?: true;
}

interface Vectors {
  readonly sets: readonly Readonly<Record<string, string>>[];
  readonly vectors: readonly Vector[];
}

const { sets, vectors } = JSON.parse(await readFile("test/vectors/template.json", "utf8")) as Vectors;

function wanted({ output, base64, error }: Vector): string {
  return error === true ? "an error" : (base64 ?? Buffer.from(output ?? "").toString("base64"));
}

describe("executeTemplate against vectors of Go", () => {
  it("renders the same bytes, or fails where Go fails", async () => {
    const differences = [];
    for (const vector of vectors) {
      const rendered = await renderCase({ template: vector.template, data: sets[vector.data] ?? {} });
      const got = "output" in rendered ? rendered.output : "an error";
      if (got !== wanted(vector)) differences.push({ template: vector.template, got, want: wanted(vector) });
    }

    expect(vectors.length).toBeGreaterThanOrEqual(1_500);
    expect(differences).toEqual([]);
  });
});
