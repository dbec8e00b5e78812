/** Private keys in the forms that templates hold them in. */
import { createPrivateKey, type KeyObject } from "node:crypto";
import { FunctionFault } from "../template-error.ts";

const FORMS = ["pkcs1", "pkcs8", "sec1"] as const;

function tryParse(bytes: Uint8Array, type: (typeof FORMS)[number]): KeyObject | undefined {
  try {
    return createPrivateKey({ key: Buffer.from(bytes), format: "der", type });
  } catch {
    // OpenSSL's words may quote the key.
    return undefined;
  }
}

/** A key of the given forms, tried in order. @throws FunctionFault */
export function parsePrivateKey(bytes: Uint8Array, forms: readonly (typeof FORMS)[number][] = FORMS): KeyObject {
  for (const form of forms) {
    const key = tryParse(bytes, form);
    if (key !== undefined) return key;
  }
  throw new FunctionFault("unable to parse the private key");
}

/** PKCS#8 DER. */
export function toPkcs8(key: KeyObject): Uint8Array {
  return key.export({ format: "der", type: "pkcs8" });
}
