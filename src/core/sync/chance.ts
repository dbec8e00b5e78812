/** The random source of renderings where no other is given: node:crypto's, fit for passwords. */
import { randomBytes } from "node:crypto";

export function secureRandomBytes(count: number): Uint8Array {
  return randomBytes(count);
}
