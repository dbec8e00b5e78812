/** YAML as sigs.k8s.io/yaml prints it: block style, sorted keys, and the quoting of Go's yaml.v2. */

import type { CallContext } from "../function-table.ts";
import { formatFloat } from "../go/float.ts";
import { encodeRune, fromText, isAscii, runeCount, runesOf, toText } from "../go/strings.ts";
import type { GoMap, Value } from "../go/values.ts";
import { FunctionFault } from "../template-error.ts";
import { describeRfc3339 } from "../time/rfc3339.ts";
import { resolveScalar } from "./yaml-scalars.ts";

const MAX_DEPTH = 256;
/** Longer keys stand behind a question mark. */
const MAX_SIMPLE_KEY = 128;
/** Behind this column the emitter breaks a line. */
const BEST_WIDTH = 80;

const BASE_60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;
/** Whether yaml.v2 would read a plain scalar as something else than a string. */
function resolvesToOther(text: string): boolean {
  return BASE_60.test(text) || resolveScalar(text).kind !== "string";
}

interface Analysis {
  readonly mayBePlain: boolean;
  readonly mayBeSingleQuoted: boolean;
  readonly mayBeBlock: boolean;
}

function isPrintable(rune: number): boolean {
  return (
    rune === 0x0a ||
    (rune >= 0x20 && rune <= 0x7e) ||
    (rune >= 0xa0 && rune <= 0xd7ff) ||
    (rune >= 0xe000 && rune <= 0xfffd && rune !== 0xfeff)
  );
}

function isBreak(rune: number | undefined): boolean {
  return rune === 0x0a || rune === 0x0d || rune === 0x85 || rune === 0x2028 || rune === 0x2029;
}

function isBlank(rune: number | undefined): boolean {
  return rune === 0x20 || rune === 0x09;
}

