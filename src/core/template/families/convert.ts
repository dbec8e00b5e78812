/** Conversions that sprig's functions share: spf13/cast's numbers, and the text of any value. */
import { parseFloat64, parseInteger, truncateToInt64 } from "../go/numbers.ts";
import { show } from "../go/print.ts";
import type { GoList, Value } from "../go/values.ts";
import { FunctionFault } from "../template-error.ts";

/** sprig's strval. */
export function textOf(value: Value): string {
  return typeof value === "string" ? value : show(value);
}

/** cast drops a fraction that is all zeros. */
function trimZeroDecimal(text: string): string {
  return text.replace(/\.0+$/, "");
}

/** cast.ToInt64: 0 for what is no number. */
export function toInt64(value: Value): bigint {
  if (value === null) return 0n;
  switch (typeof value) {
    case "number":
      return truncateToInt64(value);
    case "boolean":
      return value ? 1n : 0n;
    case "string":
      return parseInteger(trimZeroDecimal(value), 0) ?? 0n;
    default:
      return value.kind === "integer" ? BigInt.asIntN(64, value.value) : 0n;
  }
}

/** cast.ToFloat64: 0 for what is no number. */
export function toFloat64(value: Value): number {
  if (value === null) return 0;
  switch (typeof value) {
    case "number":
      return value;
    case "boolean":
      return value ? 1 : 0;
    case "string":
      return parseFloat64(value) ?? 0;
    default:
      return value.kind === "integer" ? Number(value.value) : 0;
  }
}

/** A slice, or what sprig's list functions panic with. */
export function listOf(value: Value): GoList {
  if (value !== null && typeof value === "object" && value.kind === "list") return value;
  throw new FunctionFault("the argument is no list");
}

/** sprig's strslice: the texts of a list, nils left out; any other value is a list of one. */
export function textsOf(value: Value): string[] {
  if (value === null) return [];
  if (typeof value !== "object" || value.kind !== "list") return [textOf(value)];
  return value.items.filter((item) => item !== null).map(textOf);
}
