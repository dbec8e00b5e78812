/** sprig's semver and semverCompare, by the rules of Masterminds/semver v3. */

import { compileGoRegexp, type GoRegexp } from "../../text/go-regexp.ts";
import { type FunctionTable, fixed } from "../function-table.ts";
import { type GoStruct, integer, type Value } from "../go/values.ts";
import { FunctionFault } from "../template-error.ts";
import { comparePrereleases, compareVersions, describeVersion, parseVersion, type Version } from "./semver-version.ts";

interface Constraint {
  readonly operator: string;
  readonly version: Version;
  readonly isDirty: boolean;
  readonly isMinorDirty: boolean;
  readonly isPatchDirty: boolean;
}

const OPERATORS = "=||!=|>|<|>=|=>|<=|=<|~|~>|\\^";
const VERSION_PATTERN =
  "v?([0-9|x|X|*]+)(\\.[0-9|x|X|*]+)?(\\.[0-9|x|X|*]+)?(-([0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*))?(\\+([0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*))?";
const NO_GROUPS = VERSION_PATTERN.replace(/\((?!\?)/g, "(?:");

/** The library's own patterns, by an engine that takes linear time: JavaScript's would backtrack without end. */
function pattern(text: string): GoRegexp {
  const compiled = compileGoRegexp(text);
  if (compiled.kind === "fault") throw new Error("a pattern of semver does not compile");
  return compiled.regexp;
}

const SINGLE = pattern(`^\\s*(${OPERATORS})\\s*(${VERSION_PATTERN})\\s*$`);
const RANGE = pattern(`\\s*(${NO_GROUPS})\\s+-\\s+(${NO_GROUPS})\\s*`);
const EACH = pattern(`(?:${OPERATORS})\\s*(?:${NO_GROUPS})`);
const VALID = pattern(`^\\s*(?:${OPERATORS})\\s*(?:${NO_GROUPS})\\s*(?:(?:\\s+|,\\s*)(?:${OPERATORS})\\s*(?:${NO_GROUPS})\\s*)*$`);
const MAX_LENGTH = 1_000;
/** Four patterns over a constraint. */
const STEPS = 100;

function improper(): never {
  throw new FunctionFault("improper constraint");
}

function isWild(text: string | undefined): boolean {
  return text === undefined || ["", "x", "X", "*"].includes(text.replace(/^\./, ""));
}

function parseConstraint(text: string): Constraint {
  if (text === "") {
    return { operator: "", version: parseVersion("0.0.0"), isDirty: true, isMinorDirty: false, isPatchDirty: false };
  }
  const parts = SINGLE.submatches(text);
  if (parts === undefined) return improper();
  const [, operator = "", whole = "", major, minor, patch, prerelease = ""] = parts;
  const constraint = (version: string, isMinorDirty: boolean, isPatchDirty: boolean, isDirty: boolean): Constraint => ({
    operator,
    version: parseVersion(version),
    isDirty,
    isMinorDirty,
    isPatchDirty,
  });
  if (isWild(major)) return constraint(`0.0.0${prerelease}`, false, false, true);
  if (isWild(minor)) return constraint(`${major}.0.0${prerelease}`, true, false, true);
  if (isWild(patch)) return constraint(`${major}${minor}.0${prerelease}`, false, true, true);
  return constraint(whole, false, false, false);
}

function isTilde(version: Version, { version: wanted, isMinorDirty, isPatchDirty }: Constraint): boolean {
  if (compareVersions(version, wanted) < 0) return false;
  if (wanted.major === 0n && wanted.minor === 0n && wanted.patch === 0n && !isMinorDirty && !isPatchDirty) return true;
  return version.major === wanted.major && (version.minor === wanted.minor || isMinorDirty);
}

function isCaret(version: Version, { version: wanted, isMinorDirty, isPatchDirty }: Constraint): boolean {
  if (compareVersions(version, wanted) < 0) return false;
  if (wanted.major > 0n || isMinorDirty) return version.major === wanted.major;
  if (version.major > 0n) return false;
  if (wanted.minor > 0n || isPatchDirty) return version.minor === wanted.minor;
  if (version.minor > 0n) return false;
  return wanted.patch === version.patch;
}

function isGreater(version: Version, { version: wanted, isDirty, isMinorDirty, isPatchDirty }: Constraint): boolean {
  if (!isDirty) return compareVersions(version, wanted) > 0;
  if (version.major !== wanted.major) return version.major > wanted.major;
  if (isMinorDirty) return false;
  return isPatchDirty ? version.minor > wanted.minor : compareVersions(version, wanted) > 0;
}

function isAtMost(version: Version, { version: wanted, isDirty, isMinorDirty }: Constraint): boolean {
  if (!isDirty) return compareVersions(version, wanted) <= 0;
  return version.major < wanted.major || (version.major === wanted.major && (version.minor <= wanted.minor || isMinorDirty));
}

function isDifferent(version: Version, constraint: Constraint): boolean {
  const { version: wanted, isDirty, isMinorDirty, isPatchDirty } = constraint;
  if (isDirty) {
    if (version.prerelease !== "" && wanted.prerelease === "") return false;
    if (version.major !== wanted.major) return true;
    if (version.minor !== wanted.minor && !isMinorDirty) return true;
    if (isMinorDirty) return false;
    if (version.patch !== wanted.patch && !isPatchDirty) return true;
    if (isPatchDirty) return comparePrereleases(version.prerelease, wanted.prerelease) !== 0;
  }
  return compareVersions(version, wanted) !== 0;
}

function isMet(version: Version, constraint: Constraint): boolean {
  if (constraint.operator === "!=") return isDifferent(version, constraint);
  if (version.prerelease !== "" && constraint.version.prerelease === "") return false;
  switch (constraint.operator) {
    case ">":
      return isGreater(version, constraint);
    case "<":
      return compareVersions(version, constraint.version) < 0;
    case ">=":
    case "=>":
      return compareVersions(version, constraint.version) >= 0;
    case "<=":
    case "=<":
      return isAtMost(version, constraint);
    case "~":
    case "~>":
      return isTilde(version, constraint);
    case "^":
      return isCaret(version, constraint);
    default:
      return constraint.isDirty ? isTilde(version, constraint) : compareVersions(version, constraint.version) === 0;
  }
}

/** One alternative of `||`: all of its constraints must be met. */
function parseAll(text: string): readonly Constraint[] {
  if (!VALID.test(text)) return improper();
  const found = EACH.findAll(text, -1);
  return (found.length === 0 ? [text] : found).map(parseConstraint);
}

function compare(constraints: string, text: string): boolean {
  if (constraints.length > MAX_LENGTH) return improper();
  const rewritten = RANGE.replaceAll(constraints, ">= ${1}, <= ${2} ") ?? improper();
  const alternatives = rewritten.split("||").map(parseAll);
  const version = parseVersion(text);
  return alternatives.some((all) => all.every((constraint) => isMet(version, constraint)));
}

function toStruct(version: Version): GoStruct {
  return {
    kind: "struct",
    type: "*semver.Version",
    text: describeVersion(version),
    fields: new Map<string, Value>([
      ["Major", integer("uint64", version.major)],
      ["Minor", integer("uint64", version.minor)],
      ["Patch", integer("uint64", version.patch)],
      ["Prerelease", version.prerelease],
      ["Metadata", version.metadata],
      ["Original", version.original],
      ["String", describeVersion(version)],
    ]),
  };
}

export const SEMVER: FunctionTable = Object.freeze({
  semver: fixed(["string"], (_context, text) => toStruct(parseVersion(text))),
  semverCompare: fixed(["string", "string"], ({ budget }, constraint, version) => {
    budget.spend(STEPS + constraint.length);
    return compare(constraint, version);
  }),
});
