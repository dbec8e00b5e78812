/** RC2 in CBC mode (RFC 2268), to decrypt old PKCS#12 files: node:crypto's OpenSSL has it only as a legacy, so node-forge does it. */
import forge from "node-forge/lib/forge.js";
import "node-forge/lib/rc2.js";

/** `undefined` where the padding is wrong: of another key. All key bits are effective ones. */
export function decryptRc2(key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array | undefined {
  const cipher = forge.rc2.createDecryptionCipher(binary(key), key.length * 8);
  cipher.start(binary(iv));
  cipher.update(forge.util.createBuffer(binary(data)));
  return cipher.finish() ? Buffer.from(cipher.output.getBytes(), "latin1") : undefined;
}

/** node-forge's bytes are texts of one character each. */
function binary(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}
