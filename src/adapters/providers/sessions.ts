/** Credentials of stores that name their own: roles assumed by STS, tokens of service accounts, access keys; each kept for its own identity only. */
import type { AssumeRoleCommandOutput, STSClient } from "@aws-sdk/client-sts";
import { type ErrorCode, isRelayError, RelayError } from "../../core/errors.ts";
import type { Millis, Reference } from "../../core/model.ts";
import type { ClusterAuthReads } from "../../core/ports.ts";
import { type ClientOptions, clientOptions, errorName, relayError } from "../../core/remote-calls.ts";
import type { AccessBase, RoleStep, SecretKeyRef, SourceAccess } from "../../core/stores/access.ts";
import { opaqueCredentials, type SourceCredentials } from "./source-credentials.ts";

/** What says whose credentials read: of a reference, or of a listing. */
export type CredentialSource = Pick<Reference, "region" | "identity" | "access" | "retry">;

/** Gives the credentials of a source; undefined where the function's own role reads it. */
export interface SourceSessions {
  /** @throws RoleNotAssumed, StoreAuthMissing, StoreAuthForbidden, and what reading the cluster throws */
  credentials(source: CredentialSource): Promise<SourceCredentials | undefined>;
  /** Forgets credentials that a store refused, so that the next read gets them anew. */
  forget(source: CredentialSource): void;
}

export interface SessionDeps {
  readonly authReads: (cluster: string) => Promise<ClusterAuthReads>;
  readonly now: () => Millis;
  /** Loaded only where a store names a role or a service account. */
  readonly modules: {
    readonly sts: () => Promise<Pick<typeof import("./sts.ts"), "AssumeRoleCommand" | "AssumeRoleWithWebIdentityCommand" | "stsClients">>;
  };
  /** Of the clients. @default - those of a deployment */
  readonly options?: ((region: string) => ClientOptions) | undefined;
  /** @default the region's STS */
  readonly connect?: ((region: string, credentials: SourceCredentials | undefined) => Pick<STSClient, "send">) | undefined;
}

const CODES: Readonly<Record<string, ErrorCode>> = {
  AccessDenied: "RoleNotAssumed",
  AccessDeniedException: "RoleNotAssumed",
  ExpiredTokenException: "RoleNotAssumed",
  IDPRejectedClaim: "RoleNotAssumed",
  IDPRejectedClaimException: "RoleNotAssumed",
  InvalidClientTokenId: "RoleNotAssumed",
  InvalidIdentityToken: "RoleNotAssumed",
  InvalidIdentityTokenException: "RoleNotAssumed",
  PackedPolicyTooLargeException: "RoleNotAssumed",
  RegionDisabledException: "RoleNotAssumed",
  SignatureDoesNotMatch: "RoleNotAssumed",
  UnrecognizedClientException: "RoleNotAssumed",
  ValidationError: "RoleNotAssumed",
  Throttling: "StoreThrottled",
  ThrottlingException: "StoreThrottled",
};

const SESSION_NAME = "secret-relay";
const DEFAULT_AUDIENCE = "sts.amazonaws.com";

/** Before their end, so that no read that begins with them outlives them. */
const EXPIRY_MARGIN_MS = 5 * 60_000;
/** How soon access keys that were exchanged in their Secret are noticed. */
const KEYS_KEPT_MS = 60_000;

interface Session {
  readonly credentials: SourceCredentials;
  readonly until: Millis;
}

type Kept = { readonly session: Promise<Session>; until: Millis };

