/**
 * A find rule as patterns of names in which `*` is any run of characters and `?` any one, as IAM has them: every name that the rule
 * may find is covered by one of them. Where an expression says more than patterns can, they cover more; never less.
 */
import type { FindRule, ProviderKind } from "../model.ts";
import { namePrefix } from "./find.ts";
import { patternsOfRegexp } from "./regexp-patterns.ts";

/** What a name of either store is made of: anything else in a pattern is some one character, a wildcard of IAM's above all. */
const NAMED = /[^\w/+=.@*?-]/g;

/** Sorted; the pattern `*` alone where nothing is known of the names. */
export function namePatterns(rule: FindRule, provider: ProviderKind): readonly string[] {
  const { path = "", nameRegexp } = rule;
  const prefix = literal(namePrefix({ path }, provider));
  const found = nameRegexp === undefined ? ["*"] : patternsOfRegexp(nameRegexp);
  if (found === undefined) return [`${literal(namePrefix(rule, provider))}*`];
  const below = found.flatMap((pattern) => withPrefix(prefix, pattern) ?? []);
  // No name matches both: then any pattern would do, and the plain prefix is the one that explains itself.
  return below.length === 0 ? [`${prefix}*`] : withoutCovered(below);
}

/** A text as a pattern: a character that no name has becomes any one. */
function literal(text: string): string {
  return text.replace(/[*?]/g, "?").replace(NAMED, "?");
}

/** What covers each name that begins with the prefix and matches the pattern; undefined where there can be no such name. */
function withPrefix(prefix: string, pattern: string): string | undefined {
  if (prefix === "") return pattern;
  const star = pattern.indexOf("*");
  const head = star === -1 ? pattern : pattern.slice(0, star);
  if (head.length >= prefix.length) return agree(head, prefix, 0) ? pattern : undefined;
  if (star === -1 || !agree(head, prefix, 0)) return undefined;
  const chunk = /^[^*]*/.exec(pattern.slice(star + 1))?.[0] ?? "";
  // What follows the star may begin inside of the prefix: then it must not be asked for once more behind it.
  for (let at = head.length; at < prefix.length; at += 1) if (chunk !== "" && agree(chunk, prefix, at)) return `${prefix}*`;
  return `${prefix}${pattern.slice(star)}`;
}

/** Whether two texts with `?` may be the same where both have a character, `part` beginning at a place of `whole`. */
function agree(part: string, whole: string, at: number): boolean {
  return part.split("").every((character, index) => {
    const other = whole[at + index];
    return other === undefined || other === character || other === "?" || character === "?";
  });
}

/** Whether every name of the second pattern is one of the first's; false also where it can't tell. */
export function covers(wide: string, narrow: string): boolean {
  // Reached places in `wide` while `narrow` is read: a star may take anything, a star of `narrow` only by a star.
  let reached = new Set([0]);
  const open = (places: Iterable<number>): Set<number> => {
    const all = new Set(places);
    for (const at of all) if (wide[at] === "*") all.add(at + 1);
    return all;
  };
  reached = open(reached);
  for (const character of narrow) {
    const next: number[] = [];
    for (const at of reached) {
      if (wide[at] === "*") next.push(at);
      else if (character !== "*" && (wide[at] === "?" || wide[at] === character)) next.push(at + 1);
    }
    reached = open(next);
  }
  return reached.has(wide.length);
}

function withoutCovered(patterns: readonly string[]): readonly string[] {
  const distinct = [...new Set(patterns)].toSorted();
  return distinct.filter((one) => !distinct.some((other) => other !== one && covers(other, one) && !(covers(one, other) && one < other)));
}
