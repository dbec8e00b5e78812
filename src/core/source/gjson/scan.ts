/** Steps over JSON values as gjson does: without validation, so that text which is nearly JSON gives the same values as under ESO. */
import { parseFloat64 } from "./numbers.ts";
import { isSpace, unescape } from "./text.ts";
import { NOTHING, type Value, type ValueType } from "./value.ts";

/** A value and the offset behind it. */
export interface Read {
  readonly value: Value;
  readonly end: number;
}

const NUMBER_START = "+-0123456789iIN";

/** The offset of the quote that closes a string whose inside starts at `from`; the text's length where none does. */
export function closingQuote(text: string, from: number): number {
  let at = from;
  while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return Math.min(at, text.length);
}

/** The offset behind a bracketed value that opens at `from`: any bracket closes any other, and strings are stepped over. */
export function endOfBrackets(text: string, from: number): number {
  let depth = 1;
  for (let at = from + 1; at < text.length; at++) {
    const char = text[at];
    if (char === '"') at = closingQuote(text, at + 1);
    else if (char === "{" || char === "[" || char === "(") depth++;
    else if (char === "}" || char === "]" || char === ")") {
      depth--;
      if (depth === 0) return at + 1;
    }
  }
  return text.length;
}

/** A bracketed value or a string at the start of a text, to its own end. */
export function squash(text: string): string {
  return text.startsWith('"') ? text.slice(0, closingQuote(text, 1) + 1) : text.slice(0, endOfBrackets(text, 0));
}

function stringValue(raw: string): Value {
  const inside = raw.slice(1, -1);
  return { type: "String", raw, str: inside.includes("\\") ? unescape(inside) : inside, num: 0 };
}

export function numberValue(raw: string): Value {
  return { type: "Number", raw, str: "", num: parseFloat64(raw) };
}

export function jsonValue(raw: string): Value {
  return { type: "JSON", raw, str: "", num: 0 };
}

function literalValue(raw: string): Value {
  const type: ValueType = raw.startsWith("t") ? "True" : raw.startsWith("f") ? "False" : "Null";
  return { type, raw, str: "", num: 0 };
}

/** Whether a value can start at an offset; gjson takes `nan`, `inf` and their like for numbers. */
export function startsValue(text: string, at: number): boolean {
  const char = text[at];
  return char !== undefined && ('"{[ntf'.includes(char) || NUMBER_START.includes(char));
}

function endOfWord(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && /[a-z]/.test(text[at] ?? "")) at++;
  return at;
}

function endOfNumber(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && !isSpace(text[at] ?? "") && !",]}".includes(text[at] ?? "")) at++;
  return at;
}

/** Reads the value that starts at an offset; undefined for a string that never ends. */
export function readValue(text: string, at: number): Read | undefined {
  const char = text[at];
  if (char === '"') {
    const quote = closingQuote(text, at + 1);
    return quote >= text.length ? undefined : { value: stringValue(text.slice(at, quote + 1)), end: quote + 1 };
  }
  if (char === "{" || char === "[") {
    const end = endOfBrackets(text, at);
    return { value: jsonValue(text.slice(at, end)), end };
  }
  if (char === "t" || char === "f" || (char === "n" && (at + 1 >= text.length || text[at + 1] === "u"))) {
    const end = endOfWord(text, at);
    return { value: literalValue(text.slice(at, end)), end };
  }
  const end = endOfNumber(text, at);
  return { value: numberValue(text.slice(at, end)), end };
}

/** Reads the next value at or behind an offset, whatever stands before it. */
export function nextValue(text: string, from: number): Read | undefined {
  let at = from;
  while (at < text.length && !startsValue(text, at)) at++;
  return at < text.length ? readValue(text, at) : undefined;
}

/** gjson's Parse: a container takes all the rest of the text, a scalar its own part. */
export function parseValue(text: string): Value {
  let at = 0;
  while (at < text.length && isSpace(text[at] ?? "")) at++;
  const char = text[at];
  if (char === undefined || !startsValue(text, at)) return NOTHING;
  if (char === "{" || char === "[") return jsonValue(text.slice(at));
  if (char === '"') return parseString(text.slice(at));
  if (char === "t" || char === "f" || (char === "n" && (at + 1 >= text.length || text[at + 1] === "u"))) {
    return literalValue(text.slice(at, endOfWord(text, at)));
  }
  return numberValue(text.slice(at, endOfNumber(text, at)));
}

/** A string that never ends is taken as it is: modifiers build such text. */
function parseString(text: string): Value {
  const quote = closingQuote(text, 1);
  if (quote < text.length) return stringValue(text.slice(0, quote + 1));
  const inside = text.slice(1);
  return { type: "String", raw: text, str: inside.includes("\\") ? unescape(inside) : inside, num: 0 };
}

/** A member or element: `key` is nothing in arrays. */
export interface Entry {
  readonly key: Value;
  readonly value: Value;
}

/** gjson's ForEach: the members or elements of a container, a scalar itself once, nothing for nothing. */
export function* entriesOf(of: Value): Generator<Entry> {
  if (of.type !== "JSON") {
    if (of !== NOTHING && (of.type !== "Null" || of.raw !== "")) yield { key: NOTHING, value: of };
    return;
  }
  const text = of.raw;
  const hasKeys = text.startsWith("{");
  for (let at = 1; at < text.length; at++) {
    let key = NOTHING;
    if (hasKeys) {
      if (text[at] !== '"') continue;
      const quote = closingQuote(text, at + 1);
      if (quote >= text.length) return;
      key = stringValue(text.slice(at, quote + 1));
      at = quote + 1;
    }
    while (at < text.length && (isSpace(text[at] ?? "") || text[at] === "," || text[at] === ":")) at++;
    const read = nextValue(text, at);
    if (read === undefined) return;
    yield { key, value: read.value };
    at = read.end;
  }
}
