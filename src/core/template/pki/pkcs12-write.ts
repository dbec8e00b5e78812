/** Writes PKCS#12 files as go-pkcs12's Modern encoder does: PBES2 with AES-256 and a SHA-256 MAC. */
import { createHash } from "node:crypto";
import type { Certificate } from "./certificate.ts";
import { der } from "./der.ts";
import { nameText } from "./name.ts";
import { encrypt, macOf, type Password, passwordOf } from "./pkcs12-crypto.ts";

const DATA = "1.2.840.113549.1.7.1";
const ENCRYPTED_DATA = "1.2.840.113549.1.7.6";
const SHROUDED_KEY_BAG = "1.2.840.113549.1.12.10.1.2";
const CERTIFICATE_BAG = "1.2.840.113549.1.12.10.1.3";
const X509_CERTIFICATE = "1.2.840.113549.1.9.22.1";
const FRIENDLY_NAME = "1.2.840.113549.1.9.20";
const LOCAL_KEY_ID = "1.2.840.113549.1.9.21";
/** Java takes a certificate for trusted only with this attribute. */
const JAVA_TRUSTED_USAGE = "2.16.840.1.113894.746875.1.1";
const ANY_EXTENDED_USAGE = "2.5.29.37.0";

type RandomBytes = (count: number) => Uint8Array;

function certificateBag(certificate: Certificate, attributes: readonly Uint8Array[]): Uint8Array {
  const value = der.sequence(der.oid(X509_CERTIFICATE), der.context(0, der.octetString(certificate.der)));
  const all = attributes.length === 0 ? [] : [der.set(...attributes)];
  return der.sequence(der.oid(CERTIFICATE_BAG), der.context(0, value), ...all);
}

function encryptedContent(password: Password, content: Uint8Array, randomBytes: RandomBytes): Uint8Array {
  const { algorithm, encrypted } = encrypt(password, content, randomBytes);
  const info = der.sequence(der.oid(DATA), algorithm, der.implicit(0, encrypted));
  return der.sequence(der.oid(ENCRYPTED_DATA), der.context(0, der.sequence(der.integer(0), info)));
}

function dataContent(content: Uint8Array): Uint8Array {
  return der.sequence(der.oid(DATA), der.context(0, der.octetString(content)));
}

function pfx(password: Password, contents: readonly Uint8Array[], randomBytes: RandomBytes): Uint8Array {
  const safe = der.sequence(...contents);
  return der.sequence(der.integer(3), dataContent(safe), macOf(password, safe, randomBytes));
}

/** A key (PKCS#8 DER) with its certificate, and those of its issuers. */
export function writePkcs12(
  parts: { readonly key: Uint8Array; readonly certificate: Certificate; readonly issuers: readonly Certificate[] },
  passwordText: string,
  randomBytes: RandomBytes,
): Uint8Array {
  const password = passwordOf(passwordText);
  const fingerprint = createHash("sha1").update(parts.certificate.der).digest();
  const localKeyId = der.sequence(der.oid(LOCAL_KEY_ID), der.set(der.octetString(fingerprint)));
  const certificates = [certificateBag(parts.certificate, [localKeyId]), ...parts.issuers.map((issuer) => certificateBag(issuer, []))];
  const { algorithm, encrypted } = encrypt(password, parts.key, randomBytes);
  const shrouded = der.sequence(algorithm, der.octetString(encrypted));
  const keyBag = der.sequence(der.oid(SHROUDED_KEY_BAG), der.context(0, shrouded), der.set(localKeyId));
  const contents = [encryptedContent(password, der.sequence(...certificates), randomBytes), dataContent(der.sequence(keyBag))];
  return pfx(password, contents, randomBytes);
}

/** A trust store: certificates only, each under its subject's name. */
export function writeTrustStore(certificates: readonly Certificate[], passwordText: string, randomBytes: RandomBytes): Uint8Array {
  const password = passwordOf(passwordText);
  const bags = certificates.map((certificate) => {
    const name = Buffer.from(nameText(certificate.subject), "utf16le").swap16();
    const friendlyName = der.sequence(der.oid(FRIENDLY_NAME), der.set(der.bmp(name)));
    const trusted = der.sequence(der.oid(JAVA_TRUSTED_USAGE), der.set(der.oid(ANY_EXTENDED_USAGE)));
    return certificateBag(certificate, [friendlyName, trusted]);
  });
  return pfx(password, [encryptedContent(password, der.sequence(...bags), randomBytes)], randomBytes);
}
