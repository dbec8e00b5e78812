/** sprig's JSON, printed and read as Go's encoding/json does. */

import { decodeString, type JsonValue, jsonElements, jsonObject, scanJson } from "../../source/json.ts";
import { type CallContext, type FunctionTable, fixed } from "../function-table.ts";
import { formatFloat } from "../go/float.ts";
import { decodeRune, fromText, toBytes } from "../go/strings.ts";
import { list, map, sortedKeys, type Value } from "../go/values.ts";
import { FunctionFault } from "../template-error.ts";
import { formatTime } from "../time/describe.ts";

/** Deeper texts are refused where Go would go on to 10,000: a value of this depth is nobody's. */
const MAX_DEPTH = 256;
/** Each level of nesting scans its bytes again. */
const BYTES_PER_STEP = 128;

function toValue(context: CallContext, json: JsonValue, depth: number): Value {
  if (depth > MAX_DEPTH) throw new FunctionFault("the JSON is nested too deep");
  context.budget.spend(2 + json.raw.length / BYTES_PER_STEP);
  switch (json.kind) {
    case "string":
      return fromText(decodeString(json.raw));
    case "number": {
      const number = Number(new TextDecoder().decode(json.raw));
      if (!Number.isFinite(number)) throw new FunctionFault("a number of the JSON is out of range");
      return number;
    }
    case "true":
    case "false":
      return json.kind === "true";
    case "null":
      return null;
    case "array":
      return list([...jsonElements(json)].map((item) => toValue(context, item, depth + 1)));
    case "object":
      return map([...jsonObject(json)].map(([key, item]) => [fromText(key), toValue(context, item, depth + 1)] as const));
  }
}

/** json.Unmarshal into an interface: numbers are float64. @throws FunctionFault for what is no JSON */
export function parseJson(context: CallContext, text: string): Value {
  const json = scanJson(toBytes(text));
  if (json.kind === "fault") throw new FunctionFault("the text is no JSON");
  return toValue(context, json, 0);
}

const NAMED = new Map([
  [0x22, '\\"'],
  [0x5c, "\\\\"],
  [0x08, "\\b"],
  [0x0c, "\\f"],
  [0x0a, "\\n"],
  [0x0d, "\\r"],
  [0x09, "\\t"],
]);

function quoteJson(text: string, escapesHtml: boolean): string {
  if (/^[ !#%'-;=?-[\]-~]*$/.test(text)) return `"${text}"`;
  let quoted = '"';
  for (let at = 0; at < text.length; ) {
    const { rune, width } = decodeRune(text, at);
    const char = text.slice(at, at + width);
    at += width;
    const named = NAMED.get(rune);
    if (named !== undefined) quoted += named;
    else if (rune < 0x20 || (escapesHtml && "<>&".includes(char)) || rune === 0x2028 || rune === 0x2029) {
      quoted += `\\u${rune.toString(16).padStart(4, "0")}`;
    } else quoted += rune === 0xfffd && width === 1 ? "\\ufffd" : char;
  }
  return `${quoted}"`;
}

/** encoding/json writes floats as JavaScript does, but for the exponent of small ones. */
function floatJson(value: number): string {
  if (!Number.isFinite(value)) throw new FunctionFault("a number is infinite or none");
  const size = Math.abs(value);
  if (size === 0 || (size >= 1e-6 && size < 1e21)) return formatFloat(value, "f", -1);
  return formatFloat(value, "e", -1).replace(/e-0(\d)$/, "e-$1");
}

interface JsonStyle {
  readonly escapesHtml: boolean;
  /** @default one line */
  readonly indent?: string;
}

function block(open: string, items: readonly string[], close: string, style: JsonStyle, depth: number): string {
  if (items.length === 0 || style.indent === undefined) return open + items.join(",") + close;
  const inner = `\n${style.indent.repeat(depth + 1)}`;
  return `${open}${inner}${items.join(`,${inner}`)}\n${style.indent.repeat(depth)}${close}`;
}

/** json.Marshal. @throws FunctionFault for infinite numbers, and for values that hold themselves */
function printJson(context: CallContext, value: Value, style: JsonStyle, depth = 0): string {
  if (depth > MAX_DEPTH) throw new FunctionFault("the value is nested too deep");
  context.budget.spend(1 / 2);
  if (value === null) return "null";
  switch (typeof value) {
    case "string":
      return quoteJson(value, style.escapesHtml);
    case "number":
      return floatJson(value);
    case "boolean":
      return String(value);
    default:
  }
  const print = (item: Value): string => printJson(context, item, style, depth + 1);
  const member = (key: string, item: Value): string =>
    `${quoteJson(key, style.escapesHtml)}:${style.indent === undefined ? "" : " "}${print(item)}`;
  switch (value.kind) {
    case "integer":
      return String(value.value);
    case "list":
      return value.isNil ? "null" : block("[", value.items.map(print), "]", style, depth);
    case "map":
      if (value.isNil) return "null";
      return block(
        "{",
        sortedKeys(value.entries).map((key) => member(key, value.entries.get(key) ?? null)),
        "}",
        style,
        depth,
      );
    case "time":
      return quoteJson(formatTime(value, "2006-01-02T15:04:05.999999999Z07:00"), style.escapesHtml);
    case "struct":
      if (value.type === "*semver.Version") return quoteJson(value.text ?? "", style.escapesHtml);
      return block(
        "{",
        [...value.fields].map(([key, item]) => member(key, item)),
        "}",
        style,
        depth,
      );
  }
}

const COMPACT: JsonStyle = { escapesHtml: true };
const PRETTY: JsonStyle = { escapesHtml: true, indent: "  " };
const RAW: JsonStyle = { escapesHtml: false };

function isFault(error: unknown): boolean {
  return error instanceof FunctionFault;
}

/** sprig swallows what json.Marshal complains of. A limit that is reached is no such complaint: it holds for what comes too. */
function orElse<T extends Value>(run: () => T, otherwise: T): T {
  try {
    return run();
  } catch (error) {
    if (isFault(error)) return otherwise;
    throw error;
  }
}

export const JSON_FUNCTIONS: FunctionTable = Object.freeze({
  fromJson: fixed(["string"], (context, text) => orElse<Value>(() => parseJson(context, text), null)),
  mustFromJson: fixed(["string"], parseJson),
  toJson: fixed(["any"], (context, value) => orElse(() => printJson(context, value, COMPACT), "")),
  mustToJson: fixed(["any"], (context, value) => printJson(context, value, COMPACT)),
  toPrettyJson: fixed(["any"], (context, value) => orElse(() => printJson(context, value, PRETTY), "")),
  mustToPrettyJson: fixed(["any"], (context, value) => printJson(context, value, PRETTY)),
  toRawJson: fixed(["any"], (context, value) => printJson(context, value, RAW)),
  mustToRawJson: fixed(["any"], (context, value) => printJson(context, value, RAW)),
});
