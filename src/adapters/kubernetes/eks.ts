/** EKS clusters: endpoint and CA by DescribeCluster, and who we are by tokens of IAM. Nothing of a cluster is stored. */
import { type ErrorCode, isRelayError, RelayError } from "../../core/errors.ts";
import type { EksCluster, Millis } from "../../core/model.ts";
import { type ClientOptions, clientOptions, errorName, relayError } from "../../core/remote-calls.ts";
import { type AddressOptions } from "./addresses.ts";
import { type ClusterCredentials, checkServer, pem, type TokenSource } from "./credentials.ts";
import { createTokens, signToken } from "./eks-token.ts";

export type EksModule = typeof import("./eks-client.ts");

/** In the clear, as the SDK takes them: never log them. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** @default - they don't end, or nobody says when */
  readonly expiration?: Date;
}

/** Roles of clusters, assumed. */
export interface ClusterRoles {
  /** Some minutes before they end at the latest, others. @throws RoleNotAssumed, StoreThrottled, StoreUnreachable */
  credentials(cluster: EksCluster & { readonly roleArn: string }): Promise<AwsCredentials>;
  /** They were refused: the next time others are wanted. */
  forget(cluster: EksCluster & { readonly roleArn: string }): void;
}

export interface EksDeps extends AddressOptions {
  readonly roles: ClusterRoles;
  /** AWS's time. */
  readonly now: () => Millis;
  /** Loaded only where a cluster is reached so. */
  readonly load: () => Promise<EksModule>;
  /** Of the clients. @default - those of a deployment */
  readonly options?: ((region: string) => ClientOptions) | undefined;
}

/** Gives the way into an EKS cluster as it is now, always with the same source of tokens. */
export type OpenEks = (cluster: EksCluster) => Promise<ClusterCredentials>;

const CODES: Readonly<Record<string, ErrorCode>> = {
  AccessDenied: "ClusterAccessDenied",
  AccessDeniedException: "ClusterAccessDenied",
  ClientException: "ClusterAccessDenied",
  ExpiredToken: "ClusterAccessDenied",
  ExpiredTokenException: "ClusterAccessDenied",
  InvalidClientTokenId: "ClusterAccessDenied",
  InvalidParameterException: "ClusterNotFound",
  InvalidSignatureException: "ClusterAccessDenied",
  ResourceNotFoundException: "ClusterNotFound",
  ThrottlingException: "ClusterThrottled",
  TooManyRequestsException: "ClusterThrottled",
  UnrecognizedClientException: "ClusterAccessDenied",
};
const SERVING = ["ACTIVE", "UPDATING"];
const COMING = ["CREATING", "PENDING"];

function subjectOf({ region, name }: EksCluster): string {
  return `EKS cluster ${region}/${name}`;
}

/**
 * The opener throws ClusterNotFound, ClusterNotReady, ClusterAccessDenied, ClusterAddressRefused, ClusterThrottled, ClusterUnreachable and
 * RoleNotAssumed; so do the tokens, as far as it concerns them.
 */
export function createEks({ roles, now, load, options = clientOptions, allowLoopback }: EksDeps): OpenEks {
  const tokens = new Map<string, TokenSource>();
  const ownClients = new Map<string, ReturnType<ReturnType<EksModule["eksClients"]>>>();

  /** By the function's own role; it renews its credentials itself. */
  function ownClient(region: string, { eksClients }: EksModule) {
    const client = ownClients.get(region) ?? eksClients(options)(region, undefined);
    ownClients.set(region, client);
    return client;
  }

  /** Undefined: the function's own. */
  async function credentialsOf(cluster: EksCluster): Promise<AwsCredentials | undefined> {
    const { roleArn } = cluster;
    if (roleArn === undefined) return undefined;
    try {
      return await roles.credentials({ ...cluster, roleArn });
    } catch (error) {
      throw ofCluster(error, cluster);
    }
  }
  const forget = (cluster: EksCluster): void => {
    if (cluster.roleArn !== undefined) roles.forget({ ...cluster, roleArn: cluster.roleArn });
  };

  function tokensOf(cluster: EksCluster, module: EksModule): TokenSource {
    const key = JSON.stringify([cluster.region, cluster.name, cluster.roleArn, cluster.externalId]);
    const known = tokens.get(key);
    if (known !== undefined) return known;
    const { SignatureV4 } = module;
    // Asked for nothing but the function's own credentials and the hash.
    const { config } = ownClient(cluster.region, module);
    const made = createTokens(
      now,
      async () => (await credentialsOf(cluster)) ?? ownCredentials(config.credentials, cluster),
      (credentials, at) => signToken(cluster, credentials, { SignatureV4, sha256: config.sha256 }, at),
      () => forget(cluster),
    );
    tokens.set(key, made);
    return made;
  }

  return async (cluster) => {
    const module = await load();
    const { DescribeClusterCommand, eksClients } = module;
    const credentials = await credentialsOf(cluster);
    const client = credentials === undefined ? ownClient(cluster.region, module) : eksClients(options)(cluster.region, credentials);
    const described = await client.send(new DescribeClusterCommand({ name: cluster.name })).catch((error: unknown) => {
      const code = CODES[errorName(error) ?? ""] ?? "ClusterUnreachable";
      // A role's session may have been revoked: the next attempt assumes it anew.
      if (code === "ClusterAccessDenied") forget(cluster);
      throw relayError(code, subjectOf(cluster), "eks", "DescribeCluster", error);
    });
    const { status, endpoint, certificateAuthority } = described.cluster ?? {};
    const fail = (code: ErrorCode, detail: string): never => {
      throw new RelayError(code, subjectOf(cluster), { detail });
    };
    if (COMING.includes(status ?? "")) fail("ClusterNotReady", `EKS calls it ${status}`);
    if (!SERVING.includes(status ?? "")) fail("ClusterNotFound", `EKS calls it ${status}, so that nobody serves it`);
    const ca = pem(certificateAuthority?.data) ?? fail("ClusterNotReady", "EKS gives no CA of it yet");
    if (endpoint === undefined || endpoint === "") fail("ClusterNotReady", "EKS gives no endpoint of it yet");
    const server = checkServer(endpoint, { allowLoopback }, (detail) => fail("ClusterAddressRefused", detail));
    return { server, ca, auth: { kind: "renewed", tokens: tokensOf(cluster, module) } };
  };
}

async function ownCredentials(provider: () => Promise<AwsCredentials>, cluster: EksCluster): Promise<AwsCredentials> {
  try {
    return await provider();
  } catch (error) {
    throw relayError("ClusterUnreachable", subjectOf(cluster), "sts", "credentials", error);
  }
}

/** What fails on the way to a store's role is called by that store; here it is on the way to a cluster. */
function ofCluster(error: unknown, cluster: EksCluster): unknown {
  if (!isRelayError(error)) return error;
  if (error.code === "StoreThrottled") return new RelayError("ClusterThrottled", subjectOf(cluster), { remote: error.remote });
  if (error.code === "StoreUnreachable") return new RelayError("ClusterUnreachable", subjectOf(cluster), { remote: error.remote });
  return error;
}
