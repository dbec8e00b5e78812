/** ESO's PKCS#12 functions. */
import { type CallContext, type FunctionTable, fixed } from "../function-table.ts";
import { toBytes, toText } from "../go/strings.ts";
import { type Certificate, orderChain, parseCertificate, parseCertificates } from "../pki/certificate.ts";
import { decodePem, encodePem } from "../pki/pem-blocks.ts";
import { readPkcs12 } from "../pki/pkcs12-read.ts";
import { writePkcs12, writeTrustStore } from "../pki/pkcs12-write.ts";
import { parsePrivateKey, toPkcs8 } from "../pki/private-key.ts";
import { FunctionFault } from "../template-error.ts";
import { encodeCertificates } from "./pem.ts";

function keyOf(context: CallContext, password: string, input: string): string {
  context.budget.spendCostly();
  const { key } = readPkcs12(toBytes(input), toText(password));
  return encodePem("PRIVATE KEY", toPkcs8(parsePrivateKey(key, ["pkcs8"])));
}

function certificatesOf(context: CallContext, password: string, input: string): string {
  context.budget.spendCostly();
  const certificates = readPkcs12(toBytes(input), toText(password)).certificates.map(parseCertificate);
  try {
    return encodeCertificates(orderChain(certificates));
  } catch (error) {
    // What is no single chain stays in the file's order.
    if (error instanceof FunctionFault) return encodeCertificates(certificates);
    throw error;
  }
}

/** The certificates of a PEM text up to its end, where Go would crash on what is no PEM. */
function strictCertificates(text: string): readonly Certificate[] {
  const certificates = parseCertificates(text);
  if (certificates.length === 0 && text !== "") throw new FunctionFault("failed to decode PEM block");
  return certificates;
}

function fromPem(context: CallContext, certificateText: string, keyText: string, password: string, hasIssuers: boolean): string {
  const [certificate, ...issuers] = strictCertificates(certificateText);
  const { block } = decodePem(keyText);
  if (certificate === undefined || block === undefined) throw new FunctionFault("failed to decode PEM block");
  context.budget.spendCostly();
  const parts = { key: toPkcs8(parsePrivateKey(block.bytes)), certificate, issuers: hasIssuers ? issuers : [] };
  return Buffer.from(writePkcs12(parts, toText(password), context.environment.randomBytes)).toString("base64");
}

function trustStore(context: CallContext, text: string, password: string): string {
  context.budget.spendCostly();
  return Buffer.from(writeTrustStore(strictCertificates(text), toText(password), context.environment.randomBytes)).toString("base64");
}

export const PKCS12_FUNCTIONS: FunctionTable = Object.freeze({
  pkcs12key: fixed(["string"], (context, input) => keyOf(context, "", input)),
  pkcs12keyPass: fixed(["string", "string"], keyOf),
  pkcs12cert: fixed(["string"], (context, input) => certificatesOf(context, "", input)),
  pkcs12certPass: fixed(["string", "string"], certificatesOf),
  pemToPkcs12: fixed(["string", "string"], (context, certificate, key) => fromPem(context, certificate, key, "", false)),
  pemToPkcs12Pass: fixed(["string", "string", "string"], (context, certificate, key, password) =>
    fromPem(context, certificate, key, password, false),
  ),
  fullPemToPkcs12: fixed(["string", "string"], (context, certificate, key) => fromPem(context, certificate, key, "", true)),
  fullPemToPkcs12Pass: fixed(["string", "string", "string"], (context, certificate, key, password) =>
    fromPem(context, certificate, key, password, true),
  ),
  pemTruststoreToPKCS12: fixed(["string"], (context, text) => trustStore(context, text, "")),
  pemTruststoreToPKCS12Pass: fixed(["string", "string"], trustStore),
});
