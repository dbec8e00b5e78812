/** Go's strings: JavaScript strings in which each unit is one byte, so that lengths, indexes, order and invalid UTF-8 are Go's. */

const NOT_ASCII = /[^\0-\x7f]/;
const REPLACEMENT = 0xfffd;

export function isAscii(bytes: string): boolean {
  return !NOT_ASCII.test(bytes);
}

/** The UTF-8 bytes of a text. */
export function fromText(text: string): string {
  return isAscii(text) ? text : Buffer.from(text, "utf8").toString("latin1");
}

/** The text of UTF-8 bytes; each invalid byte becomes U+FFFD, as in Go's conversion to runes. */
export function toText(bytes: string): string {
  return isAscii(bytes) ? bytes : decode(bytes);
}

export function fromBytes(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

export function toBytes(bytes: string): Uint8Array {
  return Buffer.from(bytes, "latin1");
}

export interface Rune {
  readonly rune: number;
  /** 0 at the end of the text; 1 for an invalid byte, whose rune is U+FFFD. */
  readonly width: number;
}

function continuation(bytes: string, at: number): number {
  const byte = bytes.charCodeAt(at);
  return byte >= 0x80 && byte < 0xc0 ? byte & 0x3f : -1;
}

/** The rune that begins at a byte (utf8.DecodeRuneInString). */
export function decodeRune(bytes: string, at: number): Rune {
  const lead = bytes.charCodeAt(at);
  if (Number.isNaN(lead)) return { rune: REPLACEMENT, width: 0 };
  if (lead < 0x80) return { rune: lead, width: 1 };
  const invalid = { rune: REPLACEMENT, width: 1 };
  const length = lead >= 0xc2 && lead < 0xe0 ? 2 : lead >= 0xe0 && lead < 0xf0 ? 3 : lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
  if (length === 0) return invalid;
  let rune = lead & (0xff >> (length + 1));
  for (let index = 1; index < length; index++) {
    const bits = continuation(bytes, at + index);
    if (bits < 0) return invalid;
    rune = (rune << 6) | bits;
  }
  const isOverlong = rune < (length === 3 ? 0x800 : length === 4 ? 0x10000 : 0x80);
  const isOutside = rune > 0x10ffff || (rune >= 0xd800 && rune < 0xe000);
  return isOverlong || isOutside ? invalid : { rune, width: length };
}

/** The bytes of a rune; U+FFFD's for what is none. */
export function encodeRune(rune: number): string {
  if (rune < 0x80 && rune >= 0) return String.fromCharCode(rune);
  const isValid = rune >= 0 && rune <= 0x10ffff && !(rune >= 0xd800 && rune < 0xe000);
  return Buffer.from(String.fromCodePoint(isValid ? rune : REPLACEMENT), "utf8").toString("latin1");
}

/** The runes of a string in order, as Go's `range` gives them. */
export function runesOf(bytes: string): number[] {
  const runes: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const { rune, width } = decodeRune(bytes, at);
    runes.push(rune);
    at += width;
  }
  return runes;
}

export function runeCount(bytes: string): number {
  return isAscii(bytes) ? bytes.length : runesOf(bytes).length;
}

function decode(bytes: string): string {
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const { rune, width } = decodeRune(bytes, at);
    text += String.fromCodePoint(rune);
    at += width;
  }
  return text;
}

/** Changes a string rune by rune (strings.Map without deletions). */
export function mapRunes(bytes: string, change: (rune: number, index: number) => number): string {
  return runesOf(bytes)
    .map((rune, index) => encodeRune(change(rune, index)))
    .join("");
}

/** unicode.IsSpace. */
export function isSpaceRune(rune: number): boolean {
  return /^[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]$/.test(String.fromCodePoint(rune));
}

/** strings.TrimSpace. */
export function trimSpace(bytes: string): string {
  const runes = runesOf(bytes);
  let from = 0;
  let to = runes.length;
  while (from < to && isSpaceRune(runes[from] ?? 0)) from++;
  while (to > from && isSpaceRune(runes[to - 1] ?? 0)) to--;
  // Cut by bytes, so that invalid ones inside stay as they are.
  const skipped = widthOf(bytes, from);
  return bytes.slice(skipped, widthOf(bytes, to));
}

function widthOf(bytes: string, runes: number): number {
  let at = 0;
  for (let count = 0; count < runes; count++) at += decodeRune(bytes, at).width;
  return at;
}
