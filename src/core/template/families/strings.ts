/** sprig's functions of strings. Lengths and places count bytes, as in Go. */
import { type CallContext, type FunctionTable, fixed, variadic } from "../function-table.ts";
import { show } from "../go/print.ts";
import { quoteString } from "../go/quote.ts";
import { decodeRune, encodeRune, isAscii, runesOf, trimSpace } from "../go/strings.ts";
import { list, map, nilList, type Value } from "../go/values.ts";
import { FunctionFault } from "../template-error.ts";
import { abbreviate, wrap } from "./abbreviate.ts";
import { initials, pascalCase, swapCase, toLower, toTitle, toUpper, untitle, withoutSpace } from "./case.ts";
import { connectedCase } from "./connected-case.ts";
import { textOf, textsOf } from "./convert.ts";
import { randomBelow, randomText } from "./random.ts";

/** strings.Repeat. */
function repeat(context: CallContext, text: string, count: number): string {
  if (count < 0) throw new FunctionFault("negative repeat count");
  context.budget.checkText(text.length * count);
  return text.repeat(count);
}

/** The UTF-8 sequences of a string: what Go splits by an empty separator. Invalid bytes stay as they are. */
function explode(text: string): string[] {
  if (isAscii(text)) return text.split("");
  const parts: string[] = [];
  for (let at = 0; at < text.length; ) {
    const { width } = decodeRune(text, at);
    parts.push(text.slice(at, at + width));
    at += width;
  }
  return parts;
}

/** strings.SplitN; undefined (nil) for a limit of 0. */
function splitN(text: string, separator: string, limit: number): string[] | undefined {
  if (limit === 0) return undefined;
  const parts = separator === "" ? explode(text) : text.split(separator);
  if (limit < 0 || parts.length <= limit) return parts;
  return [...parts.slice(0, limit - 1), parts.slice(limit - 1).join(separator)];
}

function numbered(parts: readonly string[]): Value {
  return map(
    parts.map((part, index) => [`_${index}`, part] as const),
    "map[string]string",
  );
}

function replaceAll(context: CallContext, from: string, to: string, text: string): string {
  if (from !== "") {
    const parts = text.split(from);
    context.budget.checkText(text.length + (parts.length - 1) * Math.max(to.length - from.length, 0));
    return parts.join(to);
  }
  const parts = explode(text);
  context.budget.checkText(text.length + (parts.length + 1) * to.length);
  return to + parts.map((part) => part + to).join("");
}

/** strings.Trim: `cutset` is a set of runes. */
function trimSet(cutset: string, text: string): string {
  const cut = new Set(runesOf(cutset));
  const parts = explode(text);
  const isCut = (part: string | undefined): boolean => cut.has(decodeRune(part ?? "", 0).rune);
  let from = 0;
  let to = parts.length;
  while (from < to && isCut(parts[from])) from++;
  while (to > from && isCut(parts[to - 1])) to--;
  return parts.slice(from, to).join("");
}

function truncate(count: number, text: string): string {
  if (count < 0) return text.length + count > 0 ? text.slice(text.length + count) : text;
  return text.slice(0, count);
}

function between(text: string, start: number, end: number): string {
  if (start < 0 || end > text.length || start > end) throw new FunctionFault("slice bounds out of range");
  return text.slice(start, end);
}

function substring(start: number, end: number, text: string): string {
  if (start < 0) return between(text, 0, end);
  return end < 0 || end > text.length ? between(text, start, text.length) : between(text, start, end);
}

function indent(context: CallContext, spaces: number, text: string): string {
  const padding = repeat(context, " ", spaces);
  return padding + replaceAll(context, "\n", `\n${padding}`, text);
}

function notNil(values: readonly Value[]): Value[] {
  return values.filter((value) => value !== null);
}

function shuffle(context: CallContext, text: string): string {
  const runes = runesOf(text);
  context.budget.spend(runes.length / 4);
  for (let last = runes.length - 1; last > 0; last--) {
    const chosen = randomBelow(context, last + 1);
    [runes[last], runes[chosen]] = [runes[chosen] ?? 0, runes[last] ?? 0];
  }
  return runes.map(encodeRune).join("");
}

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS = "0123456789";
const PRINTABLE = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join("");

