/** strconv.Quote and strconv.Unquote, on Go strings. */
import { decodeRune, encodeRune } from "./strings.ts";

const NAMED = new Map([
  [0x07, "\\a"],
  [0x08, "\\b"],
  [0x0c, "\\f"],
  [0x0a, "\\n"],
  [0x0d, "\\r"],
  [0x09, "\\t"],
  [0x0b, "\\v"],
]);

/** strconv.IsPrint: letters, marks, numbers, punctuation, symbols and the ASCII space. */
export function isPrintRune(rune: number): boolean {
  if (rune < 0x7f) return rune >= 0x20;
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(String.fromCodePoint(rune));
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}

function escapeRune(rune: number, quote: string, isAsciiOnly: boolean): string {
  if (rune === quote.charCodeAt(0) || rune === 0x5c) return `\\${String.fromCharCode(rune)}`;
  if (rune < 0x80 ? isPrintRune(rune) : !isAsciiOnly && isPrintRune(rune)) return encodeRune(rune);
  const named = NAMED.get(rune);
  if (named !== undefined) return named;
  if (rune < 0x20 || rune === 0x7f) return `\\x${hex(rune, 2)}`;
  return rune < 0x10000 ? `\\u${hex(rune, 4)}` : `\\U${hex(rune, 8)}`;
}

/** strconv.Quote, or QuoteToASCII. */
export function quoteString(bytes: string, isAsciiOnly = false): string {
  let quoted = '"';
  for (let at = 0; at < bytes.length; ) {
    const { rune, width } = decodeRune(bytes, at);
    const isInvalid = width === 1 && rune === 0xfffd;
    quoted += isInvalid ? `\\x${hex(bytes.charCodeAt(at), 2)}` : escapeRune(rune, '"', isAsciiOnly);
    at += width;
  }
  return `${quoted}"`;
}

/** strconv.QuoteRune, or QuoteRuneToASCII. */
export function quoteRune(rune: number, isAsciiOnly = false): string {
  const isValid = rune >= 0 && rune <= 0x10ffff && !(rune >= 0xd800 && rune < 0xe000);
  return `'${escapeRune(isValid ? rune : 0xfffd, "'", isAsciiOnly)}'`;
}

/** strconv.CanBackquote. */
export function canBackquote(bytes: string): boolean {
  for (let at = 0; at < bytes.length; ) {
    const { rune, width } = decodeRune(bytes, at);
    at += width;
    if (width === 1 ? rune === 0xfffd || (rune < 0x20 && rune !== 0x09) || rune === 0x60 || rune === 0x7f : rune === 0xfeff) return false;
  }
  return true;
}

export interface Unquoted {
  readonly bytes: string;
  readonly rune: number;
  readonly end: number;
}

const ESCAPES = new Map([
  ["a", 0x07],
  ["b", 0x08],
  ["f", 0x0c],
  ["n", 0x0a],
  ["r", 0x0d],
  ["t", 0x09],
  ["v", 0x0b],
  ["\\", 0x5c],
]);
const HEX_DIGITS = new Map([
  ["x", 2],
  ["u", 4],
  ["U", 8],
]);

/** One character of a quoted text, its escape resolved (strconv.UnquoteChar); undefined for a syntax error. */
export function unquoteChar(text: string, at: number, quote: string): Unquoted | undefined {
  const first = text.charAt(at);
  if (first === quote || first === "") return undefined;
  if (first !== "\\") {
    const { rune, width } = decodeRune(text, at);
    return { bytes: text.slice(at, at + width), rune, end: at + width };
  }
  const letter = text.charAt(at + 1);
  const named = letter === quote ? quote.charCodeAt(0) : ESCAPES.get(letter);
  if (named !== undefined) return { bytes: String.fromCharCode(named), rune: named, end: at + 2 };
  const digits = HEX_DIGITS.get(letter);
  if (digits !== undefined) {
    const written = text.slice(at + 2, at + 2 + digits);
    if (!/^[0-9a-fA-F]+$/.test(written) || written.length !== digits) return undefined;
    const rune = Number.parseInt(written, 16);
    if (letter === "x") return { bytes: String.fromCharCode(rune), rune, end: at + 4 };
    if (rune > 0x10ffff || (rune >= 0xd800 && rune < 0xe000)) return undefined;
    return { bytes: encodeRune(rune), rune, end: at + 2 + digits };
  }
  const octal = /^[0-7]{3}/.exec(text.slice(at + 1, at + 4));
  const rune = octal === null ? 256 : Number.parseInt(octal[0], 8);
  return rune > 255 ? undefined : { bytes: String.fromCharCode(rune), rune, end: at + 4 };
}

/** strconv.Unquote of a double-quoted or a raw string; undefined for a syntax error. */
export function unquoteString(text: string): string | undefined {
  const inner = text.slice(1, -1);
  if (text.startsWith("`")) return inner.replaceAll("\r", "");
  let unquoted = "";
  for (let at = 0; at < inner.length; ) {
    const char = unquoteChar(inner, at, '"');
    if (char === undefined) return undefined;
    unquoted += char.bytes;
    at = char.end;
  }
  return unquoted;
}
