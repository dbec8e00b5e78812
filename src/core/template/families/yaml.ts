/** ESO's toYaml and fromYaml. */
import { parseDocument, visit } from "yaml";
import { type CallContext, type FunctionTable, fixed } from "../function-table.ts";
import { fromText, toText } from "../go/strings.ts";
import { list, map, type Value } from "../go/values.ts";
import { FunctionFault } from "../template-error.ts";
import { printYaml } from "./yaml-emit.ts";

/** Nodes of a document, aliases counted as often as they stand for something. */
const MAX_NODES = 20_000;
const MAX_DEPTH = 100;
const BYTES_PER_STEP = 4;
/** ESO shows the parser's own words here, which may quote the text. */
const FAULT = "error converting YAML to JSON";

function toValue(context: CallContext, value: unknown, depth = 0): Value {
  context.budget.spend(1);
  if (depth > MAX_DEPTH) throw new FunctionFault("the YAML is nested too deep");
  if (value === null || value === undefined) return null;
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "number" || typeof value === "boolean") return value;
  if (typeof value === "string") return fromText(value.toWellFormed());
  if (Array.isArray(value)) return list(value.map((item) => toValue(context, item, depth + 1)));
  if (value instanceof Map) return map([...value].map(([key, item]) => [keyText(key), toValue(context, item, depth + 1)] as const));
  if (value instanceof Date) return fromText(value.toISOString());
  throw new FunctionFault(FAULT);
}

/** sigs.k8s.io/yaml turns the keys that JSON can't have into strings. */
function keyText(key: unknown): string {
  if (typeof key === "string") return fromText(key.toWellFormed());
  if (typeof key === "number" || typeof key === "boolean" || typeof key === "bigint") return String(key);
  throw new FunctionFault(FAULT);
}

/** The value of a YAML document, numbers as float64. @throws FunctionFault with a fixed phrase */
export function parseYaml(context: CallContext, text: string): Value {
  context.budget.spend(text.length / BYTES_PER_STEP);
  const document = parseDocument(toText(text), { version: "1.1", uniqueKeys: false, merge: true, logLevel: "silent", strict: false });
  if (document.errors.length > 0) throw new FunctionFault(FAULT);
  let nodes = 0;
  visit(document, () => {
    nodes++;
    return nodes > MAX_NODES ? visit.BREAK : undefined;
  });
  if (nodes > MAX_NODES) throw new FunctionFault("the YAML has too many nodes");
  let value: unknown;
  try {
    value = document.toJS({ mapAsMap: true, maxAliasCount: 100 });
  } catch {
    // Aliases that grow beyond the count, or go nowhere.
    throw new FunctionFault(FAULT);
  }
  return toValue(context, value);
}

function fromYaml(context: CallContext, text: string): Value {
  try {
    const value = parseYaml(context, text);
    if (value === null) return map();
    if (typeof value === "object" && value.kind === "map") return value;
  } catch (error) {
    if (!(error instanceof FunctionFault)) throw error;
  }
  return map([["Error", FAULT]]);
}

export const YAML_FUNCTIONS: FunctionTable = Object.freeze({
  toYaml: fixed(["any"], (context, value) => {
    try {
      return printYaml(context, value);
    } catch (error) {
      if (error instanceof FunctionFault) return "";
      throw error;
    }
  }),
  fromYaml: fixed(["string"], fromYaml),
});
