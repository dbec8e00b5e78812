/** Which store each entry of a registration reads, and whether its namespace may use them. */
import { RelayError } from "../errors.ts";
import { type RegistrationSpec, registrationId, type StoreSpec } from "../model.ts";
import { admissionByName, admits } from "./conditions.ts";

/** The store of one entry of `data` or `dataFrom`: its own by sourceRef, else the registration's. */
export function storeOf(spec: Pick<RegistrationSpec, "store">, entry: { readonly store?: StoreSpec | undefined }): StoreSpec {
  return entry.store ?? spec.store;
}

/** The stores that a registration reads, each entry's. */
export function storesOf(spec: RegistrationSpec): readonly StoreSpec[] {
  return [...new Set([...spec.dataFrom, ...spec.data].map((entry) => storeOf(spec, entry)))];
}

/** The plain case, asked for several times a pass: no store of the registration has conditions. */
function hasNoConditions({ store, data, dataFrom }: RegistrationSpec): boolean {
  const isFree = (entry: { readonly store?: StoreSpec | undefined }): boolean => entry.store?.conditions === undefined;
  return store.conditions === undefined && data.every(isFree) && dataFrom.every(isFree);
}

/** Whether names decide for all stores, or the labels of the namespace in its cluster must be asked for. */
export function needsNamespaceLabels(spec: RegistrationSpec): boolean {
  if (hasNoConditions(spec)) return false;
  return storesOf(spec).some(({ conditions }) => admissionByName(conditions, spec.namespace) === "by labels");
}

/** Whether names alone admit the namespace to all stores. */
export function isAdmittedByName(spec: RegistrationSpec): boolean {
  if (hasNoConditions(spec)) return true;
  return storesOf(spec).every(({ conditions }) => admissionByName(conditions, spec.namespace) === "admitted");
}

/**
 * To be asked before anything of a source is read.
 * @throws StoreNotAllowed where a store's conditions do not admit the namespace
 */
export function requireAdmitted(spec: RegistrationSpec, labels: Readonly<Record<string, string>>): void {
  if (hasNoConditions(spec)) return;
  const refusing = storesOf(spec).find(({ conditions }) => !admits(conditions, spec.namespace, labels));
  if (refusing === undefined) return;
  const detail = `no condition of ${refusing.kind} ${refusing.name} admits the namespace ${spec.namespace}`;
  throw new RelayError("StoreNotAllowed", registrationId(spec), { detail });
}
