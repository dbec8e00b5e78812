/** Go's regexp package over a linear-time engine (ADR 20): same syntax, same matches, bounded programs, and no fault that echoes a pattern. */
import { RE2JS, RE2JSSyntaxException } from "re2js";
import { expandTemplate } from "./go-regexp-template.ts";
import { estimateProgram } from "./regexp-size.ts";
import { regexps } from "./regexps.ts";

/** Go's descriptions of what can be wrong with a pattern (regexp/syntax.ErrorCode), and our own limit. */
export type GoRegexpFaultKind =
  | "duplicate capture group name"
  | "expression nests too deeply"
  | "expression too large"
  | "invalid character class range"
  | "invalid escape sequence"
  | "invalid named capture"
  | "invalid nested repetition operator"
  | "invalid or unsupported Perl syntax"
  | "invalid repeat count"
  | "missing argument to repetition operator"
  | "missing closing )"
  | "missing closing ]"
  | "trailing backslash at end of expression"
  | "unexpected )"
  | "invalid regular expression";

/** Why a pattern does not compile: a fixed phrase, and the place where it is sure; never a part of the pattern. */
export interface GoRegexpFault {
  readonly kind: "fault";
  readonly what: GoRegexpFaultKind;
  /** Counted in UTF-16 units. @default unknown: the faulty part stands more than once in the pattern */
  readonly offset?: number | undefined;
}

/** The whole match first, then each group; undefined for a group that took no part. */
export type Submatches = readonly (string | undefined)[];

/** A compiled pattern. Stateless: every method starts from the beginning of its text. A negative `limit` means all, as in Go. */
export interface GoRegexp {
  /** MatchString. One pass over the text, whatever the pattern. */
  test(text: string): boolean;
  /** FindString, undefined for no match (where Go has the empty string). */
  find(text: string): string | undefined;
  /** FindAllString. */
  findAll(text: string, limit: number): readonly string[];
  /** FindStringSubmatch. */
  submatches(text: string): Submatches | undefined;
  /** FindAllStringSubmatch. */
  allSubmatches(text: string, limit: number): readonly Submatches[];
  /** ReplaceAllString: `$1x` is the group named "1x", `${1}x` is meant, `$$` is a dollar. Undefined beyond `MAX_REPLACED_LENGTH`. */
  replaceAll(text: string, template: string): string | undefined;
  /** ReplaceAllLiteralString. Undefined beyond `MAX_REPLACED_LENGTH`. */
  replaceAllLiteral(text: string, replacement: string): string | undefined;
  /** Split. */
  split(text: string, limit: number): readonly string[];
}

export type CompiledGoRegexp = { readonly kind: "compiled"; readonly regexp: GoRegexp } | GoRegexpFault;

/** Instructions that a pattern may compile to; ten thousand take the engine some 100 ms and 5 MB. Go's own limit is 3.3 million. */
const MAX_PROGRAM = 10_000;

/** UTF-16 units that a replacement may make of a text: a template of many groups on many matches grows quadratically. */
export const MAX_REPLACED_LENGTH = 16 * 1024 * 1024;

const PHRASES: ReadonlySet<string> = new Set<GoRegexpFaultKind>([
  "duplicate capture group name",
  "expression nests too deeply",
  "expression too large",
  "invalid character class range",
  "invalid escape sequence",
  "invalid named capture",
  "invalid nested repetition operator",
  "invalid or unsupported Perl syntax",
  "invalid repeat count",
  "missing argument to repetition operator",
  "missing closing )",
  "missing closing ]",
  "trailing backslash at end of expression",
  "unexpected )",
]);

const TOO_LARGE: GoRegexpFault = { kind: "fault", what: "expression too large" };

function toFault(pattern: string, error: unknown): GoRegexpFault {
  if (!(error instanceof RE2JSSyntaxException)) return { kind: "fault", what: "invalid regular expression" };
  const what = PHRASES.has(error.getDescription()) ? (error.getDescription() as GoRegexpFaultKind) : "invalid regular expression";
  if (what === "trailing backslash at end of expression") return { kind: "fault", what, offset: pattern.length - 1 };
  const part = error.getPattern() ?? "";
  const offset = part === "" ? -1 : pattern.indexOf(part);
  // The engine gives the faulty part, not its place.
  return offset < 0 || offset !== pattern.lastIndexOf(part) ? { kind: "fault", what } : { kind: "fault", what, offset };
}

