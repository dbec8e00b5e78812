/** What a ClusterExternalSecret wants in the namespaces that were found, compared with what it has there. Unknown is never taken for none. */
import type { ClusterExternalSecretSpec } from "../cluster-external-secret.ts";
import type { NamespaceFailure } from "../cluster-external-secret-record.ts";
import { type Registration, type RegistrationId, type RegistrationSpec, registrationId } from "../model.ts";
import { namespaceAllowed } from "../sync/guard.ts";
import { expandInto } from "./cluster-external-secret.ts";
import { compareText } from "./diagnostics.ts";
import { isSameJson } from "./diff.ts";

/** The namespaces of the cluster that it means. */
export interface FoundNamespaces {
  readonly matching: readonly string[];
  /** What is there stays as it is: a namespace that is being deleted (without a reason), or one that could not be asked for (with one). */
  readonly unsure: ReadonlyMap<string, string | undefined>;
}

export interface NamespacePlan {
  /** To be written; `before` is what the registry has under its id. */
  readonly puts: readonly { readonly spec: RegistrationSpec; readonly before: Registration | undefined }[];
  readonly unchanged: readonly RegistrationId[];
  /** Its own registrations whose namespaces it means no more. */
  readonly removed: readonly Registration[];
  /** By namespace. */
  readonly failed: readonly NamespaceFailure[];
}

interface Has {
  /** Everything that the registry has under the ids that it may want or has made. */
  readonly existing: readonly Registration[];
  /** Ids of the config's own ExternalSecrets, which win (ESO overwrites none that it did not make). */
  readonly taken: ReadonlySet<RegistrationId>;
  readonly allowedNamespaces: readonly string[];
}

/** The id under which it registers in a namespace. */
export function madeId({ cluster, externalSecretName }: ClusterExternalSecretSpec, namespace: string): RegistrationId {
  return registrationId({ cluster, namespace, name: externalSecretName });
}

/** A namespace with a failure keeps what it has: only where it certainly means a namespace no more is anything removed. */
export function planNamespaces(spec: ClusterExternalSecretSpec, found: FoundNamespaces, has: Has): NamespacePlan {
  const byId = new Map(has.existing.map((registration) => [registration.id, registration]));
  const puts: { spec: RegistrationSpec; before: Registration | undefined }[] = [];
  const unchanged: RegistrationId[] = [];
  const failures = new Map<string, string>();
  for (const namespace of found.matching) {
    const before = byId.get(madeId(spec, namespace));
    const wanted = wantedIn(spec, namespace, before, has);
    if (wanted.kind === "failed") failures.set(namespace, wanted.reason);
    if (wanted.kind !== "registration") continue;
    if (before?.phase === "live" && isSameJson(before.spec, wanted.spec)) unchanged.push(before.id);
    else puts.push({ spec: wanted.spec, before });
  }
  const held = new Set([...failures.keys(), ...found.unsure.keys()]);
  const kept = new Set([...unchanged, ...puts.map((put) => registrationId(put.spec))]);
  for (const [namespace, reason] of found.unsure) if (reason !== undefined) failures.set(namespace, reason);
  return {
    puts,
    unchanged,
    removed: has.existing.filter((one) => isMadeBy(spec, one) && !kept.has(one.id) && !held.has(one.spec.namespace)),
    failed: [...failures].map(([namespace, reason]) => ({ namespace, reason })).toSorted((a, b) => compareText(a.namespace, b.namespace)),
  };
}

/** Whether a registration is one that it made, and live. */
export function isMadeBy({ cluster, name }: ClusterExternalSecretSpec, { phase, spec }: Registration): boolean {
  return phase === "live" && spec.cluster === cluster && spec.clusterExternalSecret === name;
}

type Wanted =
  | { readonly kind: "registration"; readonly spec: RegistrationSpec }
  | { readonly kind: "failed"; readonly reason: string }
  | { readonly kind: "nothing" };

function wantedIn(spec: ClusterExternalSecretSpec, namespace: string, before: Registration | undefined, has: Has): Wanted {
  if (!namespaceAllowed(has.allowedNamespaces, namespace)) {
    return { kind: "failed", reason: `spec.namespaces.allow of Cluster ${spec.cluster} does not allow this namespace` };
  }
  const id = madeId(spec, namespace);
  const isOthers = before?.phase === "live" && !isMadeBy(spec, before);
  if (has.taken.has(id) || isOthers) {
    const other = has.taken.has(id) ? undefined : before?.spec.clusterExternalSecret;
    const by = other === undefined ? "" : `, made by ClusterExternalSecret ${other}`;
    return { kind: "failed", reason: `ExternalSecret ${spec.externalSecretName} already exists in this namespace${by}` };
  }
  const expansion = expandInto(spec, namespace);
  switch (expansion.kind) {
    case "registration":
      return expansion;
    case "another controller's":
      return { kind: "nothing" };
    case "failed":
      return { kind: "failed", reason: expansion.finding.message };
  }
}
