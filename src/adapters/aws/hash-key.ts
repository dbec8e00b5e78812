/** The Hasher port: HMAC-SHA256 under a key that lies in Secrets Manager and nowhere else (rule 4). */
import { createHmac, createSecretKey } from "node:crypto";
import { RelayError } from "../../core/errors.ts";
import type { Hasher } from "../../core/ports.ts";
import type { SecretValue } from "../../core/secret-value.ts";

/** Below it a key could be guessed from hashes that lie open in the clusters. */
const SHORTEST_KEY_BYTES = 32;

const HASH_CHARACTERS = 22;

/**
 * Reads the key, once; whoever composes keeps the hasher for the life of the process.
 * @throws StoreInvalidRequest for a key of less than 32 bytes, and what `readSecret` throws
 */
export async function loadHasher(readSecret: (name: string) => Promise<SecretValue>, keyName: string): Promise<Hasher> {
  const key = await readSecret(keyName);
  if (key.expose().byteLength < SHORTEST_KEY_BYTES) {
    throw new RelayError("StoreInvalidRequest", keyName, { detail: `the hash key has less than ${SHORTEST_KEY_BYTES} bytes` });
  }
  // Made once: it takes six times as long as a hash with it.
  const secretKey = createSecretKey(key.expose());
  return { hash: (bytes) => createHmac("sha256", secretKey).update(bytes).digest("base64url").slice(0, HASH_CHARACTERS) };
}