/** Compiles a pattern as Go's regexp.Compile does. Costs at most some 100 ms: keep the result where it is used often. */
export function compileGoRegexp(pattern: string): CompiledGoRegexp {
  if (pattern.length > MAX_PROGRAM || estimateProgram(pattern) > MAX_PROGRAM) return TOO_LARGE;
  try {
    const engine = RE2JS.compile(pattern);
    return engine.programSize() > MAX_PROGRAM ? TOO_LARGE : { kind: "compiled", regexp: toGoRegexp(pattern, engine) };
  } catch (error) {
    // The engine throws for every pattern that is none, and its message quotes the pattern.
    return toFault(pattern, error);
  }
}

/** QuoteMeta: a pattern that matches just the text. */
export function quoteMeta(text: string): string {
  return text.replace(/[\\.+*?()|[\]{}^$]/g, "\\$&");
}

/** One match: [start, end] of the whole and of each group, -1 where a group took no part. */
type Spans = readonly (readonly [start: number, end: number])[];

function runeWidth(text: string, at: number): number {
  const code = text.codePointAt(at);
  return code === undefined ? 0 : code > 0xffff ? 2 : 1;
}

function searchFrom(engine: RE2JS, text: string): (from: number) => Spans | undefined {
  const matcher = engine.matcher(text);
  const groups = engine.groupCount();
  return (from) => {
    if (!matcher.find(from)) return undefined;
    return Array.from({ length: groups + 1 }, (_, group) => [matcher.start(group), matcher.end(group)] as const);
  };
}

/** Go's allMatches: an empty match right behind a match does not count. */
function* allMatches(engine: RE2JS, text: string, limit: number): Generator<Spans> {
  const search = searchFrom(engine, text);
  let previousEnd = -1;
  let left = limit < 0 ? Number.POSITIVE_INFINITY : limit;
  for (let at = 0; left > 0 && at <= text.length; ) {
    const spans = search(at);
    const whole = spans?.[0];
    if (spans === undefined || whole === undefined) return;
    const [start, end] = whole;
    const isEmptyHere = end === at;
    const isAccepted = !isEmptyHere || start !== previousEnd;
    at = isEmptyHere ? at + (runeWidth(text, at) || 1) : end;
    previousEnd = end;
    if (!isAccepted) continue;
    left--;
    yield spans;
  }
}

function textsOf(text: string, spans: Spans): Submatches {
  return spans.map(([start, end]) => (start < 0 ? undefined : text.slice(start, end)));
}

/** Go's replaceAll: no replacement for an empty match right behind a match. */
function replaceAll(engine: RE2JS, text: string, expand: (groups: Submatches) => string): string | undefined {
  const search = searchFrom(engine, text);
  let replaced = "";
  let lastEnd = 0;
  for (let at = 0; at <= text.length; ) {
    const spans = search(at);
    const whole = spans?.[0];
    if (spans === undefined || whole === undefined) break;
    const [start, end] = whole;
    replaced += text.slice(lastEnd, start);
    if (end > lastEnd || start === 0) replaced += expand(textsOf(text, spans));
    if (replaced.length > MAX_REPLACED_LENGTH) return undefined;
    lastEnd = end;
    at = Math.max(end, at + (runeWidth(text, at) || 1));
  }
  return replaced + text.slice(lastEnd);
}

function split(engine: RE2JS, pattern: string, text: string, limit: number): readonly string[] {
  if (limit === 0) return [];
  if (pattern !== "" && text === "") return [""];
  const parts: string[] = [];
  let from = 0;
  let end = 0;
  for (const [whole] of allMatches(engine, text, limit)) {
    if (whole === undefined || (limit > 0 && parts.length === limit - 1)) break;
    end = whole[0];
    if (whole[1] !== 0) parts.push(text.slice(from, end));
    from = whole[1];
  }
  if (end !== text.length) parts.push(text.slice(from));
  return parts;
}

function toGoRegexp(pattern: string, engine: RE2JS): GoRegexp {
  const names = new Map(Object.entries(engine.namedGroups()));
  const allSubmatches = (text: string, limit: number) => [...allMatches(engine, text, limit)].map((spans) => textsOf(text, spans));
  const submatches = (text: string) => allSubmatches(text, 1)[0];
  return {
    test: (text) => engine.test(text),
    find: (text) => submatches(text)?.[0],
    findAll: (text, limit) => allSubmatches(text, limit).map(([whole]) => whole ?? ""),
    submatches,
    allSubmatches,
    replaceAll: (text, template) => replaceAll(engine, text, (groups) => expandTemplate(template, groups, names)),
    replaceAllLiteral: (text, replacement) => replaceAll(engine, text, () => replacement),
    split: (text, limit) => split(engine, pattern, text, limit),
  };
}

regexps.provide(compileGoRegexp);
