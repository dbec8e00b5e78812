/** Unicode case by single runes, as Go maps it, and the word cases of xstrings and goutils. */
import { encodeRune, isAscii, isSpaceRune, mapRunes, runesOf } from "../go/strings.ts";

function single(rune: number, mapped: string): number {
  const code = mapped.codePointAt(0) ?? rune;
  // What takes several runes has no simple mapping in Go: it stays.
  return String.fromCodePoint(code) === mapped ? code : rune;
}

export function upperRune(rune: number): number {
  return single(rune, String.fromCodePoint(rune).toUpperCase());
}

export function lowerRune(rune: number): number {
  // U+0130 is the one letter whose lower case takes two code points in JavaScript and one in Go.
  return rune === 0x130 ? 0x69 : single(rune, String.fromCodePoint(rune).toLowerCase());
}

/** The digraphs U+01C4…U+01CC and U+01F1…U+01F3 have a title case of their own. */
export function titleRune(rune: number): number {
  if (rune >= 0x1c4 && rune <= 0x1cc) return Math.floor((rune - 0x1c4) / 3) * 3 + 0x1c5;
  return rune >= 0x1f1 && rune <= 0x1f3 ? 0x1f2 : upperRune(rune);
}

export function toUpper(bytes: string): string {
  return isAscii(bytes) ? bytes.toUpperCase() : mapRunes(bytes, upperRune);
}

export function toLower(bytes: string): string {
  return isAscii(bytes) ? bytes.toLowerCase() : mapRunes(bytes, lowerRune);
}

function is(rune: number, pattern: RegExp): boolean {
  return pattern.test(String.fromCodePoint(rune));
}

const LETTER_OR_DIGIT = /[\p{L}\p{Nd}]/u;
const UPPER = /\p{Lu}/u;
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

function isConnector(rune: number): boolean {
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

type WordKind = "alphabet" | "connector" | "invalid" | "number" | "other" | "punctuation" | "upper";

interface Word {
  readonly kind: WordKind;
  readonly text: string;
  readonly end: number;
}

const PUNCTUATION = /\p{P}/u;
const NUMBER = /\p{N}/u;

/** xstrings' letters: all but the common ideographs. */
function isAlphabet(rune: number): boolean {
  const isIdeograph = (rune >= 0x4e00 && rune <= 0x9fcc) || (rune >= 0x3400 && rune <= 0x4d85) || (rune >= 0x20000 && rune <= 0x2b81d);
  return !isIdeograph && is(rune, /\p{L}/u);
}

function endOfRun(runes: readonly number[], from: number, isInside: (rune: number) => boolean): number {
  let at = from;
  while (at < runes.length && isInside(runes[at] ?? 0)) at++;
  return at;
}

function isLowerAlphabet(rune: number): boolean {
  return isAlphabet(rune) && !is(rune, UPPER);
}

function endOfUpperWord(runes: readonly number[], from: number): number {
  const next = runes[from + 1];
  if (next === undefined) return from + 1;
  if (!is(next, UPPER)) return isAlphabet(next) ? endOfRun(runes, from + 1, isLowerAlphabet) : from + 1;
  const end = endOfRun(runes, from + 1, (rune) => is(rune, UPPER));
  // The last capital begins the next word: HTTPServer is HTTP and Server.
  return end < runes.length && isAlphabet(runes[end] ?? 0) ? end - 1 : end;
}

function nextWord(runes: readonly number[], from: number): Word {
  const first = runes[from];
  const word = (kind: WordKind, end: number): Word => ({ kind, text: runes.slice(from, end).map(encodeRune).join(""), end });
  if (first === undefined) return word("invalid", from);
  if (isConnector(first)) return word("connector", endOfRun(runes, from, isConnector));
  if (is(first, PUNCTUATION)) return word("punctuation", endOfRun(runes, from, (rune) => is(rune, PUNCTUATION)));
  if (is(first, UPPER)) return word("upper", endOfUpperWord(runes, from));
  if (isAlphabet(first)) return word("alphabet", endOfRun(runes, from + 1, isLowerAlphabet));
  if (is(first, NUMBER)) return word("number", endOfRun(runes, from, (rune) => is(rune, NUMBER)));
  const isOther = (rune: number): boolean => !isConnector(rune) && !isAlphabet(rune) && !is(rune, NUMBER) && !is(rune, PUNCTUATION);
  return word("other", endOfRun(runes, from + 1, isOther));
}

function lowered(word: Word, connector: string): string {
  if (word.kind !== "upper" && word.kind !== "connector") return word.text;
  return runesOf(word.text)
    .map((rune) => (isConnector(rune) ? connector : encodeRune(lowerRune(rune))))
    .join("");
}

/** xstrings.ToSnakeCase and ToKebabCase: words apart by the connector, digits with the word that they follow or begin. */
export function connectedCase(bytes: string, connector: string): string {
  const runes = runesOf(bytes);
  let output = "";
  let word = nextWord(runes, 0);
  const isBreak = (kind: WordKind): boolean => kind !== "connector" && kind !== "punctuation";
  const isBreakable = (): boolean => word.kind !== "invalid" && isBreak(word.kind);
  const takeAlphanumeric = (): void => {
    while (word.kind === "alphabet" || word.kind === "number") {
      output += lowered(word, connector);
      word = nextWord(runes, word.end);
    }
  };
  while (word.end < runes.length) {
    const previous = word;
    if (previous.kind !== "connector") output += lowered(previous, connector);
    word = nextWord(runes, previous.end);
    if (previous.kind === "connector") {
      output += lowered(previous, connector);
    } else if (previous.kind === "number") {
      takeAlphanumeric();
      if (isBreakable()) output += connector;
    } else if (previous.kind !== "punctuation") {
      if (word.kind !== "number") {
        if (isBreak(word.kind)) output += connector;
      } else if (word.end < runes.length) {
        const number = word;
        word = nextWord(runes, number.end);
        if (word.kind !== "alphabet") {
          output += lowered(number, connector);
          if (isBreak(word.kind)) output += connector;
        } else {
          output += connector + lowered(number, connector);
          takeAlphanumeric();
          if (isBreakable()) output += connector;
        }
      }
    }
  }
  return output + lowered(word, connector);
}

