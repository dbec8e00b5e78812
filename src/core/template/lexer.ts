/** From the bytes of a template to tokens, as Go's text/template lexes them with the delimiters `{{` and `}}`. */
import { isPrintRune } from "./go/quote.ts";
import { decodeRune } from "./go/strings.ts";

export type TokenKind =
  | "assign"
  | "bool"
  | "char"
  | "character"
  | "complex"
  | "declare"
  | "dot"
  | "end-of-text"
  | "error"
  | "field"
  | "identifier"
  | "keyword"
  | "left-delimiter"
  | "left-paren"
  | "nil"
  | "number"
  | "pipe"
  | "raw-string"
  | "right-delimiter"
  | "right-paren"
  | "space"
  | "string"
  | "text"
  | "variable";

/** For an error the text is the phrase. */
export interface Token {
  readonly kind: TokenKind;
  readonly position: number;
  readonly text: string;
}

const KEYWORDS: ReadonlySet<string> = new Set(["block", "break", "continue", "define", "else", "end", "if", "range", "template", "with"]);
const TRIM_MARKER = /^[ \t\r\n]-/;

function isSpace(char: string): boolean {
  return char === " " || char === "\t" || char === "\r" || char === "\n";
}

const WORD = /[\p{L}\p{Nd}_]/u;

/** The bytes of the letter, digit or underscore at a place; 0 where there is none. */
function wordWidth(text: string, at: number): number {
  const byte = text.charCodeAt(at);
  if (byte < 0x80) return /[A-Za-z0-9_]/.test(text.charAt(at)) ? 1 : 0;
  const { rune, width } = decodeRune(text, at);
  return width > 0 && WORD.test(String.fromCodePoint(rune)) ? width : 0;
}

function endOfWord(text: string, from: number): number {
  let at = from;
  for (let width = wordWidth(text, at); width > 0; width = wordWidth(text, at)) at += width;
  return at;
}

function isAtRightDelimiter(text: string, at: number): boolean {
  return text.startsWith("}}", at) || (TRIM_MARKER.test(text.slice(at, at + 2)) && text.startsWith("}}", at + 2));
}

function isAtTerminator(text: string, at: number): boolean {
  const char = text.charAt(at);
  return char === "" || isSpace(char) || ".,|:)(".includes(char) || text.startsWith("}}", at);
}

function skipSpaces(text: string, from: number): number {
  let at = from;
  while (isSpace(text.charAt(at))) at++;
  return at;
}

function skipSpacesBack(text: string, from: number, to: number): number {
  let at = to;
  while (at > from && isSpace(text.charAt(at - 1))) at--;
  return at;
}

/** What a scan found: a token and where the next begins. */
interface Scan {
  readonly token: Token;
  readonly next: number;
}

function scan(kind: TokenKind, text: string, position: number, next: number): Scan {
  return { token: { kind, position, text: text.slice(position, next) }, next };
}

function fault(position: number, phrase: string): Scan {
  return { token: { kind: "error", position, text: phrase }, next: position };
}

function scanQuoted(text: string, from: number, quote: string, kind: TokenKind, phrase: string): Scan {
  for (let at = from + 1; ; at++) {
    const char = text.charAt(at);
    if (char === "\\") at++;
    const seen = text.charAt(at);
    if (seen === "" || seen === "\n") return fault(from, phrase);
    if (char === quote) return scan(kind, text, from, at + 1);
  }
}

function acceptRun(text: string, from: number, valid: string): number {
  let at = from;
  while (at < text.length && valid.includes(text.charAt(at))) at++;
  return at;
}

function accept(text: string, at: number, valid: string): number {
  return at < text.length && valid.includes(text.charAt(at)) ? at + 1 : at;
}

/** The end of one number; -1 where letters follow it. */
function endOfNumber(text: string, from: number): number {
  let at = accept(text, from, "+-");
  let digits = "0123456789_";
  let base = 10;
  const afterZero = accept(text, at, "0");
  if (afterZero > at) {
    at = afterZero;
    const prefix = text.charAt(at).toLowerCase();
    if (prefix === "x") [digits, base] = ["0123456789abcdefABCDEF_", 16];
    else if (prefix === "o") [digits, base] = ["01234567_", 8];
    else if (prefix === "b") [digits, base] = ["01_", 2];
    if (base !== 10) at++;
  }
  at = acceptRun(text, at, digits);
  if (text.charAt(at) === ".") at = acceptRun(text, at + 1, digits);
  const exponent = accept(text, at, base === 10 ? "eE" : base === 16 ? "pP" : "");
  if (exponent > at) at = acceptRun(text, accept(text, exponent, "+-"), "0123456789_");
  at = accept(text, at, "i");
  return wordWidth(text, at) > 0 ? -1 : at;
}

function scanNumber(text: string, from: number): Scan {
  const end = endOfNumber(text, from);
  if (end < 0) return fault(from, "bad number syntax");
  const sign = text.charAt(end);
  if (sign !== "+" && sign !== "-") return scan("number", text, from, end);
  const second = endOfNumber(text, end);
  return second < 0 || text.charAt(second - 1) !== "i" ? fault(from, "bad number syntax") : scan("complex", text, from, second);
}

