/** sprig's regular expressions: RE2's, in linear time. */
import { type CompiledGoRegexp, compileGoRegexp, type GoRegexp, quoteMeta } from "../../text/go-regexp.ts";
import { type CallContext, type FunctionTable, fixed } from "../function-table.ts";
import { decodeRune, fromText, toText } from "../go/strings.ts";
import { list, nilList, type Value } from "../go/values.ts";
import { FunctionFault } from "../template-error.ts";

/** The text to search. Each byte of invalid UTF-8 becomes half a surrogate pair: one character, from which the byte comes back. */
function toSearchable(bytes: string): string {
  const text = toText(bytes);
  if (!text.includes("\ufffd")) return text;
  let searchable = "";
  for (let at = 0; at < bytes.length; ) {
    const { rune, width } = decodeRune(bytes, at);
    searchable += rune === 0xfffd && width === 1 ? String.fromCharCode(0xdc00 + bytes.charCodeAt(at)) : String.fromCodePoint(rune);
    at += width;
  }
  return searchable;
}

function fromSearchable(text: string): string {
  if (text.isWellFormed()) return fromText(text);
  return Array.from(text)
    .map((char) => (char.isWellFormed() ? fromText(char) : String.fromCharCode(char.charCodeAt(0) & 0xff)))
    .join("");
}

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
  return found.length === 0 ? nilList("[]string") : list(found.map(fromSearchable), "[]string");
}

function replaced(text: string | undefined): string {
  if (text === undefined) throw new FunctionFault("a text grows too long");
  return fromSearchable(text);
}

const findAll = fixed(["string", "string", "int"], (context, pattern, text, limit) =>
  texts(regexpOf(context, pattern, text).findAll(toSearchable(text), limit)),
);
const find = fixed(["string", "string"], (context, pattern, text) =>
  fromSearchable(regexpOf(context, pattern, text).find(toSearchable(text)) ?? ""),
);
const replaceAll = fixed(["string", "string", "string"], (context, pattern, text, template) =>
  replaced(regexpOf(context, pattern, text).replaceAll(toSearchable(text), toSearchable(template))),
);
const replaceAllLiteral = fixed(["string", "string", "string"], (context, pattern, text, replacement) =>
  replaced(regexpOf(context, pattern, text).replaceAllLiteral(toSearchable(text), toSearchable(replacement))),
);
const split = fixed(["string", "string", "int"], (context, pattern, text, limit) =>
  texts(regexpOf(context, pattern, text).split(toSearchable(text), limit)),
);

export const REGEXPS: FunctionTable = Object.freeze({
  regexMatch: fixed(["string", "string"], (context, pattern, text) => {
    const compiled = compile(context, pattern, text);
    return compiled.kind === "compiled" && compiled.regexp.test(toSearchable(text));
  }),
  mustRegexMatch: fixed(["string", "string"], (context, pattern, text) => regexpOf(context, pattern, text).test(toSearchable(text))),
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
  regexQuoteMeta: fixed(["string"], (_context, text) => quoteMeta(text)),
});
