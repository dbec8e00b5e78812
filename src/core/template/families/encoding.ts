/** sprig's encodings and checksums. */
import { createHash } from "node:crypto";
import { type FunctionTable, fixed } from "../function-table.ts";
import { toBytes } from "../go/strings.ts";
import { type Decoded, decodeBase32, decodeBase64, decodeHex, encodeBase32 } from "./base-codes.ts";

function digest(algorithm: string) {
  return fixed(["string"], (_context, text) => createHash(algorithm).update(toBytes(text)).digest("hex"));
}

function adler32(text: string): string {
  let low = 1;
  let high = 0;
  for (let at = 0; at < text.length; at++) {
    low = (low + text.charCodeAt(at)) % 65_521;
    high = (high + low) % 65_521;
  }
  return String(high * 65_536 + low);
}

/** Go's words become the rendered text: sprig decides so, and ESO's users know it. */
function bytesOrFault(decoded: Decoded): string {
  return "bytes" in decoded ? decoded.bytes : decoded.fault;
}

export const ENCODING: FunctionTable = Object.freeze({
  b64enc: fixed(["string"], (_context, text) => Buffer.from(text, "latin1").toString("base64")),
  b64dec: fixed(["string"], (_context, text) => bytesOrFault(decodeBase64(text))),
  b32enc: fixed(["string"], (_context, text) => encodeBase32(text)),
  b32dec: fixed(["string"], (_context, text) => bytesOrFault(decodeBase32(text))),
  hexdec: fixed(["string"], (_context, text) => bytesOrFault(decodeHex(text))),
  sha1sum: digest("sha1"),
  sha256sum: digest("sha256"),
  sha512sum: digest("sha512"),
  adler32sum: fixed(["string"], (_context, text) => adler32(text)),
});
