/** What the registry remembers of a ClusterExternalSecret: where it made registrations, and how that went. */
import type { ClusterExternalSecretSpec } from "./cluster-external-secret.ts";
import type { ErrorCode } from "./errors.ts";
import type { Millis } from "./model.ts";

/** A namespace in which there is no registration of it, and why; ESO's `failedNamespaces`. */
export interface NamespaceFailure {
  readonly namespace: string;
  readonly reason: string;
}

export interface ClusterExternalSecretStatus {
  /** `Unknown`: its namespaces could not be asked for, so what there is stays as it is. */
  readonly state: "Pending" | "Ready" | "PartlyReady" | "Unknown";
  /** When `state` or its cause last changed. */
  readonly since: Millis;
  /** When its namespaces were last seen. */
  readonly checkedAt?: Millis | undefined;
  /** In which it has a registration, sorted. */
  readonly provisioned: readonly string[];
  /** The first hundred, by name. */
  readonly failed: readonly NamespaceFailure[];
  readonly failedCount: number;
  readonly error?: { readonly code: ErrorCode; readonly message: string } | undefined;
}

/** A ClusterExternalSecret in the registry. */
export interface ClusterExternalSecretRecord {
  readonly spec: ClusterExternalSecretSpec;
  /** A new one with each write; every write is conditional on it. */
  readonly token: string;
  /** Since when the config has it no more; it is kept until nobody can make a registration of it any more. */
  readonly retiredAt?: Millis | undefined;
  /** `namespace/name` of each registration that it made or was about to make, sorted: never fewer than there are. */
  readonly made: readonly string[];
  readonly status: ClusterExternalSecretStatus;
  /** When reconcile shall look at it again. */
  readonly dueAt: Millis;
}
