/** ESO's functions of PEM texts and certificates, and rsaDecrypt. */
import { constants, privateDecrypt } from "node:crypto";
import { type FunctionTable, fixed } from "../function-table.ts";
import { fromBytes, toBytes } from "../go/strings.ts";
import { list } from "../go/values.ts";
import { alternativeNames, type Certificate, orderChain, parseCertificate, parseCertificates } from "../pki/certificate.ts";
import { decodePem, encodePem, type PemBlock } from "../pki/pem-blocks.ts";
import { parsePrivateKey } from "../pki/private-key.ts";
import { FunctionFault } from "../template-error.ts";

function withoutJunk(text: string): string {
  const begin = text.indexOf("-----BEGIN");
  return begin < 0 ? text : text.slice(begin);
}

function filterPem(type: string, text: string): string {
  const kept: PemBlock[] = [];
  let rest = withoutJunk(text);
  for (;;) {
    const decoded = decodePem(rest);
    rest = decoded.rest;
    if (decoded.block === undefined) break;
    if (decoded.block.type.toLowerCase() === type.toLowerCase()) kept.push(decoded.block);
  }
  if (kept.length === 0 && rest !== "") throw new FunctionFault("error filtering pem: found junk");
  return kept.map(({ type: own, bytes, headers }) => encodePem(own, bytes, headers)).join("");
}

function isRoot({ authorityKeyId, subjectKeyId }: Certificate): boolean {
  return authorityKeyId === undefined || authorityKeyId === (subjectKeyId ?? "");
}

export function encodeCertificates(certificates: readonly Certificate[]): string {
  return certificates.map(({ der }) => encodePem("CERTIFICATE", der)).join("");
}

function filterChain(kind: string, text: string): string {
  const chain = orderChain(parseCertificates(text));
  const [leaf, ...issuers] = chain;
  switch (kind) {
    case "leaf":
      return leaf === undefined || isRoot(leaf) ? "" : encodeCertificates([leaf]);
    case "intermediate": {
      const root = issuers.findIndex(isRoot);
      return encodeCertificates(root < 0 ? issuers : issuers.slice(0, root));
    }
    case "root":
      return encodeCertificates(chain.slice(-1).filter(isRoot));
    default:
      return "";
  }
}

function firstCertificate(text: string): Certificate {
  const { block } = decodePem(withoutJunk(text));
  if (block === undefined) throw new FunctionFault("failed to decode PEM block");
  return parseCertificate(block.bytes);
}

const HASHES = new Map([
  ["SHA1", "sha1"],
  ["SHA512", "sha512"],
]);

function rsaDecrypt(scheme: string, hash: string, ciphertext: string, key: string): string {
  if (scheme === "None") return ciphertext;
  if (scheme !== "RSA-OAEP") throw new FunctionFault("the decryption scheme is not supported");
  const { block } = decodePem(key);
  if (block === undefined) throw new FunctionFault("failed to decode PEM block");
  const privateKey = parsePrivateKey(block.bytes);
  if (privateKey.asymmetricKeyType !== "rsa") throw new FunctionFault("could not parse RSA private key");
  try {
    const options = { key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: HASHES.get(hash) ?? "sha256" };
    return fromBytes(privateDecrypt(options, toBytes(ciphertext)));
  } catch {
    throw new FunctionFault("error decrypting data with RSA");
  }
}

export const PEM_FUNCTIONS: FunctionTable = Object.freeze({
  filterPEM: fixed(["string", "string"], (_context, type, text) => filterPem(type, text)),
  filterCertChain: fixed(["string", "string"], (_context, kind, text) => filterChain(kind, text)),
  certSANs: fixed(["string"], (_context, text) => list(alternativeNames(firstCertificate(text)), "[]string")),
  rsaDecrypt: fixed(["string", "string", "string", "string"], (context, scheme, hash, ciphertext, key) => {
    context.budget.spendCostly();
    return rsaDecrypt(scheme, hash, ciphertext, key);
  }),
});
