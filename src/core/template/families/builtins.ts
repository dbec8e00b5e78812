/** The functions that text/template itself has. `slice` is sprig's, as in ESO, which lays sprig's over them. */
import { type CallContext, type FunctionTable, fixed, variadic } from "../function-table.ts";
import { sprint, sprintln } from "../go/print.ts";
import { sprintf } from "../go/printf.ts";
import { isPrintRune } from "../go/quote.ts";
import { decodeRune } from "../go/strings.ts";
import { int, integer, isTrue, type Value } from "../go/values.ts";
import { FunctionFault } from "../template-error.ts";

function elementAt(item: Value, key: Value): Value {
  if (item === null) throw new FunctionFault("index of untyped nil");
  if (typeof item === "object" && item.kind === "map") {
    if (typeof key !== "string") throw new FunctionFault("the key of a map must be a string");
    return item.entries.get(key) ?? (item.type === "map[string]string" ? "" : null);
  }
  const items = typeof item === "object" && item.kind === "list" ? item.items : undefined;
  const text = typeof item === "string" ? item : "";
  if (items === undefined && typeof item !== "string") throw new FunctionFault("can't index item of this type");
  if (key === null || typeof key !== "object" || key.kind !== "integer") throw new FunctionFault("cannot index slice/array with this type");
  const sequence = items ?? text;
  if (key.value < 0n || key.value >= BigInt(sequence.length)) throw new FunctionFault("index out of range");
  const index = Number(key.value);
  return items === undefined ? integer("uint8", BigInt(text.charCodeAt(index))) : (items[index] ?? null);
}

function lengthOf(value: Value): number {
  if (typeof value === "string") return value.length;
  if (value !== null && typeof value === "object") {
    if (value.kind === "list") return value.items.length;
    if (value.kind === "map") return value.entries.size;
  }
  throw new FunctionFault("len of a value without a length");
}

type BasicKind = "bool" | "float" | "int" | "other" | "string" | "uint";

function basicKind(value: Value): BasicKind {
  if (typeof value === "string") return "string";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "number") return "float";
  if (value === null || value.kind !== "integer") return "other";
  return value.type.startsWith("uint") ? "uint" : "int";
}

function numeric(value: Value): bigint {
  return value !== null && typeof value === "object" && value.kind === "integer" ? value.value : 0n;
}

function isNil(value: Value): boolean {
  return value === null || (typeof value === "object" && (value.kind === "list" || value.kind === "map") && value.isNil);
}

function areOthersEqual(a: Value, b: Value): boolean {
  if (a !== null && b !== null && typeof a === "object" && typeof b === "object") {
    const kinds = [a.kind === "time" ? "struct" : a.kind, b.kind === "time" ? "struct" : b.kind];
    if (kinds[0] !== kinds[1]) throw new FunctionFault("non-comparable types");
  }
  if (isNil(a) || isNil(b)) return isNil(a) === isNil(b);
  if (b !== null && typeof b === "object" && (b.kind === "list" || b.kind === "map")) throw new FunctionFault("non-comparable type");
  return a === b;
}

function areEqual(a: Value, b: Value): boolean {
  const kinds = [basicKind(a), basicKind(b)];
  if (kinds[0] !== kinds[1]) {
    if (kinds.includes("int") && kinds.includes("uint")) return numeric(a) === numeric(b);
    if (a !== null && b !== null) throw new FunctionFault("incompatible types for comparison");
    return false;
  }
  if (kinds[0] === "other") return areOthersEqual(a, b);
  return kinds[0] === "int" || kinds[0] === "uint" ? numeric(a) === numeric(b) : a === b;
}

function isEqualToAny(first: Value, rest: readonly Value[]): boolean {
  if (rest.length === 0) throw new FunctionFault("missing argument for comparison");
  return rest.some((value) => areEqual(first, value));
}

function isLess(a: Value, b: Value): boolean {
  const kinds = [basicKind(a), basicKind(b)];
  if (kinds.includes("other")) throw new FunctionFault("invalid type for comparison");
  const areIntegers = kinds.every((kind) => kind === "int" || kind === "uint");
  if (areIntegers) return numeric(a) < numeric(b);
  if (kinds[0] !== kinds[1]) throw new FunctionFault("incompatible types for comparison");
  if (typeof a === "number" && typeof b === "number") return a < b;
  if (typeof a === "string" && typeof b === "string") return a < b;
  throw new FunctionFault("invalid type for comparison");
}

const HTML = new Map([
  ["\0", "\u00ef\u00bf\u00bd"],
  ['"', "&#34;"],
  ["'", "&#39;"],
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
]);

function escapeJs(bytes: string): string {
  let escaped = "";
  for (let at = 0; at < bytes.length; ) {
    const { rune, width } = decodeRune(bytes, at);
    const char = bytes.slice(at, at + width);
    at += width;
    if (rune < 0x80) {
      if ("\\'\"".includes(char)) escaped += `\\${char}`;
      else escaped += rune < 0x20 || "<>&=".includes(char) ? `\\u00${rune.toString(16).toUpperCase().padStart(2, "0")}` : char;
    } else escaped += isPrintRune(rune) ? char : `\\u${rune.toString(16).toUpperCase().padStart(4, "0")}`;
  }
  return escaped;
}

/** url.QueryEscape. */
function escapeQuery(bytes: string): string {
  return bytes
    .replace(/[^A-Za-z0-9\-_.~ ]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`)
    .replaceAll(" ", "+");
}

/** A function of the printed arguments. */
function onText(convert: (text: string) => string) {
  return variadic([], "any", (context: CallContext, values) => {
    const text = sprint(values.map((value) => (value === null ? "<no value>" : value)));
    context.budget.checkText(text.length);
    return convert(text);
  });
}

export const BUILTINS: FunctionTable = Object.freeze({
  // Both are evaluated by the executor, which skips what does not count.
  and: variadic(["any"], "any", (_context, rest, first) => [first, ...rest].find((value) => !isTrue(value)) ?? null),
  or: variadic(["any"], "any", (_context, rest, first) => [first, ...rest].find(isTrue) ?? null),
  not: fixed(["any"], (_context, value) => !isTrue(value)),
  call: variadic(["any"], "any", () => {
    throw new FunctionFault("no value of a template is a function");
  }),
  len: fixed(["any"], (_context, value) => int(lengthOf(value))),
  index: variadic(["any"], "any", (_context, keys, item) => {
    if (item === null) throw new FunctionFault("index of untyped nil");
    return keys.reduce<Value>(elementAt, item);
  }),
  print: variadic([], "any", (_context, values) => sprint(values)),
  println: variadic([], "any", (_context, values) => sprintln(values)),
  printf: variadic(["string"], "any", ({ budget }, values, format) => sprintf(format, values, budget.limits.maxTextBytes)),
  html: onText((text) => text.replace(/[\0"'&<>]/g, (char) => HTML.get(char) ?? char)),
  js: onText(escapeJs),
  urlquery: onText(escapeQuery),
  eq: variadic(["any"], "any", (_context, rest, first) => isEqualToAny(first, rest)),
  ne: fixed(["any", "any"], (_context, a, b) => !areEqual(a, b)),
  lt: fixed(["any", "any"], (_context, a, b) => isLess(a, b)),
  le: fixed(["any", "any"], (_context, a, b) => isLess(a, b) || areEqual(a, b)),
  gt: fixed(["any", "any"], (_context, a, b) => !(isLess(a, b) || areEqual(a, b))),
  ge: fixed(["any", "any"], (_context, a, b) => !isLess(a, b)),
});
