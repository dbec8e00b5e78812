/** Go's fmt: how a value looks under a verb and its flags. */

import { FunctionFault } from "../template-error.ts";
import { describeTime } from "../time/describe.ts";
import { type Flags, formatInteger, NO_FLAGS, pad, writePadding } from "./flags.ts";
import { type FloatFormat, formatFloat } from "./float.ts";
import { canBackquote, isPrintRune, quoteRune, quoteString } from "./quote.ts";
import { decodeRune, encodeRune } from "./strings.ts";
import { type GoInteger, type GoList, type GoMap, type GoStruct, type GoTime, sortedKeys, typeName, type Value } from "./values.ts";

/** Beyond this a value holds itself, where Go would end by an overflow of its stack. */
const MAX_DEPTH = 256;

/** A verb and its flags, while one argument is printed. */
interface Printing {
  readonly verb: string;
  readonly flags: Flags;
  /** Inside a complaint about a verb: methods are not asked, so that it ends. */
  readonly isErroring: boolean;
  /** What has been printed: a list that stands many times in another is printed as often. */
  readonly printed: { values: number; bytes: number };
}

const MAX_VALUES = 50_000;
const MAX_BYTES = 1024 * 1024;

function newPrinting(verb: string, flags: Flags): Printing {
  return { verb, flags, isErroring: false, printed: { values: 0, bytes: 0 } };
}

function countPrinted(value: Value, { printed }: Printing): void {
  printed.values++;
  if (typeof value === "string") printed.bytes += value.length;
  if (printed.values > MAX_VALUES || printed.bytes > MAX_BYTES) throw new FunctionFault("a text grows too long");
}

function badVerb(value: Value, printing: Printing): string {
  if (value === null) return `%!${printing.verb}(<nil>)`;
  const shown = printValue(value, { ...printing, verb: "v", isErroring: true }, 0);
  return `%!${printing.verb}(${typeName(value)}=${shown})`;
}

function truncate(bytes: string, precision: number | undefined): string {
  if (precision === undefined) return bytes;
  let at = 0;
  for (let count = 0; count < precision && at < bytes.length; count++) at += decodeRune(bytes, at).width;
  return bytes.slice(0, at);
}

function hexString(bytes: string, flags: Flags, isUpper: boolean): string {
  const length = Math.min(flags.precision ?? bytes.length, bytes.length);
  if (length === 0) return writePadding(flags, flags.width ?? 0);
  const prefix = isUpper ? "0X" : "0x";
  let written = flags.sharp ? prefix : "";
  for (let index = 0; index < length; index++) {
    if (flags.space && index > 0) written += flags.sharp ? ` ${prefix}` : " ";
    const digits = bytes.charCodeAt(index).toString(16).padStart(2, "0");
    written += isUpper ? digits.toUpperCase() : digits;
  }
  const padding = writePadding(flags, (flags.width ?? 0) - written.length);
  return flags.minus ? written + padding : padding + written;
}

function quoted(bytes: string, flags: Flags): string {
  const text = truncate(bytes, flags.precision);
  if (flags.sharp && canBackquote(text)) return pad(`\`${text}\``, flags);
  return pad(quoteString(text, flags.plus), flags);
}

function printString(bytes: string, printing: Printing): string {
  const { flags } = printing;
  switch (printing.verb) {
    case "v":
      return flags.sharpV ? quoted(bytes, flags) : pad(truncate(bytes, flags.precision), flags);
    case "s":
      return pad(truncate(bytes, flags.precision), flags);
    case "x":
      return hexString(bytes, flags, false);
    case "X":
      return hexString(bytes, flags, true);
    case "q":
      return quoted(bytes, flags);
    default:
      return badVerb(bytes, printing);
  }
}

function unicodeForm(value: bigint, flags: Flags): string {
  const digits = value
    .toString(16)
    .toUpperCase()
    .padStart(Math.max(flags.precision ?? 4, 4), "0");
  const isShown = flags.sharp && value <= 0x10ffffn && isPrintRune(Number(value));
  return pad(`U+${digits}${isShown ? ` '${encodeRune(Number(value))}'` : ""}`, { ...flags, zero: false });
}