function hasIndicators(runes: readonly number[], text: string): boolean {
  if (/^(?:---|\.\.\.)/.test(text) || /^[#,[\]{}&*!|>'"%@`]/.test(text)) return true;
  return runes.some((rune, index) => {
    const next = runes[index + 1];
    const isBeforeBlank = next === undefined || isBlank(next);
    if (index === 0) return (rune === 0x3f || rune === 0x3a || rune === 0x2d) && isBeforeBlank;
    const previous = runes[index - 1];
    return (rune === 0x3a && isBeforeBlank) || (rune === 0x23 && (isBlank(previous) || isBreak(previous)));
  });
}

/** The emitter's analysis of a scalar. */
function analyze(text: string): Analysis {
  const runes = runesOf(text);
  if (runes.length === 0) return { mayBePlain: true, mayBeSingleQuoted: true, mayBeBlock: false };
  const first = runes[0];
  const last = runes.at(-1);
  const hasSpecial = runes.some((rune) => !isPrintable(rune));
  const isSpaceThenBreak = runes.some((rune, index) => rune === 0x20 && isBreak(runes[index + 1]));
  const isBreakThenSpace = runes.some((rune, index) => isBreak(rune) && runes[index + 1] === 0x20);
  const isUgly = hasSpecial || isSpaceThenBreak;
  const hasEdges = first === 0x20 || last === 0x20 || isBreak(first) || isBreak(last);
  const mayBePlain = !isUgly && !hasEdges && !isBreakThenSpace && !runes.some(isBreak) && !hasIndicators(runes, text);
  return { mayBePlain, mayBeSingleQuoted: !isUgly && !isBreakThenSpace, mayBeBlock: !isUgly && last !== 0x20 };
}

const NAMED = new Map([
  [0x00, "0"],
  [0x07, "a"],
  [0x08, "b"],
  [0x09, "t"],
  [0x0a, "n"],
  [0x0b, "v"],
  [0x0c, "f"],
  [0x0d, "r"],
  [0x1b, "e"],
  [0x22, '"'],
  [0x5c, "\\"],
  [0x85, "N"],
  [0xa0, "_"],
  [0x2028, "L"],
  [0x2029, "P"],
]);

function escapeRune(rune: number): string {
  const hex = rune.toString(16).toUpperCase();
  const escape = rune <= 0xff ? `x${hex.padStart(2, "0")}` : rune <= 0xffff ? `u${hex.padStart(4, "0")}` : `U${hex.padStart(8, "0")}`;
  return `\\${NAMED.get(rune) ?? escape}`;
}

/** Where a scalar stands: its first column, and the indent of further lines; a key is never broken. */
interface Line {
  readonly column: number;
  readonly indent: string;
  readonly isKey: boolean;
}

/** Writes the runes of a scalar, and breaks the line at a space behind column 80, as the emitter does. */
function fold(text: string, style: "plain" | "single" | "double", line: Line): string {
  const runes = runesOf(text);
  let column = line.column + (style === "plain" ? 0 : 1);
  let folded = "";
  let isAfterSpace = false;
  for (const [index, rune] of runes.entries()) {
    const isNextSpace = runes[index + 1] === 0x20;
    const isInside = style === "plain" || (index > 0 && index < runes.length - 1);
    const mayBreak = rune === 0x20 && !line.isKey && !isAfterSpace && column > BEST_WIDTH && isInside;
    isAfterSpace = rune === 0x20;
    if (mayBreak && (style === "double" || !isNextSpace)) {
      folded += `\n${line.indent}${isNextSpace ? "\\" : ""}`;
      column = line.indent.length + (isNextSpace ? 1 : 0);
      continue;
    }
    const isEscaped = style === "double" && (!isPrintable(rune) || isBreak(rune) || rune === 0x22 || rune === 0x5c);
    const written = isEscaped ? escapeRune(rune) : style === "single" && rune === 0x27 ? "''" : encodeRune(rune);
    folded += written;
    column += isEscaped || rune === 0x27 ? written.length : 1;
  }
  return folded;
}

function literal(text: string, indent: string): string {
  const hint = text.startsWith(" ") || isBreak(runesOf(text)[0]) ? "2" : "";
  const chomp = !text.endsWith("\n") ? "-" : text === "\n" || text.endsWith("\n\n") ? "+" : "";
  const lines = (text.endsWith("\n") ? text.slice(0, -1) : text).split("\n");
  return `|${hint}${chomp}\n${lines.map((line) => (line === "" ? "" : indent + line)).join("\n")}`;
}

/** A string scalar. */
function scalar(text: string, line: Line): string {
  const analysis = analyze(text);
  const doubleQuoted = (): string => `"${fold(text, "double", line)}"`;
  if (text.includes("\n")) return line.isKey || !analysis.mayBeBlock ? doubleQuoted() : literal(text, line.indent);
  if (resolvesToOther(text)) return doubleQuoted();
  if (analysis.mayBePlain) return fold(text, "plain", line);
  return analysis.mayBeSingleQuoted ? `'${fold(text, "single", line)}'` : doubleQuoted();
}

function isDigit(rune: number | undefined): rune is number {
  return rune !== undefined && rune >= 0x30 && rune <= 0x39;
}

function isLetter(rune: number): boolean {
  return /\p{L}/u.test(String.fromCodePoint(rune));
}

/** yaml.v2's order of keys: runs of digits by their number, letters behind what is none. */
function compareKeys(a: string, b: string): number {
  const left = runesOf(a);
  const right = runesOf(b);
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const one = left[index] ?? 0;
    const other = right[index] ?? 0;
    if (one === other) continue;
    const areLetters = [isLetter(one), isLetter(other)];
    if (areLetters[0] && areLetters[1]) return one - other;
    if (areLetters[0] || areLetters[1]) return areLetters[1] ? -1 : 1;
    return compareDigits(left, right, index) || one - other;
  }
  return left.length - right.length;
}

function compareDigits(left: readonly number[], right: readonly number[], from: number): number {
  let one = 0n;
  let other = 0n;
  if (left[from] === 0x30 || right[from] === 0x30) {
    for (let at = from - 1; at >= 0 && isDigit(left[at]); at--) {
      if (left[at] === 0x30) continue;
      one = other = 1n;
      break;
    }
  }
  let leftEnd = from;
  for (let rune = left[leftEnd]; isDigit(rune); rune = left[++leftEnd]) one = BigInt.asIntN(64, one * 10n + BigInt(rune - 0x30));
  let rightEnd = from;
  for (let rune = right[rightEnd]; isDigit(rune); rune = right[++rightEnd]) other = BigInt.asIntN(64, other * 10n + BigInt(rune - 0x30));
  return one === other ? leftEnd - rightEnd : one < other ? -1 : 1;
}

/** A value goes through JSON first: there a whole float is an integer. */
function number(value: number): string {
  if (!Number.isFinite(value)) throw new FunctionFault("a number is infinite or none");
  const size = Math.abs(value);
  // Beyond 64 bits it is read as a float again.
  const isWhole = Number.isInteger(value) && (value < 0 ? size <= 2 ** 63 : size < 2 ** 64);
  return value === 0 ? "0" : formatFloat(value, isWhole ? "f" : "g", -1);
}

function isValidUtf8(text: string): boolean {
  return isAscii(text) || fromText(toText(text)) === text;
}

function string(text: string, line: Line): string {
  // JSON has made U+FFFD of what is invalid.
  return scalar(isValidUtf8(text) ? text : fromText(toText(text)), line);
}

interface Place {
  readonly depth: number;
  readonly indent: string;
  /** Where a scalar begins. */
  readonly column: number;
  readonly isInSequence: boolean;
}

function mapping(context: CallContext, map: GoMap, place: Place): string {
  const lines = [...map.entries.keys()].toSorted(compareKeys).map((key) => {
    const value = map.entries.get(key) ?? null;
    const { indent } = place;
    const written = string(key, { column: indent.length, indent, isKey: true });
    if (key.includes("\n") || key.length > MAX_SIMPLE_KEY) {
      const explicit = string(key, { column: indent.length + 2, indent: `${indent}  `, isKey: false });
      const inner = emit(context, value, { depth: place.depth + 1, indent, column: indent.length + 2, isInSequence: true });
      return `? ${explicit}\n${indent}:${inner}`;
    }
    return `${written}:${emit(context, value, { depth: place.depth + 1, indent, column: indent.length + runeCount(written) + 2, isInSequence: false })}`;
  });
  return lines.join(`\n${place.indent}`);
}

/** A value behind its key or dash: with the space or the line break that stands before it. */
function emit(context: CallContext, value: Value, place: Place): string {
  if (place.depth > MAX_DEPTH) throw new FunctionFault("the value is nested too deep");
  context.budget.spend(1);
  const { indent } = place;
  if (value === null) return " null";
  const line: Line = { column: place.column, indent: `${indent}  `, isKey: false };
  if (typeof value === "string") return ` ${string(value, line)}`;
  if (typeof value === "number") return ` ${number(value)}`;
  if (typeof value === "boolean") return ` ${value}`;
  switch (value.kind) {
    case "integer":
      return ` ${value.value}`;
    case "time":
      return ` ${string(describeRfc3339(value), line)}`;
    case "struct":
      if (value.text !== undefined) return ` ${string(value.text, line)}`;
      return emit(context, { kind: "map", type: "map[string]interface {}", entries: new Map(value.fields), isNil: false }, place);
    case "list": {
      if (value.isNil) return " null";
      if (value.items.length === 0) return " []";
      const own = place.isInSequence ? `${indent}  ` : indent;
      const items = value.items.map(
        (item) => `-${emit(context, item, { ...place, depth: place.depth + 1, indent: own, column: own.length + 2, isInSequence: true })}`,
      );
      return (place.isInSequence ? " " : `\n${own}`) + items.join(`\n${own}`);
    }
    case "map": {
      if (value.isNil) return " null";
      if (value.entries.size === 0) return " {}";
      const own = `${indent}  `;
      return (place.isInSequence ? " " : `\n${own}`) + mapping(context, value, { ...place, indent: own });
    }
  }
}

/** yaml.Marshal without the last line break. @throws FunctionFault where JSON could not hold the value */
export function printYaml(context: CallContext, value: Value): string {
  if (value !== null && typeof value === "object" && value.kind === "map" && value.entries.size > 0) {
    return mapping(context, value, { depth: 0, indent: "", column: 0, isInSequence: false });
  }
  const text = emit(context, value, { depth: 0, indent: "", column: 0, isInSequence: false });
  return text.replace(/^[\n ]/, "");
}
