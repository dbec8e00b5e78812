/** fmt.Sprintf: flags, widths, precisions, `*`, argument indexes, and Go's complaints inside the text. */
import { FunctionFault } from "../template-error.ts";
import { type Flags, NO_FLAGS } from "./flags.ts";
import { printArgument, show } from "./print.ts";
import { decodeRune } from "./strings.ts";
import { typeName, type Value } from "./values.ts";

/** Go ignores greater numbers in a format; so does this, and the width is bounded by it. */
const MAX_NUMBER = 1_000_000;

interface Cursor {
  readonly format: string;
  readonly values: readonly Value[];
  at: number;
  argument: number;
  isReordered: boolean;
  isGoodIndex: boolean;
  isAfterIndex: boolean;
}

type MutableFlags = { -readonly [Key in keyof Flags]: Flags[Key] };

function readNumber(cursor: Cursor): number | undefined {
  const { format } = cursor;
  let number: number | undefined;
  for (; cursor.at < format.length; cursor.at++) {
    const digit = format.charCodeAt(cursor.at) - 0x30;
    if (digit < 0 || digit > 9) break;
    if ((number ?? 0) > MAX_NUMBER) {
      cursor.at = format.length;
      return undefined;
    }
    number = (number ?? 0) * 10 + digit;
  }
  return number;
}

/** `[3]`: the place of the next argument. */
function readIndex(cursor: Cursor): void {
  const { format, at } = cursor;
  cursor.isAfterIndex = false;
  if (format[at] !== "[") return;
  cursor.isReordered = true;
  const close = format.length - at < 3 ? -1 : format.indexOf("]", at + 1);
  if (close < 0) {
    cursor.isGoodIndex = false;
    cursor.at = at + 1;
    return;
  }
  cursor.at = close + 1;
  const written = format.slice(at + 1, close);
  const isNumber = /^[0-9]{1,7}$/.test(written);
  const index = Number(written) - 1;
  if (isNumber && index >= 0 && index < cursor.values.length) {
    cursor.argument = index;
    cursor.isAfterIndex = true;
    return;
  }
  cursor.isGoodIndex = false;
  cursor.isAfterIndex = isNumber;
}

/** The argument that a `*` takes; undefined where it is no integer or too large. */
function starArgument(cursor: Cursor): number | undefined {
  if (cursor.argument >= cursor.values.length) return undefined;
  const value = cursor.values[cursor.argument] ?? null;
  cursor.argument++;
  if (value === null || typeof value !== "object" || value.kind !== "integer") return undefined;
  return value.value > MAX_NUMBER || value.value < -MAX_NUMBER ? undefined : Number(value.value);
}

function readFlags(cursor: Cursor, flags: MutableFlags): void {
  for (; cursor.at < cursor.format.length; cursor.at++) {
    switch (cursor.format[cursor.at]) {
      case "#":
        flags.sharp = true;
        break;
      case "0":
        flags.zero = true;
        break;
      case "+":
        flags.plus = true;
        break;
      case "-":
        flags.minus = true;
        break;
      case " ":
        flags.space = true;
        break;
      default:
        return;
    }
  }
}

function readWidth(cursor: Cursor, flags: MutableFlags): string {
  if (cursor.format[cursor.at] !== "*") {
    flags.width = readNumber(cursor);
    if (cursor.isAfterIndex && flags.width !== undefined) cursor.isGoodIndex = false;
    return "";
  }
  cursor.at++;
  const width = starArgument(cursor);
  cursor.isAfterIndex = false;
  if (width === undefined) return "%!(BADWIDTH)";
  flags.width = Math.abs(width);
  if (width < 0) {
    flags.minus = true;
    flags.zero = false;
  }
  return "";
}

function readPrecision(cursor: Cursor, flags: MutableFlags): string {
  if (cursor.at + 1 >= cursor.format.length || cursor.format[cursor.at] !== ".") return "";
  cursor.at++;
  if (cursor.isAfterIndex) cursor.isGoodIndex = false;
  readIndex(cursor);
  if (cursor.format[cursor.at] !== "*") {
    flags.precision = readNumber(cursor) ?? 0;
    return "";
  }
  cursor.at++;
  const precision = starArgument(cursor);
  cursor.isAfterIndex = false;
  if (precision === undefined || precision < 0) return "%!(BADPREC)";
  flags.precision = precision;
  return "";
}

/** One `%…` from behind its percent sign. */
function formatVerb(cursor: Cursor, maxLength: number): string {
  const flags: MutableFlags = { ...NO_FLAGS };
  cursor.isGoodIndex = true;
  readFlags(cursor, flags);
  const next = cursor.format[cursor.at] ?? "";
  let complaint = "";
  if (!(next >= "a" && next <= "z" && cursor.argument < cursor.values.length)) {
    readIndex(cursor);
    complaint = readWidth(cursor, flags);
    complaint += readPrecision(cursor, flags);
    if (!cursor.isAfterIndex) readIndex(cursor);
  }
  if ((flags.width ?? 0) > maxLength || (flags.precision ?? 0) > maxLength) throw new FunctionFault("a text grows too long");
  if (cursor.at >= cursor.format.length) return `${complaint}%!(NOVERB)`;
  const { width } = decodeRune(cursor.format, cursor.at);
  const verb = cursor.format.slice(cursor.at, cursor.at + width);
  cursor.at += width;
  if (verb === "%") return `${complaint}%`;
  if (!cursor.isGoodIndex) return `${complaint}%!${verb}(BADINDEX)`;
  if (cursor.argument >= cursor.values.length) return `${complaint}%!${verb}(MISSING)`;
  if (verb === "v" || verb === "w") {
    flags.sharpV = flags.sharp;
    flags.sharp = false;
    flags.plusV = flags.plus;
    flags.plus = false;
  }
  const value = cursor.values[cursor.argument] ?? null;
  cursor.argument++;
  return complaint + printArgument(value, verb, flags);
}

/** @throws FunctionFault beyond `maxLength` */
export function sprintf(format: string, values: readonly Value[], maxLength: number): string {
  const cursor: Cursor = { format, values, at: 0, argument: 0, isReordered: false, isGoodIndex: true, isAfterIndex: false };
  let printed = "";
  while (cursor.at < format.length) {
    const percent = format.indexOf("%", cursor.at);
    printed += format.slice(cursor.at, percent < 0 ? undefined : percent);
    if (percent < 0) break;
    cursor.at = percent + 1;
    printed += formatVerb(cursor, maxLength);
    if (printed.length > maxLength) throw new FunctionFault("a text grows too long");
  }
  if (cursor.isReordered || cursor.argument >= values.length) return printed;
  const extra = values.slice(cursor.argument).map((value) => (value === null ? "<nil>" : `${typeName(value)}=${show(value)}`));
  return `${printed}%!(EXTRA ${extra.join(", ")})`;
}
