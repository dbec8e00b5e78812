/** What of a Cluster concerns more than one field: the way into it. Reads raw values, so that it speaks up beside mistakes of shape. */
import { valueAt } from "./check.ts";
import type { FieldPath, Finding } from "./parse.ts";

const EKS: FieldPath = ["spec", "eks"];
const SECRET: FieldPath = ["spec", "kubeconfigSecretRef"];

/** Refuses a Cluster with two ways into it or with none, and an external id that no role would get. */
export function checkClusterRules(manifest: unknown): readonly Finding[] {
  if (typeof valueAt(manifest, ["spec"]) !== "object") return [];
  const isGiven = (path: FieldPath): boolean => (valueAt(manifest, path) ?? undefined) !== undefined;
  if (isGiven(EKS) && isGiven(SECRET)) {
    const hint = "keep one of the two: eks reaches an EKS cluster by IAM, without any stored credentials";
    return [{ path: EKS, message: "spec has kubeconfigSecretRef and eks at once", hint, at: "key" }];
  }
  if (!isGiven(EKS) && !isGiven(SECRET)) {
    const hint = "give eks: { name, region } for an EKS cluster, else kubeconfigSecretRef: { name }";
    return [{ path: ["spec"], message: "spec has neither kubeconfigSecretRef nor eks", hint, at: "key" }];
  }
  if (isGiven([...EKS, "externalId"]) && !valueAt(manifest, [...EKS, "roleArn"])) {
    const hint = "an external id goes with the role that is assumed: add roleArn, or leave it out";
    return [{ path: [...EKS, "externalId"], message: "spec.eks has an externalId, but no roleArn", hint, at: "key" }];
  }
  return [];
}
