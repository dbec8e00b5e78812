/**
 * The look-up of properties for whoever reads them, without its engine (gjson's syntax, a tenth of what a cold start reads of the relay's
 * own): whatever brings a registration with one into a process loads it first.
 */
import { engineOf } from "../engine.ts";
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

export const properties = engineOf<(bytes: Uint8Array, path: string) => PropertyResult>(() => import("./property.ts"), "a property");

/** The value of a property as gjson prints it: where the path has a dot, a key of just that name wins over the path. @throws Error where nobody has loaded the engine */
export function propertyOf(bytes: Uint8Array, path: string): PropertyResult {
  return properties.get()(bytes, path);
}
