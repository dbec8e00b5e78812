/** strconv's ParseInt, ParseUint and ParseFloat: undefined where Go gives an error. */

const MAX_INT64 = 2n ** 63n - 1n;
const MIN_INT64 = -(2n ** 63n);
const MAX_UINT64 = 2n ** 64n - 1n;
/** Longer than any number that fits 64 bits, so that nobody's text makes a big BigInt. */
const MAX_DIGITS = 400;

/** Underscores must separate digits, or a base prefix from the digits. */
function hasFitUnderscores(text: string): boolean {
  const body = text.replace(/^[+-]/, "").replace(/^0[bBoOxX]/, "0");
  return !/^_|_$|__|_[^0-9a-fA-F]|[^0-9a-fA-F]_/.test(body);
}

/** The digits of an unsigned number with Go's base prefixes (base 0), as a BigInt. */
function parseMagnitude(text: string, base: 0 | 8 | 10): bigint | undefined {
  if (text.length > MAX_DIGITS) return undefined;
  if (base === 10) return /^[0-9]+$/.test(text) ? BigInt(text) : undefined;
  if (base === 8) return /^[0-7]+$/.test(text) ? BigInt(`0o${text}`) : undefined;
  if (text.includes("_") && !hasFitUnderscores(text)) return undefined;
  const digits = text.replaceAll("_", "").toLowerCase();
  if (/^0x[0-9a-f]+$|^0b[01]+$|^0o[0-7]+$/.test(digits)) return BigInt(digits);
  if (/^0[0-7]+$/.test(digits)) return BigInt(`0o${digits.slice(1)}`);
  return /^(0|[1-9][0-9]*)$/.test(digits) ? BigInt(digits) : undefined;
}

/** ParseInt to 64 bits; base 0 takes the base from the prefix and allows underscores. */
export function parseInteger(text: string, base: 0 | 8 | 10): bigint | undefined {
  const isNegative = text.startsWith("-");
  const magnitude = parseMagnitude(isNegative || text.startsWith("+") ? text.slice(1) : text, base);
  if (magnitude === undefined) return undefined;
  const value = isNegative ? -magnitude : magnitude;
  return value < MIN_INT64 || value > MAX_INT64 ? undefined : value;
}

/** ParseUint to 64 bits, base 0: no sign. */
export function parseUnsigned(text: string): bigint | undefined {
  const value = parseMagnitude(text, 0);
  return value === undefined || value > MAX_UINT64 ? undefined : value;
}

function parseHexFloat(text: string): number | undefined {
  const parts = /^([+-]?)0[xX]([0-9a-fA-F]*)(?:\.([0-9a-fA-F]*))?[pP]([+-]?[0-9]+)$/.exec(text);
  if (parts === null || text.length > MAX_DIGITS) return undefined;
  const [, sign = "", whole = "", fraction = "", exponent = ""] = parts;
  if (whole + fraction === "") return undefined;
  const power = Number(exponent) - 4 * fraction.length;
  // Up to 53 bits this is exact; longer mantissas round once here and once in the product.
  const value = Number(BigInt(`0x${whole}${fraction}`)) * 2 ** power;
  return Number.isFinite(value) ? (sign === "-" ? -value : value) : undefined;
}

/** ParseFloat to 64 bits; a value beyond the range is an error. */
export function parseFloat64(text: string): number | undefined {
  const special = /^([+-]?)(inf|infinity|nan)$/i.exec(text);
  if (special !== null) {
    if (special[2]?.toLowerCase() === "nan") return special[1] === "" ? Number.NaN : undefined;
    return special[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  const isHex = /^[+-]?0[xX]/.test(text);
  if (text.includes("_") && !hasFitUnderscores(text)) return undefined;
  const plain = text.replaceAll("_", "");
  if (isHex) return parseHexFloat(plain);
  if (!/^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$/.test(plain)) return undefined;
  const value = Number(plain);
  return Number.isFinite(value) ? value : undefined;
}

/** Go's conversion of a float64 to int64 on amd64: what does not fit becomes the smallest int64. */
export function truncateToInt64(value: number): bigint {
  if (!Number.isFinite(value) || value >= 2 ** 63 || value < -(2 ** 63)) return MIN_INT64;
  return BigInt(Math.trunc(value));
}
