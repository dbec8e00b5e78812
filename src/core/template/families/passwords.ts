/** sprig's password hashes and ciphers: bcrypt, scrypt, AES. */
import { createCipheriv, createDecipheriv, createHmac, scryptSync } from "node:crypto";
import { encodeBase64, hashSync } from "bcryptjs";
import { type CallContext, type FunctionTable, fixed } from "../function-table.ts";
import { fromBytes, fromText, toBytes, toText } from "../go/strings.ts";
import { FunctionFault } from "../template-error.ts";
import { decodeBase64 } from "./base-codes.ts";

/** golang.org/x/crypto/bcrypt's. */
const BCRYPT_COST = 10;
const MAX_BCRYPT_BYTES = 72;
const BLOCK = 16;

function bcrypt(context: CallContext, password: string): string {
  if (password.length > MAX_BCRYPT_BYTES) return "failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes";
  const text = toText(password);
  if (fromText(text) !== password) throw new FunctionFault("a password for bcrypt must be valid UTF-8");
  context.budget.spendCostly();
  const salt = encodeBase64(Array.from(context.environment.randomBytes(BLOCK)), BLOCK);
  return hashSync(text, `$2a$${BCRYPT_COST}$${salt}`).replace(/^\$2b/, "$2a");
}

const SEED = "com.lyndir.masterpassword";
const TEMPLATES = new Map<string, readonly string[]>([
  ["maximum", ["anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"]],
  [
    "long",
    [
      "CvcvnoCvcvCvcv",
      "CvcvCvcvnoCvcv",
      "CvcvCvcvCvcvno",
      "CvccnoCvcvCvcv",
      "CvccCvcvnoCvcv",
      "CvccCvcvCvcvno",
      "CvcvnoCvccCvcv",
      "CvcvCvccnoCvcv",
      "CvcvCvccCvcvno",
      "CvcvnoCvcvCvcc",
      "CvcvCvcvnoCvcc",
      "CvcvCvcvCvccno",
      "CvccnoCvccCvcv",
      "CvccCvccnoCvcv",
      "CvccCvccCvcvno",
      "CvcvnoCvccCvcc",
      "CvcvCvccnoCvcc",
      "CvcvCvccCvccno",
      "CvccnoCvcvCvcc",
      "CvccCvcvnoCvcc",
      "CvccCvcvCvccno",
    ],
  ],
  ["medium", ["CvcnoCvc", "CvcCvcno"]],
  ["short", ["Cvcn"]],
  ["basic", ["aaanaaan", "aannaaan", "aaannaaa"]],
  ["pin", ["nnnn"]],
]);
const CHARACTERS = new Map([
  ["V", "AEIOU"],
  ["C", "BCDFGHJKLMNPQRSTVWXYZ"],
  ["v", "aeiou"],
  ["c", "bcdfghjklmnpqrstvwxyz"],
  ["A", "AEIOUBCDFGHJKLMNPQRSTVWXYZ"],
  ["a", "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz"],
  ["n", "0123456789"],
  ["o", "@&%?,=[]_:-+*$#!'^~;()/."],
  ["x", "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()"],
]);

function uint32(value: number): string {
  return String.fromCharCode(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
}

/** Master Password's derivation, as sprig has it. */
function derivePassword(context: CallContext, counter: number, kind: string, password: string, user: string, site: string): string {
  const templates = TEMPLATES.get(kind);
  if (templates === undefined) return `cannot find password template ${kind}`;
  context.budget.spendCostly();
  const salt = toBytes(SEED + uint32(user.length) + user);
  const key = scryptSync(toBytes(password), salt, 64, { N: 32_768, r: 8, p: 2, maxmem: 96 * 1024 * 1024 });
  const seed = createHmac("sha256", key)
    .update(toBytes(SEED + uint32(site.length) + site + uint32(counter)))
    .digest();
  const template = templates[(seed[0] ?? 0) % templates.length] ?? "";
  return Array.from(template)
    .map((letter, index) => {
      const characters = CHARACTERS.get(letter) ?? "";
      return characters.charAt((seed[index + 1] ?? 0) % characters.length);
    })
    .join("");
}

/** The password itself, cut or filled up with zeros: sprig derives no key. */
function aesKey(password: string): Uint8Array {
  const key = new Uint8Array(32);
  key.set(toBytes(password.slice(0, 32)));
  return key;
}

function encryptAes(context: CallContext, password: string, text: string): string {
  if (text === "") return "";
  const iv = context.environment.randomBytes(BLOCK);
  const cipher = createCipheriv("aes-256-cbc", aesKey(password), iv);
  return Buffer.concat([iv, cipher.update(toBytes(text)), cipher.final()]).toString("base64");
}

function decryptAes(_context: CallContext, password: string, encoded: string): string {
  if (encoded === "") return "";
  const decoded = decodeBase64(encoded);
  if (!("bytes" in decoded)) throw new FunctionFault("the text is no base64");
  const bytes = toBytes(decoded.bytes);
  if (bytes.length <= BLOCK || bytes.length % BLOCK !== 0) throw new FunctionFault("the ciphertext has a wrong length");
  const decipher = createDecipheriv("aes-256-cbc", aesKey(password), bytes.subarray(0, BLOCK)).setAutoPadding(false);
  const plain = Buffer.concat([decipher.update(bytes.subarray(BLOCK)), decipher.final()]);
  const padding = plain.at(-1) ?? 0;
  // Go cuts by the last byte whatever it is, and panics beyond the start.
  if (padding > plain.length) throw new FunctionFault("the ciphertext does not fit the password");
  return fromBytes(plain.subarray(0, plain.length - padding));
}

export const PASSWORDS: FunctionTable = Object.freeze({
  bcrypt: fixed(["string"], bcrypt),
  htpasswd: fixed(["string", "string"], (context, user, password) =>
    user.includes(":") ? `invalid username: ${user}` : `${user}:${bcrypt(context, password)}`,
  ),
  derivePassword: fixed(["uint32", "string", "string", "string", "string"], derivePassword),
  encryptAES: fixed(["string", "string"], encryptAes),
  decryptAES: fixed(["string", "string"], decryptAes),
});