export const STRINGS: FunctionTable = Object.freeze({
  hello: fixed([], () => "Hello!"),
  abbrev: fixed(["int", "string"], (_context, width, text) => (width < 4 ? text : abbreviate(text, 0, width))),
  abbrevboth: fixed(["int", "int", "string"], (_context, left, right, text) =>
    right < 4 || (left > 0 && right < 7) ? text : abbreviate(text, left, right),
  ),
  trunc: fixed(["int", "string"], (_context, count, text) => truncate(count, text)),
  trim: fixed(["string"], (_context, text) => trimSpace(text)),
  upper: fixed(["string"], (_context, text) => toUpper(text)),
  lower: fixed(["string"], (_context, text) => toLower(text)),
  title: fixed(["string"], (_context, text) => toTitle(text)),
  untitle: fixed(["string"], (_context, text) => untitle(text)),
  substr: fixed(["int", "int", "string"], (_context, start, end, text) => substring(start, end, text)),
  repeat: fixed(["int", "string"], (context, count, text) => repeat(context, text, count)),
  trimall: fixed(["string", "string"], (_context, cutset, text) => trimSet(cutset, text)),
  trimAll: fixed(["string", "string"], (_context, cutset, text) => trimSet(cutset, text)),
  trimSuffix: fixed(["string", "string"], (_context, end, text) => (text.endsWith(end) ? text.slice(0, text.length - end.length) : text)),
  trimPrefix: fixed(["string", "string"], (_context, start, text) => (text.startsWith(start) ? text.slice(start.length) : text)),
  nospace: fixed(["string"], (_context, text) => withoutSpace(text)),
  initials: fixed(["string"], (_context, text) => initials(text)),
  randAlphaNum: fixed(["int"], (context, count) => randomText(context, count, LETTERS + DIGITS)),
  randAlpha: fixed(["int"], (context, count) => randomText(context, count, LETTERS)),
  randAscii: fixed(["int"], (context, count) => randomText(context, count, PRINTABLE)),
  randNumeric: fixed(["int"], (context, count) => randomText(context, count, DIGITS)),
  swapcase: fixed(["string"], (_context, text) => swapCase(text)),
  shuffle: fixed(["string"], shuffle),
  snakecase: fixed(["string"], (_context, text) => connectedCase(text, "_")),
  camelcase: fixed(["string"], (_context, text) => pascalCase(text)),
  kebabcase: fixed(["string"], (_context, text) => connectedCase(text, "-")),
  wrap: fixed(["int", "string"], (context, length, text) => wrap(context, text, length, "", false)),
  wrapWith: fixed(["int", "string", "string"], (context, length, separator, text) => wrap(context, text, length, separator, true)),
  contains: fixed(["string", "string"], (_context, part, text) => text.includes(part)),
  hasPrefix: fixed(["string", "string"], (_context, part, text) => text.startsWith(part)),
  hasSuffix: fixed(["string", "string"], (_context, part, text) => text.endsWith(part)),
  quote: variadic([], "any", (_context, values) =>
    notNil(values)
      .map((value) => quoteString(textOf(value)))
      .join(" "),
  ),
  squote: variadic([], "any", (_context, values) =>
    notNil(values)
      .map((value) => `'${show(value)}'`)
      .join(" "),
  ),
  cat: variadic([], "any", (_context, values) => notNil(values).map(show).join(" ")),
  indent: fixed(["int", "string"], indent),
  nindent: fixed(["int", "string"], (context, spaces, text) => `\n${indent(context, spaces, text)}`),
  replace: fixed(["string", "string", "string"], replaceAll),
  plural: fixed(["string", "string", "int"], (_context, one, many, count) => (count === 1 ? one : many)),
  toString: fixed(["any"], (_context, value) => textOf(value)),
  toStrings: fixed(["any"], (_context, value) => list(textsOf(value), "[]string")),
  join: fixed(["string", "any"], (context, separator, value) => {
    const parts = textsOf(value);
    context.budget.checkText(parts.reduce((total, part) => total + part.length + separator.length, 0));
    return parts.join(separator);
  }),
  split: fixed(["string", "string"], (_context, separator, text) => numbered(splitN(text, separator, -1) ?? [])),
  splitn: fixed(["string", "int", "string"], (_context, separator, limit, text) => numbered(splitN(text, separator, limit) ?? [])),
  splitList: fixed(["string", "string"], (_context, separator, text) => {
    const parts = splitN(text, separator, -1);
    return parts === undefined ? nilList("[]string") : list(parts, "[]string");
  }),
  fail: fixed(["string"], () => {
    throw new FunctionFault("the template calls fail");
  }),
});
