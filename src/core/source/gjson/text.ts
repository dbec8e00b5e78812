/** Text as gjson sees it: one character of a string for each byte, so that slices, comparisons and offsets are Go's. */
import { decodeString, scanJson } from "../json.ts";

/** Bytes as a string of characters 0 to 255. */
export function byteText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

/** A string's UTF-8 as a byte text. */
export function utf8Text(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** Back from a byte text. */
export function textBytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}

const RUNE_ERROR = 0xfffd;

/** The sequences of UTF-8 that Go accepts: no overlong forms, no surrogates, nothing beyond U+10FFFF. */
const RUNE =
  /[^\x80-\xff]|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}|[^]/g;

/** Each rune's bytes; a byte that belongs to none stands alone. */
export function runesOf(text: string): readonly string[] {
  return text.match(RUNE) ?? [];
}

/** Whether a rune's bytes are one byte that is no UTF-8. */
function isBroken(rune: string): boolean {
  return rune.length === 1 && rune > "\x7f";
}

/** A rune's number; U+FFFD where its byte is no UTF-8. */
export function runeNumber(rune: string): number {
  return isBroken(rune) ? RUNE_ERROR : (Buffer.from(rune, "latin1").toString("utf8").codePointAt(0) ?? RUNE_ERROR);
}

function encodeRune(rune: number): string {
  return utf8Text(String.fromCodePoint(rune >= 0xd800 && rune <= 0xdfff ? RUNE_ERROR : rune));
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  '"': '"',
};

function hexAt(text: string, at: number): number {
  const digits = text.slice(at, at + 4);
  return /^[0-9a-fA-F]{4}$/.test(digits) ? Number.parseInt(digits, 16) : 0;
}

/** The rune of `\uXXXX` at the X, with the other half of its pair; Go takes whatever follows a first half for the second. */
function unicodeEscape(text: string, at: number): readonly [rune: number, end: number] {
  const first = hexAt(text, at);
  const end = at + 4;
  if (first < 0xd800 || first > 0xdfff || text.length - end < 6 || !text.startsWith("\\u", end)) return [first, end];
  const second = hexAt(text, end + 2);
  const isPair = first < 0xdc00 && second >= 0xdc00 && second <= 0xdfff;
  return [isPair ? 0x10000 + (first - 0xd800) * 0x400 + (second - 0xdc00) : RUNE_ERROR, end + 6];
}

/** Resolves the escapes of a string's inside; ends early at a control character or a broken escape, as gjson does. */
export function unescape(text: string): string {
  let plain = "";
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? "";
    if (char < " ") return plain;
    if (char !== "\\") {
      plain += char;
      continue;
    }
    at++;
    const escaped = text[at] ?? "";
    if (escaped === "u") {
      if (at + 5 > text.length) return plain;
      const [rune, end] = unicodeEscape(text, at + 1);
      plain += encodeRune(rune);
      at = end - 1;
    } else {
      const resolved = Object.hasOwn(SHORT_ESCAPES, escaped) ? SHORT_ESCAPES[escaped] : undefined;
      if (resolved === undefined) return plain;
      plain += resolved;
    }
  }
  return plain;
}

const QUOTED: Readonly<Record<string, string>> = {
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\\": "\\\\",
  '"': '\\"',
};

function quoteRune(rune: string): string {
  const short = Object.hasOwn(QUOTED, rune) ? QUOTED[rune] : undefined;
  if (short !== undefined) return short;
  if (rune < " " || rune === ">" || rune === "<" || rune === "&") return `\\u${rune.charCodeAt(0).toString(16).padStart(4, "0")}`;
  if (isBroken(rune)) return "\\ufffd";
  if (rune === "\xe2\x80\xa8") return "\\u2028";
  return rune === "\xe2\x80\xa9" ? "\\u2029" : rune;
}

/** A JSON string as gjson writes it: Go's HTML-safe escapes, and `\ufffd` for what is no UTF-8. */
export function quote(text: string): string {
  const inside = text.replace(/[^ !#-%'-;=?-[\]-~]+/g, (run) => runesOf(run).map(quoteRune).join(""));
  return `"${inside}"`;
}

/** Whether gjson takes a character for white space. */
export function isSpace(char: string): boolean {
  return char <= " ";
}

/** A text without the white space around it. */
export function trimmed(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isSpace(text[from] ?? "")) from++;
  while (from < to && isSpace(text[to - 1] ?? "")) to--;
  return text.slice(from, to);
}

/** Whether a byte text is valid JSON. */
export function isValid(text: string): boolean {
  return scanJson(textBytes(text)).kind !== "fault";
}

/** What Go's encoding/json makes of a string with its quotes; empty where it is none. */
export function decodedString(text: string): string {
  const value = scanJson(textBytes(text));
  return value.kind === "string" ? utf8Text(decodeString(value.raw)) : "";
}
