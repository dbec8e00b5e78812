/** sprig's keys and certificates. Keys come from OpenSSL's own random source: no seed can give them. */
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { type CallContext, type FunctionTable, fixed } from "../function-table.ts";
import { toBytes } from "../go/strings.ts";
import type { GoList, GoStruct } from "../go/values.ts";
import { parseCertificate } from "../pki/certificate.ts";
import { type CertificateRequest, type Issuer, issueCertificate } from "../pki/certificate-write.ts";
import { child, der, readDer } from "../pki/der.ts";
import { parseIp } from "../pki/ip.ts";
import { decodePem, encodePem } from "../pki/pem-blocks.ts";
import { parsePrivateKey, toPkcs8 } from "../pki/private-key.ts";
import { FunctionFault } from "../template-error.ts";
import { decodeBase64 } from "./base-codes.ts";

const DAY_MS = 86_400_000;

/** DSA keys have no standard form of their own: sprig writes version, P, Q, G, Y and X. */
function dsaPem(key: KeyObject, publicKey: KeyObject): string {
  const fault = "failed to generate private key";
  const whole = readDer(toPkcs8(key), fault);
  const parameters = child(child(whole, 1, fault), 1, fault).children;
  const x = readDer(child(whole, 2, fault).content, fault);
  const bits = child(readDer(publicKey.export({ format: "der", type: "spki" }), fault), 1, fault);
  const y = readDer(bits.content.subarray(1), fault);
  return encodePem("DSA PRIVATE KEY", der.sequence(der.integer(0), ...parameters.map((part) => part.whole), y.whole, x.whole));
}

function generateKey(context: CallContext, kind: string): string {
  switch (kind) {
    case "":
    case "rsa":
      context.budget.spendCostly();
      return keyPem(generateKeyPairSync("rsa", { modulusLength: 4096 }).privateKey);
    case "dsa": {
      context.budget.spendCostly();
      const { privateKey, publicKey } = generateKeyPairSync("dsa", { modulusLength: 2048, divisorLength: 256 });
      return dsaPem(privateKey, publicKey);
    }
    case "ecdsa":
      context.budget.spendCostly();
      return keyPem(generateKeyPairSync("ec", { namedCurve: "prime256v1" }).privateKey);
    case "ed25519":
      context.budget.spendCostly();
      return keyPem(generateKeyPairSync("ed25519").privateKey);
    default:
      return `Unknown type ${kind}`;
  }
}

function keyPem(key: KeyObject): string {
  switch (key.asymmetricKeyType) {
    case "rsa":
      return encodePem("RSA PRIVATE KEY", key.export({ format: "der", type: "pkcs1" }));
    case "ec":
      return encodePem("EC PRIVATE KEY", key.export({ format: "der", type: "sec1" }));
    default:
      return encodePem("PRIVATE KEY", toPkcs8(key));
  }
}

const KEY_FORMS = new Map([
  ["PRIVATE KEY", "pkcs8"],
  ["RSA PRIVATE KEY", "pkcs1"],
  ["EC PRIVATE KEY", "sec1"],
] as const);

function keyOfPem(text: string): KeyObject {
  const { block } = decodePem(text);
  if (block === undefined) throw new FunctionFault("no PEM data in input");
  const form = [...KEY_FORMS].find(([type]) => type === block.type)?.[1];
  if (form === undefined) throw new FunctionFault("no private key data of a known kind in the PEM block");
  return parsePrivateKey(block.bytes, [form]);
}

function texts({ items }: GoList): readonly string[] {
  return items.map((item) => {
    if (typeof item !== "string") throw new FunctionFault("an alternative name is not a string");
    return item;
  });
}

interface Wanted {
  readonly commonName: string;
  readonly addresses?: GoList;
  readonly hosts?: GoList;
  readonly days: number;
  readonly isAuthority: boolean;
}

function requestOf({ environment }: CallContext, wanted: Wanted): CertificateRequest {
  const serial = environment.randomBytes(16);
  return {
    commonName: toBytes(wanted.commonName),
    addresses: wanted.addresses === undefined ? [] : texts(wanted.addresses).map(parseIp),
    hosts: wanted.hosts === undefined ? [] : texts(wanted.hosts).map(toBytes),
    notBeforeMs: environment.nowMs,
    notAfterMs: environment.nowMs + wanted.days * DAY_MS,
    serial,
    isAuthority: wanted.isAuthority,
  };
}

function certificate(cert: string, key: string): GoStruct {
  return {
    kind: "struct",
    type: "sprig.certificate",
    fields: new Map([
      ["Cert", cert],
      ["Key", key],
    ]),
  };
}

function issue(context: CallContext, wanted: Wanted, keyText: string | undefined, issuer?: Issuer): GoStruct {
  context.budget.spendCostly();
  const key = keyText === undefined ? generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey : keyOfPem(keyText);
  return certificate(encodePem("CERTIFICATE", issueCertificate(requestOf(context, wanted), key, issuer)), keyPem(key));
}

function issuerOf(authority: GoStruct): Issuer {
  const [cert, key] = [authority.fields.get("Cert"), authority.fields.get("Key")];
  const { block } = decodePem(typeof cert === "string" ? cert : "");
  if (block === undefined) throw new FunctionFault("unable to decode certificate");
  const { subject, subjectKeyId } = parseCertificate(block.bytes);
  return {
    subject: subject.whole,
    keyId: subjectKeyId === undefined ? undefined : Buffer.from(subjectKeyId, "hex"),
    key: keyOfPem(typeof key === "string" ? key : ""),
  };
}

function decoded(text: string, phrase: string): string {
  const result = decodeBase64(text);
  if (!("bytes" in result)) throw new FunctionFault(phrase);
  return result.bytes;
}

function buildCustom(cert64: string, key64: string): GoStruct {
  const cert = decoded(cert64, "unable to decode base64 certificate");
  const key = decoded(key64, "unable to decode base64 private key");
  const { block } = decodePem(cert);
  if (block === undefined) throw new FunctionFault("unable to decode certificate");
  parseCertificate(block.bytes);
  keyOfPem(key);
  return certificate(cert, key);
}

export const CERTIFICATES: FunctionTable = Object.freeze({
  genPrivateKey: fixed(["string"], generateKey),
  buildCustomCert: fixed(["string", "string"], (_context, cert, key) => buildCustom(cert, key)),
  genCA: fixed(["string", "int"], (context, commonName, days) => issue(context, { commonName, days, isAuthority: true }, undefined)),
  genCAWithKey: fixed(["string", "int", "string"], (context, commonName, days, key) =>
    issue(context, { commonName, days, isAuthority: true }, key),
  ),
  genSelfSignedCert: fixed(["string", "list", "list", "int"], (context, commonName, addresses, hosts, days) =>
    issue(context, { commonName, addresses, hosts, days, isAuthority: false }, undefined),
  ),
  genSelfSignedCertWithKey: fixed(["string", "list", "list", "int", "string"], (context, commonName, addresses, hosts, days, key) =>
    issue(context, { commonName, addresses, hosts, days, isAuthority: false }, key),
  ),
  genSignedCert: fixed(["string", "list", "list", "int", "certificate"], (context, commonName, addresses, hosts, days, authority) =>
    issue(context, { commonName, addresses, hosts, days, isAuthority: false }, undefined, issuerOf(authority)),
  ),
  genSignedCertWithKey: fixed(
    ["string", "list", "list", "int", "certificate", "string"],
    (context, commonName, addresses, hosts, days, authority, key) =>
      issue(context, { commonName, addresses, hosts, days, isAuthority: false }, key, issuerOf(authority)),
  ),
});
