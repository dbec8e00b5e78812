/** Reads a PKCS#12 file: one private key and its certificates. */
import { FunctionFault } from "../template-error.ts";
import { child, type Element, octets, oidText, readDer } from "./der.ts";
import { decrypt, isMacRight, NO_PASSWORD, type Password, passwordOf } from "./pkcs12-crypto.ts";

const FAULT = "unable to decode pkcs12";
const DATA = "1.2.840.113549.1.7.1";
const ENCRYPTED_DATA = "1.2.840.113549.1.7.6";
const BAG = "1.2.840.113549.1.12.10.1.";
const X509_CERTIFICATE = "1.2.840.113549.1.9.22.1";

export interface Pkcs12 {
  /** PKCS#8 DER. */
  readonly key: Uint8Array;
  /** DER, in the order of the file. */
  readonly certificates: readonly Uint8Array[];
}

/** The password that the MAC proves; an empty one may be meant in two ways. */
function provenPassword(macData: Element, text: string, content: Uint8Array): Password {
  const password = passwordOf(text);
  if (isMacRight(macData, password, content)) return password;
  if (text === "" && isMacRight(macData, NO_PASSWORD, content)) return NO_PASSWORD;
  throw new FunctionFault("unable to decode pkcs12 with password: decryption password incorrect");
}

function contentOf(info: Element, password: Password): Uint8Array {
  const value = child(child(info, 1, FAULT), 0, FAULT);
  const type = oidText(child(info, 0, FAULT));
  if (type === DATA) return octets(value);
  if (type !== ENCRYPTED_DATA) throw new FunctionFault("the pkcs12 holds content of an unknown kind");
  const encrypted = child(value, 1, FAULT);
  return decrypt(child(encrypted, 1, FAULT), password, octets(child(encrypted, 2, FAULT)));
}

function certificateOf(bag: Element): Uint8Array {
  if (oidText(child(bag, 0, FAULT)) !== X509_CERTIFICATE) throw new FunctionFault("the pkcs12 holds a certificate of an unknown kind");
  return octets(child(child(bag, 1, FAULT), 0, FAULT));
}

/** @throws FunctionFault for anything but exactly one key and at least one certificate */
export function readPkcs12(bytes: Uint8Array, text: string): Pkcs12 {
  const pfx = readDer(bytes, FAULT);
  const authSafe = child(pfx, 1, FAULT);
  if (oidText(child(authSafe, 0, FAULT)) !== DATA) throw new FunctionFault("the pkcs12 is not secured by a password");
  const content = octets(child(child(authSafe, 1, FAULT), 0, FAULT));
  const password = provenPassword(child(pfx, 2, "the pkcs12 has no MAC"), text, content);
  const keys: Uint8Array[] = [];
  const certificates: Uint8Array[] = [];
  for (const info of readDer(content, FAULT).children) {
    for (const bag of readDer(contentOf(info, password), FAULT).children) {
      const kind = oidText(child(bag, 0, FAULT)).replace(BAG, "");
      const value = child(child(bag, 1, FAULT), 0, FAULT);
      if (kind === "1") keys.push(value.whole);
      else if (kind === "2") keys.push(decrypt(child(value, 0, FAULT), password, octets(child(value, 1, FAULT))));
      else if (kind === "3") certificates.push(certificateOf(value));
    }
  }
  const [key] = keys;
  if (key === undefined || keys.length > 1) throw new FunctionFault("the pkcs12 must hold exactly one private key");
  if (certificates.length === 0) throw new FunctionFault("the pkcs12 holds no certificate");
  return { key, certificates };
}
