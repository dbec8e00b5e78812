/** Maps of the config in one order, so that equal manifests give equal registrations (rule 8). */
import { compareText } from "./diagnostics.ts";

/** A map with its keys in order. */
export function sorted(map: Readonly<Record<string, string>> | null | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(map ?? {}).toSorted(([a], [b]) => compareText(a, b)));
}
