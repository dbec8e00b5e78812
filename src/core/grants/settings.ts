/** The context keys that decide what is granted: read alike by the stack and by `secret-relay permissions`. Pure. */
import { createContextReader, type ReadContext } from "../config/context.ts";

/** A tag that secrets and parameters carry. */
export interface GrantTag {
  readonly key: string;
  readonly value: string;
}

export interface GrantSettings {
  /** Customer-managed keys that encrypt the secrets: a list, or text with commas. @default - secrets under the aws/secretsmanager key need no grant */
  readonly kmsKeyArns: readonly string[];
  /** X-Ray. @default false */
  readonly tracing: boolean;
  /** The functions are in this VPC. @default - in none */
  readonly vpcId: string | undefined;
  /** IAM's quota of managed policies attached to a role, 1 to 20: ten, until you ask for more. @default 10 */
  readonly managedPoliciesPerRole: number;
  /** Beginnings of names with a `*` each: all secrets and parameters below them are granted. @default none: only what the config names */
  readonly grantPrefixes: readonly string[];
  /** `key=value`: secrets and parameters with this tag are granted, whatever their names. @default - only what the config names */
  readonly grantTag: GrantTag | undefined;
}

/** The context keys by their names. */
export const GRANT_KEYS = [
  "kmsKeyArns",
  "tracing",
  "vpcId",
  "managedPoliciesPerRole",
  "grantPrefixes",
  "grantTag",
] as const satisfies readonly (keyof GrantSettings)[];

/** @throws UserMistake at the first wrong key */
export function readGrantSettings(read: ReadContext): GrantSettings {
  const { flag, integer, list, refuse, text } = createContextReader(read);
  const grantPrefixes = list("grantPrefixes", /^[\w/+=.@-]+\*$/, "beginnings of names that end in one *, such as shop/*");
  const tag = text("grantTag", /^[\w .:/=+@-]{1,128}=[\w .:/=+@-]{0,256}$/, "key=value");
  if (grantPrefixes.length > 0 && tag !== undefined) refuse("grantTag", "left out where there are grantPrefixes");
  const [key = "", ...value] = (tag ?? "").split("=");
  return {
    kmsKeyArns: list("kmsKeyArns", /^arn:[\w-]+:kms:[\w-]+:\d{12}:key\/[\w-]+$/, "ARNs of KMS keys"),
    tracing: flag("tracing", false),
    vpcId: text("vpcId", /^vpc-[0-9a-f]{8,17}$/, "the id of a VPC"),
    managedPoliciesPerRole: integer("managedPoliciesPerRole", 10, 1, 20),
    grantPrefixes: [...new Set(grantPrefixes)].toSorted(),
    grantTag: tag === undefined ? undefined : { key, value: value.join("=") },
  };
}
