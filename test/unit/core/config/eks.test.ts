/** A Cluster's way in: a secret with its credentials, or IAM; never both, never none. */
import { describe, expect, it } from "@jest/globals";
import { resolveConfig } from "../../../../src/core/config/resolve.ts";
import { clusterFile, defaults, secretFile, storeFile } from "./gen.ts";

const ROLE = "arn:aws:iam::222222222222:role/cluster";

function resolved(way: string) {
  const file = clusterFile();
  const text = file.text.replace("  kubeconfigSecretRef: { name: clusters/tokyo }\n", way);
  return resolveConfig([{ ...file, text }, storeFile(), secretFile()], defaults);
}

describe("the way into a Cluster", () => {
  it.each([
    { name: "the function's role", way: "{ name: prod, region: eu-west-1 }", want: { name: "prod", region: "eu-west-1" } },
    {
      name: "a role with an external id",
      way: `{ name: prod_2, region: us-gov-west-1, roleArn: "${ROLE}", externalId: relay/1 }`,
      want: { name: "prod_2", region: "us-gov-west-1", roleArn: ROLE, externalId: "relay/1" },
    },
    { name: "nulls as absences", way: "{ name: prod, region: eu-west-1, roleArn: null }", want: { name: "prod", region: "eu-west-1" } },
  ])("is IAM: $name", ({ way, want }) => {
    const { config, diagnostics } = resolved(`  eks: ${way}\n`);

    expect(diagnostics).toEqual([]);
    expect(config?.clusters[0]?.eks).toEqual(want);
    expect(config?.clusters[0]).not.toHaveProperty("kubeconfigSecretName");
  });

  it.each([
    {
      name: "none",
      way: "",
      want: "4:1 spec has neither kubeconfigSecretRef nor eks | give eks: { name, region } for an EKS cluster, else kubeconfigSecretRef: { name }",
    },
    {
      name: "both",
      way: "  kubeconfigSecretRef: { name: k }\n  eks: { name: prod, region: eu-west-1 }\n",
      want: "6:3 spec has kubeconfigSecretRef and eks at once | keep one of the two: eks reaches an EKS cluster by IAM, without any stored credentials",
    },
    {
      name: "an external id for nobody",
      way: "  eks: { name: prod, region: eu-west-1, externalId: relay }\n",
      want: "5:41 spec.eks has an externalId, but no roleArn | an external id goes with the role that is assumed: add roleArn, or leave it out",
    },
    { name: "no region", way: "  eks: { name: prod }\n", want: "5:3 spec.eks.region is required" },
    {
      name: "a zone for a region",
      way: "  eks: { name: prod, region: eu-west-1a }\n",
      want: "5:30 spec.eks.region: this is no AWS region; write it like us-east-1",
    },
    {
      name: "the ARN of a user",
      way: '  eks: { name: prod, region: eu-west-1, roleArn: "arn:aws:iam::222222222222:user/x" }\n',
      want: "5:50 spec.eks.roleArn: this is no role's ARN; write it like arn:aws:iam::111122223333:role/name",
    },
    {
      name: "the ARN of the cluster",
      way: '  eks: { name: "arn:aws:eks:eu-west-1:1:cluster/prod", region: eu-west-1 }\n',
      want: "5:16 spec.eks.name: the name of an EKS cluster is at most 100 letters, digits, '-' and '_'",
    },
    {
      name: "an unknown field",
      way: "  eks: { name: prod, region: eu-west-1, role: x }\n",
      want: "5:41 unknown field spec.eks.role | known here: name, region, roleArn, externalId",
    },
  ])("is refused at its place: $name", ({ way, want }) => {
    const { config, diagnostics } = resolved(way);

    expect(config).toBeUndefined();
    expect(diagnostics.map(({ line, column, message, hint }) => `${line}:${column} ${message}${hint ? ` | ${hint}` : ""}`)).toEqual([want]);
  });
});
