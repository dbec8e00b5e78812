/** sprig's regular expressions: RE2's, in linear time. */
import { type CompiledGoRegexp, compileGoRegexp, type GoRegexp, quoteMeta } from "../../text/go-regexp.ts";
import { type CallContext, fixed, type FunctionTable } from "../function-table.ts";
import { fromText, toText } from "../go/strings.ts";
import { list, nilList, type Value } from "../go/values.ts";
import { FunctionFault } from "../template-error.ts";

/** Steps for compiling one character of a pattern, and for searching one byte of a text. */
const STEPS_PER_PATTERN_CHARACTER = 20;
const BYTES_PER_STEP = 4;

function compile({ budget }: CallContext, pattern: string, text: string): CompiledGoRegexp {
  budget.spend(10 + pattern.length * STEPS_PER_PATTERN_CHARACTER + text.length / BYTES_PER_STEP);
  return compileGoRegexp(toText(pattern));
}

function regexpOf(context: CallContext, pattern: string, text: string): GoRegexp {
  const compiled = compile(context, pattern, text);
  if (compiled.kind === "fault") throw new FunctionFault(`error parsing regexp: ${compiled.what}`);
  return compiled.regexp;
}

function texts(found: readonly string[]): Value {
  return found.length === 0 ? nilList("[]string") : list(found.map(fromText), "[]string");
}

function replaced(text: string | undefined): string {
  if (text === undefined) throw new FunctionFault("a text grows too long");
  return fromText(text);
}

const findAll = fixed(["string", "string", "int"], (context, pattern, text, limit) =>
  texts(regexpOf(context, pattern, text).findAll(toText(text), limit)),
);
const find = fixed(["string", "string"], (context, pattern, text) => fromText(regexpOf(context, pattern, text).find(toText(text)) ?? ""));
const replaceAll = fixed(["string", "string", "string"], (context, pattern, text, template) =>
  replaced(regexpOf(context, pattern, text).replaceAll(toText(text), toText(template))),
);
const replaceAllLiteral = fixed(["string", "string", "string"], (context, pattern, text, replacement) =>
  replaced(regexpOf(context, pattern, text).replaceAllLiteral(toText(text), toText(replacement))),
);
const split = fixed(["string", "string", "int"], (context, pattern, text, limit) =>
  texts(regexpOf(context, pattern, text).split(toText(text), limit)),
);

export const REGEXPS: FunctionTable = Object.freeze({
  regexMatch: fixed(["string", "string"], (context, pattern, text) => {
    const compiled = compile(context, pattern, text);
    return compiled.kind === "compiled" && compiled.regexp.test(toText(text));
  }),
  mustRegexMatch: fixed(["string", "string"], (context, pattern, text) => regexpOf(context, pattern, text).test(toText(text))),
  regexFindAll: findAll,
  mustRegexFindAll: findAll,
  regexFind: find,
  mustRegexFind: find,
  regexReplaceAll: replaceAll,
  mustRegexReplaceAll: replaceAll,
  regexReplaceAllLiteral: replaceAllLiteral,
  mustRegexReplaceAllLiteral: replaceAllLiteral,
  regexSplit: split,
  mustRegexSplit: split,
  regexQuoteMeta: fixed(["string"], (_context, text) => fromText(quoteMeta(toText(text)))),
});
