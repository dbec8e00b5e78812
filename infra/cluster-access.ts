/** How a function reaches EKS clusters: it may describe exactly those of its own account, and assume exactly the roles of the others. */
import { ArnFormat, Stack } from "aws-cdk-lib";
import type { ClusterSpec, EksCluster, ResolvedConfig } from "../src/core/model.ts";
import type { RelayFunction } from "./relay-function.ts";

/** IAM counts characters: statements of so many ARNs are small enough to be spread over several policies. */
const ARNS_IN_A_STATEMENT = 20;

/** The clusters whose namespaces a deployment asks for: those that have a ClusterExternalSecret. */
export function clustersWithNamespaces({ clusters, clusterExternalSecrets = [] }: ResolvedConfig): readonly ClusterSpec[] {
  const asked = new Set(clusterExternalSecrets.map(({ cluster }) => cluster));
  return clusters.filter(({ name }) => asked.has(name));
}

/**
 * GetCallerIdentity, of which the tokens are made, needs no grant. Where a role is named, that one describes the cluster, in whatever
 * account it is, and nothing is granted here but to assume it.
 */
export function allowClusters(by: RelayFunction, clusters: readonly ClusterSpec[]): void {
  const eks = clusters.map(({ eks: cluster }) => cluster).filter((cluster) => cluster !== undefined);
  allowEach(by, "eks:DescribeCluster", ownClusterArns(by, eks));
  allowEach(by, "sts:AssumeRole", [...new Set(eks.map(({ roleArn }) => roleArn).filter((arn) => arn !== undefined))].toSorted());
}

function ownClusterArns(by: RelayFunction, clusters: readonly EksCluster[]): readonly string[] {
  const arns = clusters
    .filter(({ roleArn }) => roleArn === undefined)
    .map(({ name, region }) => {
      // The schema lets no wildcard of IAM into a name.
      const parts = { service: "eks", region, resource: "cluster", resourceName: name, arnFormat: ArnFormat.SLASH_RESOURCE_NAME };
      return Stack.of(by).formatArn(parts);
    });
  return [...new Set(arns)].toSorted();
}

function allowEach(by: RelayFunction, action: string, arns: readonly string[]): void {
  for (let from = 0; from < arns.length; from += ARNS_IN_A_STATEMENT) by.allow([action], arns.slice(from, from + ARNS_IN_A_STATEMENT));
}
