/** gjson's queries `#(path op value)`: their syntax, and which values they take. */
import type { Budget } from "./budget.ts";
import { parseFloat64 } from "./numbers.ts";
import { trimmed, unescape } from "./text.ts";
import { isFalseish, isThere, isTrueish, NOTHING, type Value } from "./value.ts";
import { wildcard } from "./wildcard.ts";

/** `op` is empty where only the path's existence counts; `isForAll` is `#(…)#`. */
export interface Query {
  readonly path: string;
  readonly op: string;
  readonly value: string;
  readonly isForAll: boolean;
}

const OPERATOR = /^(?:!=|!%|<=|>=|==?|[<>%!])/;

interface Brackets {
  /** The offset of the closing bracket. */
  readonly close: number;
  /** Where the operator starts. */
  readonly operator: number | undefined;
  readonly hasEscapes: boolean;
}

function scanBrackets(path: string): Brackets | undefined {
  let depth = 1;
  let operator: number | undefined;
  let hasEscapes = false;
  for (let at = 2; at < path.length; at++) {
    const char = path[at] ?? "";
    if (depth === 1 && operator === undefined && "!=<>%".includes(char)) operator = at;
    else if (char === "\\") at++;
    else if (char === "[" || char === "(") depth++;
    else if (char === "]" || char === ")") {
      depth--;
      if (depth === 0) return { close: at, operator, hasEscapes };
    } else if (char === '"') {
      at++;
      for (; at < path.length && path[at] !== '"'; at++) {
        if (path[at] !== "\\") continue;
        hasEscapes = true;
        at++;
      }
    }
  }
  return undefined;
}

function unquoted(value: string, hasEscapes: boolean): string {
  if (value.length < 2 || !value.startsWith('"') || !value.endsWith('"')) return value;
  return hasEscapes ? unescape(value.slice(1, -1)) : value.slice(1, -1);
}

/** The query that a path starts with, and the offset behind it; undefined where its brackets never close. */
export function parseQuery(path: string): { readonly query: Query; readonly end: number } | undefined {
  const brackets = scanBrackets(path);
  if (brackets === undefined) return undefined;
  const { close, operator, hasEscapes } = brackets;
  const end = close + 1;
  if (operator === undefined) return { query: { path: trimmed(path.slice(2, close)), op: "", value: "", isForAll: false }, end };
  const comparison = trimmed(path.slice(operator, close));
  const sign = OPERATOR.exec(comparison)?.[0] ?? "";
  // A lone `!` before anything else is no operator, and gjson then compares with the whole.
  const length = sign === "!" && comparison.length > 1 ? 0 : sign.length;
  const value = unquoted(trimmed(comparison.slice(length)), hasEscapes);
  const op = length === 0 ? "" : sign === "==" ? "=" : sign;
  return { query: { path: trimmed(path.slice(2, operator)), op, value, isForAll: false }, end };
}

/** `~true` and its like turn the value into a truth first; an unknown one matches nothing. */
function withTruth(value: Value, wanted: string): readonly [value: Value, wanted: string] {
  if (!wanted.startsWith("~")) return [value, wanted];
  const truths: ReadonlyMap<string, (value: Value) => boolean> = new Map([
    ["*", isThere],
    ["null", (of: Value) => of.type === "Null"],
    ["true", isTrueish],
    ["false", isFalseish],
  ]);
  const truth = truths.get(wanted.slice(1));
  if (truth === undefined) return [NOTHING, ""];
  return [{ ...NOTHING, type: truth(value) ? "True" : "False" }, "true"];
}

function compares<T extends string | number>(a: T, op: string, b: T): boolean {
  switch (op) {
    case "=":
      return a === b;
    case "!=":
      return a !== b;
    case "<":
      return a < b;
    case "<=":
      return a <= b;
    case ">":
      return a > b;
    case ">=":
      return a >= b;
    default:
      return false;
  }
}

function matchesBoolean(isTrue: boolean, op: string, wanted: string): boolean {
  if (op === "=") return wanted === String(isTrue);
  if (op === "!=") return wanted !== String(isTrue);
  if (op === (isTrue ? ">" : "<")) return wanted === String(!isTrue);
  return op === (isTrue ? ">=" : "<=");
}

/** Whether a query takes the value that its path found. */
export function takes(query: Query, found: Value, budget: Budget): boolean {
  const [value, wanted] = withTruth(found, query.value);
  if (!isThere(value)) return false;
  if (query.op === "") return true;
  switch (value.type) {
    case "String":
      if (query.op === "%") return wildcard(wanted, budget)(value.str);
      if (query.op === "!%") return !wildcard(wanted, budget)(value.str);
      return compares(value.str, query.op, wanted);
    case "Number":
      return compares(value.num, query.op, parseFloat64(wanted));
    case "True":
    case "False":
      return matchesBoolean(value.type === "True", query.op, wanted);
    default:
      return false;
  }
}
