/** How many characters a policy takes, as IAM counts them: white space is not counted. Where it will be deployed is unknown, so that the longest stands for each. Pure. */
import type { Grant } from "./grant.ts";

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
export const MANAGED_POLICY_CHARACTERS = 6_144;

const LONGEST: Readonly<Record<string, number>> = {
  "AWS::Partition": "aws-us-gov".length,
  "AWS::Region": "ap-southeast-1".length,
  "AWS::AccountId": 12,
};

/** In a list of resources: with its quotes and a comma. */
export function resourceCharacters(resource: string): number {
  const placed = resource.replaceAll(/\$\{([\w:]+)\}/g, (_all, name: string) => "x".repeat(LONGEST[name] ?? 0));
  return placed.length + 3;
}

/** A statement without its resources, and the comma behind it. */
export function statementCharacters({ actions, condition }: Pick<Grant, "actions" | "condition">): number {
  return (
    JSON.stringify({ Effect: "Allow", Action: actions, Resource: [], ...(condition === undefined ? {} : { Condition: condition }) })
      .length + 1
  );
}

/** A policy without its statements. */
export const POLICY_CHARACTERS = '{"Version":"2012-10-17","Statement":[]}'.length;