function printInteger(integer: GoInteger, printing: Printing): string {
  const { flags, verb } = printing;
  const { value } = integer;
  const isSigned = !integer.type.startsWith("uint");
  const unsigned = BigInt.asUintN(64, value);
  switch (verb) {
    case "v":
      return flags.sharpV && !isSigned ? formatInteger(value, 16, "v", { ...flags, sharp: true }) : formatInteger(value, 10, verb, flags);
    case "d":
      return formatInteger(value, 10, verb, flags);
    case "b":
      return formatInteger(value, 2, verb, flags);
    case "o":
    case "O":
      return formatInteger(value, 8, verb, flags);
    case "x":
    case "X":
      return formatInteger(value, 16, verb, flags);
    case "c":
      return pad(encodeRune(unsigned > 0x10ffffn ? 0xfffd : Number(unsigned)), flags);
    case "q":
      return pad(quoteRune(unsigned > 0x10ffffn ? 0xfffd : Number(unsigned), flags.plus), flags);
    case "U":
      return unicodeForm(unsigned, flags);
    default:
      return badVerb(integer, printing);
  }
}

/** `%#g` and its like: a decimal point always, and zeros up to the digits asked for. */
function sharpFloat(number: string, verb: string, precision: number): string {
  const [, sign = "", whole = "", tail = ""] =
    (verb === "x" || verb === "X" ? /^([+-])([^pP]*)(.*)$/ : /^([+-])([^eE]*)(.*)$/).exec(number) ?? [];
  let digits = "gGx".includes(verb) ? (precision < 0 ? 6 : precision) : 0;
  let hasSeenDigit = false;
  for (const char of whole) {
    if (char === ".") continue;
    hasSeenDigit ||= char !== "0";
    if (hasSeenDigit) digits--;
  }
  let shown = whole;
  if (!whole.includes(".")) {
    if (whole === "0") digits--;
    shown += ".";
  }
  return sign + shown + "0".repeat(Math.max(digits, 0)) + tail;
}

function floatForm(value: number, format: FloatFormat, defaultPrecision: number, flags: Flags): string {
  const precision = flags.precision ?? defaultPrecision;
  const plain = formatFloat(value, format, precision);
  let number = /^[+-]/.test(plain) ? plain : `+${plain}`;
  if (flags.space && number.startsWith("+") && !flags.plus) number = ` ${number.slice(1)}`;
  if (!Number.isFinite(value)) {
    // The sign of an infinity is always shown.
    const isBare = Number.isNaN(value) && !flags.space && !flags.plus;
    return pad(isBare ? number.slice(1) : number, { ...flags, zero: false });
  }
  if (flags.sharp && format !== "b") {
    const sign = number.charAt(0);
    number = sign + sharpFloat(`+${number.slice(1)}`, format, precision).slice(1);
  }
  if (flags.plus || !number.startsWith("+")) {
    if (flags.zero && !flags.minus && flags.width !== undefined && flags.width > number.length) {
      return number.charAt(0) + writePadding(flags, flags.width - number.length) + number.slice(1);
    }
    return pad(number, flags);
  }
  return pad(number.slice(1), flags);
}

function printFloat(value: number, printing: Printing): string {
  const { flags, verb } = printing;
  switch (verb) {
    case "v":
      return floatForm(value, "g", -1, flags);
    case "b":
    case "g":
    case "G":
    case "x":
    case "X":
      return floatForm(value, verb, -1, flags);
    case "f":
    case "e":
    case "E":
      return floatForm(value, verb, 6, flags);
    case "F":
      return floatForm(value, "f", 6, flags);
    default:
      return badVerb(value, printing);
  }
}

