/** Go's time.ParseDuration and Duration.String, in nanoseconds. */
const UNITS = new Map<string, bigint>([
  ["ns", 1n],
  ["us", 1000n],
  ["\u00b5s", 1000n],
  ["\u03bcs", 1000n],
  ["ms", 1_000_000n],
  ["s", 1_000_000_000n],
  ["m", 60_000_000_000n],
  ["h", 3_600_000_000_000n],
]);
const SECOND = 1_000_000_000n;
const MAX = 2n ** 63n - 1n;

/** Undefined where Go gives an error. */
export function parseDuration(text: string): bigint | undefined {
  const isNegative = text.startsWith("-");
  const body = isNegative || text.startsWith("+") ? text.slice(1) : text;
  if (body === "0") return 0n;
  if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(body) || body.length > 100) return undefined;
  let total = 0n;
  for (const [, whole = "", fraction = "", unit = ""] of body.matchAll(/(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/g)) {
    const size = UNITS.get(unit) ?? 0n;
    total += BigInt(whole || "0") * size + (fraction === "" ? 0n : (BigInt(fraction) * size) / 10n ** BigInt(fraction.length));
  }
  if (total > MAX + (isNegative ? 1n : 0n)) return undefined;
  return isNegative ? -total : total;
}

function fractional(value: bigint, unit: bigint): string {
  const rest = value % unit;
  if (rest === 0n) return String(value / unit);
  const digits = String(unit).length - 1;
  return `${value / unit}.${String(rest).padStart(digits, "0").replace(/0+$/, "")}`;
}

/** Duration.String. */
export function describeDuration(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return "0s";
  const sign = nanoseconds < 0n ? "-" : "";
  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  if (size < 1000n) return `${sign}${size}ns`;
  if (size < 1_000_000n) return `${sign}${fractional(size, 1000n)}\u00b5s`;
  if (size < SECOND) return `${sign}${fractional(size, 1_000_000n)}ms`;
  const minutes = size / (60n * SECOND);
  const seconds = `${fractional(size % (60n * SECOND), SECOND)}s`;
  if (minutes === 0n) return sign + seconds;
  return minutes < 60n ? `${sign}${minutes}m${seconds}` : `${sign}${minutes / 60n}h${minutes % 60n}m${seconds}`;
}
