/** `rewrite.transform`: a template over one key of a fetched map. */
import type { RenderKey } from "../source/rewrite.ts";
import { executeTemplate } from "./execute.ts";
import { loadFunctions } from "./families/load.ts";
import type { Environment } from "./function-table.ts";
import { fromText, toText } from "./go/strings.ts";
import { map } from "./go/values.ts";
import { parseTemplate } from "./parser.ts";

/** What errors call it: where it lies is said by the operation's place. */
const NAME = "transform.template";

/** Parses the templates and loads what they call. @throws TemplateError */
export async function prepareKeyTemplates(texts: readonly string[], environment: Environment): Promise<RenderKey> {
  const parsed = new Map(texts.map((text) => [text, parseTemplate(NAME, text)] as const));
  const functions = await loadFunctions([...parsed.values()]);
  return (text, key) => {
    const template = parsed.get(text);
    if (template === undefined) throw new Error("a transform was not prepared");
    const data = map([["value", fromText(key)]], "map[string]string");
    return toText(executeTemplate(template, data, { functions, environment }));
  };
}
