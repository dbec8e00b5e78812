/**
 * Go's regular expressions for whoever applies them, without their engine: that is a fifth of a bundle, and most configs have none. Whatever
 * brings expressions into a process loads it first; where the config is read, it is there from the start.
 */
import type { CompiledGoRegexp } from "./go-regexp.ts";

type Compile = (pattern: string) => CompiledGoRegexp;

let compile: Compile | undefined;

/** By the engine's module itself, as soon as it is there. */
export function provideRegexps(engine: Compile): void {
  compile = engine;
}

/** Loads the engine, once a process. */
export async function loadRegexps(): Promise<void> {
  if (compile === undefined) await import("./go-regexp.ts");
}

/** As `compileGoRegexp`. @throws Error where nobody has loaded the engine */
export function compileRegexp(pattern: string): CompiledGoRegexp {
  if (compile === undefined) throw new Error("a regular expression came into this process without its engine");
  return compile(pattern);
}
