/** xstrings' ToSnakeCase and ToKebabCase. */
import { decodeRune, encodeRune, runesOf } from "../go/strings.ts";
import { is, isConnector, lowerRune, UPPER } from "./case.ts";

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

/** A rune with the bytes that it stands for. */
interface Unit {
  readonly rune: number;
  readonly bytes: string;
}

const INVALID = 0xfffd;

/** xstrings lays invalid bytes to the rune behind them, or at the end of a text to the one before. */
function unitsOf(bytes: string): readonly Unit[] {
  const units: Unit[] = [];
  let skipped = "";
  for (let at = 0; at < bytes.length; ) {
    const { rune, width } = decodeRune(bytes, at);
    skipped += bytes.slice(at, at + width);
    at += width;
    if (rune === INVALID) continue;
    units.push({ rune, bytes: skipped });
    skipped = "";
  }
  if (skipped !== "") units.push({ rune: units.at(-1)?.rune ?? INVALID, bytes: skipped });
  return units;
}

function runeAt(units: readonly Unit[], at: number): number {
  return units[at]?.rune ?? 0;
}

function endOfRun(units: readonly Unit[], from: number, isInside: (rune: number) => boolean): number {
  let at = from;
  while (at < units.length && isInside(runeAt(units, at))) at++;
  return at;
}

function isLowerAlphabet(rune: number): boolean {
  return isAlphabet(rune) && !is(rune, UPPER);
}

function endOfUpperWord(runes: readonly Unit[], from: number): number {
  const next = runes[from + 1]?.rune;
  if (next === undefined) return from + 1;
  if (!is(next, UPPER)) return isAlphabet(next) ? endOfRun(runes, from + 1, isLowerAlphabet) : from + 1;
  const end = endOfRun(runes, from + 1, (rune) => is(rune, UPPER));
  // The last capital begins the next word: HTTPServer is HTTP and Server.
  return end < runes.length && isAlphabet(runeAt(runes, end)) ? end - 1 : end;
}

function nextWord(runes: readonly Unit[], from: number): Word {
  const first = runes[from]?.rune;
  const word = (kind: WordKind, end: number): Word => ({
    kind,
    text: runes
      .slice(from, end)
      .map(({ bytes }) => bytes)
      .join(""),
    end,
  });
  if (first === undefined) return word("invalid", from);
  if (first === INVALID) return word("invalid", from + 1);
  if (isConnector(first)) return word("connector", endOfRun(runes, from, isConnector));
  if (is(first, PUNCTUATION))
    return word(
      "punctuation",
      endOfRun(runes, from, (rune) => is(rune, PUNCTUATION)),
    );
  if (is(first, UPPER)) return word("upper", endOfUpperWord(runes, from));
  if (isAlphabet(first)) return word("alphabet", endOfRun(runes, from + 1, isLowerAlphabet));
  if (is(first, NUMBER))
    return word(
      "number",
      endOfRun(runes, from, (rune) => is(rune, NUMBER)),
    );
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
  const runes = unitsOf(bytes);
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
