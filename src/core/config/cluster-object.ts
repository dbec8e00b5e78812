/** The one rule by which a store may name an object of its cluster (a Secret, a ConfigMap, a service account): never beyond its own namespace. */
import type { StoreManifest } from "../cluster-external-secret.ts";
import { valueAt } from "./check.ts";
import { DEFAULT_NAMESPACE } from "./namespace.ts";
import type { FieldPath, Finding } from "./parse.ts";

interface ObjectRef {
  readonly namespace?: string | null | undefined;
}

/**
 * The namespace of an object that a store names. A SecretStore reaches its own alone; a ClusterSecretStore the one that it names, or
 * else that of the ExternalSecret which uses it (ESO's referent authentication).
 */
export function resolveClusterObject(store: StoreManifest, useNamespace: string, ref: ObjectRef): string {
  if (store.kind === "SecretStore") return store.manifest.metadata.namespace ?? DEFAULT_NAMESPACE;
  return ref.namespace || useNamespace;
}

/** Every place in a store at which it names an object of its cluster. */
const OBJECTS: readonly FieldPath[] = [
  ["auth", "secretRef", "accessKeyIDSecretRef"],
  ["auth", "secretRef", "secretAccessKeySecretRef"],
  ["auth", "secretRef", "sessionTokenSecretRef"],
  ["auth", "jwt", "serviceAccountRef"],
].map((path) => ["spec", "provider", "aws", ...path]);

/** Refuses a SecretStore that names an object of another namespace. It reads raw values, beside mistakes of shape. */
export function checkClusterObjects(store: unknown): readonly Finding[] {
  if (valueAt(store, ["kind"]) !== "SecretStore") return [];
  const given = valueAt(store, ["metadata", "namespace"]) ?? DEFAULT_NAMESPACE;
  // Anything but a text is another mistake.
  const own = typeof given === "string" ? given : "";
  return OBJECTS.flatMap((path) => {
    const named = valueAt(store, [...path, "namespace"]) ?? own;
    if (named === own || named === "") return [];
    const message = `a SecretStore can't reach beyond its own namespace ${own}`;
    return [{ path: [...path, "namespace"], message, hint: "leave the namespace out, or use a ClusterSecretStore" }];
  });
}
