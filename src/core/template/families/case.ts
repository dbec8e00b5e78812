/** Unicode case by single runes, as Go maps it, and the word cases of xstrings and goutils. */
import { encodeRune, isAscii, isSpaceRune, mapRunes, runesOf } from "../go/strings.ts";

function single(rune: number, mapped: string): number {
  const code = mapped.codePointAt(0) ?? rune;
  // What takes several runes has no simple mapping in Go: it stays.
  return String.fromCodePoint(code) === mapped ? code : rune;
}

function upperRune(rune: number): number {
  return single(rune, String.fromCodePoint(rune).toUpperCase());
}

export function lowerRune(rune: number): number {
  // U+0130 is the one letter whose lower case takes two code points in JavaScript and one in Go.
  return rune === 0x130 ? 0x69 : single(rune, String.fromCodePoint(rune).toLowerCase());
}

/** The digraphs U+01C4…U+01CC and U+01F1…U+01F3 have a title case of their own. */
function titleRune(rune: number): number {
  if (rune >= 0x1c4 && rune <= 0x1cc) return Math.floor((rune - 0x1c4) / 3) * 3 + 0x1c5;
  return rune >= 0x1f1 && rune <= 0x1f3 ? 0x1f2 : upperRune(rune);
}

export function toUpper(bytes: string): string {
  return isAscii(bytes) ? bytes.toUpperCase() : mapRunes(bytes, upperRune);
}

export function toLower(bytes: string): string {
  return isAscii(bytes) ? bytes.toLowerCase() : mapRunes(bytes, lowerRune);
}

/** Whether a rune is of a class. */
export function is(rune: number, pattern: RegExp): boolean {
  return pattern.test(String.fromCodePoint(rune));
}

const LETTER_OR_DIGIT = /[\p{L}\p{Nd}]/u;
export const UPPER = /\p{Lu}/u;
const LOWER = /\p{Ll}/u;
const TITLE = /\p{Lt}/u;

/** strings.Title. */
export function toTitle(bytes: string): string {
  let isAfterSeparator = true;
  return mapRunes(bytes, (rune) => {
    const mapped = isAfterSeparator ? titleRune(rune) : rune;
    isAfterSeparator = rune < 0x80 ? !is(rune, /[A-Za-z0-9_]/) : !is(rune, LETTER_OR_DIGIT) && isSpaceRune(rune);
    return mapped;
  });
}

/** goutils.Uncapitalize. */
export function untitle(bytes: string): string {
  let isAfterSpace = true;
  return mapRunes(bytes, (rune) => {
    if (isSpaceRune(rune)) {
      isAfterSpace = true;
      return rune;
    }
    const mapped = isAfterSpace ? lowerRune(rune) : rune;
    isAfterSpace = false;
    return mapped;
  });
}

/** goutils.SwapCase. */
export function swapCase(bytes: string): string {
  let isAfterSpace = true;
  return mapRunes(bytes, (rune) => {
    if (is(rune, UPPER) || is(rune, TITLE)) {
      isAfterSpace = false;
      return lowerRune(rune);
    }
    if (is(rune, LOWER)) {
      const mapped = isAfterSpace ? titleRune(rune) : upperRune(rune);
      isAfterSpace = false;
      return mapped;
    }
    isAfterSpace = isSpaceRune(rune);
    return rune;
  });
}

/** goutils takes each byte for a rune. */
function* byteRunes(bytes: string): Generator<number> {
  for (let at = 0; at < bytes.length; at++) yield bytes.charCodeAt(at);
}

/** goutils.Initials. */
export function initials(bytes: string): string {
  let found = "";
  let isAfterGap = true;
  for (const rune of byteRunes(bytes)) {
    const isGap = isSpaceRune(rune);
    if (!isGap && isAfterGap) found += encodeRune(rune);
    isAfterGap = isGap;
  }
  return found;
}

/** goutils.DeleteWhiteSpace. */
export function withoutSpace(bytes: string): string {
  const kept = [...byteRunes(bytes)].filter((rune) => !isSpaceRune(rune));
  return kept.length === bytes.length ? bytes : kept.map(encodeRune).join("");
}

/** What xstrings takes for the joint of two words. */
export function isConnector(rune: number): boolean {
  return rune === 0x2d || rune === 0x5f || isSpaceRune(rune);
}

/** xstrings.ToPascalCase. */
export function pascalCase(bytes: string): string {
  const runes = runesOf(bytes);
  let at = 0;
  let output = "";
  while (at < runes.length && isConnector(runes[at] ?? 0)) output += encodeRune(runes[at++] ?? 0);
  // xstrings writes the last connector twice where there is nothing else.
  if (at === runes.length) return at === 0 ? output : output + encodeRune(runes[at - 1] ?? 0);
  let current = runes[at++] ?? 0;
  let isFirstUpper = is(current, UPPER);
  current = upperRune(current);
  for (; at < runes.length; at++) {
    const previous = current;
    current = runes[at] ?? 0;
    if (isConnector(current) && isConnector(previous)) {
      output += encodeRune(previous);
    } else if (isConnector(previous)) {
      isFirstUpper = is(current, UPPER);
      current = upperRune(current);
    } else {
      if (isFirstUpper) {
        if (is(current, UPPER)) current = lowerRune(current);
        else isFirstUpper = false;
      }
      output += encodeRune(previous);
    }
  }
  return output + encodeRune(current);
}
