/** What Go's text/template makes of a number or a character constant. */

import { parseFloat64, parseInteger, parseUnsigned, truncateToInt64 } from "./go/numbers.ts";
import { unquoteChar } from "./go/quote.ts";
import type { Token } from "./lexer.ts";
import type { NumberNode } from "./nodes.ts";

const MAX_UINT64 = 2n ** 64n - 1n;

function characterConstant(token: Token): NumberNode | string {
  const char = unquoteChar(token.text, 1, "'");
  if (char === undefined || token.text.slice(char.end) !== "'") return "malformed character constant";
  const value = BigInt(char.rune);
  return { kind: "number", position: token.position, isComplex: false, isFloatText: false, int: value, uint: value, float: char.rune };
}

/** A float that is a whole number may stand for an integer too, as far as it fits. */
function wholeNumber(float: number): { readonly int?: bigint | undefined; readonly uint?: bigint | undefined } {
  if (!Number.isInteger(float)) return {};
  const int = truncateToInt64(float);
  const uint = float >= 0 && float < 2 ** 64 ? BigInt(float) : undefined;
  return { int: Number(int) === float ? int : undefined, uint: uint !== undefined && uint <= MAX_UINT64 ? uint : undefined };
}

/** The constant, or why it is none. */
export function numberConstant(token: Token): NumberNode | string {
  const { position, text } = token;
  if (token.kind === "character") return characterConstant(token);
  if (token.kind === "complex" || text.endsWith("i")) return { kind: "number", position, isComplex: true, isFloatText: false };
  const isHexInteger = /^0[xX]/.test(text) && !/[pP]/.test(text);
  const isFloatText = !isHexInteger && /[.eEpP]/.test(text);
  const int = parseInteger(text, 0);
  const unsigned = int === 0n ? 0n : parseUnsigned(text);
  if (int !== undefined || unsigned !== undefined) {
    return { kind: "number", position, isComplex: false, isFloatText, int, uint: unsigned, float: Number(int ?? unsigned) };
  }
  const float = parseFloat64(text);
  if (float === undefined) return "illegal number syntax";
  if (!/[.eEpP]/.test(text)) return "integer overflow";
  return { kind: "number", position, isComplex: false, isFloatText, float, ...wholeNumber(float) };
}