/** Keyed by region and the access's id: two stores that differ in anything of their auth never share credentials. */
export function createSourceSessions({ authReads, now, modules, options = clientOptions, connect }: SessionDeps): SourceSessions {
  const kept = new Map<string, Kept>();
  const keyOf = (region: string, access: SourceAccess): string => `${region}|${access.id}`;

  async function assume(region: string, by: SourceCredentials | undefined, role: RoleStep): Promise<Session> {
    const { AssumeRoleCommand, stsClients } = await modules.sts();
    const tags = Object.entries(role.tags ?? {}).map(([Key, Value]) => ({ Key, Value }));
    const command = new AssumeRoleCommand({
      RoleArn: role.arn,
      RoleSessionName: SESSION_NAME,
      ExternalId: role.externalId,
      ...(tags.length > 0 ? { Tags: tags } : {}),
      ...(role.transitiveTagKeys === undefined ? {} : { TransitiveTagKeys: [...role.transitiveTagKeys] }),
    });
    return ask(role.arn, "AssumeRole", async () => (connect ?? stsClients(options))(region, by).send(command));
  }

  /** What STS answers, or an error that names the role. */
  async function ask(role: string, operation: string, send: () => Promise<AssumeRoleCommandOutput>): Promise<Session> {
    try {
      const { Credentials: given } = await send();
      if (given?.AccessKeyId === undefined || given.SecretAccessKey === undefined) throw new RelayError("StoreUnreachable", role);
      const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken, Expiration } = given;
      const until = (Expiration?.getTime() ?? now()) - EXPIRY_MARGIN_MS;
      return { credentials: opaqueCredentials({ accessKeyId, secretAccessKey, sessionToken, expiration: Expiration }), until };
    } catch (error) {
      if (isRelayError(error)) throw error;
      throw relayError(CODES[errorName(error) ?? ""] ?? "StoreUnreachable", role, "sts", operation, error);
    }
  }

  async function byServiceAccount(region: string, base: Extract<AccessBase, { kind: "serviceAccount" }>): Promise<Session> {
    const reads = await authReads(base.cluster);
    const { roleArn, audience } = await reads.serviceAccount(base);
    if (roleArn === undefined) {
      const detail = "it has no annotation eks.amazonaws.com/role-arn";
      throw new RelayError("StoreAuthMissing", `service account ${base.namespace}/${base.name}`, { detail });
    }
    const token = await reads.serviceAccountToken(base, [...new Set([audience ?? DEFAULT_AUDIENCE, ...base.audiences])]);
    const { AssumeRoleWithWebIdentityCommand, stsClients } = await modules.sts();
    const command = new AssumeRoleWithWebIdentityCommand({
      RoleArn: roleArn,
      RoleSessionName: SESSION_NAME,
      WebIdentityToken: token.exposeText(),
    });
    // No signature of ours goes with it: the token alone says who asks.
    return ask(roleArn, "AssumeRoleWithWebIdentity", async () => (connect ?? stsClients(options))(region, undefined).send(command));
  }

  async function byAccessKeys(base: Extract<AccessBase, { kind: "secret" }>): Promise<Session> {
    const reads = await authReads(base.cluster);
    const read = async (ref: SecretKeyRef) => (await reads.secretKey(ref)).exposeText();
    const [accessKeyId, secretAccessKey, sessionToken] = await Promise.all([
      read(base.accessKeyId),
      read(base.secretAccessKey),
      base.sessionToken === undefined ? undefined : read(base.sessionToken),
    ]);
    return { credentials: opaqueCredentials({ accessKeyId, secretAccessKey, sessionToken }), until: now() + KEYS_KEPT_MS };
  }

  async function open(region: string, { base, roles }: SourceAccess): Promise<Session> {
    let session: Session | undefined;
    if (base.kind === "serviceAccount") session = await byServiceAccount(region, base);
    if (base.kind === "secret") session = await byAccessKeys(base);
    for (const role of roles) session = await assume(region, session?.credentials, role);
    if (session === undefined) throw new Error("an access without base and roles is the function's own");
    return session;
  }

  return {
    async credentials({ region, identity, access }) {
      if (access === undefined) {
        // A reference that came out of a key: to read it as ourselves would cross the border between stores.
        if (identity !== undefined) throw new Error("a reference without its access can't be read");
        return undefined;
      }
      const key = keyOf(region, access);
      const known = kept.get(key);
      if (known !== undefined && now() < known.until) return (await known.session).credentials;
      const session = open(region, access);
      // Whoever comes while it is being opened shares it; a failure is not kept.
      const entry: Kept = { session, until: Number.POSITIVE_INFINITY };
      kept.set(key, entry);
      try {
        const { credentials, until } = await session;
        entry.until = until;
        return credentials;
      } catch (error) {
        if (kept.get(key) === entry) kept.delete(key);
        throw error;
      }
    },
    forget({ region, access }) {
      if (access !== undefined) kept.delete(keyOf(region, access));
    },
  };
}
