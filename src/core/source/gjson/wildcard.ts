/** gjson's wildcards: `*` any run of characters, `?` one, `\` takes the next one literally. In time text × pattern, never more. */
import type { Budget } from "./budget.ts";
import { runeNumber, runesOf } from "./text.ts";

type Token = number | "any" | "star" | "never";

function tokensOf(pattern: string): readonly Token[] {
  const runes = runesOf(pattern);
  const tokens: Token[] = [];
  for (let at = 0; at < runes.length; at++) {
    const rune = runes[at] ?? "";
    if (rune === "*") tokens.push("star");
    else if (rune === "?") tokens.push("any");
    else if (rune !== "\\") tokens.push(runeNumber(rune));
    else if (at + 1 < runes.length) {
      at++;
      tokens.push(runeNumber(runes[at] ?? ""));
    } else {
      // A backslash at the end matches nothing, but behind a star gjson compares it from the end, as it is.
      tokens.push(tokens.includes("star") ? 0x5c : "never");
    }
  }
  return tokens;
}

/** Steps that are taken from the budget at once. */
const STRIDE = 1024;

/** Tells of each text whether the whole of it matches; none does once the budget is exhausted. Byte texts. */
export function wildcard(pattern: string, budget: Budget): (text: string) => boolean {
  budget.spend(pattern.length);
  const tokens = tokensOf(pattern);
  return (text) => budget.spend(text.length) && matches(runesOf(text).map(runeNumber), tokens, budget);
}

function matches(runes: readonly number[], tokens: readonly Token[], budget: Budget): boolean {
  let at = 0;
  let token = 0;
  let star = -1;
  let starAt = 0;
  for (let steps = 1; at < runes.length; steps++) {
    if (steps % STRIDE === 0 && !budget.spend(STRIDE)) return false;
    const wanted = tokens[token];
    if (wanted === "star") {
      star = token++;
      starAt = at;
    } else if (wanted === "any" || (wanted !== undefined && wanted === runes[at])) {
      token++;
      at++;
    } else if (star >= 0) {
      // Only the last star needs to grow: what an earlier one could take, this one can too.
      token = star + 1;
      at = ++starAt;
    } else {
      return false;
    }
  }
  while (tokens[token] === "star") token++;
  return token === tokens.length;
}
