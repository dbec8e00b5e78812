/** An object's metadata as an API server writes it, checked: whoever answers may be compromised, and what it says goes into the registry. */
import type { ManagedFieldsEntry } from "./managed-fields.ts";

/** Fields that are not named here are carried along untouched. */
export interface ObjectMetadata {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly deletionTimestamp?: string;
  readonly finalizers?: readonly string[];
  readonly ownerReferences?: readonly OwnerReference[];
  readonly managedFields?: readonly ManagedFieldsEntry[];
}

/** As the API server writes it; fields that are not named here are carried along untouched. */
export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly controller?: boolean;
}

/** Real ones have 36 and about 10 characters; an item of the registry holds 400 KB, and whole batches are written at once. */
const LONGEST_VERSION = 256;
/** Kubernetes' own limit is 253. */
const LONGEST_NAME = 253;

type Fields = Readonly<Record<string, unknown>>;

/** The metadata of an object in an answer; undefined where anything of it is not of the shape that API servers give. */
export function readMetadata(object: unknown): ObjectMetadata | undefined {
  const given = isFields(object) ? object["metadata"] : undefined;
  if (!isFields(given)) return undefined;
  const { name, uid, resourceVersion, labels, annotations, deletionTimestamp, finalizers, ownerReferences, managedFields } = given;
  const isWhole =
    isText(uid, LONGEST_VERSION) &&
    isText(resourceVersion, LONGEST_VERSION) &&
    isText(name, LONGEST_NAME) &&
    isOptional(labels, isTexts) &&
    isOptional(annotations, isTexts) &&
    isOptional(deletionTimestamp, (value) => typeof value === "string") &&
    isOptional(finalizers, (value) => isListOf(value, (one) => typeof one === "string")) &&
    isOptional(ownerReferences, (value) => isListOf(value, isOwner)) &&
    isOptional(managedFields, (value) => isListOf(value, isEntry));
  return isWhole ? (given as unknown as ObjectMetadata) : undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown, longest: number): boolean {
  return typeof value === "string" && value !== "" && value.length <= longest;
}

function isOptional(value: unknown, isGood: (value: unknown) => boolean): boolean {
  return value === undefined || isGood(value);
}

function isTexts(value: unknown): boolean {
  return isFields(value) && Object.values(value).every((text) => typeof text === "string");
}

function isListOf(value: unknown, isGood: (value: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isGood);
}

function isOwner(value: unknown): boolean {
  return isFields(value) && ["apiVersion", "kind", "name"].every((field) => typeof value[field] === "string");
}

function isEntry(value: unknown): boolean {
  return (
    isFields(value) && isOptional(value["manager"], (manager) => typeof manager === "string") && isOptional(value["fieldsV1"], isFields)
  );
}
