/** What every text that a pattern matches begins with: narrows listings and rights. Where that is not plain to see, nothing. */

/** Escapes that are a text's own character: Go takes `\` before any punctuation so. */
const ESCAPED_PUNCTUATION = /^[!-/:-@[-`{-~]$/;

/** No store has other names; and a character of two units could be counted by its second one alone. */
const ASCII = /^[ -~]$/;

const META = new Set([".", "*", "+", "?", "(", ")", "[", "]", "{", "}", "|", "^", "$", "\\"]);

/** Whether a `|` stands outside of all groups and classes, so that the anchor holds for one branch only. */
function hasBranches(pattern: string): boolean {
  let depth = 0;
  let isInClass = false;
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern[at];
    if (character === "\\") at += 1;
    else if (isInClass) isInClass = character !== "]";
    else if (character === "[") {
      isInClass = true;
      // A `]` that comes first is a member of the class, also behind its `^`.
      if (pattern[at + 1] === "^") at += 1;
      if (pattern[at + 1] === "]") at += 1;
    } else if (character === "(") depth += 1;
    else if (character === ")") depth -= 1;
    else if (character === "|" && depth === 0) return true;
  }
  return false;
}

/** The literal beginning of a pattern that is anchored by `^`; empty for any other pattern. */
export function literalPrefix(pattern: string): string {
  // A quoted run may hold anything, a class of classes more than the scan above knows.
  if (!pattern.startsWith("^") || pattern.includes("\\Q") || pattern.includes("[:") || hasBranches(pattern)) return "";
  let prefix = "";
  let at = 1;
  while (at < pattern.length) {
    const escaped = pattern[at] === "\\" ? pattern[at + 1] : undefined;
    const character = escaped ?? pattern[at] ?? "";
    const isLiteral = escaped === undefined ? ASCII.test(character) && !META.has(character) : ESCAPED_PUNCTUATION.test(escaped);
    if (!isLiteral) break;
    const next = at + (escaped === undefined ? 1 : 2);
    // What may be left out, or counted, is no part of every text.
    if (["*", "?", "{"].includes(pattern[next] ?? "")) break;
    prefix += character;
    at = next;
  }
  return prefix;
}
