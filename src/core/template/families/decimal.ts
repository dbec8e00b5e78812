/** shopspring/decimal as far as sprig's float arithmetic needs it: exact sums and products, quotients of 16 places. */
import { FunctionFault } from "../template-error.ts";

/** `coefficient` × 10^`exponent`. */
export interface Decimal {
  readonly coefficient: bigint;
  readonly exponent: number;
}

const DIVISION_PLACES = 16;
/** Digits that a chain of products may reach. */
const MAX_DIGITS = 10_000;

/** The decimal of a float's shortest text. */
export function toDecimal(value: number): Decimal {
  if (!Number.isFinite(value)) throw new FunctionFault("a number is infinite or none");
  const [mantissa = "0", exponent = "0"] = value.toExponential().split("e");
  const places = mantissa.includes(".") ? mantissa.length - mantissa.indexOf(".") - 1 : 0;
  return { coefficient: BigInt(mantissa.replace(".", "")), exponent: Number(exponent) - places };
}

export function toFloat({ coefficient, exponent }: Decimal): number {
  return Number(`${coefficient}e${exponent}`);
}

function checked(decimal: Decimal): Decimal {
  const size = decimal.coefficient < 0n ? -decimal.coefficient : decimal.coefficient;
  if (size >> BigInt(MAX_DIGITS * 3) || Math.abs(decimal.exponent) > MAX_DIGITS) throw new FunctionFault("a number grows too long");
  return decimal;
}

export function add(a: Decimal, b: Decimal): Decimal {
  const exponent = Math.min(a.exponent, b.exponent);
  return checked({
    coefficient: a.coefficient * 10n ** BigInt(a.exponent - exponent) + b.coefficient * 10n ** BigInt(b.exponent - exponent),
    exponent,
  });
}

export function subtract(a: Decimal, b: Decimal): Decimal {
  return add(a, { ...b, coefficient: -b.coefficient });
}

export function multiply(a: Decimal, b: Decimal): Decimal {
  return checked({ coefficient: a.coefficient * b.coefficient, exponent: a.exponent + b.exponent });
}

/** Rounds half away from zero. */
export function divide(a: Decimal, b: Decimal): Decimal {
  if (b.coefficient === 0n) throw new FunctionFault("division by zero");
  const shift = a.exponent - b.exponent + DIVISION_PLACES;
  const top = shift >= 0 ? a.coefficient * 10n ** BigInt(shift) : a.coefficient;
  const bottom = shift >= 0 ? b.coefficient : b.coefficient * 10n ** BigInt(-shift);
  const quotient = top / bottom;
  const rest = top % bottom;
  const isUp = 2n * (rest < 0n ? -rest : rest) >= (bottom < 0n ? -bottom : bottom);
  const step = top < 0n === bottom < 0n ? 1n : -1n;
  return { coefficient: isUp ? quotient + step : quotient, exponent: -DIVISION_PLACES };
}
