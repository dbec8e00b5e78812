/** Fresh random templates against Go's own engine: the same bytes, or an error in both. */
import { describe, expect, it } from "@jest/globals";
import { askOracle, hasFitGo } from "../../oracle/go-oracle.ts";
import { randomCase } from "../../oracle/grammar.ts";
import { renderCase } from "../../oracle/render.ts";

const CASES = 12_000;
const SEED = Number(process.env["TEMPLATE_ORACLE_SEED"] ?? Math.floor(Date.now() / 1000) % 1_000_000);

// Without Go the vectors (test/unit/core/template/vectors.test.ts) are what is compared; README says so.
const itWithGo = (await hasFitGo()) ? it : it.skip;

describe("executeTemplate against Go's text/template", () => {
  itWithGo(`renders ${CASES} random templates as Go does (seed ${SEED}: set TEMPLATE_ORACLE_SEED to repeat)`, async () => {
    const cases = Array.from({ length: CASES }, (_, index) => randomCase(SEED, index));
    const answers = await askOracle(cases);
    const differences = [];
    let rendered = 0;
    for (const [index, one] of cases.entries()) {
      const { output, error } = answers[index] ?? {};
      const got = await renderCase(one);
      const want = error === undefined ? (output ?? "") : "an error";
      const mine = "output" in got ? got.output : "an error";
      if ("output" in got) rendered++;
      if (mine !== want) differences.push({ ...one, want, got: mine, error });
    }

    expect(differences).toEqual([]);
    // A grammar that mostly made errors would show little.
    expect(rendered).toBeGreaterThan(CASES / 3);
  });
});