function printList(list: GoList, printing: Printing, depth: number): string {
  const { sharpV } = printing.flags;
  if (sharpV && list.isNil) return `${list.type}(nil)`;
  const items = list.items.map((item) => printValue(item, printing, depth + 1));
  return sharpV ? `${list.type}{${items.join(", ")}}` : `[${items.join(" ")}]`;
}

function printMap(map: GoMap, printing: Printing, depth: number): string {
  const { sharpV } = printing.flags;
  if (sharpV && map.isNil) return `${map.type}(nil)`;
  const items = sortedKeys(map.entries).map(
    (key) => `${printString(key, printing)}:${printValue(map.entries.get(key) ?? null, printing, depth + 1)}`,
  );
  return sharpV ? `${map.type}{${items.join(", ")}}` : `map[${items.join(" ")}]`;
}

function printStruct(value: GoStruct | GoTime, printing: Printing, depth: number): string {
  const { flags, verb } = printing;
  const text = value.kind === "time" ? describeTime(value) : value.text;
  if (text !== undefined) {
    if (!flags.sharpV && !printing.isErroring && "vsxXq".includes(verb)) return printString(text, printing);
    throw new FunctionFault("a time or a version can only be printed as text");
  }
  const fields = value.kind === "time" ? [] : [...value.fields];
  const items = fields.map(([name, field]) => (flags.plusV || flags.sharpV ? `${name}:` : "") + printValue(field, printing, depth + 1));
  return flags.sharpV ? `${typeName(value)}{${items.join(", ")}}` : `{${items.join(" ")}}`;
}

function printNil(printing: Printing, depth: number): string {
  if (depth === 0) return printing.verb === "v" ? pad("<nil>", printing.flags) : badVerb(null, printing);
  return printing.flags.sharpV ? "interface {}(nil)" : "<nil>";
}

function isComposite(value: Value): boolean {
  return value !== null && typeof value === "object" && value.kind !== "integer";
}

function printValue(value: Value, printing: Printing, depth: number): string {
  countPrinted(value, printing);
  if (printing.verb === "w" && isComposite(value)) return badVerb(value, printing);
  if (depth > MAX_DEPTH) throw new FunctionFault("the value is nested too deep to be printed");
  if (value === null) return printNil(printing, depth);
  if (typeof value === "string") return printString(value, printing);
  if (typeof value === "number") return printFloat(value, printing);
  if (typeof value === "boolean") return "tv".includes(printing.verb) ? pad(String(value), printing.flags) : badVerb(value, printing);
  switch (value.kind) {
    case "integer":
      return printInteger(value, printing);
    case "list":
      return printList(value, printing, depth);
    case "map":
      return printMap(value, printing, depth);
    case "time":
    case "struct":
      return printStruct(value, printing, depth);
  }
}

/** One argument under a verb, with its flags. */
export function printArgument(value: Value, verb: string, flags: Flags): string {
  if (verb === "T") return value === null ? pad("<nil>", flags) : pad(truncate(typeName(value), flags.precision), flags);
  if (verb === "p") return value === null || !isPointerLike(value) ? badVerb(value, newPrinting(verb, flags)) : noAddresses();
  return printValue(value, newPrinting(verb, flags), 0);
}

function isPointerLike(value: Value): boolean {
  return value !== null && typeof value === "object" && (value.kind === "list" || value.kind === "map" || value.kind === "struct");
}

function noAddresses(): never {
  throw new FunctionFault("%p would print an address of memory");
}

/** How text/template prints the value of an action, and `%v`. */
export function show(value: Value): string {
  return typeof value === "string" ? value : printValue(value, newPrinting("v", NO_FLAGS), 0);
}

/** fmt.Sprint: a space between two operands when neither is a string. */
export function sprint(values: readonly Value[]): string {
  let printed = "";
  for (const [index, value] of values.entries()) {
    if (index > 0 && typeof value !== "string" && typeof values[index - 1] !== "string") printed += " ";
    printed += show(value);
  }
  return printed;
}

/** fmt.Sprintln. */
export function sprintln(values: readonly Value[]): string {
  return `${values.map(show).join(" ")}\n`;
}
