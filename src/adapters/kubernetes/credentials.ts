/** Understands what a cluster's secret holds, a kubeconfig or {server, caData, token}, and refuses all that would run or read something. */
import { RelayError } from "../../core/errors.ts";
import { SecretValue } from "../../core/secret-value.ts";
import { type AddressOptions, hostRefusal } from "./addresses.ts";

/** How to reach one API server and who we are there: certificates are for all to see, the token and the key are not. */
export interface ClusterCredentials {
  /** `https://host[:port][/prefix]`, without a trailing slash. */
  readonly server: string;
  readonly ca: string;
  readonly auth:
    | { readonly kind: "token"; readonly token: SecretValue }
    | { readonly kind: "certificate"; readonly cert: string; readonly key: SecretValue }
    | { readonly kind: "renewed"; readonly tokens: TokenSource };
}

/** Tokens that live shorter than a connection. */
export interface TokenSource {
  /** One that is valid for some minutes still. @throws what making one throws */
  current(): Promise<SecretValue>;
  /** The API server does not know it. @returns whether another one is to be had now; false where that one would be the same in all but time */
  refuse(token: SecretValue): boolean;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Parses the text of a cluster's secret. `cluster` only names it in errors, whose details name fields, never contents.
 * @throws ClusterCredentials
 */
export async function parseCredentials(text: string, cluster: string, options: AddressOptions = {}): Promise<ClusterCredentials> {
  const refuse = (detail: string): never => {
    throw new RelayError("ClusterCredentials", cluster, { detail });
  };
  const root = mapping(await readText(text)) ?? refuse("the secret is neither YAML nor JSON, or no mapping");
  const { clusterFields, userFields } = root["clusters"] === undefined ? plainFields(root) : kubeconfigFields(root, refuse);
  for (const [fields, name, reason] of REFUSED) {
    const value = (fields === "cluster" ? clusterFields : userFields)[name];
    if (value !== undefined && value !== null && value !== false && value !== "") refuse(`${name} is refused: ${reason}`);
  }
  const ca = pem(clusterFields["certificate-authority-data"]) ?? refuse("certificate-authority-data (caData) is missing or no PEM");
  const server = checkServer(clusterFields["server"], options, refuse);
  return { server, ca, auth: authOf(userFields, refuse) };
}

/** Fields that would run a program, read this machine's files, or weaken the connection. */
const REFUSED: readonly (readonly ["cluster" | "user", string, string])[] = [
  ["user", "exec", "it would run a program"],
  ["user", "auth-provider", "it would run a program"],
  ["user", "tokenFile", "it would read a local file"],
  ["user", "client-certificate", "it would read a local file; use client-certificate-data"],
  ["user", "client-key", "it would read a local file; use client-key-data"],
  ["user", "username", "basic authentication is not supported"],
  ["user", "password", "basic authentication is not supported"],
  ["user", "as", "impersonation is not supported"],
  ["user", "as-uid", "impersonation is not supported"],
  ["user", "as-groups", "impersonation is not supported"],
  ["user", "as-user-extra", "impersonation is not supported"],
  ["cluster", "certificate-authority", "it would read a local file; use certificate-authority-data"],
  ["cluster", "insecure-skip-tls-verify", "the CA is always pinned"],
  ["cluster", "proxy-url", "proxies are not supported"],
  ["cluster", "tls-server-name", "it is not supported"],
];

async function readText(text: string): Promise<unknown> {
  try {
    if (text.trimStart().startsWith("{")) return JSON.parse(text);
  } catch {
    // YAML too may begin like this.
  }
  // Only now: it is a tenth of what a cold start of the function would otherwise have to load.
  const { default: yaml } = await import("yaml");
  try {
    return yaml.parse(text, { logLevel: "silent", maxAliasCount: 0 });
  } catch {
    // The parser's message quotes the line at fault, which may be the token's: the caller gives a text of our own.
    return undefined;
  }
}

function plainFields(root: Fields): { readonly clusterFields: Fields; readonly userFields: Fields } {
  return {
    clusterFields: { ...root, "certificate-authority-data": root["caData"] },
    userFields: { ...root, "client-certificate-data": root["clientCertificate"], "client-key-data": root["clientKey"] },
  };
}

function kubeconfigFields(
  root: Fields,
  refuse: (detail: string) => never,
): { readonly clusterFields: Fields; readonly userFields: Fields } {
  const contexts = named(root["contexts"]);
  const current = root["current-context"];
  const only = contexts.size === 1 ? [...contexts.keys()][0] : undefined;
  const chosen = typeof current === "string" && current !== "" ? current : (only ?? refuse("current-context is missing"));
  const context = mapping(contexts.get(chosen)?.["context"]) ?? refuse("current-context names no context");
  const clusterFields = entryOf(root["clusters"], context["cluster"], "cluster") ?? refuse("the context's cluster is missing");
  const userFields = entryOf(root["users"], context["user"], "user") ?? refuse("the context's user is missing");
  return { clusterFields, userFields };
}

function entryOf(list: unknown, name: unknown, field: string): Fields | undefined {
  return typeof name === "string" ? mapping(named(list).get(name)?.[field]) : undefined;
}

function named(list: unknown): ReadonlyMap<string, Fields> {
  const entries = Array.isArray(list) ? list : [];
  return new Map(
    entries.flatMap((entry: unknown) => {
      const fields = mapping(entry);
      return typeof fields?.["name"] === "string" ? [[fields["name"], fields] as const] : [];
    }),
  );
}

function mapping(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

function authOf(user: Fields, refuse: (detail: string) => never): ClusterCredentials["auth"] {
  const cert = user["client-certificate-data"];
  const key = user["client-key-data"];
  if (cert !== undefined || key !== undefined) {
    return {
      kind: "certificate",
      cert: pem(cert) ?? refuse("client-certificate-data (clientCertificate) is missing or no PEM"),
      key: new SecretValue(pem(key) ?? refuse("client-key-data (clientKey) is missing or no PEM")),
    };
  }
  const token = user["token"];
  // Anything else would be refused by node:http with an error that quotes the header.
  if (typeof token !== "string" || !/^[\x21-\x7e]+$/.test(token)) return refuse("token is missing, or holds spaces or control characters");
  return { kind: "token", token: new SecretValue(token) };
}

/**
 * `https://host[:port][/prefix]`, without a trailing slash.
 * @throws what `refuse` throws, for an address that is none, or that no API server has
 */
export function checkServer(value: unknown, options: AddressOptions, refuse: (detail: string) => never): string {
  const url = (typeof value === "string" && URL.canParse(value) ? new URL(value) : undefined) ?? refuse("server is missing or no URL");
  if (url.protocol !== "https:") refuse("server must be https");
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "")
    refuse("server must be an address and a path only");
  const refused = hostRefusal(url.hostname, options);
  if (refused !== undefined) refuse(`server is ${refused}`);
  return url.origin + url.pathname.replace(/\/+$/, "");
}

/** PEM as it is, or in base64 as a kubeconfig and EKS have it. */
export function pem(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const text = value.includes("-----BEGIN ") ? value : Buffer.from(value, "base64").toString("utf8");
  return text.includes("-----BEGIN ") ? text : undefined;
}
