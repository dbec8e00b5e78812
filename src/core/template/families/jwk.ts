/** ESO's JWK functions: a key as JSON becomes PEM. */
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import type { CallContext } from "../function-table.ts";
import { type FunctionTable, fixed } from "../function-table.ts";
import { encodePem } from "../pki/pem-blocks.ts";
import { toPkcs8 } from "../pki/private-key.ts";
import { FunctionFault } from "../template-error.ts";
import { parseJson } from "./json.ts";

/** The members of a JWK that make a key; all others are left out, since no library may judge them. */
const MEMBERS = ["kty", "crv", "x", "y", "d", "n", "e", "p", "q", "dp", "dq", "qi"];
const FAULT = "failed to parse the JWK";

function membersOf(context: CallContext, text: string): Readonly<Record<string, string>> {
  const value = parseJson(context, text);
  if (value === null || typeof value !== "object" || value.kind !== "map") throw new FunctionFault(FAULT);
  const found = MEMBERS.flatMap((name) => {
    const member = value.entries.get(name);
    return typeof member === "string" ? [[name, member] as const] : [];
  });
  return Object.fromEntries(found);
}

function orFault(read: () => KeyObject): KeyObject {
  try {
    return read();
  } catch {
    // The library's words may quote the key.
    throw new FunctionFault(FAULT);
  }
}

export const JWK_FUNCTIONS: FunctionTable = Object.freeze({
  jwkPublicKeyPem: fixed(["string"], (context, text) => {
    const key = membersOf(context, text);
    // Go has no public form for what x509.MarshalPKIXPublicKey is handed here: a private key.
    if (Object.hasOwn(key, "d")) throw new FunctionFault("the JWK holds a private key");
    const publicKey = orFault(() => createPublicKey({ key, format: "jwk" }));
    return encodePem("PUBLIC KEY", publicKey.export({ format: "der", type: "spki" }));
  }),
  jwkPrivateKeyPem: fixed(["string"], (context, text) => {
    const key = membersOf(context, text);
    const privateKey = orFault(() => createPrivateKey({ key, format: "jwk" }));
    return encodePem("PRIVATE KEY", toPkcs8(privateKey));
  }),
});
