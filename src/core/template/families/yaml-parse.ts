/** Reads YAML as sigs.k8s.io/yaml does: one document, through JSON, so that numbers are float64 and keys are strings. */
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  type YAMLMap,
} from "yaml";
import type { CallContext } from "../function-table.ts";
import { formatFloat } from "../go/float.ts";
import { fromText, toText } from "../go/strings.ts";
import { list, map, type Value } from "../go/values.ts";
import { FunctionFault } from "../template-error.ts";
import { decodeBase64 } from "./base-codes.ts";
import { resolveScalar } from "./yaml-scalars.ts";

const MAX_DEPTH = 100;
/** The parser's price: for a byte, and for each sign that may begin a level. */
const STEPS_PER_BYTE = 0.75;
const STEPS_PER_SIGN = 5;
/** ESO shows the parser's own words here, which may quote the text. */
export const YAML_FAULT = "error converting YAML to JSON";

interface Reading {
  readonly context: CallContext;
  readonly document: Document;
  /** The nodes that are being read: an alias to one of them would never end. */
  readonly open: Set<Node>;
}

function fail(): never {
  throw new FunctionFault(YAML_FAULT);
}

/** Whether a scalar is written without quotes, so that its text decides what it is. */
function isPlain(scalar: Scalar): boolean {
  return scalar.type === "PLAIN" || scalar.type === undefined;
}

function textOf(scalar: Scalar): string {
  // The library makes bytes and dates of what says that it is such: then its source is meant.
  const text = typeof scalar.value === "string" ? scalar.value : (scalar.source ?? "");
  return fromText(text.toWellFormed());
}

function resolvedValue(text: string): Value {
  const resolved = resolveScalar(text);
  switch (resolved.kind) {
    case "bool":
    case "float":
      return resolved.value;
    case "int":
      return Number(resolved.value);
    case "null":
      return null;
    case "infinite":
      return fail();
    case "string":
    case "time":
      return text;
  }
}

const TAG = "tag:yaml.org,2002:";

function scalarValue(scalar: Scalar): Value {
  const text = textOf(scalar);
  switch (scalar.tag?.replace(TAG, "")) {
    case undefined:
      return isPlain(scalar) ? resolvedValue(text) : text;
    case "int":
    case "float": {
      const value = resolvedValue(text);
      return typeof value === "number" ? value : fail();
    }
    case "bool": {
      const value = resolvedValue(text);
      return typeof value === "boolean" ? value : fail();
    }
    case "null":
      return resolvedValue(text) === null ? null : fail();
    case "binary": {
      const decoded = decodeBase64(text);
      return "bytes" in decoded ? decoded.bytes : fail();
    }
    default:
      return text;
  }
}

/** sigs.k8s.io/yaml turns the keys that JSON can't have into strings. */
function keyText(key: unknown): string {
  if (!isScalar(key)) return fail();
  const text = textOf(key);
  if (!isPlain(key) || key.tag !== undefined) return text;
  const resolved = resolveScalar(text);
  switch (resolved.kind) {
    case "bool":
    case "int":
      return String(resolved.value);
    case "float":
      return formatFloat(resolved.value, "g", -1);
    case "null":
      return fail();
    default:
      return text;
  }
}

function isMerge({ key }: Pair): boolean {
  return isScalar(key) && isPlain(key) && key.tag === undefined && key.value === "<<";
}

function isNode(value: unknown): value is Node {
  return isScalar(value) || isMap(value) || isSeq(value) || isAlias(value);
}

/** `<<`: the entries of a map, or of a list of maps; those of the map itself win. */
function mergedEntries(reading: Reading, value: unknown, depth: number): readonly (readonly [string, Value])[] {
  const source = nodeValue(reading, value, depth);
  if (source === null || typeof source !== "object") return fail();
  if (source.kind === "map") return [...source.entries];
  if (source.kind !== "list") return fail();
  return source.items
    .toReversed()
    .flatMap((item) => (item !== null && typeof item === "object" && item.kind === "map" ? [...item.entries] : fail()));
}

function mapValue(reading: Reading, node: YAMLMap, depth: number): Value {
  const own = new Map<string, Value>();
  const merged = new Map<string, Value>();
  for (const pair of node.items) {
    if (isMerge(pair)) for (const [key, value] of mergedEntries(reading, pair.value, depth)) merged.set(key, value);
    else own.set(keyText(pair.key), nodeValue(reading, pair.value, depth));
  }
  return map([...merged, ...own]);
}

function aliased(reading: Reading, alias: Alias): Node {
  const target = alias.resolve(reading.document);
  return target === undefined || reading.open.has(target) ? fail() : target;
}

function nodeValue(reading: Reading, node: unknown, depth: number): Value {
  reading.context.budget.spend(1);
  if (depth > MAX_DEPTH) throw new FunctionFault("the YAML is nested too deep");
  if (node === null || node === undefined) return null;
  if (!isNode(node)) return fail();
  if (isAlias(node)) return nodeValue(reading, aliased(reading, node), depth + 1);
  if (isScalar(node)) return scalarValue(node);
  reading.open.add(node);
  const value = isMap(node) ? mapValue(reading, node, depth + 1) : list(node.items.map((item) => nodeValue(reading, item, depth + 1)));
  reading.open.delete(node);
  return value;
}

function readDocument(text: string): Document {
  try {
    return parseDocument(text, { schema: "failsafe", uniqueKeys: false, logLevel: "silent", strict: false });
  } catch {
    // What nests too deep overflows the library's stack.
    return fail();
  }
}

/** The value of a YAML document. @throws FunctionFault with a fixed phrase */
export function parseYaml(context: CallContext, text: string): Value {
  context.budget.spend(text.length * STEPS_PER_BYTE);
  context.budget.spend((text.match(/[[{]|[-:?] /g)?.length ?? 0) * STEPS_PER_SIGN);
  // Failsafe: every scalar stays a text, and yaml.v2's rules, not this library's, say what it means.
  const document = readDocument(toText(text));
  return document.errors.length > 0 ? fail() : nodeValue({ context, document, open: new Set() }, document.contents, 0);
}
