/** The parser's view of the tokens: look, take, go back; and the state that all templates of one text share. */

import { lex, type Token, type TokenKind } from "./lexer.ts";
import type { TemplateNode } from "./nodes.ts";
import { type Place, placeOf, TemplateError } from "./template-error.ts";

/** Deeper nesting of parentheses or of blocks is refused, so that no template overflows the stack. Go allows 10,000 parentheses. */
const MAX_NESTING = 200;

export interface TokenReader {
  readonly defined: Map<string, readonly TemplateNode[]>;
  readonly functions: Set<string>;
  next(): Token;
  nextNonSpace(): Token;
  peek(): Token;
  peekNonSpace(): Token;
  /** The place of the next token, to come back to. */
  mark(): number;
  reset(mark: number): void;
  /** Runs `read` one level deeper. */
  nest<T>(position: number, read: () => T): T;
  fail(position: number, phrase: string): never;
  unexpected(token: Token, context: string): never;
}

const DESCRIPTIONS: Partial<Record<TokenKind, string>> = {
  "end-of-text": "end of the text",
  "left-delimiter": "'{{'",
  "right-delimiter": "'}}'",
  "left-paren": "'('",
  "right-paren": "')'",
  assign: "'='",
  declare: "':='",
  pipe: "'|'",
};

function describe(token: Token): string {
  // A keyword is Go's own word: it gives nothing away, where a name might.
  return token.kind === "keyword" ? `'${token.text}'` : (DESCRIPTIONS[token.kind] ?? token.kind);
}

/** @throws TemplateError from `fail` and `unexpected`, and for a text that nests too deep */
export function readTokens(name: string, text: string): TokenReader {
  const source = lex(text);
  const tokens: Token[] = [];
  let at = 0;
  let depth = 0;

  function tokenAt(index: number): Token {
    while (tokens.length <= index) {
      const { value } = source.next();
      if (value === undefined) break;
      tokens.push(value);
    }
    // Behind the last token it is the end, or the error, again.
    return tokens[Math.min(index, tokens.length - 1)] ?? { kind: "end-of-text", position: 0, text: "" };
  }

  function place(position: number): Place {
    return placeOf(text, position);
  }

  const reader: TokenReader = {
    defined: new Map(),
    functions: new Set(),
    next: () => tokenAt(at++),
    nextNonSpace: () => {
      if (tokenAt(at).kind === "space") at++;
      return tokenAt(at++);
    },
    peek: () => tokenAt(at),
    peekNonSpace: () => {
      if (tokenAt(at).kind === "space") at++;
      return tokenAt(at);
    },
    mark: () => at,
    reset: (mark) => {
      at = mark;
    },
    nest: (position, read) => {
      if (depth === MAX_NESTING) return reader.fail(position, "max expression depth exceeded");
      depth++;
      const result = read();
      depth--;
      return result;
    },
    fail: (position, phrase) => {
      throw new TemplateError(name, place(position), phrase);
    },
    unexpected: (token, context) => {
      if (token.kind === "error") return reader.fail(token.position, token.text);
      return reader.fail(token.position, `unexpected ${describe(token)} in ${context}`);
    },
  };
  return reader;
}
