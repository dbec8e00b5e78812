/** Reads who owns which fields of a Secret from its managedFields, and moves them from one field manager to another. */
import type { TargetView } from "../../core/ports.ts";
import { RELEASED_MANAGER } from "../../core/sync/ownership.ts";

/** One entry as the API server writes it; fields that are not named here are carried along untouched. */
export interface ManagedFieldsEntry {
  readonly manager?: string;
  readonly operation?: "Apply" | "Update";
  readonly subresource?: string;
  readonly fieldsV1?: Fields;
}

type Fields = Readonly<Record<string, unknown>>;

/** The data keys of each entry that has any, in the entries' order. */
export function dataKeysByManager(entries: readonly ManagedFieldsEntry[]): TargetView["dataKeys"] {
  return entries.flatMap((entry) => {
    const keys = dataKeys(entry);
    return keys.length === 0 ? [] : [{ manager: entry.manager ?? "", operation: entry.operation ?? "Update", keys }];
  });
}

/** Who set `immutable` by an apply: this relay's appliers never set it to anything but true. */
export function immutableByApply(entries: readonly ManagedFieldsEntry[]): readonly string[] {
  return entries.flatMap(({ manager, operation, fieldsV1 }) =>
    manager !== undefined && operation === "Apply" && fieldsV1?.["f:immutable"] !== undefined ? [manager] : [],
  );
}

/**
 * The entries with every data key moved to `manager`'s Apply entry, which is made where there is none. To the manager that keeps what is
 * released goes immutability too: nobody may drop it.
 * @returns undefined where no other entry owns the data: there is nothing to move.
 */
export function takeOverDataKeys(entries: readonly ManagedFieldsEntry[], manager: string): readonly ManagedFieldsEntry[] | undefined {
  const moves = (fields: Fields): Fields => only(fields, manager === RELEASED_MANAGER ? ["f:data", "f:immutable"] : ["f:data"]);
  const isForeign = (entry: ManagedFieldsEntry): boolean => !isApplied(entry, manager);
  if (!entries.some((entry) => isForeign(entry) && entry.fieldsV1?.["f:data"] !== undefined)) return undefined;
  return moved(entries, manager, isForeign, moves);
}

/**
 * The entries once ESO's own are adopted: their data keys, labels and annotations are `manager`'s, so that it drops what it does not
 * apply; what is left of them (the type, which nobody may drop) belongs to the manager that keeps what is released.
 */
export function adoptEntries(
  entries: readonly ManagedFieldsEntry[],
  manager: string,
  isEso: (manager: string) => boolean,
): readonly ManagedFieldsEntry[] {
  const isAdopted = (entry: ManagedFieldsEntry): boolean => isEso(entry.manager ?? "") && (entry.subresource ?? "") === "";
  const marks = (fields: Fields): Fields => {
    const metadata = only((fields["f:metadata"] ?? {}) as Fields, ["f:labels", "f:annotations"]);
    return { ...only(fields, ["f:data"]), ...(isEmpty(metadata) ? {} : { "f:metadata": metadata }) };
  };
  const taken = moved(entries, manager, isAdopted, marks);
  return taken.flatMap((entry) => (isAdopted(entry) ? leftover(entry, taken) : [entry]));
}

/** ESO's controller reference goes with the adoption, so that nothing is left for an ExternalSecret's own fields. */
function leftover(entry: ManagedFieldsEntry, all: readonly ManagedFieldsEntry[]): readonly ManagedFieldsEntry[] {
  const fieldsV1 = only(entry.fieldsV1 ?? {}, ["f:type", "f:immutable"]);
  const isKept = all.some((other) => other.manager === RELEASED_MANAGER && other.operation === entry.operation);
  return isEmpty(fieldsV1) || isKept ? [] : [{ ...entry, manager: RELEASED_MANAGER, fieldsV1 }];
}

/** Moves what `part` picks of each entry that `isMoved` names to the Apply entry of `manager`. */
function moved(
  entries: readonly ManagedFieldsEntry[],
  manager: string,
  isMoved: (entry: ManagedFieldsEntry) => boolean,
  part: (fields: Fields) => Fields,
): readonly ManagedFieldsEntry[] {
  const isOurs = (entry: ManagedFieldsEntry): boolean => isApplied(entry, manager);
  let gained: Fields = {};
  const rest = entries.flatMap((entry) => {
    if (isOurs(entry)) return [];
    if (!isMoved(entry)) return [entry];
    const taken = part(entry.fieldsV1 ?? {});
    gained = union(gained, taken);
    const fieldsV1 = without(entry.fieldsV1 ?? {}, taken);
    return isEmpty(fieldsV1) ? [] : [{ ...entry, fieldsV1 }];
  });
  const ours = entries.find(isOurs) ?? { manager, operation: "Apply", apiVersion: "v1", fieldsType: "FieldsV1", fieldsV1: {} };
  const fieldsV1 = withoutEmpty(union(ours.fieldsV1 ?? {}, gained));
  // An entry that owns no field is dropped by the API server, and an empty map in another one is no field.
  return isEmpty(fieldsV1) ? rest : [...rest, { ...ours, fieldsV1 }];
}

function isApplied(entry: ManagedFieldsEntry, manager: string): boolean {
  return entry.manager === manager && entry.operation === "Apply" && (entry.subresource ?? "") === "";
}

function dataKeys(entry: ManagedFieldsEntry): readonly string[] {
  const data = entry.fieldsV1?.["f:data"];
  if (!isFields(data)) return [];
  return Object.keys(data).flatMap((field) => (field.startsWith("f:") ? [field.slice(2)] : []));
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}

function isEmpty(fields: Fields): boolean {
  return Object.keys(fields).length === 0;
}

function only(fields: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => names.includes(name)));
}

/** Both sets of fields; a `.` stands for the map itself, and only an Update owns one. */
function union(left: Fields, right: Fields): Fields {
  const merged: Record<string, unknown> = { ...left };
  for (const [name, value] of Object.entries(right)) {
    const before = merged[name];
    if (name !== ".") merged[name] = union(isFields(before) ? before : {}, isFields(value) ? value : {});
  }
  return merged;
}

/** The fields less those of the other set; a map of which nothing is left is left out. */
function without(fields: Fields, taken: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => {
      const gone = taken[name];
      if (!isFields(gone)) return [[name, value]];
      const left = without(isFields(value) ? value : {}, gone);
      return Object.keys(left).some((one) => one !== ".") ? [[name, left]] : [];
    }),
  );
}

/** A map of data that named no key was moved as an empty one. */
function withoutEmpty(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name, value]) => name !== "f:data" || (isFields(value) && !isEmpty(value))));
}