function scanFieldOrVariable(text: string, from: number, kind: "field" | "variable"): Scan {
  if (isAtTerminator(text, from + 1)) return scan(kind === "field" ? "dot" : "variable", text, from, from + 1);
  const end = endOfWord(text, from + 1);
  return isAtTerminator(text, end) ? scan(kind, text, from, end) : fault(from, "bad character in a name");
}

function scanIdentifier(text: string, from: number): Scan {
  const end = endOfWord(text, from);
  if (!isAtTerminator(text, end)) return fault(from, "bad character in a name");
  const word = text.slice(from, end);
  if (KEYWORDS.has(word)) return scan("keyword", text, from, end);
  if (word === "nil") return scan("nil", text, from, end);
  return scan(word === "true" || word === "false" ? "bool" : "identifier", text, from, end);
}

const SINGLE = new Map<string, TokenKind>([
  ["=", "assign"],
  ["|", "pipe"],
  ["(", "left-paren"],
  [")", "right-paren"],
]);

function scanRawString(text: string, from: number): Scan {
  const close = text.indexOf("`", from + 1);
  return close < 0 ? fault(from, "unterminated raw quoted string") : scan("raw-string", text, from, close + 1);
}

/** The token at a place inside an action that is neither a space nor the right delimiter. */
function scanInAction(text: string, at: number): Scan {
  const char = text.charAt(at);
  const single = SINGLE.get(char);
  if (single !== undefined) return scan(single, text, at, at + 1);
  switch (char) {
    case "":
      return fault(at, "unclosed action");
    case ":":
      return text.charAt(at + 1) === "=" ? scan("declare", text, at, at + 2) : fault(at, "expected :=");
    case '"':
      return scanQuoted(text, at, '"', "string", "unterminated quoted string");
    case "`":
      return scanRawString(text, at);
    case "'":
      return scanQuoted(text, at, "'", "character", "unterminated character constant");
    case "$":
      return scanFieldOrVariable(text, at, "variable");
    case ".":
      return /[0-9]/.test(text.charAt(at + 1)) || at + 1 >= text.length ? scanNumber(text, at) : scanFieldOrVariable(text, at, "field");
    default:
  }
  if (/[+\-0-9]/.test(char)) return scanNumber(text, at);
  if (wordWidth(text, at) > 0) return scanIdentifier(text, at);
  const code = text.charCodeAt(at);
  return code < 0x80 && isPrintRune(code) ? scan("char", text, at, at + 1) : fault(at, "unrecognized character in action");
}

/** The end of a comment behind its right delimiter and the spaces that a marker trims, or why there is none. */
function endOfComment(text: string, from: number): number | string {
  const close = text.indexOf("*/", from + 2);
  if (close < 0) return "unclosed comment";
  const at = close + 2;
  if (TRIM_MARKER.test(text.slice(at, at + 2)) && text.startsWith("}}", at + 2)) return skipSpaces(text, at + 4);
  return text.startsWith("}}", at) ? at + 2 : "comment ends before closing delimiter";
}

/** The tokens of a template; the last one is the end of the text or an error. */
export function* lex(text: string): Generator<Token, void> {
  let at = 0;
  for (;;) {
    const open = text.indexOf("{{", at);
    const isTrimmed = open >= 0 && /^-[ \t\r\n]/.test(text.slice(open + 2, open + 4));
    const textEnd = open < 0 ? text.length : isTrimmed ? skipSpacesBack(text, at, open) : open;
    if (textEnd > at) yield scan("text", text, at, textEnd).token;
    if (open < 0) {
      yield { kind: "end-of-text", position: text.length, text: "" };
      return;
    }
    const inside = open + (isTrimmed ? 4 : 2);
    if (text.startsWith("/*", inside)) {
      const end = endOfComment(text, inside);
      if (typeof end === "string") {
        yield fault(inside, end).token;
        return;
      }
      at = end;
      continue;
    }
    yield scan("left-delimiter", text, open, open + 2).token;
    const end = yield* lexAction(text, inside);
    if (end === undefined) return;
    at = end;
  }
}

/** The tokens of one action with its right delimiter; gives the place behind it, or undefined after an error. */
function* lexAction(text: string, from: number): Generator<Token, number | undefined> {
  let at = from;
  let depth = 0;
  for (;;) {
    if (isAtRightDelimiter(text, at)) {
      if (depth > 0) {
        yield fault(at, "unclosed left paren").token;
        return undefined;
      }
      const isTrimming = !text.startsWith("}}", at);
      const delimiter = isTrimming ? at + 2 : at;
      yield scan("right-delimiter", text, delimiter, delimiter + 2).token;
      return isTrimming ? skipSpaces(text, delimiter + 2) : delimiter + 2;
    }
    if (isSpace(text.charAt(at))) {
      let end = skipSpaces(text, at);
      // The last space may belong to the marker of the right delimiter.
      if (end > at && text.startsWith("-}}", end)) end--;
      if (end > at) yield scan("space", text, at, end).token;
      at = end;
      continue;
    }
    const { token, next } = scanInAction(text, at);
    depth += token.kind === "left-paren" ? 1 : token.kind === "right-paren" ? -1 : 0;
    if (depth < 0) yield fault(at, "unexpected right paren").token;
    else yield token;
    if (token.kind === "error" || depth < 0) return undefined;
    at = next;
  }
}
