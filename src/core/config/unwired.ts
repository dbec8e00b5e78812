/** Fields that the schema and the pure core know, but that nothing feeds yet: refused, so that no registration waits for what never comes. */
import { formatPath, valueAt } from "./check.ts";
import { NOT_YET } from "./fields.ts";
import type { FieldPath, Finding } from "./parse.ts";

interface Unwired {
  /** `*` stands for each element of a list. */
  readonly path: readonly string[];
  /** @default any value that is given */
  readonly value?: string | undefined;
}

/** Wiring a field means deleting its lines here, and nothing else in this folder but what `registration.ts` makes of it. */
const UNWIRED: readonly Unwired[] = [
  // Needs the stores' listing and its events.
  { path: ["spec", "dataFrom", "*", "find"] },
];

/** Each use of a field that is not wired. */
export function checkUnwired(manifest: unknown): readonly Finding[] {
  return UNWIRED.flatMap(({ path, value }) =>
    placesOf(manifest, path).flatMap((place) => {
      const given = valueAt(manifest, place) ?? undefined;
      if (given === undefined || (value !== undefined && given !== value)) return [];
      const shown = value === undefined ? "" : ` ${value}`;
      return [{ path: place, message: `${formatPath(place)}${shown} is ${NOT_YET}`, at: value === undefined ? "key" : "value" } as const];
    }),
  );
}

function placesOf(manifest: unknown, path: readonly string[]): readonly FieldPath[] {
  let places: readonly FieldPath[] = [[]];
  for (const step of path) {
    places = places.flatMap((place) => {
      if (step !== "*") return [[...place, step]];
      const list = valueAt(manifest, place);
      return Array.isArray(list) ? list.map((_, index) => [...place, index]) : [];
    });
  }
  return places;
}
