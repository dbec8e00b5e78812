/** A strict JSON scanner over bytes that keeps each value's raw slice, so that numbers and nested objects stay as they were written. */

export type JsonKind = "object" | "array" | "string" | "number" | "true" | "false" | "null";

/** A value and the bytes that spell it, without the white space around it. Made by this file only, so `raw` is always valid JSON. */
export interface JsonValue {
  readonly kind: JsonKind;
  readonly raw: Uint8Array;
}

/** Why a text is no JSON: a fixed phrase and a byte offset, never content. */
export interface JsonFault {
  readonly kind: "fault";
  readonly what: "unexpected end" | "unexpected character" | "invalid escape" | "control character in a string" | "nested too deep";
  readonly offset: number;
}

/** Go's encoding/json refuses deeper nesting with this very number. */
const MAX_DEPTH = 10_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;

function fault(bytes: Uint8Array, offset: number, what: JsonFault["what"] = "unexpected character"): JsonFault {
  return { kind: "fault", what: offset >= bytes.length ? "unexpected end" : what, offset };
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function isHexDigit(byte: number | undefined): boolean {
  return isDigit(byte) || (byte !== undefined && (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66);
}

function skipSpace(bytes: Uint8Array, from: number): number {
  let at = from;
  while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at++;
  return at;
}

function scanString(bytes: Uint8Array, from: number): number | JsonFault {
  for (let at = from + 1; ; at++) {
    const byte = bytes[at];
    if (byte === undefined) return fault(bytes, at);
    if (byte === QUOTE) return at + 1;
    if (byte < 0x20) return fault(bytes, at, "control character in a string");
    if (byte !== BACKSLASH) continue;
    at++;
    const escaped = bytes[at];
    if (escaped === undefined) return fault(bytes, at);
    if (escaped === 0x75) {
      for (let digit = 0; digit < 4; digit++) {
        at++;
        if (!isHexDigit(bytes[at])) return fault(bytes, at, "invalid escape");
      }
    } else if (!'"\\/bfnrt'.includes(String.fromCharCode(escaped))) {
      return fault(bytes, at, "invalid escape");
    }
  }
}

function scanDigits(bytes: Uint8Array, from: number): number | JsonFault {
  if (!isDigit(bytes[from])) return fault(bytes, from);
  let at = from;
  while (isDigit(bytes[at])) at++;
  return at;
}

function scanNumber(bytes: Uint8Array, from: number): number | JsonFault {
  let at: number | JsonFault = bytes[from] === 0x2d ? from + 1 : from;
  at = bytes[at] === 0x30 ? at + 1 : scanDigits(bytes, at);
  if (typeof at === "number" && bytes[at] === 0x2e) at = scanDigits(bytes, at + 1);
  if (typeof at === "number" && (bytes[at] === 0x65 || bytes[at] === 0x45)) {
    at++;
    if (bytes[at] === 0x2b || bytes[at] === 0x2d) at++;
    at = scanDigits(bytes, at);
  }
  return at;
}

function scanWord(bytes: Uint8Array, from: number, word: string): number | JsonFault {
  for (let index = 0; index < word.length; index++) {
    if (bytes[from + index] !== word.charCodeAt(index)) return fault(bytes, from + index);
  }
  return from + word.length;
}

function scanScalar(bytes: Uint8Array, at: number): number | JsonFault {
  switch (kindAt(bytes, at)) {
    case "string":
      return scanString(bytes, at);
    case "true":
      return scanWord(bytes, at, "true");
    case "false":
      return scanWord(bytes, at, "false");
    case "null":
      return scanWord(bytes, at, "null");
    default:
      return scanNumber(bytes, at);
  }
}

function kindAt(bytes: Uint8Array, at: number): JsonKind {
  switch (bytes[at]) {
    case OPEN_OBJECT:
      return "object";
    case OPEN_ARRAY:
      return "array";
    case QUOTE:
      return "string";
    case 0x74:
      return "true";
    case 0x66:
      return "false";
    case 0x6e:
      return "null";
    default:
      return "number";
  }
}

/** Reads `"key" :` and gives the place of the value. */
function scanKey(bytes: Uint8Array, from: number): number | JsonFault {
  const at = skipSpace(bytes, from);
  if (bytes[at] !== QUOTE) return fault(bytes, at);
  const end = scanString(bytes, at);
  if (typeof end !== "number") return end;
  const colon = skipSpace(bytes, end);
  return bytes[colon] === COLON ? skipSpace(bytes, colon + 1) : fault(bytes, colon);
}

/**
 * The end of the value that starts at `from`. With a stack of its own instead of recursion: ten thousand levels
 * would be close to the engine's limit.
 */
function scanValue(bytes: Uint8Array, from: number): number | JsonFault {
  const closers: number[] = [];
  let at = from;
  for (;;) {
    const open = bytes[at];
    if (open === OPEN_OBJECT || open === OPEN_ARRAY) {
      if (closers.length === MAX_DEPTH) return fault(bytes, at, "nested too deep");
      const closer = open === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY;
      const inside = skipSpace(bytes, at + 1);
      if (bytes[inside] === closer) {
        at = inside + 1;
      } else {
        closers.push(closer);
        const next = open === OPEN_OBJECT ? scanKey(bytes, inside) : inside;
        if (typeof next !== "number") return next;
        at = next;
        continue;
      }
    } else {
      const end = scanScalar(bytes, at);
      if (typeof end !== "number") return end;
      at = end;
    }
    // A value ended: close what ends with it, then go on behind the next comma.
    for (;;) {
      const closer = closers.at(-1);
      if (closer === undefined) return at;
      const next = skipSpace(bytes, at);
      if (bytes[next] === closer) {
        closers.pop();
        at = next + 1;
        continue;
      }
      if (bytes[next] !== COMMA) return fault(bytes, next);
      const value = closer === CLOSE_OBJECT ? scanKey(bytes, next + 1) : skipSpace(bytes, next + 1);
      if (typeof value !== "number") return value;
      at = value;
      break;
    }
  }
}

/** Reads a whole document as Go's encoding/json accepts it: RFC 8259, one value, no byte order mark, invalid UTF-8 tolerated. */
export function scanJson(bytes: Uint8Array): JsonValue | JsonFault {
  const start = skipSpace(bytes, 0);
  const end = scanValue(bytes, start);
  if (typeof end !== "number") return end;
  const rest = skipSpace(bytes, end);
  if (rest < bytes.length) return fault(bytes, rest);
  return { kind: kindAt(bytes, start), raw: bytes.subarray(start, end) };
}

/** The end of a value inside bytes that were scanned before, so that a fault can only be a bug. */
function endOfScanned(bytes: Uint8Array, at: number): number {
  const end = scanValue(bytes, at);
  if (typeof end !== "number") throw new Error("a scanned JSON value does not scan again");
  return end;
}

function* children(bytes: Uint8Array, hasKeys: boolean): Generator<readonly [key: string, value: JsonValue]> {
  let at = skipSpace(bytes, 1);
  while (at < bytes.length - 1) {
    let key = "";
    if (hasKeys) {
      const end = endOfScanned(bytes, at);
      key = decodeString(bytes.subarray(at, end));
      at = skipSpace(bytes, skipSpace(bytes, end) + 1);
    }
    const end = endOfScanned(bytes, at);
    yield [key, { kind: kindAt(bytes, at), raw: bytes.subarray(at, end) }];
    at = skipSpace(bytes, end);
    if (bytes[at] === COMMA) at = skipSpace(bytes, at + 1);
  }
}

/** The members of an object in the order of the text, a repeated key as often as it is there; none for any other kind. */
function* jsonMembers(value: JsonValue): Generator<readonly [key: string, value: JsonValue]> {
  if (value.kind === "object") yield* children(value.raw, true);
}

/** The elements of an array in order; none for any other kind. */
export function* jsonElements(value: JsonValue): Generator<JsonValue> {
  if (value.kind !== "array") return;
  for (const [, element] of children(value.raw, false)) yield element;
}

/** The members of an object by key, the last of a repeated key (Go); a Map, so that `__proto__` is only a key. */
export function jsonObject(value: JsonValue): ReadonlyMap<string, JsonValue> {
  return new Map(jsonMembers(value));
}

/** The text of a scanned string, quotes and escapes resolved; half a surrogate pair and invalid UTF-8 become U+FFFD (Go). */
export function decodeString(raw: Uint8Array): string {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(raw);
  // The scanner has checked the grammar, which JSON.parse shares for strings: it cannot throw here and echo the text.
  return (JSON.parse(text) as string).toWellFormed();
}
