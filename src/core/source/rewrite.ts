/** dataFrom's rewrite: operations on the keys of a map, in the order of the manifest. */
import type { RewriteOperation } from "../model.ts";
import type { SecretValue } from "../secret-value.ts";
import { isTemplateError } from "../template/template-error.ts";
import { compileRegexp } from "../text/regexps.ts";
import { compareBytes } from "./keys.ts";
import { mergeSecrets, type RewriteFault, type SecretMap } from "./merge.ts";

/** Renders `rewrite.transform`'s template with `.value` = the key. @throws TemplateError */
export type RenderKey = (template: string, value: string) => string;

/** `operation` is the place of the one that failed. */
export type RewriteResult = { readonly kind: "rewritten"; readonly data: SecretMap } | (RewriteFault & { readonly operation: number });

/** Keys that become equal: the last in byte order of the old keys wins. ESO leaves it to chance. */
function renamed(input: SecretMap, rename: (key: string) => string | undefined): SecretMap | RewriteFault {
  const output = new Map<string, SecretValue>();
  for (const [key, value] of [...input].toSorted(([a], [b]) => compareBytes(a, b))) {
    const name = rename(key);
    if (name === undefined) return { kind: "fault", what: "a key grows beyond all bounds" };
    output.set(name, value);
  }
  return output;
}

function apply(operation: RewriteOperation, input: SecretMap, renderKey: RenderKey): SecretMap | RewriteFault {
  if (operation.merge !== undefined) return mergeSecrets(operation.merge, input);
  const { regexp, transform } = operation;
  if (regexp !== undefined) {
    const compiled = compileRegexp(regexp.source);
    if (compiled.kind === "fault") return { kind: "fault", what: `regexp.source: ${compiled.what}` };
    return renamed(input, (key) => compiled.regexp.replaceAll(key, regexp.target));
  }
  return transform === undefined ? input : renamed(input, (key) => renderKey(transform.template, key));
}

/** A template's failure is one of its operation; its text names places only. */
function applied(operation: RewriteOperation, input: SecretMap, renderKey: RenderKey): SecretMap | RewriteFault {
  try {
    return apply(operation, input, renderKey);
  } catch (error) {
    if (isTemplateError(error)) return { kind: "fault", what: error.message };
    throw error;
  }
}

/** Applies the operations one after another; the first that fails ends it. Depends on the map's entries, not on their order. */
export function rewriteKeys(operations: readonly RewriteOperation[], input: SecretMap, renderKey: RenderKey): RewriteResult {
  let data = input;
  for (const [index, operation] of operations.entries()) {
    const result = applied(operation, data, renderKey);
    if ("kind" in result) return { kind: "fault", what: result.what, operation: index };
    data = result;
  }
  return { kind: "rewritten", data };
}
