/** The ciphers and the key derivations of PKCS#12 files, by node:crypto, and RC2 by node-forge. */
import { createCipheriv, createDecipheriv, createHash, createHmac, pbkdf2Sync } from "node:crypto";
import { FunctionFault } from "../template-error.ts";
import { child, der, type Element, integerOf, octets, oidText } from "./der.ts";
import { decryptRc2 } from "./rc2.ts";

const FAULT = "unable to decode pkcs12";
const PBES2 = "1.2.840.113549.1.5.13";
const PBKDF2 = "1.2.840.113549.1.5.12";
const HMAC_SHA256 = "1.2.840.113549.2.9";
const AES_256_CBC = "2.16.840.1.101.3.4.1.42";
/** A file may ask for any number: more would hold up everybody else. */
const MAX_ITERATIONS = 1_000_000;

const HASHES = new Map([
  ["1.3.14.3.2.26", "sha1"],
  ["2.16.840.1.101.3.4.2.1", "sha256"],
  ["2.16.840.1.101.3.4.2.2", "sha384"],
  ["2.16.840.1.101.3.4.2.3", "sha512"],
]);
const HMACS = new Map([
  ["1.2.840.113549.2.7", "sha1"],
  [HMAC_SHA256, "sha256"],
  ["1.2.840.113549.2.10", "sha384"],
  ["1.2.840.113549.2.11", "sha512"],
]);
const BLOCK_CIPHERS = new Map([
  ["2.16.840.1.101.3.4.1.2", { name: "aes-128-cbc", keyBytes: 16 }],
  ["2.16.840.1.101.3.4.1.22", { name: "aes-192-cbc", keyBytes: 24 }],
  [AES_256_CBC, { name: "aes-256-cbc", keyBytes: 32 }],
  ["1.2.840.113549.3.7", { name: "des-ede3-cbc", keyBytes: 24 }],
]);
const PBE_SHA1_3DES = "1.2.840.113549.1.12.1.3";
/** Bytes of the key, by the cipher. */
const PBE_SHA1_RC2 = new Map([
  ["1.2.840.113549.1.12.1.5", 16],
  ["1.2.840.113549.1.12.1.6", 5],
]);

/** A password in both forms that the formats want. */
export interface Password {
  /** UTF-16 big-endian with two zero bytes at the end. */
  readonly bmp: Uint8Array;
  readonly utf8: Uint8Array;
}

export function passwordOf(text: string): Password {
  const units = Buffer.from(`${text}\0`, "utf16le").swap16();
  return { bmp: units, utf8: Buffer.from(text, "utf8") };
}

/** Some writers take an empty password for none at all. */
export const NO_PASSWORD: Password = { bmp: new Uint8Array(), utf8: new Uint8Array() };

function checkedIterations(count: number): number {
  if (!(count >= 1 && count <= MAX_ITERATIONS)) throw new FunctionFault("the pkcs12 asks for too many iterations");
  return count;
}

function repeated(bytes: Uint8Array, block: number): Buffer {
  const size = block * Math.ceil(bytes.length / block);
  return Buffer.from(Array.from({ length: size }, (_, index) => bytes[index % bytes.length] ?? 0));
}

/** Adds `addend` + 1 to a block, as big-endian numbers. */
function addBlock(block: Uint8Array, addend: Uint8Array): void {
  let carry = 1;
  for (let at = block.length - 1; at >= 0; at--) {
    carry += (block[at] ?? 0) + (addend[at] ?? 0);
    block[at] = carry & 0xff;
    carry >>= 8;
  }
}

/** RFC 7292, appendix B: bytes for `purpose` 1 (key), 2 (IV) or 3 (MAC). */
function deriveBytes(
  hash: string,
  password: Uint8Array,
  salt: Uint8Array,
  iterations: number,
  purpose: 1 | 2 | 3,
  count: number,
): Uint8Array {
  const block = hash === "sha384" || hash === "sha512" ? 128 : 64;
  const diversifier = Buffer.alloc(block, purpose);
  const input = Buffer.concat([repeated(salt, block), repeated(password, block)]);
  const parts: Uint8Array[] = [];
  for (let made = 0; made < count; ) {
    let digest = createHash(hash).update(diversifier).update(input).digest();
    for (let round = 1; round < checkedIterations(iterations); round++) digest = createHash(hash).update(digest).digest();
    parts.push(digest);
    made += digest.length;
    const addend = repeated(digest, block).subarray(0, block);
    for (let at = 0; at < input.length; at += block) addBlock(input.subarray(at, at + block), addend);
  }
  return Buffer.concat(parts).subarray(0, count);
}

