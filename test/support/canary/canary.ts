/**
 * Values that must show nowhere but in their targets. Each is known to its run: after the last test the reporter looks for it, and for
 * any eight bytes of it, in everything that was recorded (sinks.ts).
 */
import { createPrivateKey, randomBytes, randomInt } from "node:crypto";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { runFolder } from "./run-folder.ts";

/** A value to be looked for, and what it is called where it was found. */
export interface Canary {
  readonly label: string;
  readonly value: Uint8Array;
}

/** So many bytes of a value in a row are a leak. */
export const WINDOW = 8;

const LENGTH = 32;
const PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
/**
 * What some encoding escapes and no base64 or hex has. There are two in any eight bytes, so that chance makes none in a certificate or a
 * bundle, and a leak that was escaped on its way is found for being unescaped.
 */
const ESCAPED = '%&<>"\\';
/** Follows one of those: with it no two make an escape sequence by chance. */
const BESIDE = "ghjkmpqsvwyzGHJKLMNPQRSTVWXYZ";

function draw(alphabet: string): string {
  return alphabet.charAt(randomInt(alphabet.length));
}

/** A new value of 32 printable characters. No two are equal, nor of one run and another. */
export function canary(label: string): string {
  const alphabets = [BESIDE, PLAIN, PLAIN, ESCAPED];
  const value = Array.from({ length: LENGTH }, (_, at) => draw(alphabets[at % alphabets.length] ?? PLAIN)).join("");
  registerCanary(label, value);
  return value;
}

/** Bytes of no text, for binary secrets. */
export function binaryCanary(label: string): Uint8Array {
  const value = new Uint8Array(randomBytes(LENGTH));
  registerCanary(label, value);
  return value;
}

/** Makes a canary of a value that comes from elsewhere: a credential of an emulator, a generated key. @throws Error for less than eight bytes */
export function registerCanary(label: string, value: string | Uint8Array): void {
  const bytes = Buffer.from(value);
  if (bytes.length < WINDOW) throw new Error(`${label} is too short to be looked for`);
  const folder = runFolder();
  if (folder === undefined) return;
  appendFileSync(join(folder, `values-${process.pid}`), `${JSON.stringify({ label, value: bytes.toString("base64") })}\n`);
}

/** Of a JSON web token its signature: the rest is names and times that others may show. */
export function registerToken(label: string, token: string): void {
  registerCanary(label, token.split(".").at(-1) ?? "");
}

/** Of a private key in PEM only what is private: the curve, the modulus and the public point are in its certificate too. */
export function registerPrivateKey(label: string, pem: string): void {
  const { d } = createPrivateKey(pem).export({ format: "jwk" });
  registerCanary(label, Buffer.from(d ?? "", "base64url"));
}

/** Canaries by name: the same name is the same value, so that a test can speak of `secret("first")`. */
export function namedCanaries(): (name: string) => string {
  const made = new Map<string, string>();
  return (name) => {
    const value = made.get(name) ?? canary(name);
    made.set(name, value);
    return value;
  };
}
