/** What templates need to know of an X.509 certificate; it is read, never trusted or verified. */

import { fromBytes } from "../go/strings.ts";
import { FunctionFault } from "../template-error.ts";
import { child, type Element, octets, oidText, readDer } from "./der.ts";
import { pemBlocks } from "./pem-blocks.ts";

const FAULT = "failed to parse certificate";
const SUBJECT_KEY_ID = "2.5.29.14";
const AUTHORITY_KEY_ID = "2.5.29.35";
const ALTERNATIVE_NAMES = "2.5.29.17";

export interface Certificate {
  readonly der: Uint8Array;
  readonly subject: Element;
  readonly publicKey: Element;
  /** In hex; undefined where the certificate has none. */
  readonly subjectKeyId: string | undefined;
  readonly authorityKeyId: string | undefined;
  /** The content of the alternative names. */
  readonly names: Element | undefined;
}

function extensions(fields: readonly Element[]): ReadonlyMap<string, Uint8Array> {
  const wrapper = fields.find(({ isContextSpecific, tag }) => isContextSpecific && tag === 3);
  const found = wrapper?.children[0]?.children ?? [];
  return new Map(
    found.map((extension) => {
      const value = extension.children.at(-1);
      return [oidText(child(extension, 0, FAULT)), value === undefined ? new Uint8Array() : octets(value)] as const;
    }),
  );
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** @throws FunctionFault */
export function parseCertificate(bytes: Uint8Array): Certificate {
  const whole = readDer(bytes, FAULT);
  const fields = child(whole, 0, FAULT).children;
  const offset = fields[0]?.isContextSpecific === true ? 1 : 0;
  const [subject, publicKey] = [fields[offset + 4], fields[offset + 5]];
  if (whole.children.length !== 3 || subject === undefined || publicKey === undefined) throw new FunctionFault(FAULT);
  const all = extensions(fields);
  const subjectKeyId = all.get(SUBJECT_KEY_ID);
  const authority = all.get(AUTHORITY_KEY_ID);
  const names = all.get(ALTERNATIVE_NAMES);
  const keyId = authority === undefined ? undefined : readDer(authority, FAULT).children.find(({ tag }) => tag === 0);
  return {
    der: bytes,
    subject,
    publicKey,
    subjectKeyId: subjectKeyId === undefined ? undefined : hex(octets(readDer(subjectKeyId, FAULT))),
    authorityKeyId: keyId === undefined ? undefined : hex(keyId.content),
    names: names === undefined ? undefined : readDer(names, FAULT),
  };
}

/** The certificates of a PEM text. @throws FunctionFault where a block is none */
export function parseCertificates(text: string): readonly Certificate[] {
  return pemBlocks(text).map(({ bytes }) => parseCertificate(bytes));
}

/** net.IP.String. */
function ipText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups = Array.from({ length: 8 }, (_, index) => ((bytes[2 * index] ?? 0) * 256 + (bytes[2 * index + 1] ?? 0)).toString(16));
  const zeros = [...groups.join(":").matchAll(/(?:^|:)(?:0(?::|$))+/g)].map(([run]) => ({ run, size: run.split("0").length }));
  if (groups.slice(0, 5).every((group) => group === "0") && groups[5] === "ffff") return bytes.slice(12).join(".");
  const longest = zeros.toSorted((a, b) => b.size - a.size)[0];
  // One zero group alone is not worth a double colon.
  if (longest === undefined || longest.size < 3) return groups.join(":");
  return groups.join(":").replace(longest.run, "::");
}

/** All alternative names: hosts, addresses, mail addresses and URIs, in this order. */
export function alternativeNames({ names }: Certificate): readonly string[] {
  const all = names?.children ?? [];
  const ofTag = (tag: number): readonly Element[] => all.filter((name) => name.isContextSpecific && name.tag === tag);
  const texts = (tag: number): readonly string[] => ofTag(tag).map(({ content }) => fromBytes(content));
  return [...texts(2), ...ofTag(7).map(({ content }) => ipText(content)), ...texts(1), ...texts(6)];
}

/** Leaf first, then each certificate's issuer, by their key ids. @throws FunctionFault where they are no single chain */
export function orderChain(certificates: readonly Certificate[]): readonly Certificate[] {
  const parents = new Map<Certificate, Certificate>();
  for (const certificate of certificates) {
    // As in Go's comparison, a missing id equals a missing one.
    const parent = certificates.find((other) => other !== certificate && (certificate.authorityKeyId ?? "") === (other.subjectKeyId ?? ""));
    if (parent !== undefined) parents.set(certificate, parent);
  }
  const issuers = new Set(parents.values());
  const leaves = certificates.filter((certificate) => !issuers.has(certificate));
  if (leaves.length > 1) throw new FunctionFault("found multiple leaf or disjunct certificates");
  const chain: Certificate[] = [];
  for (let next = leaves[0]; next !== undefined; next = parents.get(next)) {
    if (chain.length === certificates.length) throw new FunctionFault("constructing chain resulted in cycle");
    chain.push(next);
  }
  if (chain.length === 0) throw new FunctionFault("no leaf certificate found");
  return chain;
}
