/** The flags of a fmt verb, and what all verbs share: padding and integers. */
import { runeCount } from "./strings.ts";

export interface Flags {
  readonly plus: boolean;
  readonly minus: boolean;
  readonly sharp: boolean;
  readonly space: boolean;
  readonly zero: boolean;
  /** `%+v` and `%#v`: the flag then has another meaning for what is inside. */
  readonly plusV: boolean;
  readonly sharpV: boolean;
  readonly width?: number | undefined;
  readonly precision?: number | undefined;
}

export const NO_FLAGS: Flags = Object.freeze({
  plus: false,
  minus: false,
  sharp: false,
  space: false,
  zero: false,
  plusV: false,
  sharpV: false,
});

export function writePadding(flags: Flags, count: number): string {
  return (flags.zero && !flags.minus ? "0" : " ").repeat(Math.max(count, 0));
}

/** Pads to the width, which counts runes. */
export function pad(text: string, flags: Flags): string {
  if (flags.width === undefined || flags.width === 0) return text;
  const padding = writePadding(flags, flags.width - runeCount(text));
  return flags.minus ? text + padding : padding + text;
}

function prefixOf(base: number, verb: string, digits: string, flags: Flags): string {
  if (verb === "O") return flags.sharp && !digits.startsWith("0") ? "0o0" : "0o";
  if (!flags.sharp) return "";
  if (base === 2) return "0b";
  if (base === 8) return digits.startsWith("0") ? "" : "0";
  return base === 16 ? (verb === "X" ? "0X" : "0x") : "";
}

/** fmtInteger: a precision means at least so many digits; zero padding goes between sign and digits. */
export function formatInteger(value: bigint, base: 2 | 8 | 10 | 16, verb: string, flags: Flags): string {
  const isNegative = value < 0n;
  let least = 0;
  if (flags.precision !== undefined) {
    least = flags.precision;
    if (least === 0 && value === 0n) return " ".repeat(flags.width ?? 0);
  } else if (flags.zero && !flags.minus && flags.width !== undefined) {
    least = flags.width - (isNegative || flags.plus || flags.space ? 1 : 0);
  }
  const magnitude = (isNegative ? -value : value).toString(base).padStart(least, "0");
  const digits = verb === "X" ? magnitude.toUpperCase() : magnitude;
  const sign = isNegative ? "-" : flags.plus ? "+" : flags.space ? " " : "";
  return pad(sign + prefixOf(base, verb, digits, flags) + digits, { ...flags, zero: false });
}
