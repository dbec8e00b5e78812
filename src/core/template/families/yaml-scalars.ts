/** What a plain scalar of YAML means to Go's yaml.v2: its words, numbers and times, which are YAML 1.1's but for base 60. */
import { parseFloat64, parseInteger, parseUnsigned } from "../go/numbers.ts";

const WORDS: ReadonlyMap<string, boolean | null> = new Map(
  [
    ["y yes true on", true],
    ["n no false off", false],
    ["null", null],
  ].flatMap(([words, value]) =>
    String(words)
      .split(" ")
      .flatMap((word) => [word, word.charAt(0).toUpperCase() + word.slice(1), word.toUpperCase()])
      .map((word) => [word, value as boolean | null] as const),
  ),
);
const INFINITE = /^[-+]?\.(?:inf|Inf|INF)$|^\.(?:nan|NaN|NAN)$/;
const FLOAT = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;
const TIMESTAMP =
  /^\d{4}-\d\d?-\d\d?(?:[Tt]\d\d?:\d\d?:\d\d?(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?| \d\d?:\d\d?:\d\d?(?:\.\d+)?(?: ?(?:Z|[+-]\d\d:\d\d))?)?$/;

/** A time stays a text; a number that is infinite or none is one that JSON can't hold. */
export type ResolvedScalar =
  | { readonly kind: "bool"; readonly value: boolean }
  | { readonly kind: "infinite" }
  | { readonly kind: "int"; readonly value: bigint }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "null" }
  | { readonly kind: "string" }
  | { readonly kind: "time" };

const STRING: ResolvedScalar = { kind: "string" };

function float(text: string): ResolvedScalar {
  const value = parseFloat64(text);
  return value === undefined ? STRING : { kind: "float", value };
}

/** Reads a plain scalar (a Go string). */
export function resolveScalar(text: string): ResolvedScalar {
  if (text === "" || text === "~") return { kind: "null" };
  const word = WORDS.get(text);
  if (word !== undefined) return word === null ? { kind: "null" } : { kind: "bool", value: word };
  if (INFINITE.test(text)) return { kind: "infinite" };
  if (text.startsWith(".")) return float(text);
  if (!/^[-+0-9]/.test(text)) return STRING;
  if (TIMESTAMP.test(text)) return { kind: "time" };
  const plain = text.replaceAll("_", "");
  const int = parseInteger(plain, 0) ?? parseUnsigned(plain);
  if (int !== undefined) return { kind: "int", value: int };
  return FLOAT.test(plain) ? float(plain) : STRING;
}
