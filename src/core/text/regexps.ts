/**
 * Go's regular expressions for whoever applies them, without their engine: that is a fifth of a bundle, and most configs have none. Whatever
 * brings expressions into a process loads it first; where manifests are read, it is there from the start.
 */
import { engineOf } from "../engine.ts";
import type { CompiledGoRegexp } from "./go-regexp.ts";

export const regexps = engineOf<(pattern: string) => CompiledGoRegexp>(() => import("./go-regexp.ts"), "a regular expression");

/** To compile one takes up to 100 ms, and each sync asks again. A config has few; what would grow without end starts anew. */
const kept = new Map<string, CompiledGoRegexp>();
const MAX_KEPT = 1_000;

/** As `compileGoRegexp`, once a process for each pattern. @throws Error where nobody has loaded the engine */
export function compileRegexp(pattern: string): CompiledGoRegexp {
  const compile = regexps.get();
  const known = kept.get(pattern);
  if (known !== undefined) return known;
  if (kept.size >= MAX_KEPT) kept.clear();
  const made = compile(pattern);
  kept.set(pattern, made);
  return made;
}

/** Whether the pattern matches anywhere in the text; one that does not compile, which no config that was let in holds, matches nothing. */
export function matchesRegexp(pattern: string, text: string): boolean {
  const compiled = compileRegexp(pattern);
  return compiled.kind === "compiled" && compiled.regexp.test(text);
}
