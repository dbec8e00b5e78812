/** sprig's functions of dicts. `set`, `unset` and `merge` change the dict that they are given, as Go's maps are changed. */
import { type CallContext, type FunctionTable, fixed, variadic } from "../function-table.ts";
import { deepEqual, type GoMap, isTrue, list, map, sortedKeys, type Value } from "../go/values.ts";
import { FunctionFault } from "../template-error.ts";
import { textOf } from "./convert.ts";

/** Deeper dicts hold themselves. */
const MAX_DEPTH = 256;

function writable(dict: GoMap): GoMap {
  if (dict.isNil) throw new FunctionFault("assignment to entry in nil map");
  return dict;
}

function toDict(values: readonly Value[]): Value {
  const entries = new Map<string, Value>();
  for (let index = 0; index < values.length; index += 2)
    entries.set(textOf(values[index] ?? null), index + 1 < values.length ? (values[index + 1] ?? null) : "");
  return map(entries);
}

/** mergo calls a struct never empty, and so does `isTrue`. */
function isEmptyValue(value: Value): boolean {
  return !isTrue(value);
}

function isMap(value: Value | undefined): value is GoMap {
  return value !== null && typeof value === "object" && value.kind === "map";
}

function isList(value: Value): boolean {
  return value !== null && typeof value === "object" && value.kind === "list";
}

/** mergo's deepMerge of two dicts: what the target has stays, unless `isOverwriting`; dicts inside are merged. */
function mergeInto(target: GoMap, source: GoMap, isOverwriting: boolean, depth: number): void {
  if (depth > MAX_DEPTH) throw new FunctionFault("the dicts are nested too deep to be merged");
  for (const [key, value] of source.entries) {
    const earlier = target.entries.get(key);
    if (value === null) {
      if (isOverwriting) target.entries.set(key, value);
      continue;
    }
    if (isMap(value) && isMap(earlier) && earlier.type === value.type) mergeInto(earlier, value, isOverwriting, depth + 1);
    const isFull = earlier !== undefined && !isEmptyValue(earlier);
    if (isFull && isList(value)) {
      if (isOverwriting) target.entries.set(key, value);
      continue;
    }
    if (isFull && isMap(value) && isMap(earlier)) continue;
    if (isOverwriting || !isFull) target.entries.set(key, value);
  }
}

function merge(isOverwriting: boolean) {
  return variadic(["map"], "map", (context: CallContext, sources, dict) => {
    const target = dict.isNil && sources.some(({ isNil }) => !isNil) ? map() : dict;
    for (const source of sources) {
      context.budget.checkItems(source.entries.size * 4);
      mergeInto(target, source, isOverwriting, 0);
    }
    return target;
  });
}

function deepCopy(context: CallContext, value: Value, depth = 0): Value {
  if (depth > MAX_DEPTH) throw new FunctionFault("the value is nested too deep to be copied");
  context.budget.spend(1 / 4);
  if (value === null || typeof value !== "object") return value;
  if (value.kind === "list") return { ...value, items: value.items.map((item) => deepCopy(context, item, depth + 1)) };
  if (value.kind !== "map") return value;
  return { ...value, entries: new Map([...value.entries].map(([key, item]) => [key, deepCopy(context, item, depth + 1)] as const)) };
}

function dig(values: readonly Value[]): Value {
  if (values.length < 3) throw new FunctionFault("dig needs at least three arguments");
  let step: Value = values.at(-1) ?? null;
  for (const key of values.slice(0, -2)) {
    if (!isMap(step) || step.type !== "map[string]interface {}") throw new FunctionFault("dig meets a value that is no dict");
    if (typeof key !== "string") throw new FunctionFault("a key of dig is no string");
    const next = step.entries.get(key);
    if (next === undefined) return values.at(-2) ?? null;
    step = next;
  }
  return step;
}

const mergeKeeping = merge(false);
const mergeOverwriting = merge(true);
const copy = fixed(["any"], (context, value) => {
  // The library that sprig copies by fails for an untyped nil.
  if (value === null) throw new FunctionFault("nil can't be copied");
  return deepCopy(context, value);
});

export const DICTS: FunctionTable = Object.freeze({
  dict: variadic([], "any", (_context, values) => toDict(values)),
  get: fixed(["map", "string"], (_context, dict, key) => dict.entries.get(key) ?? (dict.entries.has(key) ? null : "")),
  set: fixed(["map", "string", "any"], (context, dict, key, value) => {
    writable(dict).entries.set(key, value);
    context.budget.checkItems(dict.entries.size);
    return dict;
  }),
  unset: fixed(["map", "string"], (_context, dict, key) => {
    dict.entries.delete(key);
    return dict;
  }),
  hasKey: fixed(["map", "string"], (_context, dict, key) => dict.entries.has(key)),
  pluck: variadic(["string"], "map", (_context, dicts, key) =>
    list(dicts.filter(({ entries }) => entries.has(key)).map(({ entries }) => entries.get(key) ?? null)),
  ),
  keys: variadic([], "map", (_context, dicts) =>
    list(
      dicts.flatMap(({ entries }) => sortedKeys(entries)),
      "[]string",
    ),
  ),
  values: fixed(["map"], (_context, { entries }) => list(sortedKeys(entries).map((key) => entries.get(key) ?? null))),
  pick: variadic(["map"], "string", (_context, keys, { entries }) =>
    map(keys.filter((key) => entries.has(key)).map((key) => [key, entries.get(key) ?? null] as const)),
  ),
  omit: variadic(["map"], "string", (_context, keys, { entries }) => map([...entries].filter(([key]) => !keys.includes(key)))),
  merge: mergeKeeping,
  mustMerge: mergeKeeping,
  mergeOverwrite: mergeOverwriting,
  mustMergeOverwrite: mergeOverwriting,
  deepCopy: copy,
  mustDeepCopy: copy,
  dig: variadic([], "any", (_context, values) => dig(values)),
  deepEqual: fixed(["any", "any"], ({ budget }, a, b) => deepEqual(a, b, () => budget.spend(1 / 8))),
});
