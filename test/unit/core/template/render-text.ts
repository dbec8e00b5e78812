/** Renders one template for a test: data as bytes, the result as text. */
import { randomBytes } from "node:crypto";
import { executeTemplate } from "../../../../src/core/template/execute.ts";
import { loadFunctions } from "../../../../src/core/template/families/load.ts";
import type { Environment } from "../../../../src/core/template/function-table.ts";
import { fromBytes, fromText } from "../../../../src/core/template/go/strings.ts";
import { map } from "../../../../src/core/template/go/values.ts";
import type { Limits } from "../../../../src/core/template/limits.ts";
import { parseTemplate } from "../../../../src/core/template/parser.ts";

export interface RenderOptions {
  readonly environment?: Environment;
  readonly limits?: Limits;
}

/** @throws TemplateError */
export async function renderText(
  template: string,
  data: Readonly<Record<string, Uint8Array | string>>,
  { environment = { nowMs: Date.now(), randomBytes: (count) => randomBytes(count) }, limits }: RenderOptions = {},
): Promise<string> {
  const parsed = parseTemplate("test", template);
  const functions = await loadFunctions([parsed]);
  const values = Object.entries(data).map(
    ([key, value]) => [fromText(key), typeof value === "string" ? fromText(value) : fromBytes(value)] as const,
  );
  const output = executeTemplate(parsed, map(values, "map[string]string"), {
    functions,
    environment,
    ...(limits === undefined ? {} : { limits }),
  });
  return Buffer.from(output, "latin1").toString();
}
