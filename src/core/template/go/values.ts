/** Go's values as templates know them: every kind apart, and maps in a `Map`, so that `__proto__` is only a key. */

export type IntegerType = "int" | "int32" | "int64" | "uint8" | "uint64";

export interface GoInteger {
  readonly kind: "integer";
  readonly type: IntegerType;
  readonly value: bigint;
}

export type ListType = "[]interface {}" | "[]string" | "[]int" | "[][]interface {}";

export interface GoList {
  readonly kind: "list";
  readonly type: ListType;
  readonly items: readonly Value[];
  /** What the slice that this one was cut from holds behind it. @default nothing */
  readonly beyond?: readonly Value[];
  /** A nil slice: printed and compared otherwise than an empty one. */
  readonly isNil: boolean;
}

export type MapType = "map[string]interface {}" | "map[string]string";

/** Mutable, since `set`, `unset` and `merge` change the map that they are given, and every variable that holds it sees that. */
export interface GoMap {
  readonly kind: "map";
  readonly type: MapType;
  readonly entries: Map<string, Value>;
  readonly isNil: boolean;
}

export interface GoTime {
  readonly kind: "time";
  /** Since 1970. */
  readonly seconds: bigint;
  readonly nanoseconds: number;
  /** East of Greenwich. */
  readonly offsetSeconds: number;
  readonly zone: string;
}

/** A struct of sprig's that templates see: fields to read, and a text of its own where the type is a Stringer. */
export interface GoStruct {
  readonly kind: "struct";
  readonly type: "sprig.certificate" | "*semver.Version";
  readonly fields: ReadonlyMap<string, Value>;
  readonly text?: string;
}

/** A string is a Go string (each unit a byte), a number a float64, null an untyped nil. */
export type Value = string | boolean | number | null | GoInteger | GoList | GoMap | GoTime | GoStruct;

export function integer(type: IntegerType, value: bigint): GoInteger {
  return { kind: "integer", type, value };
}

export function int(value: number | bigint): GoInteger {
  return integer("int", BigInt(value));
}

/** Wraps as Go's int64 arithmetic does. */
export function int64(value: bigint): GoInteger {
  return integer("int64", BigInt.asIntN(64, value));
}

export function list(items: readonly Value[], type: ListType = "[]interface {}"): GoList {
  return { kind: "list", type, items, isNil: false };
}

export const NIL_LIST: GoList = Object.freeze({ kind: "list", type: "[]interface {}", items: Object.freeze([]), isNil: true });

export function nilList(type: ListType): GoList {
  return { ...NIL_LIST, type };
}

export function map(entries: Iterable<readonly [string, Value]> = [], type: MapType = "map[string]interface {}"): GoMap {
  return { kind: "map", type, entries: new Map(entries), isNil: false };
}

export function nilMap(): GoMap {
  return { kind: "map", type: "map[string]interface {}", entries: new Map(), isNil: true };
}

/** reflect.Type.String(). */
export function typeName(value: Value): string {
  if (value === null) return "<nil>";
  switch (typeof value) {
    case "string":
      return "string";
    case "boolean":
      return "bool";
    case "number":
      return "float64";
    default:
      return value.kind === "time" ? "time.Time" : value.type;
  }
}

/** reflect.Kind.String(). */
export function kindName(value: Value): string {
  if (value === null) return "invalid";
  if (typeof value !== "object") return typeName(value);
  switch (value.kind) {
    case "integer":
      return value.type;
    case "list":
      return "slice";
    case "map":
      return "map";
    case "time":
      return "struct";
    case "struct":
      return value.type.startsWith("*") ? "ptr" : "struct";
  }
}

/** text/template's isTrue, and the negation of sprig's `empty` except for structs, which both call full. */
export function isTrue(value: Value): boolean {
  if (value === null) return false;
  if (typeof value === "string") return value !== "";
  if (typeof value === "boolean") return value;
  // NaN is not equal to zero, so Go calls it true.
  if (typeof value === "number") return value !== 0;
  switch (value.kind) {
    case "integer":
      return value.value !== 0n;
    case "list":
      return value.items.length > 0;
    case "map":
      return value.entries.size > 0;
    case "time":
    case "struct":
      return true;
  }
}

/** The keys in Go's order: by bytes. */
export function sortedKeys(entries: ReadonlyMap<string, Value>): string[] {
  return [...entries.keys()].toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

/**
 * reflect.DeepEqual: types count, and nil is not empty. `maxDepth` ends a map that holds itself; `visit` is called for each pair, and
 * may throw, since a list that stands many times in another is compared as often.
 */
export function deepEqual(a: Value, b: Value, visit: () => void, maxDepth = 256): boolean {
  visit();
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object") return a === b;
  if (a === b) return true;
  if (a.kind !== b.kind || typeName(a) !== typeName(b) || maxDepth === 0) return false;
  if (a.kind === "integer" && b.kind === "integer") return a.value === b.value;
  if (a.kind === "list" && b.kind === "list") {
    if (a.isNil !== b.isNil || a.items.length !== b.items.length) return false;
    return a.items.every((item, index) => deepEqual(item, b.items[index] ?? null, visit, maxDepth - 1));
  }
  if (a.kind === "map" && b.kind === "map") {
    if (a.isNil !== b.isNil || a.entries.size !== b.entries.size) return false;
    return [...a.entries].every(([key, item]) => b.entries.has(key) && deepEqual(item, b.entries.get(key) ?? null, visit, maxDepth - 1));
  }
  if (a.kind === "time" && b.kind === "time") {
    return a.seconds === b.seconds && a.nanoseconds === b.nanoseconds && a.zone === b.zone;
  }
  if (a.kind === "struct" && b.kind === "struct") {
    return a.text === b.text && [...a.fields].every(([name, field]) => deepEqual(field, b.fields.get(name) ?? null, visit, maxDepth - 1));
  }
  return false;
}
