/** Looks up `remoteRef.property` in a JSON value as ESO does with gjson, for the part of gjson's syntax that is built. */
import { decodeString, type JsonFault, type JsonValue, jsonElements, jsonMembers, scanJson } from "./json.ts";

/** `unsupported` names a construct of the path; config validation refuses those paths first (`unsupportedGjson`). */
export type PropertyResult =
  | { readonly kind: "found"; readonly bytes: Uint8Array }
  | { readonly kind: "missing" }
  | { readonly kind: "not-json"; readonly fault: JsonFault }
  | { readonly kind: "unsupported"; readonly construct: string };

/** One step of a path. `literal` has its escapes resolved; `written` counts in arrays, where gjson knows no escapes. */
interface Step {
  readonly written: string;
  readonly literal: string;
}

/** An `@name` that is none of these is an ordinary key in gjson too (`@type` of JSON-LD). */
const MODIFIERS: ReadonlySet<string> = new Set([
  "pretty",
  "ugly",
  "reverse",
  "this",
  "flatten",
  "join",
  "valid",
  "keys",
  "values",
  "tostr",
  "fromstr",
  "group",
  "dig",
]);

function splitPath(path: string): readonly Step[] {
  const steps: Step[] = [];
  let start = 0;
  let literal = "";
  for (let at = 0; at < path.length; at++) {
    if (path[at] === ".") {
      steps.push({ written: path.slice(start, at), literal });
      start = at + 1;
      literal = "";
    } else {
      if (path[at] === "\\") at++;
      literal += path[at] ?? "";
    }
  }
  steps.push({ written: path.slice(start), literal });
  return steps;
}

function unsupportedStart(step: string, isLast: boolean): string | undefined {
  if (step.startsWith("{") || step.startsWith("[")) return `multipath '${step[0]}'`;
  if (step.startsWith("!")) return "JSON literal '!'";
  if (step.startsWith("#(") || step.startsWith("#[")) return `query '${step.slice(0, 2)}'`;
  if (step === "#" && !isLast) return "iteration '#.'";
  const modifier = /^@([^:|]*)/.exec(step)?.[1];
  return modifier !== undefined && MODIFIERS.has(modifier) ? `modifier '@${modifier}'` : undefined;
}

/** Names the construct of gjson in a path that this version does not evaluate; undefined where the path can be used. */
export function unsupportedGjson(path: string): string | undefined {
  if (path.startsWith("..")) return "JSON lines '..'";
  const steps = splitPath(path);
  for (const [index, { written }] of steps.entries()) {
    const start = unsupportedStart(written, index === steps.length - 1);
    if (start !== undefined) return start;
    const special = /^(?:[^\\|*?]|\\.)*([|*?])/su.exec(written)?.[1];
    if (special !== undefined) return special === "|" ? "pipe '|'" : `wildcard '${special}'`;
  }
  return undefined;
}

/** Like gjson, goes on to a later member of the same name when the path does not end in an earlier one. */
function find(value: JsonValue, steps: readonly Step[], depth: number): JsonValue | number | undefined {
  const step = steps[depth];
  if (step === undefined) return value;
  if (value.kind === "object") {
    for (const [key, member] of jsonMembers(value)) {
      const found = key === step.literal ? find(member, steps, depth + 1) : undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (value.kind !== "array") return undefined;
  const isCount = step.written === "#";
  if (!isCount && !/^[0-9]+$/.test(step.written)) return undefined;
  let index = 0;
  for (const element of jsonElements(value)) {
    if (!isCount && index === Number(step.written)) return find(element, steps, depth + 1);
    index++;
  }
  return isCount && depth === steps.length - 1 ? index : undefined;
}

/** Go's `strconv.FormatFloat(x, 'f', -1, 64)`: the shortest digits that give the same float64 back, never an exponent. */
function formatFloat(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const [mantissa = "0", exponent = "0"] = String(Math.abs(value)).split("e");
  const [whole = "0", fraction = ""] = mantissa.split(".");
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  if (point >= digits.length) return `${sign}${digits}${"0".repeat(point - digits.length)}`;
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** gjson's `Result.String()`. */
function printed(value: JsonValue): Uint8Array {
  switch (value.kind) {
    case "string":
      return new TextEncoder().encode(decodeString(value.raw));
    case "null":
      return new Uint8Array();
    case "number": {
      const literal = new TextDecoder().decode(value.raw);
      return /^-?[0-9]+$/.test(literal) ? value.raw : new TextEncoder().encode(formatFloat(Number(literal)));
    }
    default:
      return value.raw;
  }
}

/**
 * The value of a property: the literal key first where the path has a dot, then the path. Steps are keys, array indexes and
 * a final `#` (an array's length); `\` takes the next character literally. The whole text must be valid JSON.
 */
export function lookUpProperty(bytes: Uint8Array, path: string): PropertyResult {
  const construct = unsupportedGjson(path);
  if (construct !== undefined) return { kind: "unsupported", construct };
  const root = scanJson(bytes);
  if (root.kind === "fault") return { kind: "not-json", fault: root };
  const attempts = path.includes(".") ? [path.replaceAll(".", "\\."), path] : [path];
  for (const attempt of attempts) {
    const found = find(root, splitPath(attempt), 0);
    if (typeof found === "number") return { kind: "found", bytes: new TextEncoder().encode(String(found)) };
    if (found !== undefined) return { kind: "found", bytes: printed(found) };
  }
  return { kind: "missing" };
}
