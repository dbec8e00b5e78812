/** A Secret as the fake API server holds it, and what others see of it. */
import type { KnownTarget } from "../../../src/core/model.ts";
import type { TargetView } from "../../../src/core/ports.ts";

export interface StoredSecret {
  readonly uid: string;
  resourceVersion: string;
  /** These two are replaced, never changed, so that whoever saw them keeps what it saw. */
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  readonly data: Map<string, Uint8Array>;
  /** `operation manager` -> data keys. */
  readonly owners: Map<string, Set<string>>;
  readonly applied: Map<
    string,
    { readonly labels: readonly string[]; readonly annotations: readonly string[]; readonly finalizers: readonly string[] }
  >;
  finalizers: readonly string[];
  deleting: boolean;
  immutable: boolean;
  /** Who made it immutable by an apply. */
  readonly immutableBy: Set<string>;
  controller: string | undefined;
  /** As it was seen last: the model looks at each before and after each write, and decoding is dear. */
  peeked: Peeked | undefined;
}

/** A Secret with its data as text. */
export type Peeked = Pick<TargetView, "uid" | "resourceVersion" | "labels" | "controller"> & {
  readonly data: Readonly<Record<string, string>>;
};

export function copyOf(secret: StoredSecret): StoredSecret {
  return {
    ...secret,
    data: new Map(secret.data),
    owners: new Map([...secret.owners].map(([owner, keys]) => [owner, new Set(keys)])),
    applied: new Map(secret.applied),
    immutableBy: new Set(secret.immutableBy),
  };
}

export function textOf({ data }: StoredSecret): Readonly<Record<string, string>> {
  return Object.fromEntries([...data].map(([key, bytes]) => [key, decoder.decode(bytes)]));
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

export function viewOf(secret: StoredSecret): TargetView {
  const dataKeys: { readonly manager: string; readonly operation: "Apply" | "Update"; readonly keys: readonly string[] }[] = [];
  for (const [owner, keys] of secret.owners) {
    const operation = owner.startsWith("Apply ") ? "Apply" : "Update";
    if (keys.size > 0) dataKeys.push({ manager: owner.slice(operation.length + 1), operation, keys: [...keys] });
  }
  const controller = secret.controller === undefined ? {} : { controller: secret.controller };
  return {
    ...knownOf(secret),
    labels: secret.labels,
    annotations: secret.annotations,
    ...controller,
    immutableBy: [...secret.immutableBy],
    dataKeys,
    deleting: secret.deleting,
    ...(secret.finalizers.length === 0 ? {} : { finalizers: secret.finalizers }),
  };
}

export function knownOf(secret: StoredSecret): KnownTarget {
  return { uid: secret.uid, resourceVersion: secret.resourceVersion };
}

/** Everything that moves the resourceVersion when it changes. */
export function fingerprint(secret: StoredSecret): string {
  const sorted = (entries: Iterable<readonly [string, string]>) => [...entries].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const data = sorted([...secret.data].map(([key, bytes]) => [key, Buffer.from(bytes).toString("base64")] as const));
  const owners = sorted(
    [...secret.owners].flatMap(([owner, keys]) => (keys.size === 0 ? [] : [[owner, [...keys].toSorted().join()] as const])),
  );
  const { immutable, controller = "" } = secret;
  const flags = [immutable, controller, [...secret.immutableBy].toSorted(), secret.finalizers];
  return JSON.stringify([data, owners, flags, sorted(Object.entries(secret.labels)), sorted(Object.entries(secret.annotations))]);
}
