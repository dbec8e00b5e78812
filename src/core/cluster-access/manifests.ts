/** All that is applied in a target cluster so that the relay may work there and read nothing: in the order in which it must be applied. */
import type { ClusterSpec, ResolvedConfig } from "../model.ts";
import { admissionPolicy, type Manifest } from "./admission-policy.ts";
import { type ClusterGrants, grantsOf } from "./grants.ts";
import { accessName, type Confinement } from "./policy-name.ts";
import { groupSubject, rolesOf, type Subject } from "./roles.ts";

/** Who the relay is in the cluster. */
export interface Identity {
  /** Of an EKS access entry, a client certificate (its O), or another authenticator. @default - none is bound */
  readonly group?: string | undefined;
  /** Made with its namespace. @default - none is made */
  readonly serviceAccount?: { readonly namespace: string; readonly name: string } | undefined;
}

/** The manifests of one Cluster, and what they were made of. */
export interface ClusterAccess extends ClusterGrants {
  readonly manifests: readonly Manifest[];
}

/** Pure: equal configs give equal manifests. The policy comes before any right that it confines. */
export function clusterAccess(cluster: ClusterSpec, config: ResolvedConfig, confinement: Confinement, identity: Identity): ClusterAccess {
  const found = grantsOf(cluster, config, confinement);
  const labels = { "app.kubernetes.io/instance": cluster.name, "app.kubernetes.io/part-of": "secret-relay" };
  const policy = admissionPolicy(cluster, found, confinement, groupsOf(identity), labels);
  const roles = rolesOf(found.grants, accessName(cluster.name), subjectsOf(identity), labels);
  return { ...found, manifests: [...accountOf(identity), ...policy, ...roles] };
}

function accountOf({ serviceAccount }: Identity): readonly Manifest[] {
  if (serviceAccount === undefined) return [];
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: serviceAccount.namespace } },
    {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: serviceAccount.name, namespace: serviceAccount.namespace },
      automountServiceAccountToken: false,
    },
  ];
}

/** The API server puts each service account into the group of its namespace. */
function groupsOf({ group, serviceAccount }: Identity): readonly string[] {
  return [...(group === undefined ? [] : [group]), ...(serviceAccount ? [`system:serviceaccounts:${serviceAccount.namespace}`] : [])];
}

function subjectsOf({ group, serviceAccount }: Identity): readonly Subject[] {
  return [
    ...(group === undefined ? [] : [groupSubject(group)]),
    ...(serviceAccount === undefined ? [] : [{ kind: "ServiceAccount" as const, ...serviceAccount }]),
  ];
}
