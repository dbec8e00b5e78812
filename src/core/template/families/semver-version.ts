/** Versions as Masterminds/semver v3 reads and orders them. */
import { FunctionFault } from "../template-error.ts";

export interface Version {
  readonly major: bigint;
  readonly minor: bigint;
  readonly patch: bigint;
  readonly prerelease: string;
  readonly metadata: string;
  readonly original: string;
}

const VERSION = /^v?([0-9]+)(\.[0-9]+)?(\.[0-9]+)?(-([0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*))?(\+([0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*))?$/;
const MAX = 2n ** 64n - 1n;
const MAX_LENGTH = 1_000;

function segment(text: string | undefined): bigint {
  const value = BigInt((text ?? "0").replace(".", ""));
  if (value > MAX) throw new FunctionFault("invalid semantic version");
  return value;
}

/** NewVersion: a missing minor or patch is 0. @throws FunctionFault */
export function parseVersion(text: string): Version {
  const parts = text.length > MAX_LENGTH ? null : VERSION.exec(text);
  // A numeric part of a prerelease has no leading zero.
  if (parts === null || (parts[5] ?? "").split(".").some((part) => /^0[0-9]+$/.test(part))) {
    throw new FunctionFault("invalid semantic version");
  }
  return {
    major: segment(parts[1]),
    minor: segment(parts[2]),
    patch: segment(parts[3]),
    prerelease: parts[5] ?? "",
    metadata: parts[8] ?? "",
    original: text,
  };
}

export function describeVersion(version: Version): string {
  const prerelease = version.prerelease === "" ? "" : `-${version.prerelease}`;
  const metadata = version.metadata === "" ? "" : `+${version.metadata}`;
  return `${version.major}.${version.minor}.${version.patch}${prerelease}${metadata}`;
}

function compareParts(a: string, b: string): number {
  if (a === b) return 0;
  if (a === "") return -1;
  if (b === "") return 1;
  const areNumbers = [/^[0-9]+$/.test(a), /^[0-9]+$/.test(b)];
  if (areNumbers[0] && areNumbers[1]) return BigInt(a) > BigInt(b) ? 1 : -1;
  if (areNumbers[0] !== areNumbers[1]) return areNumbers[0] ? -1 : 1;
  return a > b ? 1 : -1;
}

export function comparePrereleases(a: string, b: string): number {
  if (a === b) return 0;
  if (a === "") return 1;
  if (b === "") return -1;
  const left = a.split(".");
  const right = b.split(".");
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const order = compareParts(left[index] ?? "", right[index] ?? "");
    if (order !== 0) return order;
  }
  return 0;
}

/** -1, 0 or 1; metadata does not count. */
export function compareVersions(a: Version, b: Version): number {
  for (const part of ["major", "minor", "patch"] as const) if (a[part] !== b[part]) return a[part] < b[part] ? -1 : 1;
  return comparePrereleases(a.prerelease, b.prerelease);
}
