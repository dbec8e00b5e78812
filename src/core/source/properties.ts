/**
 * The look-up of properties for whoever reads them, without its engine (gjson's syntax, a tenth of what a cold start reads of the relay's
 * own): whatever brings a registration with one into a process loads it first.
 */
import type { JsonFault } from "./json.ts";

/**
 * `not-json` says why nothing could be found; text that is only nearly JSON gives what gjson finds in it. `too-costly` is no
 * answer: the path multiplied the work beyond its bound.
 */
export type PropertyResult =
  | { readonly kind: "found"; readonly bytes: Uint8Array }
  | { readonly kind: "missing" }
  | { readonly kind: "not-json"; readonly fault: JsonFault }
  | { readonly kind: "too-costly" };

type LookUp = (bytes: Uint8Array, path: string) => PropertyResult;

let lookUp: LookUp | undefined;

/** By the engine's module itself, as soon as it is there. */
export function provideProperties(engine: LookUp): void {
  lookUp = engine;
}

/** Whether the engine is there already. */
export function hasProperties(): boolean {
  return lookUp !== undefined;
}

/** Loads the engine, once a process. */
export async function loadProperties(): Promise<void> {
  if (!hasProperties()) await import("./property.ts");
}

/** The value of a property as gjson prints it: where the path has a dot, a key of just that name wins over the path. @throws Error where nobody has loaded the engine */
export function propertyOf(bytes: Uint8Array, path: string): PropertyResult {
  if (lookUp === undefined) throw new Error("a property came into this process without its engine");
  return lookUp(bytes, path);
}
