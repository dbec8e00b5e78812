/** sprig's functions of lists, and of defaults. */
import { type CallContext, type FunctionTable, fixed, type TemplateFunction, variadic } from "../function-table.ts";
import { deepEqual, type GoList, int, isTrue, list, NIL_LIST, type Value } from "../go/values.ts";
import { FunctionFault } from "../template-error.ts";
import { listOf, textOf, textsOf, toInt64 } from "./convert.ts";

/** Steps for one comparison. */
const COMPARE_STEPS = 1 / 8;

function has(context: CallContext, items: readonly Value[], wanted: Value): boolean {
  return items.some((item) => deepEqual(wanted, item, () => context.budget.spend(COMPARE_STEPS)));
}

function chunk(context: CallContext, size: number, value: Value): Value {
  const { items } = listOf(value);
  const count = Math.floor((items.length - 1) / size) + 1;
  if (Number.isNaN(count) || count < 0) throw new FunctionFault("invalid chunk size");
  context.budget.checkItems(count);
  const chunks: Value[] = [];
  for (let index = 0; index < count; index++) {
    const length = index === count - 1 ? items.length % size || size : size;
    if (length < 0) throw new FunctionFault("invalid chunk size");
    chunks.push(list(items.slice(index * size, index * size + length)));
  }
  return list(chunks, "[][]interface {}");
}

function slice(value: Value, indices: readonly Value[]): Value {
  const source = listOf(value);
  const { items } = source;
  if (items.length === 0) return null;
  const [first, second] = indices;
  const start = first === undefined ? 0 : Number(toInt64(first));
  const end = second === undefined ? items.length : Number(toInt64(second));
  // Go lets the end reach beyond a slice of a slice.
  const all = source.beyond === undefined ? items : [...items, ...source.beyond];
  if (start < 0 || end > all.length || start > end) throw new FunctionFault("slice bounds out of range");
  return { ...list(all.slice(start, end), source.type), beyond: all.slice(end) };
}

function sortAlpha(value: Value): Value {
  if (value === null || typeof value !== "object" || value.kind !== "list") return list([textOf(value)], "[]string");
  const sorted = textsOf(value).toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  if (value.type !== "[]string" || value.items.length === 0) return list(sorted, "[]string");
  // sprig sorts a []string in place: whoever holds the list sees it sorted.
  (value.items as Value[]).splice(0, sorted.length, ...sorted);
  return value;
}

function range(context: CallContext, start: number, stop: number, step: number): Value {
  const isForward = stop >= start;
  if (isForward ? step <= 0 : step >= 0) return list([], "[]int");
  const count = Math.ceil((stop - start) / step);
  context.budget.checkItems(count);
  return list(
    Array.from({ length: count }, (_, index) => int(start + index * step)),
    "[]int",
  );
}

function seq(context: CallContext, parameters: readonly number[]): Value {
  const [first, second, third] = parameters;
  if (first === undefined || parameters.length > 3) return "";
  const start = second === undefined ? 1 : first;
  const end = third ?? second ?? first;
  const direction = end < start ? -1 : 1;
  const step = third === undefined ? direction : (second ?? direction);
  if (third !== undefined && end < start && step > 0) return "";
  const numbers = range(context, start, end + direction, step) as GoList;
  const text = numbers.items.map(textOf).join(" ");
  context.budget.checkText(text.length);
  return text;
}

/** A function with its `must…` twin: both fail alike, since Go turns a panic into an error of the template too. */
function twins(name: string, definition: TemplateFunction): FunctionTable {
  return { [name]: definition, [`must${name.charAt(0).toUpperCase()}${name.slice(1)}`]: definition };
}

const push = fixed(["any", "any"], (_context, value, item) => list([...listOf(value).items, item]));

export const LISTS: FunctionTable = Object.freeze({
  list: variadic([], "any", (_context, values) => (values.length === 0 ? list([]) : list(values))),
  tuple: variadic([], "any", (_context, values) => list(values)),
  ...twins("append", push),
  ...twins("push", push),
  ...twins(
    "prepend",
    fixed(["any", "any"], (_context, value, item) => list([item, ...listOf(value).items])),
  ),
  ...twins(
    "first",
    fixed(["any"], (_context, value) => listOf(value).items[0] ?? null),
  ),
  ...twins(
    "last",
    fixed(["any"], (_context, value) => listOf(value).items.at(-1) ?? null),
  ),
  ...twins(
    "rest",
    fixed(["any"], (_context, value) => tailOf(listOf(value), 1, undefined)),
  ),
  ...twins(
    "initial",
    fixed(["any"], (_context, value) => tailOf(listOf(value), 0, -1)),
  ),
  ...twins(
    "reverse",
    fixed(["any"], (_context, value) => list(listOf(value).items.toReversed())),
  ),
  ...twins(
    "compact",
    fixed(["any"], (_context, value) => list(listOf(value).items.filter(isTrue))),
  ),
  ...twins(
    "uniq",
    fixed(["any"], (context, value) => uniq(context, listOf(value))),
  ),
  ...twins(
    "without",
    variadic(["any"], "any", (context, omitted, value) => list(listOf(value).items.filter((item) => !has(context, omitted, item)))),
  ),
  ...twins(
    "has",
    fixed(["any", "any"], (context, wanted, value) => value !== null && has(context, listOf(value).items, wanted)),
  ),
  ...twins(
    "slice",
    variadic(["any"], "any", (_context, indices, value) => slice(value, indices)),
  ),
  ...twins("chunk", fixed(["int", "any"], chunk)),
  concat: variadic([], "any", (context, values) => {
    const items = values.flatMap((value) => listOf(value).items);
    context.budget.checkItems(items.length);
    return items.length === 0 ? NIL_LIST : list(items);
  }),
  sortAlpha: fixed(["any"], (context, value) => {
    if (value !== null && typeof value === "object" && value.kind === "list") context.budget.checkItems(value.items.length * 4);
    return sortAlpha(value);
  }),
  until: fixed(["int"], (context, count) => range(context, 0, count, count < 0 ? -1 : 1)),
  untilStep: fixed(["int", "int", "int"], range),
  seq: variadic([], "int", seq),
  default: variadic(["any"], "any", (_context, [given], fallback) => (given !== undefined && isTrue(given) ? given : fallback)),
  empty: fixed(["any"], (_context, value) => !isTrue(value)),
  coalesce: variadic([], "any", (_context, values) => values.find(isTrue) ?? null),
  all: variadic([], "any", (_context, values) => values.every(isTrue)),
  any: variadic([], "any", (_context, values) => values.some(isTrue)),
  ternary: fixed(["any", "any", "bool"], (_context, yes, no, condition) => (condition ? yes : no)),
});

function tailOf({ items }: GoList, from: number, to: number | undefined): Value {
  return items.length === 0 ? NIL_LIST : list(items.slice(from, to));
}

function uniq(context: CallContext, { items }: GoList): Value {
  const kept: Value[] = [];
  for (const item of items) if (!has(context, kept, item)) kept.push(item);
  return list(kept);
}
