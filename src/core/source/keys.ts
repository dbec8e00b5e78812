/** The keys of a Secret's data: ESO's conversionStrategy, what may be a key, and Go's order of texts. */
import type { ConversionStrategy } from "../model.ts";

const MAX_KEY_LENGTH = 253;

/** Nearly every key: every sync checks all of them. */
const PLAIN_KEY = /^(?!\.$|\.\.)[-._a-zA-Z0-9]+$/;

/** What is wrong with a key of a Secret's data, in words without the key; undefined where the API server accepts it. */
export function secretKeyFault(key: string): string | undefined {
  if (key.length <= MAX_KEY_LENGTH && PLAIN_KEY.test(key)) return undefined;
  // ESO counts bytes.
  if (Buffer.byteLength(key) > MAX_KEY_LENGTH) return `is longer than ${MAX_KEY_LENGTH} characters`;
  if (/[^-._\p{L}\p{N}]/u.test(key)) return "holds a character other than letters, digits, '-', '_' and '.'";
  if (/[^-._a-zA-Z0-9]/.test(key)) return "holds a letter or digit outside ASCII, which the API server refuses";
  if (key === "." || key.startsWith("..")) return "is '.' or begins with '..', which the API server refuses";
  return key === "" ? "is empty" : undefined;
}

function unicodeEscape(rune: string): string {
  return `_U${(rune.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}_`;
}

/** conversionStrategy: each rune that is no letter, number, `-`, `.` or `_` becomes `_`, or `_U` and its number in hex and `_`. */
export function convertKey(key: string, strategy: ConversionStrategy): string {
  return key.replace(/[^-._\p{L}\p{N}]/gu, (rune) => (strategy === "Unicode" ? unicodeEscape(rune) : "_"));
}

/** Orders texts by their UTF-8 bytes, as Go does; code units would put supplementary characters before U+E000. */
export function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
