/**
 * Checks of what comes from outside as JSON: an event, a message. Not zod, which the config is read with: it would be a tenth of what a cold
 * start of the three functions reads that never see a config, for a dozen shapes (docs/performance.md, init).
 */

/** Told of each place that is not of its shape, as field names joined by dots; `""` for the whole. */
export type Report = (path: string) => void;

/** Whether a value is of the shape. What an object has beside the known keys stays in it, and is nobody's business. */
export type Shape<T> = (value: unknown, report: Report, path?: string) => value is T;

/** What a shape admits. */
export type Of<S> = S extends Shape<infer T> ? T : never;

type Fields = Readonly<Record<string, Shape<never> | Shape<unknown>>>;
type OptionalKeys<F extends Fields> = { [K in keyof F]: undefined extends Of<F[K]> ? K : never }[keyof F];
type ObjectOf<F extends Fields> = { readonly [K in Exclude<keyof F, OptionalKeys<F>>]: Of<F[K]> } & {
  readonly [K in OptionalKeys<F>]?: Of<F[K]>;
};

function shape<T>(accepts: (value: unknown) => boolean): Shape<T> {
  return (value, report, path = ""): value is T => {
    const isOfIt = accepts(value);
    if (!isOfIt) report(path);
    return isOfIt;
  };
}

const inside = (path: string, key: string | number): string => (path === "" ? String(key) : `${path}.${key}`);

/** A string, of this form where there is one. */
export const text = (form?: RegExp): Shape<string> =>
  shape((value) => typeof value === "string" && (form === undefined || form.test(value)));
export const filled: Shape<string> = shape((value) => typeof value === "string" && value !== "");
/** As `Date.parse` reads it. */
export const dateTime: Shape<string> = shape((value) => typeof value === "string" && !Number.isNaN(Date.parse(value)));
export const flag: Shape<boolean> = shape((value) => typeof value === "boolean");
/** Finite, and at least 0. */
export const quantity: Shape<number> = shape((value) => Number.isFinite(value) && Number(value) >= 0);
/** A whole `quantity`. */
export const count: Shape<number> = shape((value) => Number.isSafeInteger(value) && Number(value) >= 0);

export const exactly = <const T extends string | number>(only: T): Shape<T> => shape((value) => value === only);

/** Absent, or of the shape. */
export function optional<T>(of: Shape<T>): Shape<T | undefined> {
  return (value, report, path): value is T | undefined => value === undefined || of(value, report, path);
}

/** Absent, null, or of the shape. */
export function nullish<T>(of: Shape<T>): Shape<T | null | undefined> {
  return (value, report, path): value is T | null | undefined => value === undefined || value === null || of(value, report, path);
}

/** All of its fields are looked at, so that all that are wrong are told of. */
export function object<const F extends Fields>(fields: F): Shape<ObjectOf<F>> {
  return (value, report, path = ""): value is ObjectOf<F> => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      report(path);
      return false;
    }
    const own = new Map<string, unknown>(Object.entries(value));
    return Object.entries(fields).reduce((isOfIt, [key, of]) => of(own.get(key), report, inside(path, key)) && isOfIt, true);
  };
}

/** An `object` with no other keys than these. */
export function strictObject<const F extends Fields>(fields: F): Shape<ObjectOf<F>> {
  const of = object(fields);
  return (value, report, path = ""): value is ObjectOf<F> => {
    const isOfIt = of(value, report, path);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    const isStrict = !isObject || Object.keys(value).every((key) => Object.hasOwn(fields, key));
    if (!isStrict) report(path);
    return isOfIt && isStrict;
  };
}

/** An array of so many items at least, each of the shape. */
export function list<T>(of: Shape<T>, least = 0): Shape<readonly T[]> {
  return (value, report, path = ""): value is readonly T[] => {
    if (!Array.isArray(value) || value.length < least) {
      report(path);
      return false;
    }
    return value.reduce<boolean>((isOfIt, item, index) => of(item, report, inside(path, index)) && isOfIt, true);
  };
}

/** An array whose first item is of the shape, whatever follows. */
export function listFrom<T>(first: Shape<T>): Shape<readonly [T, ...unknown[]]> {
  return (value, report, path = ""): value is readonly [T, ...unknown[]] => {
    if (!Array.isArray(value)) {
      report(path);
      return false;
    }
    return first(value[0], report, inside(path, 0));
  };
}
