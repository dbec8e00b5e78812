/** strconv.FormatFloat for float64. */

export type FloatFormat = "e" | "E" | "f" | "g" | "G" | "b" | "x" | "X";

/** The shortest digits that give the number back, and where its decimal point stands: 0.digits × 10^point. */
function shortestDigits(value: number): { readonly digits: string; readonly point: number } {
  if (value === 0) return { digits: "0", point: 1 };
  const [mantissa = "", exponent = "0"] = value.toExponential().split("e");
  return { digits: mantissa.replace(".", ""), point: Number(exponent) + 1 };
}

/** Exact decimal digits of a positive float64 and the place of its point. */
function exactDigits(value: number): { readonly digits: string; readonly point: number } {
  if (value === 0) return { digits: "0", point: 1 };
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const exponentBits = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  const mantissa = exponentBits === 0 ? fraction : fraction | 0x10000000000000n;
  const exponent = (exponentBits === 0 ? 1 : exponentBits) - 1075;
  if (exponent >= 0) {
    const digits = (mantissa << BigInt(exponent)).toString();
    return { digits, point: digits.length };
  }
  const digits = (mantissa * 5n ** BigInt(-exponent)).toString();
  return { digits, point: digits.length + exponent };
}

/** Rounds decimal digits to `count` of them, half to even on the exact value, as Go does. */
function roundDigits(value: number, count: number): { readonly digits: string; readonly point: number } {
  const exact = exactDigits(value);
  if (count >= exact.digits.length) return exact;
  if (count < 0) return { digits: "", point: exact.point };
  const kept = exact.digits.slice(0, count);
  const rest = exact.digits.slice(count);
  const isHalf = /^50*$/.test(rest);
  const isOdd = count > 0 && Number(kept.at(-1)) % 2 === 1;
  const isUp = isHalf ? isOdd : (rest[0] ?? "0") >= "5";
  if (!isUp) return { digits: kept, point: exact.point };
  const raised = (BigInt(`0${kept}`) + 1n).toString().padStart(count, "0");
  return raised.length > count ? { digits: raised, point: exact.point + 1 } : { digits: raised, point: exact.point };
}

function exponentForm(digits: string, point: number, precision: number, letter: string): string {
  const padded = digits.slice(0, precision + 1).padEnd(precision + 1, "0");
  const exponent = /^0*$/.test(digits) ? 0 : point - 1;
  const size = Math.abs(exponent).toString().padStart(2, "0");
  return `${padded[0]}${precision > 0 ? `.${padded.slice(1)}` : ""}${letter}${exponent < 0 ? "-" : "+"}${size}`;
}

function pointForm(digits: string, point: number, precision: number): string {
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, "0") : "0";
  if (precision <= 0) return whole;
  const fraction = (point < 0 ? "0".repeat(-point) + digits : digits.slice(Math.max(point, 0))).slice(0, precision);
  return `${whole}.${fraction.padEnd(precision, "0")}`;
}

function generalForm(value: number, format: "g" | "G", precision: number): string {
  const isShortest = precision < 0;
  const wanted = precision === 0 ? 1 : precision;
  const { digits: found, point } = isShortest ? shortestDigits(value) : roundDigits(value, wanted);
  const digits = found.replace(/0+$/, "") || "0";
  let limit = isShortest ? 6 : wanted;
  if (!isShortest && limit > digits.length && digits.length >= point) limit = digits.length;
  const exponent = value === 0 ? 0 : point - 1;
  if (exponent < -4 || exponent >= limit) {
    const shown = Math.min(digits.length, isShortest ? digits.length : wanted);
    return exponentForm(digits, point, shown - 1, format === "g" ? "e" : "E");
  }
  return pointForm(digits, value === 0 ? 1 : point, Math.max(digits.length - point, 0));
}

function binaryForm(value: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const exponentBits = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  const mantissa = exponentBits === 0 ? fraction : fraction | 0x10000000000000n;
  const exponent = (exponentBits === 0 ? 1 : exponentBits) - 1075;
  return `${mantissa}p${exponent < 0 ? "" : "+"}${exponent}`;
}

function hexForm(value: number, precision: number, isUpper: boolean): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  let exponent = Number((bits >> 52n) & 0x7ffn) - 1023;
  let mantissa = (bits & 0xfffffffffffffn) | (exponent === -1023 ? 0n : 0x10000000000000n);
  if (value === 0) exponent = 0;
  else if (exponent === -1023) {
    exponent = -1022;
    while ((mantissa & 0x10000000000000n) === 0n) {
      mantissa <<= 1n;
      exponent--;
    }
  }
  if (precision >= 0 && precision < 13) {
    const shift = BigInt(4 * (13 - precision));
    const half = 1n << (shift - 1n);
    const rest = mantissa & ((1n << shift) - 1n);
    mantissa >>= shift;
    if (rest > half || (rest === half && (mantissa & 1n) === 1n)) mantissa++;
    mantissa <<= shift;
    if (mantissa >> 53n) {
      mantissa >>= 1n;
      exponent++;
    }
  }
  const all = (mantissa & 0xfffffffffffffn).toString(16).padStart(13, "0");
  const fraction = precision < 0 ? all.replace(/0+$/, "") : all.slice(0, precision).padEnd(precision, "0");
  const size = Math.abs(exponent).toString().padStart(2, "0");
  const text = `0x${mantissa >> 52n}${fraction === "" ? "" : `.${fraction}`}p${exponent < 0 ? "-" : "+"}${size}`;
  return isUpper ? text.toUpperCase() : text;
}

/** FormatFloat(value, format, precision, 64); a negative precision means the shortest text that gives the number back. */
export function formatFloat(value: number, format: FloatFormat, precision: number): string {
  if (Number.isNaN(value)) return "NaN";
  const isNegative = value < 0 || Object.is(value, -0);
  const size = Math.abs(value);
  if (size === Number.POSITIVE_INFINITY) return isNegative ? "-Inf" : "+Inf";
  return (isNegative ? "-" : "") + formatSize(size, format, precision);
}

function formatSize(size: number, format: FloatFormat, precision: number): string {
  switch (format) {
    case "e":
    case "E": {
      const { digits, point } = precision < 0 ? shortestDigits(size) : roundDigits(size, precision + 1);
      return exponentForm(digits, point, precision < 0 ? digits.length - 1 : precision, format);
    }
    case "f": {
      if (precision < 0) {
        const { digits, point } = shortestDigits(size);
        return pointForm(digits, point, Math.max(digits.length - point, 0));
      }
      const { digits, point } = roundDigits(size, exactDigits(size).point + precision);
      return pointForm(digits, point, precision);
    }
    case "g":
    case "G":
      return generalForm(size, format, precision);
    case "b":
      return binaryForm(size);
    case "x":
    case "X":
      return hexForm(size, precision, format === "X");
  }
}
