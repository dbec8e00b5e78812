/** Whose credentials read a store, as far as the config can say: names of roles, service accounts and Secrets, never a credential. */

/** One key of a Kubernetes Secret. */
export interface SecretKeyRef {
  readonly namespace: string;
  readonly name: string;
  readonly key: string;
}

/** Who assumes the first role, or reads where there is none. */
export type AccessBase =
  | { readonly kind: "function" }
  /** IRSA: a token of this service account of the target cluster, for the role that its annotation names. */
  | {
      readonly kind: "serviceAccount";
      readonly cluster: string;
      readonly namespace: string;
      readonly name: string;
      /** Beside the one that the annotation names, or `sts.amazonaws.com`. */
      readonly audiences: readonly string[];
    }
  /** Access keys that Secrets of the target cluster hold. */
  | {
      readonly kind: "secret";
      readonly cluster: string;
      readonly accessKeyId: SecretKeyRef;
      readonly secretAccessKey: SecretKeyRef;
      readonly sessionToken?: SecretKeyRef | undefined;
    };

/** A role that is assumed with the credentials of the step before it. */
export interface RoleStep {
  readonly arn: string;
  readonly externalId?: string | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly transitiveTagKeys?: readonly string[] | undefined;
}

/** The credentials of a store that are not the function's own. */
export interface SourceAccess {
  /** A digest of all the rest. Reads, HEADs and propagations of two ids are never shared: the isolation of stores rests on it. */
  readonly id: string;
  readonly base: AccessBase;
  readonly roles: readonly RoleStep[];
}

/** The account in which a role lives; undefined for a text that is no role's ARN. */
export function accountOfRole(arn: string): string | undefined {
  return /^arn:[^:]+:iam::(\d{12}):role\/./.exec(arn)?.[1];
}
