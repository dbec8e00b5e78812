/** Renders the Secret that a registration wants: pure, equal inputs give equal bytes (rule 8). */
import type { RegistrationSpec } from "../model.ts";
import type { SecretManifest } from "../ports.ts";
import type { SecretValue } from "../secret-value.ts";

/** Labels and annotations of the relay's own, put over those of the manifest. */
export interface Bookkeeping {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A `v1` Secret as plain JSON, the values in base64. */
export interface SecretObject {
  readonly apiVersion: "v1";
  readonly data: Readonly<Record<string, string>>;
  readonly immutable?: true;
  readonly kind: "Secret";
  readonly metadata: {
    readonly annotations?: Readonly<Record<string, string>>;
    readonly finalizers?: readonly string[];
    readonly labels?: Readonly<Record<string, string>>;
    readonly name: string;
    readonly namespace: string;
  };
  readonly type?: string;
}

/** kubectl keeps the whole manifest of the ExternalSecret in it, and would take the Secret for one that it applied. */
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

function byKey(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  if (a[0] === b[0]) return 0;
  return a[0] < b[0] ? -1 : 1;
}

/** In key order; the record itself where it is in order already. */
function sortedRecord(record: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const keys = Object.keys(record);
  return isAscending(keys) ? record : Object.fromEntries(keys.toSorted().map((key) => [key, record[key] ?? ""]));
}

function sortedData(data: ReadonlyMap<string, SecretValue>): ReadonlyMap<string, SecretValue> {
  return isAscending([...data.keys()]) ? data : new Map([...data].toSorted(byKey));
}

function isAscending(keys: readonly string[]): boolean {
  return keys.every((key, index) => index === 0 || (keys[index - 1] ?? "") < key);
}

/**
 * The manifest to write. Labels and annotations are the ExternalSecret's where there is no template, and only the
 * template's where there is one (ESO); `bookkeeping` wins over both.
 * @param bookkeeping left out where the content alone counts, as for the keyed hash that is itself bookkeeping
 */
export function renderTarget(spec: RegistrationSpec, data: ReadonlyMap<string, SecretValue>, bookkeeping?: Bookkeeping): SecretManifest {
  const { template } = spec.target;
  const { [LAST_APPLIED]: _dropped, ...ownAnnotations } = spec.annotations;
  const bare: SecretManifest = {
    namespace: spec.namespace,
    name: spec.target.name,
    ...(template?.type === undefined || template.type === "" ? {} : { type: template.type }),
    labels: sortedRecord(template?.labels ?? spec.labels),
    annotations: sortedRecord(template?.annotations ?? ownAnnotations),
    data: sortedData(data),
    ...(spec.target.immutable === true ? { immutable: true } : {}),
    ...(template?.finalizers === undefined ? {} : { finalizers: template.finalizers }),
  };
  return bookkeeping === undefined ? bare : withBookkeeping(bare, bookkeeping);
}

/** A manifest that was rendered without its bookkeeping, with it: its own marks in key order, and then the relay's as they are given. */
export function withBookkeeping(bare: SecretManifest, { labels, annotations }: Bookkeeping): SecretManifest {
  return { ...bare, labels: { ...bare.labels, ...labels }, annotations: { ...bare.annotations, ...annotations } };
}

/**
 * The bytes that the keyed hash is made of, but for finalizers, which only another generation changes: every field after its length, so that no two manifests share them, and maps
 * after their size in key order, so that the order of insertion does not count.
 */
export function canonicalBytes(manifest: SecretManifest): Uint8Array {
  // A number is a count; text and bytes get their length before them.
  const fields: (number | string | Uint8Array)[] = [manifest.namespace, manifest.name];
  const putRecord = (record: Readonly<Record<string, string>>): void => {
    const entries = Object.entries(sortedRecord(record));
    fields.push(entries.length);
    for (const [key, value] of entries) fields.push(key, value);
  };
  fields.push(manifest.type === undefined ? 0 : 1, manifest.type ?? "");
  putRecord(manifest.labels);
  putRecord(manifest.annotations);
  fields.push(manifest.data.size);
  for (const [key, value] of sortedData(manifest.data)) fields.push(key, value.expose());
  if (manifest.immutable === true) fields.push("immutable");
  return written(fields);
}

/** Whether its canonical bytes are those of its namespace, name and data: nothing else of it is in them. */
export function hasDataAlone({ type, labels, annotations, immutable }: SecretManifest): boolean {
  return type === undefined && immutable !== true && Object.keys(labels).length === 0 && Object.keys(annotations).length === 0;
}

/** Bytes that one UTF-16 unit takes at most in UTF-8. */
const MAX_UNIT_BYTES = 3;
const COUNT_BYTES = 8;

function written(fields: readonly (number | string | Uint8Array)[]): Uint8Array {
  let room = 0;
  for (const field of fields) room += COUNT_BYTES + (typeof field === "number" ? 0 : field.length * MAX_UNIT_BYTES);
  const bytes = Buffer.allocUnsafe(room);
  let end = 0;
  for (const field of fields) {
    const start = end + COUNT_BYTES;
    let length = 0;
    if (typeof field === "string") length = bytes.write(field, start);
    else if (typeof field !== "number") length = putBytes(bytes, field, start);
    // Byte by byte, big-endian, and less than 2^32: Buffer's own methods take longer than all the rest of a small manifest.
    let count = typeof field === "number" ? field : length;
    for (let at = start - 1; at >= end; at -= 1) {
      bytes[at] = count;
      count >>>= 8;
    }
    end = start + length;
  }
  return bytes.subarray(0, end);
}

function putBytes(into: Uint8Array, bytes: Uint8Array, at: number): number {
  into.set(bytes, at);
  return bytes.length;
}

/** The manifest as the API server takes it, keys sorted at every level. Holds the values: for writing, or where the user asked to see them. */
export function secretObject(manifest: SecretManifest): SecretObject {
  const annotations = sortedRecord(manifest.annotations);
  const labels = sortedRecord(manifest.labels);
  const data = [...manifest.data].toSorted(byKey).map(([key, value]) => [key, Buffer.from(value.expose()).toString("base64")] as const);
  return {
    apiVersion: "v1",
    data: Object.fromEntries(data),
    ...(manifest.immutable === true ? { immutable: true } : {}),
    kind: "Secret",
    metadata: {
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
      ...(manifest.finalizers === undefined ? {} : { finalizers: manifest.finalizers }),
      ...(Object.keys(labels).length === 0 ? {} : { labels }),
      name: manifest.name,
      namespace: manifest.namespace,
    },
    ...(manifest.type === undefined ? {} : { type: manifest.type }),
  };
}
