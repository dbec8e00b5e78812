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

function sortedRecord(...records: readonly Readonly<Record<string, string>>[]): Readonly<Record<string, string>> {
  const merged = new Map(records.flatMap((record) => Object.entries(record)));
  return Object.fromEntries([...merged].toSorted(byKey));
}

/**
 * The manifest to write. Labels and annotations are the ExternalSecret's where there is no template, and only the
 * template's where there is one (ESO); `bookkeeping` wins over both.
 * @param bookkeeping left out where the content alone counts, as for the keyed hash that is itself bookkeeping
 */
export function renderTarget(spec: RegistrationSpec, data: ReadonlyMap<string, SecretValue>, bookkeeping?: Bookkeeping): SecretManifest {
  const { template } = spec.target;
  const { [LAST_APPLIED]: _dropped, ...ownAnnotations } = spec.annotations;
  return {
    namespace: spec.namespace,
    name: spec.target.name,
    ...(template?.type === undefined || template.type === "" ? {} : { type: template.type }),
    labels: sortedRecord(template?.labels ?? spec.labels, bookkeeping?.labels ?? {}),
    annotations: sortedRecord(template?.annotations ?? ownAnnotations, bookkeeping?.annotations ?? {}),
    data: new Map([...data].toSorted(byKey)),
    ...(template?.finalizers === undefined ? {} : { finalizers: template.finalizers }),
  };
}

/**
 * The bytes that the keyed hash is made of, but for finalizers, which only another generation changes: every field after its length, so that no two manifests share them, and maps
 * after their size in key order, so that the order of insertion does not count.
 */
export function canonicalBytes(manifest: SecretManifest): Uint8Array {
  const chunks: Uint8Array[] = [];
  const putCount = (count: number): void => {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(count));
    chunks.push(bytes);
  };
  const putBytes = (bytes: Uint8Array): void => {
    putCount(bytes.length);
    chunks.push(bytes);
  };
  const putText = (text: string): void => putBytes(new TextEncoder().encode(text));
  const putRecord = (record: Readonly<Record<string, string>>): void => {
    const entries = Object.entries(record).toSorted(byKey);
    putCount(entries.length);
    for (const [key, value] of entries) {
      putText(key);
      putText(value);
    }
  };

  putText(manifest.namespace);
  putText(manifest.name);
  putCount(manifest.type === undefined ? 0 : 1);
  putText(manifest.type ?? "");
  putRecord(manifest.labels);
  putRecord(manifest.annotations);
  putCount(manifest.data.size);
  for (const [key, value] of [...manifest.data].toSorted(byKey)) {
    putText(key);
    putBytes(value.expose());
  }
  return new Uint8Array(Buffer.concat(chunks));
}

/** The manifest as the API server takes it, keys sorted at every level. Holds the values: for writing, or where the user asked to see them. */
export function secretObject(manifest: SecretManifest): SecretObject {
  const annotations = sortedRecord(manifest.annotations);
  const labels = sortedRecord(manifest.labels);
  const data = [...manifest.data].toSorted(byKey).map(([key, value]) => [key, Buffer.from(value.expose()).toString("base64")] as const);
  return {
    apiVersion: "v1",
    data: Object.fromEntries(data),
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
