/** What a path finds: gjson's Result, less the offsets that nobody reads here. */
import { formatFloat64 } from "./numbers.ts";

export type ValueType = "Null" | "False" | "Number" | "String" | "True" | "JSON";

/** `raw` spells the value; `str` and `num` are what it means, empty and 0 for other types. All text is byte text. */
export interface Value {
  readonly type: ValueType;
  readonly raw: string;
  readonly str: string;
  readonly num: number;
}

/** No value at all; a JSON null is one, with its `raw`. */
export const NOTHING: Value = { type: "Null", raw: "", str: "", num: 0 };

export function isThere(value: Value): boolean {
  return value.type !== "Null" || value.raw !== "";
}

export function isArray(value: Value): boolean {
  return value.type === "JSON" && value.raw.startsWith("[");
}

export function isObject(value: Value): boolean {
  return value.type === "JSON" && value.raw.startsWith("{");
}

/** `Result.String()`: integers as written, other numbers as float64, strings without quotes, containers raw, null empty. */
export function printed(value: Value): string {
  switch (value.type) {
    case "Null":
      return "";
    case "False":
      return "false";
    case "True":
      return "true";
    case "String":
      return value.str;
    case "JSON":
      return value.raw;
    case "Number":
      return /^-?[0-9]*$/.test(value.raw) && value.raw !== "" ? value.raw : formatFloat64(value.num);
  }
}

/** How gjson puts a value into JSON that it builds. */
export function written(value: Value): string {
  return value.raw === "" ? printed(value) : value.raw;
}

function parsedBool(text: string): boolean | undefined {
  if (/^(?:1|t|true)$/i.test(text)) return true;
  return /^(?:0|f|false)$/i.test(text) ? false : undefined;
}

/** `Result.Bool()`, which is also a query's `~true`. */
export function isTrueish(value: Value): boolean {
  if (value.type === "String") return parsedBool(value.str) === true;
  return value.type === "True" || (value.type === "Number" && value.num !== 0);
}

/** A query's `~false`. */
export function isFalseish(value: Value): boolean {
  if (value.type === "String") return parsedBool(value.str) === false;
  return value.type === "Null" || value.type === "False" || (value.type === "Number" && value.num === 0);
}

/** `Result.Int()`, within the numbers that float64 holds exactly. */
export function toInt(value: Value): number {
  if (value.type === "True") return 1;
  if (value.type === "String") return /^-?[0-9]+$/.test(value.str) ? Number(value.str) : 0;
  return value.type === "Number" && Number.isFinite(value.num) ? Math.trunc(value.num) : 0;
}
