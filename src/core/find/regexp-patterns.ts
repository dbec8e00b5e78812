/** Go's regular expressions as patterns with `*` and `?`, as far as they are plain to see: each text that one matches is covered by a pattern. */

/** More patterns than so many are of no use in a policy: what would make more becomes a `*`. */
const MAX_PATTERNS = 16;
/** Members of a class, and repetitions, that are written out. */
const MAX_MEMBERS = 4;
const MAX_REPEATED = 16;

const PUNCTUATION = /^[!-/:-@[-`{-~]$/;
/** No store has other names. */
const ASCII = /^[ -~]$/;

/** Thrown by the reader to itself alone: the expression holds something that it does not know. */
class NotPlain extends Error {}

interface Reader {
  readonly text: string;
  at: number;
}

/** The patterns, unsorted; undefined where the expression holds something that this reader does not know. */
export function patternsOfRegexp(expression: string): readonly string[] | undefined {
  const reader: Reader = { text: expression, at: 0 };
  try {
    const patterns = readAlternatives(reader, true);
    return reader.at < expression.length ? undefined : patterns;
  } catch (error) {
    if (error instanceof NotPlain) return undefined;
    throw error;
  }
}

/** Branches up to a `)` or the end. At the top each branch that is not anchored may have anything before or after it. */
function readAlternatives(reader: Reader, isTop: boolean): readonly string[] {
  const patterns = [...readBranch(reader, isTop)];
  while (reader.text[reader.at] === "|") {
    reader.at += 1;
    patterns.push(...readBranch(reader, isTop));
  }
  return bounded(patterns);
}

function readBranch(reader: Reader, isTop: boolean): readonly string[] {
  const start = reader.at;
  let isEndAnchored = false;
  let patterns: readonly string[] = [""];
  while (reader.at < reader.text.length && reader.text[reader.at] !== "|" && reader.text[reader.at] !== ")") {
    const before = reader.at;
    const atom = readAtom(reader);
    // Whatever stands behind an anchor of the end matches nothing but the empty text.
    isEndAnchored = /^(\$|\\z)$/.test(reader.text.slice(before, reader.at)) && !isQuantifier(reader);
    patterns = combine(patterns, readQuantified(reader, atom));
  }
  const isStartAnchored = /^(\^|\\A)(?![*+?{])/.test(reader.text.slice(start, reader.at));
  if (!isTop) return patterns;
  return patterns.map((pattern) => squeeze(`${isStartAnchored ? "" : "*"}${pattern}${isEndAnchored ? "" : "*"}`));
}

function isQuantifier({ text, at }: Reader): boolean {
  return ["*", "+", "?", "{"].includes(text[at] ?? "");
}

function readAtom(reader: Reader): readonly string[] {
  const character = reader.text[reader.at] ?? "";
  reader.at += 1;
  switch (character) {
    // Places, not characters; where they are not the first or last of a branch they only forbid.
    case "^":
    case "$":
      return [""];
    case ".":
      return ["?"];
    case "(":
      return readGroup(reader);
    case "[":
      return readClass(reader);
    case "\\":
      return readEscape(reader);
    case "*":
    case "+":
    case "?":
    case "{":
      throw new NotPlain();
    default:
      if (!ASCII.test(character)) throw new NotPlain();
      return [literal(character)];
  }
}

/** A wildcard of the pattern is no character of a name. */
function literal(character: string): string {
  return /[\w/+=.@-]/.test(character) ? character : "?";
}

function readGroup(reader: Reader): readonly string[] {
  const kind = /^\?(:|P?<\w+>)/.exec(reader.text.slice(reader.at));
  if (kind !== null) reader.at += kind[0].length;
  else if (reader.text[reader.at] === "?") throw new NotPlain();
  const patterns = readAlternatives(reader, false);
  if (reader.text[reader.at] !== ")") throw new NotPlain();
  reader.at += 1;
  return patterns;
}

/** Its members one by one where they are few and plain, else any one character. */
function readClass(reader: Reader): readonly string[] {
  const members: string[] = [];
  const isNegated = reader.text[reader.at] === "^";
  let isPlain = !isNegated;
  if (isNegated) reader.at += 1;
  for (let isFirst = true; isFirst || reader.text[reader.at] !== "]"; isFirst = false) {
    const character = reader.text[reader.at];
    if (character === undefined || (character === "[" && reader.text[reader.at + 1] === ":")) throw new NotPlain();
    reader.at += 1;
    if (character === "\\") {
      const [escaped = "?"] = readEscape(reader);
      if (escaped === "") throw new NotPlain();
      if (escaped === "?") isPlain = false;
      members.push(escaped);
    } else {
      // A range, unless the hyphen is the first or the last.
      if (character === "-" && !isFirst && reader.text[reader.at] !== "]") isPlain = false;
      if (!ASCII.test(character)) isPlain = false;
      members.push(literal(character));
    }
  }
  reader.at += 1;
  return isPlain && members.length <= MAX_MEMBERS ? [...new Set(members)] : ["?"];
}

function readEscape(reader: Reader): readonly string[] {
  const character = reader.text[reader.at] ?? "";
  reader.at += 1;
  if (PUNCTUATION.test(character)) return [literal(character)];
  if (/^[dwsDWS]$/.test(character)) return ["?"];
  if (/^[bBAz]$/.test(character)) return [""];
  throw new NotPlain();
}

function readQuantified(reader: Reader, atom: readonly string[]): readonly string[] {
  const [whole = "", sign = ""] = /^([*+?]|\{\d+(?:,\d*)?\})\??/.exec(reader.text.slice(reader.at)) ?? [];
  // A brace that counts nothing is a character of its own, which is too rare to be read here.
  if (whole === "") return atom;
  reader.at += whole.length;
  if (sign === "?") return bounded([...atom, ""]);
  if (sign === "*") return ["*"];
  if (sign === "+") return atom.map((pattern) => squeeze(`${pattern}*`));
  const [, from = "0", to] = /^\{(\d+)(?:,(\d*))?\}$/.exec(sign) ?? [];
  const isExact = !sign.includes(",") || to === from;
  const count = Number(from);
  if (count > MAX_REPEATED) return ["*"];
  let repeated: readonly string[] = [""];
  for (let done = 0; done < count; done += 1) repeated = combine(repeated, atom);
  return isExact ? repeated : repeated.map((pattern) => squeeze(`${pattern}*`));
}

/** Each of the first with each of the second; one with a `*` for all of the second where those would be too many. */
function combine(heads: readonly string[], tails: readonly string[]): readonly string[] {
  const few = heads.length * tails.length > MAX_PATTERNS ? ["*"] : tails;
  return bounded(heads.flatMap((head) => few.map((tail) => squeeze(`${head}${tail}`))));
}

function bounded(patterns: readonly string[]): readonly string[] {
  const distinct = [...new Set(patterns)];
  return distinct.length > MAX_PATTERNS ? ["*"] : distinct;
}

function squeeze(pattern: string): string {
  return pattern.replace(/\*+/g, "*");
}
