/** The names by which the command that prints a cluster's manifests and the writer that proves them in force mean the same objects. */

/** How the relay's identity in a cluster is confined: to names in RBAC, or by the cluster's label under an admission policy. */
export type Confinement = "names" | "label";

/** Of every object that is printed for a Cluster, the ValidatingAdmissionPolicy among them: several relays may use one API server. */
export function accessName(cluster: string): string {
  return `secret-relay-${cluster}`;
}

/** The Secret that the relay asks for by dry-run, without its label, and must never get. */
export const DECOY_NAME = "secret-relay-decoy";
