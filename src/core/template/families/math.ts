/** sprig's arithmetic: int64 that wraps, and floats by way of exact decimals. */
import { type CallContext, type FunctionTable, fixed, variadic } from "../function-table.ts";
import { parseInteger } from "../go/numbers.ts";
import { show } from "../go/print.ts";
import { int, int64, type Value } from "../go/values.ts";
import { FunctionFault } from "../template-error.ts";
import { toFloat64, toInt64 } from "./convert.ts";
import { add, type Decimal, divide, multiply, subtract, toDecimal, toFloat } from "./decimal.ts";
import { randomBelow } from "./random.ts";

function quotient(a: bigint, b: bigint, take: (a: bigint, b: bigint) => bigint): Value {
  if (b === 0n) throw new FunctionFault("integer divide by zero");
  return int64(take(a, b));
}

function decimals(first: Value, rest: readonly Value[], combine: (a: Decimal, b: Decimal) => Decimal): number {
  return toFloat(rest.map((value) => toDecimal(toFloat64(value))).reduce(combine, toDecimal(toFloat64(first))));
}

function extreme(isBetter: (a: bigint, b: bigint) => boolean) {
  return variadic(["any"], "any", (_context: CallContext, rest, first) =>
    int64(rest.map(toInt64).reduce((best, value) => (isBetter(value, best) ? value : best), toInt64(first))),
  );
}

function round(value: number, places: number, threshold: number): number {
  const power = places >= 0 && places <= 22 ? Number(`1e${places}`) : 10 ** places;
  const digit = power * value;
  // math.Modf: the fraction has the number's sign.
  const fraction = Number.isFinite(digit) ? digit - Math.trunc(digit) : Number.NaN;
  return (fraction >= threshold ? Math.ceil(digit) : Math.floor(digit)) / power;
}

const max = extreme((a, b) => a > b);

export const MATH: FunctionTable = Object.freeze({
  atoi: fixed(["string"], (_context, text) => int(parseInteger(text, 10) ?? atoiOverflow(text))),
  int: fixed(["any"], (_context, value) => int(toInt64(value))),
  int64: fixed(["any"], (_context, value) => int64(toInt64(value))),
  float64: fixed(["any"], (_context, value) => toFloat64(value)),
  toDecimal: fixed(["any"], (_context, value) => int64(parseInteger(value === null ? "<nil>" : show(value), 8) ?? 0n)),
  add1: fixed(["any"], (_context, value) => int64(toInt64(value) + 1n)),
  add: variadic([], "any", (_context, values) => int64(values.map(toInt64).reduce((a, b) => a + b, 0n))),
  sub: fixed(["any", "any"], (_context, a, b) => int64(toInt64(a) - toInt64(b))),
  div: fixed(["any", "any"], (_context, a, b) => quotient(toInt64(a), toInt64(b), (x, y) => x / y)),
  mod: fixed(["any", "any"], (_context, a, b) => quotient(toInt64(a), toInt64(b), (x, y) => x % y)),
  mul: variadic(["any"], "any", (_context, rest, first) =>
    int64(rest.map(toInt64).reduce((a, b) => BigInt.asIntN(64, a * b), toInt64(first))),
  ),
  randInt: fixed(["int", "int"], (context, least, most) => int(randomBelow(context, most - least) + least)),
  add1f: fixed(["any"], (_context, value) => decimals(value, [1], add)),
  addf: variadic([], "any", (_context, values) => decimals(0, values, add)),
  subf: variadic(["any"], "any", (_context, rest, first) => decimals(first, rest, subtract)),
  divf: variadic(["any"], "any", (_context, rest, first) => decimals(first, rest, divide)),
  mulf: variadic(["any"], "any", (_context, rest, first) => decimals(first, rest, multiply)),
  biggest: max,
  max,
  min: extreme((a, b) => a < b),
  maxf: variadic(["any"], "any", (_context, rest, first) => Math.max(toFloat64(first), ...rest.map(toFloat64))),
  minf: variadic(["any"], "any", (_context, rest, first) => Math.min(toFloat64(first), ...rest.map(toFloat64))),
  ceil: fixed(["any"], (_context, value) => Math.ceil(toFloat64(value))),
  floor: fixed(["any"], (_context, value) => Math.floor(toFloat64(value))),
  round: variadic(["any", "int"], "float64", (_context, [threshold = 0.5], value, places) => round(toFloat64(value), places, threshold)),
});

/** Atoi gives the nearest int beside its error, which sprig swallows. */
function atoiOverflow(text: string): bigint {
  if (!/^[+-]?[0-9]+$/.test(text)) return 0n;
  return text.startsWith("-") ? -(2n ** 63n) : 2n ** 63n - 1n;
}
