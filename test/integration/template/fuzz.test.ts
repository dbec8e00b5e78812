/** Whatever it is given, the engine answers or gives a TemplateError: 100,000 random byte strings and mutated templates. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "@jest/globals";
import { executeTemplate } from "../../../src/core/template/execute.ts";
import { loadFunctions } from "../../../src/core/template/families/load.ts";
import { templateFunctionNames } from "../../../src/core/template/families/names.ts";
import { map } from "../../../src/core/template/go/values.ts";
import { DEFAULT_LIMITS } from "../../../src/core/template/limits.ts";
import { parseTemplate } from "../../../src/core/template/parser.ts";
import { isTemplateError } from "../../../src/core/template/template-error.ts";
import { corpus } from "../../oracle/corpus.ts";
import { TEST_ENVIRONMENT } from "../../oracle/render.ts";
import { seededRandom } from "../../oracle/seeded-random.ts";

const RUNS = 100_000;
/** The goal is 100 ms on a machine of one's own; this bound also holds on one that does much else. */
const MOST_MS = 2_000;
const MOST_GROWTH_BYTES = 64 * 1024 * 1024;
/** Keys and password hashes cost what they cost: their number is limited, and here it is none. */
const LIMITS = { ...DEFAULT_LIMITS, maxCostlyCalls: 0 };
const FRAGMENTS = [
  "{{",
  "}}",
  "{{-",
  " -}}",
  "(",
  ")",
  "|",
  ".",
  "$",
  "$x",
  ":=",
  "=",
  '"',
  "`",
  "'",
  "\\",
  "\n",
  "{{ end }}",
  "{{ else }}",
  "range",
  "if",
  "define",
  "nil",
  "9999999999999999999",
  "-1",
  "1e999",
  "é",
  "\u0000",
  "\ud800",
  "%",
  "%v",
  "*",
  "[",
  "{",
];
const SEED = Number(process.env["TEMPLATE_FUZZ_SEED"] ?? Math.floor(Date.now() / 1000) % 1_000_000);

function heapBytes(): number {
  setFlagsFromString("--expose_gc");
  (runInNewContext("gc") as () => void)();
  return process.memoryUsage().heapUsed;
}

function randomBytes(random: () => number): string {
  const length = Math.floor(random() * 60);
  return Array.from({ length }, () => String.fromCharCode(Math.floor(random() * 256))).join("");
}

function mutated(random: () => number, template: string): string {
  let text = template;
  for (let left = 1 + Math.floor(random() * 4); left > 0; left--) {
    const at = Math.floor(random() * (text.length + 1));
    const choice = random();
    if (choice < 0.35) text = text.slice(0, at) + text.slice(at + 1 + Math.floor(random() * 4));
    else if (choice < 0.7) text = text.slice(0, at) + (FRAGMENTS[Math.floor(random() * FRAGMENTS.length)] ?? "") + text.slice(at);
    else if (choice < 0.85) text = text.slice(0, at) + randomBytes(random).slice(0, 3) + text.slice(at);
    else text += text.slice(at);
  }
  return text;
}

describe("parseTemplate and executeTemplate", () => {
  it(`answer or give a TemplateError for anything (seed ${SEED})`, async () => {
    const random = seededRandom(SEED);
    const cases = corpus();
    const functions = await loadFunctions([{ ...parseTemplate("all", ""), functions: new Set(templateFunctionNames()) }]);
    let slowestMs = 0;
    let heapAfterWarmUp = 0;
    const slowest = { template: "" };
    for (let run = 0; run < RUNS; run++) {
      if (run === RUNS / 10) heapAfterWarmUp = heapBytes();
      const { template: original = "", data = {} } = cases[Math.floor(random() * cases.length)] ?? {};
      const template = run % 2 === 0 ? randomBytes(random) : mutated(random, original);
      const start = performance.now();
      try {
        executeTemplate(parseTemplate("fuzz", template), map(Object.entries(data), "map[string]string"), {
          functions,
          environment: TEST_ENVIRONMENT,
          limits: LIMITS,
        });
      } catch (error) {
        if (!isTemplateError(error))
          throw new Error(`${JSON.stringify(template)} gives ${error instanceof Error ? error.stack : String(error)}`, { cause: error });
      }
      const tookMs = performance.now() - start;
      if (tookMs > slowestMs) [slowestMs, slowest.template] = [tookMs, template];
    }

    expect({ template: slowest.template, isSlow: slowestMs > MOST_MS }).toEqual({ template: slowest.template, isSlow: false });
    expect(heapBytes() - heapAfterWarmUp).toBeLessThan(MOST_GROWTH_BYTES);
    process.stderr.write(
      `fuzz: ${RUNS} runs, seed ${SEED}, slowest ${slowestMs.toFixed(1)} ms: ${JSON.stringify(slowest.template).slice(0, 200)}\n`,
    );
  });
});
