/** Every function that a template may call, known without loading the costly families. */
import { EAGER_FUNCTIONS } from "./eager.ts";

/** What is loaded only for a template that calls it, by family. */
export const LAZY_NAMES = {
  certificates: [
    "buildCustomCert",
    "genCA",
    "genCAWithKey",
    "genPrivateKey",
    "genSelfSignedCert",
    "genSelfSignedCertWithKey",
    "genSignedCert",
    "genSignedCertWithKey",
  ],
  jwk: ["jwkPrivateKeyPem", "jwkPublicKeyPem"],
  passwords: ["bcrypt", "decryptAES", "derivePassword", "encryptAES", "htpasswd"],
  pem: ["certSANs", "filterCertChain", "filterPEM", "rsaDecrypt"],
  pkcs12: [
    "fullPemToPkcs12",
    "fullPemToPkcs12Pass",
    "pemToPkcs12",
    "pemToPkcs12Pass",
    "pemTruststoreToPKCS12",
    "pemTruststoreToPKCS12Pass",
    "pkcs12cert",
    "pkcs12certPass",
    "pkcs12key",
    "pkcs12keyPass",
  ],
  regexps: [
    "mustRegexFind",
    "mustRegexFindAll",
    "mustRegexMatch",
    "mustRegexReplaceAll",
    "mustRegexReplaceAllLiteral",
    "mustRegexSplit",
    "regexFind",
    "regexFindAll",
    "regexMatch",
    "regexQuoteMeta",
    "regexReplaceAll",
    "regexReplaceAllLiteral",
    "regexSplit",
  ],
  semver: ["semver", "semverCompare"],
  yaml: ["fromYaml", "toYaml"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** What takes its chance from OpenSSL, past the rendering's own source. */
export const MAKES_KEYS: readonly string[] = LAZY_NAMES.certificates.filter((name) => name !== "buildCustomCert");

export type LazyFamily = keyof typeof LAZY_NAMES;

const NAMES: ReadonlySet<string> = new Set([...Object.keys(EAGER_FUNCTIONS), ...Object.values(LAZY_NAMES).flat()]);

export function isTemplateFunction(name: string): boolean {
  return NAMES.has(name);
}

/** All names, sorted. */
export function templateFunctionNames(): readonly string[] {
  return [...NAMES].toSorted();
}