function decipher(name: string, key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array {
  try {
    const cipher = createDecipheriv(name, key, iv);
    return Buffer.concat([cipher.update(data), cipher.final()]);
  } catch {
    throw new FunctionFault(FAULT);
  }
}

function decryptPbes2(parameters: Element, password: Password, data: Uint8Array): Uint8Array {
  const derivation = child(parameters, 0, FAULT);
  const scheme = child(parameters, 1, FAULT);
  const settings = child(derivation, 1, FAULT);
  const cipher = BLOCK_CIPHERS.get(oidText(child(scheme, 0, FAULT)));
  if (oidText(child(derivation, 0, FAULT)) !== PBKDF2 || cipher === undefined)
    throw new FunctionFault("the pkcs12 is encrypted in an unknown way");
  const prf = settings.children.find(({ tag }) => tag === 16);
  const hash = prf === undefined ? "sha1" : HMACS.get(oidText(child(prf, 0, FAULT)));
  if (hash === undefined) throw new FunctionFault("the pkcs12 is encrypted in an unknown way");
  const iterations = checkedIterations(integerOf(child(settings, 1, FAULT)));
  const key = pbkdf2Sync(password.utf8, octets(child(settings, 0, FAULT)), iterations, cipher.keyBytes, hash);
  return decipher(cipher.name, key, octets(child(scheme, 1, FAULT)), data);
}

/** Decrypts what an AlgorithmIdentifier says how. @throws FunctionFault */
export function decrypt(algorithm: Element, password: Password, data: Uint8Array): Uint8Array {
  const oid = oidText(child(algorithm, 0, FAULT));
  const parameters = child(algorithm, 1, FAULT);
  if (oid === PBES2) return decryptPbes2(parameters, password, data);
  const rc2KeyBytes = PBE_SHA1_RC2.get(oid);
  if (oid !== PBE_SHA1_3DES && rc2KeyBytes === undefined) throw new FunctionFault("the pkcs12 is encrypted in an unknown way");
  const salt = octets(child(parameters, 0, FAULT));
  const iterations = integerOf(child(parameters, 1, FAULT));
  const derive = (purpose: 1 | 2, count: number): Uint8Array => deriveBytes("sha1", password.bmp, salt, iterations, purpose, count);
  if (rc2KeyBytes === undefined) return decipher("des-ede3-cbc", derive(1, 24), derive(2, 8), data);
  const decrypted = decryptRc2(derive(1, rc2KeyBytes), derive(2, 8), data);
  if (decrypted === undefined) throw new FunctionFault(FAULT);
  return decrypted;
}

/** Whether a MacData fits the content. @throws FunctionFault for an unknown hash */
export function isMacRight(macData: Element, password: Password, content: Uint8Array): boolean {
  const digestInfo = child(macData, 0, FAULT);
  const hash = HASHES.get(oidText(child(child(digestInfo, 0, FAULT), 0, FAULT)));
  if (hash === undefined) throw new FunctionFault("the pkcs12 has a MAC of an unknown kind");
  const wanted = octets(child(digestInfo, 1, FAULT));
  const iterations = macData.children[2] === undefined ? 1 : integerOf(macData.children[2]);
  const key = deriveBytes(hash, password.bmp, octets(child(macData, 1, FAULT)), iterations, 3, wanted.length);
  return createHmac(hash, key).update(content).digest().equals(wanted);
}

/** go-pkcs12's Modern encoder has these numbers. */
const ITERATIONS = 2048;
const SALT_BYTES = 16;

/** PBES2 with PBKDF2-HMAC-SHA-256 and AES-256-CBC: the AlgorithmIdentifier and the encrypted bytes. */
export function encrypt(
  password: Password,
  data: Uint8Array,
  randomBytes: (count: number) => Uint8Array,
): { readonly algorithm: Uint8Array; readonly encrypted: Uint8Array } {
  const salt = randomBytes(SALT_BYTES);
  const iv = randomBytes(16);
  const cipher = createCipheriv("aes-256-cbc", pbkdf2Sync(password.utf8, salt, ITERATIONS, 32, "sha256"), iv);
  const encrypted = Buffer.concat([cipher.update(data), cipher.final()]);
  const prf = der.sequence(der.oid(HMAC_SHA256), der.none());
  const derivation = der.sequence(der.oid(PBKDF2), der.sequence(der.octetString(salt), der.integer(ITERATIONS), prf));
  const scheme = der.sequence(der.oid(AES_256_CBC), der.octetString(iv));
  return { algorithm: der.sequence(der.oid(PBES2), der.sequence(derivation, scheme)), encrypted };
}

/** MacData over the content, by SHA-256. */
export function macOf(password: Password, content: Uint8Array, randomBytes: (count: number) => Uint8Array): Uint8Array {
  const salt = randomBytes(SALT_BYTES);
  const digest = createHmac("sha256", deriveBytes("sha256", password.bmp, salt, ITERATIONS, 3, 32))
    .update(content)
    .digest();
  const algorithm = der.sequence(der.oid("2.16.840.1.101.3.4.2.1"), der.none());
  return der.sequence(der.sequence(algorithm, der.octetString(digest)), der.octetString(salt), der.integer(ITERATIONS));
}
