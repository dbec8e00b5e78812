/** Reads who owns which data keys from a Secret's managedFields, and moves them from one field manager to another. */
import type { TargetView } from "../../core/ports.ts";

/** One entry as the API server writes it; fields that are not named here are carried along untouched. */
export interface ManagedFieldsEntry {
  readonly manager?: string;
  readonly operation?: "Apply" | "Update";
  readonly subresource?: string;
  readonly fieldsV1?: Readonly<Record<string, unknown>>;
}

/** The data keys of each entry that has any, in the entries' order. */
export function dataKeysByManager(entries: readonly ManagedFieldsEntry[]): TargetView["dataKeys"] {
  return entries.flatMap((entry) => {
    const keys = dataKeys(entry);
    return keys.length === 0 ? [] : [{ manager: entry.manager ?? "", operation: entry.operation ?? "Update", keys }];
  });
}

/**
 * The entries with every data key moved to `manager`'s Apply entry, which is made where there is none.
 * @returns undefined where no other entry owns the data: there is nothing to move.
 */
export function takeOverDataKeys(entries: readonly ManagedFieldsEntry[], manager: string): readonly ManagedFieldsEntry[] | undefined {
  const isOurs = (entry: ManagedFieldsEntry): boolean =>
    entry.manager === manager && entry.operation === "Apply" && (entry.subresource ?? "") === "";
  const foreign = entries.filter((entry) => !isOurs(entry) && entry.fieldsV1?.["f:data"] !== undefined);
  if (foreign.length === 0) return undefined;
  const keys = entries.flatMap(dataKeys).toSorted();
  const data = Object.fromEntries(keys.map((key) => [`f:${key}`, {}]));
  const rest = entries.flatMap((entry) => {
    if (isOurs(entry)) return [];
    const { "f:data": _moved, ...fieldsV1 } = entry.fieldsV1 ?? {};
    return Object.keys(fieldsV1).length === 0 ? [] : [{ ...entry, fieldsV1 }];
  });
  const ours = entries.find(isOurs) ?? { manager, operation: "Apply", apiVersion: "v1", fieldsType: "FieldsV1", fieldsV1: {} };
  // An entry that owns no field is dropped by the API server, and an empty map in another one is no field.
  return keys.length === 0 ? rest : [...rest, { ...ours, fieldsV1: { ...ours.fieldsV1, "f:data": data } }];
}

function dataKeys(entry: ManagedFieldsEntry): readonly string[] {
  const data = entry.fieldsV1?.["f:data"];
  if (typeof data !== "object" || data === null) return [];
  return Object.keys(data).flatMap((field) => (field.startsWith("f:") ? [field.slice(2)] : []));
}
