/** Issues X.509 certificates as sprig's genCA, genSelfSignedCert and genSignedCert do. */
import { createHash, createPublicKey, type KeyObject, sign } from "node:crypto";
import { FunctionFault } from "../template-error.ts";
import { der, readDer } from "./der.ts";

export interface CertificateRequest {
  readonly commonName: Uint8Array;
  /** 4 or 16 bytes each. */
  readonly addresses: readonly Uint8Array[];
  readonly hosts: readonly Uint8Array[];
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly serial: Uint8Array;
  readonly isAuthority: boolean;
}

/** Who signs: the subject's DER and the key id of the signer, or undefined for the certificate's own key. */
export interface Issuer {
  readonly subject: Uint8Array;
  readonly keyId: Uint8Array | undefined;
  readonly key: KeyObject;
}

const COMMON_NAME = "2.5.4.3";
const FAULT = "error creating certificate";

interface Scheme {
  readonly algorithm: Uint8Array;
  readonly hash: string | undefined;
}

const ECDSA = new Map([
  ["prime256v1", { oid: "1.2.840.10045.4.3.2", hash: "sha256" }],
  ["secp384r1", { oid: "1.2.840.10045.4.3.3", hash: "sha384" }],
  ["secp521r1", { oid: "1.2.840.10045.4.3.4", hash: "sha512" }],
]);

/** The signature that Go's x509 chooses for a key. */
function schemeOf(key: KeyObject): Scheme {
  switch (key.asymmetricKeyType) {
    case "rsa":
      return { algorithm: der.sequence(der.oid("1.2.840.113549.1.1.11"), der.none()), hash: "sha256" };
    case "ed25519":
      return { algorithm: der.sequence(der.oid("1.3.101.112")), hash: undefined };
    case "ec": {
      const curve = ECDSA.get(key.asymmetricKeyDetails?.namedCurve ?? "");
      if (curve !== undefined) return { algorithm: der.sequence(der.oid(curve.oid)), hash: curve.hash };
      break;
    }
    default:
  }
  throw new FunctionFault("a certificate needs an RSA, ECDSA or Ed25519 key");
}

/** UTCTime up to 2049, GeneralizedTime from then on. */
function timeOf(ms: number): Uint8Array {
  const date = new Date(ms);
  if (Number.isNaN(date.getTime()) || date.getUTCFullYear() < 0 || date.getUTCFullYear() > 9999) throw new FunctionFault(FAULT);
  const text = `${date
    .toISOString()
    .replace(/\.\d+Z$/, "")
    .replace(/[-:T]/g, "")}Z`;
  const year = date.getUTCFullYear();
  return der.time(year >= 1950 && year < 2050 ? text.slice(2) : text);
}

/** Go writes a name in printable letters where it can. */
function nameOf(commonName: Uint8Array): Uint8Array {
  const isPrintable = /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(Buffer.from(commonName).toString("latin1"));
  const value = isPrintable ? der.printable(commonName) : der.utf8(commonName);
  // An empty common name is left out.
  return commonName.length === 0 ? der.sequence() : der.sequence(der.set(der.sequence(der.oid(COMMON_NAME), value)));
}

/** The SHA-256 of the public key's bits, cut to 20 bytes (RFC 7093), as Go makes it since 1.25. */
function keyIdOf(publicKey: Uint8Array): Uint8Array {
  const bits = readDer(publicKey, FAULT).children[1]?.content.subarray(1) ?? new Uint8Array();
  return createHash("sha256").update(bits).digest().subarray(0, 20);
}

function extension(oid: string, isCritical: boolean, value: Uint8Array): Uint8Array {
  return der.sequence(der.oid(oid), ...(isCritical ? [der.boolean(true)] : []), der.octetString(value));
}

function extensionsOf(request: CertificateRequest, publicKey: Uint8Array, issuer: Issuer): readonly Uint8Array[] {
  // Digital signature and key encipherment; an authority signs certificates too.
  const usage = request.isAuthority ? der.bitString(Uint8Array.of(0xa4), 2) : der.bitString(Uint8Array.of(0xa0), 5);
  const purposes = der.sequence(der.oid("1.3.6.1.5.5.7.3.1"), der.oid("1.3.6.1.5.5.7.3.2"));
  const constraints = request.isAuthority ? der.sequence(der.boolean(true)) : der.sequence();
  const names = [...request.hosts.map((host) => der.implicit(2, host)), ...request.addresses.map((address) => der.implicit(7, address))];
  return [
    extension("2.5.29.15", true, usage),
    extension("2.5.29.37", false, purposes),
    extension("2.5.29.19", true, constraints),
    ...(request.isAuthority ? [extension("2.5.29.14", false, der.octetString(keyIdOf(publicKey)))] : []),
    // Where issuer and subject are the same, Go names no authority's key.
    ...(issuer.keyId === undefined || Buffer.from(issuer.subject).equals(nameOf(request.commonName))
      ? []
      : [extension("2.5.29.35", false, der.sequence(der.implicit(0, issuer.keyId)))]),
    ...(names.length === 0 ? [] : [extension("2.5.29.17", request.commonName.length === 0, der.sequence(...names))]),
  ];
}

/** The certificate of a key, signed by its issuer, or by itself. @throws FunctionFault for a key that can't sign */
export function issueCertificate(request: CertificateRequest, key: KeyObject, issuer?: Issuer): Uint8Array {
  const subject = nameOf(request.commonName);
  const publicKey = createPublicKey(key).export({ format: "der", type: "spki" });
  const signer = issuer ?? { subject, keyId: undefined, key };
  const { algorithm, hash } = schemeOf(signer.key);
  const body = der.sequence(
    der.context(0, der.integer(2)),
    der.integer(request.serial),
    algorithm,
    signer.subject,
    der.sequence(timeOf(request.notBeforeMs), timeOf(request.notAfterMs)),
    subject,
    publicKey,
    der.context(3, der.sequence(...extensionsOf(request, publicKey, signer))),
  );
  return der.sequence(body, algorithm, der.bitString(sign(hash, body, signer.key)));
}
