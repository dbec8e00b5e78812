/** Renders an oracle's case by the project's own engine, with the clock and the random source of the tests. */
import { executeTemplate } from "../../src/core/template/execute.ts";
import { loadFunctions } from "../../src/core/template/families/load.ts";
import { fromText } from "../../src/core/template/go/strings.ts";
import { map } from "../../src/core/template/go/values.ts";
import type { Limits } from "../../src/core/template/limits.ts";
import { parseTemplate } from "../../src/core/template/parser.ts";
import { isTemplateError } from "../../src/core/template/template-error.ts";
import type { OracleCase } from "./corpus.ts";

/** The rendered bytes in base64, or the phrase of the error. */
export type Rendered = { readonly output: string } | { readonly error: string };

export const TEST_ENVIRONMENT = {
  nowMs: Date.UTC(2026, 10, 24),
  randomBytes: (count: number) => new Uint8Array(count).fill(7),
};

/** Anything but a TemplateError is thrown: it is a bug. */
export async function renderCase({ template, data }: OracleCase, limits?: Limits): Promise<Rendered> {
  try {
    const parsed = parseTemplate("case", template);
    const functions = await loadFunctions([parsed]);
    const values = map(
      Object.entries(data).map(([key, value]) => [fromText(key), fromText(value)] as const),
      "map[string]string",
    );
    const output = executeTemplate(parsed, values, {
      functions,
      environment: TEST_ENVIRONMENT,
      ...(limits === undefined ? {} : { limits }),
    });
    return { output: Buffer.from(output, "latin1").toString("base64") };
  } catch (error) {
    if (!isTemplateError(error)) throw error;
    return { error: error.message };
  }
}
