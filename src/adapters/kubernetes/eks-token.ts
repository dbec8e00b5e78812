/** The bearer token of an EKS cluster: a presigned GetCallerIdentity, by which the cluster asks STS who we are. It is a credential: never log it. */
import { stsHost } from "../../core/aws-partition.ts";
import type { EksCluster, Millis } from "../../core/model.ts";
import { SecretValue } from "../../core/secret-value.ts";
import type { TokenSource } from "./credentials.ts";
import type { AwsCredentials, EksModule } from "./eks.ts";

/** The signer, as the SDK has it, and the hash that its clients use. */
export interface TokenSigner {
  readonly SignatureV4: EksModule["SignatureV4"];
  readonly sha256: ConstructorParameters<EksModule["SignatureV4"]>[0]["sha256"];
}

const PREFIX = "k8s-aws-v1.";
/** Signed along, so that a token is good for one cluster only. */
const CLUSTER_HEADER = "x-k8s-aws-id";
/** As aws eks get-token asks; the authenticator counts 15 minutes from X-Amz-Date whatever this says. */
const EXPIRES_SECONDS = 60;

/** Of the 15 minutes that a token is valid, with some to spare for clocks and for what is under way. */
const KEPT_MS = 10 * 60_000;
/** A token dies with the credentials that signed it. */
const CREDENTIALS_MARGIN_MS = 30_000;
/** One that was refused so soon after it was made was not too old: another one would be refused as well. */
const YOUNG_MS = 30_000;

/** The token of these credentials, dated `at`. */
export async function signToken(
  { name, region }: EksCluster,
  credentials: AwsCredentials,
  { SignatureV4, sha256 }: TokenSigner,
  at: Millis,
): Promise<string> {
  const host = stsHost(region);
  const signer = new SignatureV4({ service: "sts", region, credentials, sha256 });
  const { query = {} } = await signer.presign(
    {
      method: "GET",
      protocol: "https:",
      hostname: host,
      path: "/",
      query: { Action: "GetCallerIdentity", Version: "2011-06-15" },
      headers: { host, [CLUSTER_HEADER]: name },
    },
    { expiresIn: EXPIRES_SECONDS, signingDate: new Date(at), unhoistableHeaders: new Set([CLUSTER_HEADER]) },
  );
  const pairs = Object.entries(query).map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(String(value))}`);
  return PREFIX + Buffer.from(`https://${host}/?${pairs.join("&")}`).toString("base64url");
}

interface Made {
  readonly token: SecretValue;
  readonly at: Millis;
  readonly until: Millis;
}

/**
 * Keeps a token while it is young, and its credentials live. `credentials` gives those that live some time still; `forget` is told
 * that theirs was refused, so that they are had anew.
 */
export function createTokens(
  now: () => Millis,
  credentials: () => Promise<AwsCredentials>,
  sign: (credentials: AwsCredentials, at: Millis) => Promise<string>,
  forget: () => void,
): TokenSource {
  let making: Promise<Made> | undefined;
  let made: Made | undefined;

  async function make(): Promise<Made> {
    const by = await credentials();
    const at = now();
    const ends = by.expiration === undefined ? Number.POSITIVE_INFINITY : by.expiration.getTime() - CREDENTIALS_MARGIN_MS;
    return { token: new SecretValue(await sign(by, at)), at, until: Math.min(at + KEPT_MS, ends) };
  }

  return {
    async current() {
      if (made !== undefined && now() < made.until) return made.token;
      // Whoever comes while it is made shares it; a failure is not kept.
      making ??= make();
      const own = making;
      try {
        made = await own;
        return made.token;
      } finally {
        if (making === own) making = undefined;
      }
    },
    refuse(token) {
      // Another call was refused before, and had it made anew.
      if (made === undefined || made.token !== token) return true;
      if (now() - made.at < YOUNG_MS) return false;
      made = undefined;
      forget();
      return true;
    },
  };
}
