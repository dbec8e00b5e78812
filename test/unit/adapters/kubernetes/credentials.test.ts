/** Which secrets of a cluster are understood, and which are refused without a word of their content. */
import { describe, expect, it } from "@jest/globals";
import type { AddressOptions } from "../../../../src/adapters/kubernetes/addresses.ts";
import { type ClusterCredentials, parseCredentials } from "../../../../src/adapters/kubernetes/credentials.ts";
import { isRelayError } from "../../../../src/core/errors.ts";

const CA = "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n";
const TOKEN = "canary-token";
const base64 = (text: string): string => Buffer.from(text).toString("base64");

function kubeconfig(cluster: object, user: object, context: object = {}): string {
  return JSON.stringify({
    "current-context": "c",
    contexts: [{ name: "c", context: { cluster: "k", user: "u", ...context } }],
    clusters: [{ name: "k", cluster: { server: "https://k.example:6443", "certificate-authority-data": base64(CA), ...cluster } }],
    users: [{ name: "u", user: { token: TOKEN, ...user } }],
  });
}

function plain(fields: object): string {
  return JSON.stringify({ server: "https://k.example", caData: CA, token: TOKEN, ...fields });
}

/** Opaque values are equal to each other: what they hold is compared. */
function exposed({ auth, ...rest }: ClusterCredentials) {
  switch (auth.kind) {
    case "token":
      return { ...rest, auth: { kind: auth.kind, token: auth.token.exposeText() } };
    case "certificate":
      return { ...rest, auth: { kind: auth.kind, cert: auth.cert, key: auth.key.exposeText() } };
    case "renewed":
      throw new Error("no secret holds tokens that are renewed");
  }
}

async function refusal(text: string, options?: AddressOptions): Promise<string> {
  try {
    await parseCredentials(text, "tokyo", options);
  } catch (error) {
    if (isRelayError(error) && error.code === "ClusterCredentials") return error.message;
    throw error;
  }
  throw new Error("it was accepted");
}

describe("parseCredentials", () => {
  it("reads a kubeconfig with a token", async () => {
    const parsed = await parseCredentials(kubeconfig({}, {}), "tokyo");
    expect(exposed(parsed)).toEqual({ server: "https://k.example:6443", ca: CA, auth: { kind: "token", token: TOKEN } });
  });

  it("reads a client certificate", async () => {
    const text = kubeconfig({}, { "client-certificate-data": base64(CA), "client-key-data": base64(CA) });
    expect(exposed(await parseCredentials(text, "tokyo")).auth).toEqual({ kind: "certificate", cert: CA, key: CA });
  });

  it("reads {server, caData, token}, the CA as PEM or in base64", async () => {
    expect(exposed(await parseCredentials(plain({ caData: base64(CA) }), "tokyo"))).toEqual(
      exposed(await parseCredentials(plain({}), "tokyo")),
    );
  });

  it.each([
    ["exec", kubeconfig({}, { exec: { command: "sh" } })],
    ["auth-provider", kubeconfig({}, { "auth-provider": { name: "gcp" } })],
    ["tokenFile", kubeconfig({}, { tokenFile: "/t" })],
    ["client-key", kubeconfig({}, { "client-key": "/k" })],
    ["certificate-authority", kubeconfig({ "certificate-authority": "/ca" }, {})],
    ["insecure-skip-tls-verify", kubeconfig({ "insecure-skip-tls-verify": true }, {})],
    ["as", kubeconfig({}, { as: "admin" })],
    ["as-groups", kubeconfig({}, { "as-groups": ["system:masters"] })],
    ["insecure-skip-tls-verify", plain({ "insecure-skip-tls-verify": "true" })],
    ["tls-server-name", kubeconfig({ "tls-server-name": "other" }, {})],
    ["server", plain({ server: "https://[fe80::1%25eth0]" })],
    ["server", plain({ server: "https://k.example?x=1" })],
    ["server", plain({ server: "https://user:word@k.example" })],
    ["proxy-url", kubeconfig({ "proxy-url": "http://p" }, {})],
    ["certificate-authority-data", kubeconfig({ "certificate-authority-data": undefined }, {})],
    ["exec", plain({ exec: { command: "sh" } })],
    ["token", plain({ token: "a\nb" })],
    ["https", plain({ server: "http://k.example" })],
    ["the context's cluster is missing", kubeconfig({}, {}, { cluster: { toString: {} } })],
    ["the context's user is missing", kubeconfig({}, {}, { user: { toString: {} } })],
  ])("names %s when it refuses it", async (field, text) => {
    expect(await refusal(text)).toContain(field);
  });

  it.each([
    "169.254.169.254",
    "0xa9fea9fe",
    "[fe80::1]",
    "[fd00:ec2::254]",
    "[::ffff:169.254.1.1]",
    "[64:ff9b::a9fe:a9fe]",
    "[2002:a9fe:a9fe::]",
    "100.100.100.200",
    "metadata.google.internal.",
    "127.0.0.1",
    "2130706433",
    "localhost",
    "[::1]",
  ])("refuses the address %s", async (host) => {
    expect(await refusal(plain({ server: `https://${host}` }))).toMatch(/link-local|loopback/);
  });

  it("takes a loopback address where that is allowed", async () => {
    const text = plain({ server: "https://127.0.0.1:6443/" });
    expect((await parseCredentials(text, "tokyo", { allowLoopback: true })).server).toBe("https://127.0.0.1:6443");
  });

  it("reads the same from YAML as from JSON, and YAML that begins like JSON", async () => {
    const yaml = `server: https://k.example\ncaData: ${base64(CA)}\ntoken: ${TOKEN}\n`;
    const flow = `{server: "https://k.example", caData: ${base64(CA)}, token: ${TOKEN}}`;

    const wanted = exposed(await parseCredentials(plain({}), "tokyo"));
    expect(exposed(await parseCredentials(yaml, "tokyo"))).toEqual(wanted);
    expect(exposed(await parseCredentials(flow, "tokyo"))).toEqual(wanted);
  });

  it("says nothing of the content of a broken text", async () => {
    expect(await refusal(`token: ${TOKEN}: {{`)).not.toContain(TOKEN);
  });
});
