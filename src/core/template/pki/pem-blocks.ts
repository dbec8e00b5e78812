/** PEM blocks, read and written as Go's encoding/pem does; texts are Go strings. */
import { decodeBase64 } from "../families/base-codes.ts";
import { toBytes } from "../go/strings.ts";

export interface PemBlock {
  readonly type: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly bytes: Uint8Array;
}

export interface PemDecoded {
  readonly block: PemBlock | undefined;
  readonly rest: string;
}

const BEGIN = "-----BEGIN ";
const END = "\n-----END ";
const LINE = 64;

/** Headers stand before an empty line, one `key: value` a line. */
function splitHeaders(body: string): { readonly headers: ReadonlyMap<string, string>; readonly encoded: string } {
  const headers = new Map<string, string>();
  let rest = body;
  for (;;) {
    const end = rest.indexOf("\n");
    const line = end < 0 ? rest : rest.slice(0, end);
    const colon = line.indexOf(":");
    if (colon < 0) return { headers, encoded: rest };
    headers.set(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
    rest = end < 0 ? "" : rest.slice(end + 1);
  }
}

/** The first block of a text, and what follows it; without a block all of the text is the rest. */
export function decodePem(text: string): PemDecoded {
  let end = -1;
  for (let at = text.indexOf(BEGIN); at >= 0; at = text.indexOf(BEGIN, at + BEGIN.length)) {
    if (at > 0 && text[at - 1] !== "\n") continue;
    const lineEnd = text.indexOf("\n", at);
    if (lineEnd < 0) break;
    // Only the first end behind a beginning counts, as in Go; searched once for many beginnings.
    if (end < lineEnd) end = text.indexOf(END, lineEnd);
    if (end < 0) break;
    const decoded = blockBetween(text, at, lineEnd, end);
    if (decoded !== undefined) return decoded;
  }
  return { block: undefined, rest: text };
}

/** The block whose first line is at `at`, and whose end may be at `end`; undefined where they do not fit. */
function blockBetween(text: string, at: number, lineEnd: number, end: number): PemDecoded | undefined {
  const line = text.slice(at, lineEnd).trimEnd();
  if (!line.endsWith("-----")) return undefined;
  const type = line.slice(BEGIN.length, -5);
  const ending = `${END}${type}-----`;
  if (!text.startsWith(ending, end)) return undefined;
  const after = text.indexOf("\n", end + ending.length);
  if (text.slice(end + ending.length, after < 0 ? undefined : after).trim() !== "") return undefined;
  const { headers, encoded } = splitHeaders(text.slice(lineEnd + 1, end + 1));
  const decoded = decodeBase64(encoded.replace(/[ \t\r\n]/g, ""));
  if (!("bytes" in decoded)) return undefined;
  return { block: { type, headers, bytes: toBytes(decoded.bytes) }, rest: after < 0 ? "" : text.slice(after + 1) };
}

/** All blocks of a text; what stands between them is skipped. */
export function pemBlocks(text: string): readonly PemBlock[] {
  const blocks: PemBlock[] = [];
  for (let { block, rest } = decodePem(text); block !== undefined; { block, rest } = decodePem(rest)) blocks.push(block);
  return blocks;
}

function headerLines(headers: ReadonlyMap<string, string>): string {
  if (headers.size === 0) return "";
  const keys = [...headers.keys()].toSorted((a, b) => (a === "Proc-Type" ? -1 : b === "Proc-Type" ? 1 : a < b ? -1 : 1));
  return `${keys.map((key) => `${key}: ${headers.get(key)}\n`).join("")}\n`;
}

/** pem.Encode. */
export function encodePem(type: string, bytes: Uint8Array, headers: ReadonlyMap<string, string> = new Map()): string {
  const encoded = Buffer.from(bytes).toString("base64");
  const lines: string[] = [];
  for (let at = 0; at < encoded.length; at += LINE) lines.push(`${encoded.slice(at, at + LINE)}\n`);
  return `-----BEGIN ${type}-----\n${headerLines(headers)}${lines.join("")}-----END ${type}-----\n`;
}
