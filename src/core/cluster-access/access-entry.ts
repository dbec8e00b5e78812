/** The EKS access entry that puts the relay's IAM role into a Kubernetes group of its own: access policies can't be customised. */

export interface AccessEntry {
  /** As EKS knows it. */
  readonly clusterName: string;
  readonly principalArn: string;
  readonly group: string;
}

/** The ways to make one. */
export const ACCESS_ENTRY_FORMATS = ["cli", "cdk", "terraform"] as const;
export type AccessEntryFormat = (typeof ACCESS_ENTRY_FORMATS)[number];

/** What EKS refuses as the beginning of an access entry's group. */
const RESERVED = ["amazon:", "aws:", "eks:", "iam:", "system:"];

/** Whether the group can be the relay's own. */
export function isOwnGroup(group: string): boolean {
  return /^[A-Za-z0-9][-A-Za-z0-9_.:/@]{0,252}$/.test(group) && !RESERVED.some((prefix) => group.startsWith(prefix));
}

/** Ready to be run, or to be put into a stack or a module; the texts hold no character that shell, TypeScript or HCL reads otherwise. */
export function formatAccessEntry({ clusterName, principalArn, group }: AccessEntry, format: AccessEntryFormat): string {
  switch (format) {
    case "cli":
      return `aws eks create-access-entry --cluster-name '${clusterName}' --principal-arn '${principalArn}' \\
  --type STANDARD --kubernetes-groups '${group}'
`;
    case "cdk":
      return `import { CfnAccessEntry } from "aws-cdk-lib/aws-eks";

new CfnAccessEntry(this, "SecretRelayAccess", {
  clusterName: "${clusterName}",
  principalArn: "${principalArn}",
  type: "STANDARD",
  kubernetesGroups: ["${group}"],
});
`;
    case "terraform":
      return `resource "aws_eks_access_entry" "secret_relay" {
  cluster_name      = "${clusterName}"
  principal_arn     = "${principalArn}"
  type              = "STANDARD"
  kubernetes_groups = ["${group}"]
}
`;
  }
}
