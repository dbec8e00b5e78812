/** What bytes may hold in another spelling: base64, hex, numbers, escapes. The scanner unwraps a sink until nothing is left to unwrap. */

/** One way to write bytes, and back. */
interface Spelling {
  readonly name: string;
  /** The bytes that are spelt in a text of latin1, in pieces; none where there is nothing of the sort. */
  readonly pieces: (text: string) => readonly Buffer[];
}

/** An 8-byte window at any place of a base64 text is ten whole characters at least. */
const BASE64 = /[A-Za-z0-9+/_-]{10,}/g;
const HEX = /[0-9a-fA-F]{16,}/g;
/** As `inspect` shows a Buffer, and as fingerprints are written. */
const SPACED_HEX = /\b(?:[0-9a-fA-F]{2}[ :,-]){7,}[0-9a-fA-F]{2}\b/g;
/** As JSON and `inspect` show a Uint8Array. */
const DECIMALS = /\b(?:\d{1,3},\s*){7,}\d{1,3}\b/g;
const PERCENT = /%[0-9a-fA-F]{2}/g;
const BACKSLASH = /\\(?:u00[0-9a-fA-F]{2}|x[0-9a-fA-F]{2}|u\{[0-9a-fA-F]{1,2}\}|["'\\/bfnrt])/g;
const ENTITY = /&(?:amp|lt|gt|quot|apos|#\d{1,3}|#x[0-9a-fA-F]{1,2});/gi;

/** Between pieces that do not belong together, so that no two of them make a window. */
const APART = Buffer.from("\n\n\n\n\n\n\n\n");

const ESCAPED: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

const byHex = (digits: string): string => String.fromCharCode(Number.parseInt(digits, 16));

function unescapeBackslash(escaped: string): string {
  const first = escaped[1] ?? "";
  const digits = /[0-9a-fA-F]{1,2}(?=\}?$)/.exec(escaped.slice(2))?.[0];
  if ((first === "u" || first === "x") && digits !== undefined) return byHex(digits);
  return ESCAPED[first] ?? first;
}

function unescapeEntity(escaped: string): string {
  const name = escaped.slice(1, -1).toLowerCase();
  if (name.startsWith("#x")) return byHex(name.slice(2));
  return name.startsWith("#") ? String.fromCharCode(Number(name.slice(1)) & 0xff) : (ENTITIES[name] ?? "");
}

/** Eight bytes in the longest spelling of each, twice over, take no more; and what has no escape near is found without this. */
const NEAR = 96;

/** The text around each match, with what it stands for in its place. */
function replaced(text: string, pattern: RegExp, by: (match: string) => string): readonly Buffer[] {
  const regions: { from: number; to: number }[] = [];
  for (const { index, 0: match } of text.matchAll(pattern)) {
    const region = { from: Math.max(0, index - NEAR), to: index + match.length + NEAR };
    const last = regions.at(-1);
    if (last === undefined || last.to < region.from) regions.push(region);
    else last.to = region.to;
  }
  if (regions.length === 0) return [];
  return [Buffer.from(regions.map(({ from, to }) => text.slice(from, to).replace(pattern, by)).join(APART.toString()), "latin1")];
}

const matches = (text: string, pattern: RegExp): readonly string[] => text.match(pattern) ?? [];

const joined = (pieces: readonly Buffer[]): readonly Buffer[] =>
  pieces.length === 0 ? [] : [Buffer.concat(pieces.flatMap((piece) => [piece, APART]))];

/** Each run at each place where a group of characters may begin. */
function shifted(runs: readonly string[], encoding: "base64" | "hex", shifts: readonly number[]): readonly Buffer[] {
  return shifts.flatMap((shift) => joined(runs.map((run) => Buffer.from(run.slice(shift), encoding))));
}

export const SPELLINGS: readonly Spelling[] = [
  { name: "base64", pieces: (text) => shifted(matches(text, BASE64), "base64", [0, 1, 2, 3]) },
  { name: "hex", pieces: (text) => shifted(matches(text, HEX), "hex", [0, 1]) },
  {
    name: "spaced hex",
    pieces: (text) => joined(matches(text, SPACED_HEX).map((run) => Buffer.from(run.replaceAll(/[ :,-]/g, ""), "hex"))),
  },
  { name: "numbers", pieces: (text) => joined(matches(text, DECIMALS).map((run) => Buffer.from(run.split(",").map(Number)))) },
  { name: "percent", pieces: (text) => replaced(text, PERCENT, (match) => byHex(match.slice(1))) },
  { name: "backslash", pieces: (text) => replaced(text, BACKSLASH, unescapeBackslash) },
  { name: "entity", pieces: (text) => replaced(text, ENTITY, unescapeEntity) },
];
