/** The JSON of an API server's answers: as a whole, or of an object only what the next write to it is conditional on. */

/** What JSON there was; `body` is undefined where the answer was empty. */
export interface ParsedAnswer {
  readonly ok: boolean;
  readonly body: unknown;
}

/** An answer as it is. */
export function parseAnswer(raw: string): ParsedAnswer {
  if (raw === "") return { ok: true, body: undefined };
  try {
    return { ok: true, body: JSON.parse(raw) };
  } catch {
    // The parser's error quotes its input.
    return { ok: false, body: undefined };
  }
}

/**
 * An object's name, uid and resourceVersion, at the places where they are in its JSON, and nothing else of it. Two thirds of the metadata
 * that answers a write are managedFields, with keys that no other object has: to make objects of them takes several times as long.
 *
 * @returns undefined where the text is not written as API servers write it (without spaces, and without escapes in names of fields); then
 * `parseAnswer` has to tell. What is skipped is not checked beyond its quotes and the number of its brackets.
 */
export function parseVersion(raw: string): { readonly metadata: Readonly<Record<string, string>> } | undefined {
  let metadata: Record<string, string> = {};
  const end = eachMember(raw, 0, (name, from) => {
    if (name !== "metadata") return endOfValue(raw, from);
    // Of two the last one counts, as in JSON.parse.
    metadata = {};
    return eachMember(raw, from, (field, at) => {
      if (field !== "name" && field !== "uid" && field !== "resourceVersion") return endOfValue(raw, at);
      const behind = raw.charCodeAt(at) === QUOTE ? endOfText(raw, at) : -1;
      if (behind === -1) return -1;
      // Parsed, and not cut out: a slice keeps the whole answer alive for as long as somebody remembers the version.
      const { ok, body } = parseAnswer(raw.slice(at, behind));
      if (!ok) return -1;
      metadata[field] = body as string;
      return behind;
    });
  });
  // Go's encoder ends with a line break.
  const isWhole = end === raw.length || (end === raw.length - 1 && raw.endsWith("\n"));
  return isWhole ? { metadata } : undefined;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Gives each member of the object that begins here; `onMember` says where its value ends. @returns where the object ends, or -1 */
function eachMember(raw: string, from: number, onMember: (name: string, valueAt: number) => number): number {
  if (raw.charCodeAt(from) !== OPEN_OBJECT) return -1;
  let at = from + 1;
  if (raw.charCodeAt(at) === CLOSE_OBJECT) return at + 1;
  for (;;) {
    const name = plainText(raw, at);
    if (name === undefined) return -1;
    at += name.length + 2;
    if (raw.charCodeAt(at) !== COLON) return -1;
    at = onMember(name, at + 1);
    if (at === -1) return -1;
    const next = raw.charCodeAt(at);
    if (next === CLOSE_OBJECT) return at + 1;
    if (next !== COMMA) return -1;
    at += 1;
  }
}

/** The text that begins here; undefined where there is none, or one with an escape. */
function plainText(raw: string, from: number): string | undefined {
  if (raw.charCodeAt(from) !== QUOTE) return undefined;
  const end = endOfText(raw, from);
  if (end === -1) return undefined;
  const text = raw.slice(from + 1, end - 1);
  return text.includes("\\") ? undefined : text;
}

/** Behind the text whose first quote is here, or -1. */
function endOfText(raw: string, from: number): number {
  for (let at = raw.indexOf('"', from + 1); at !== -1; at = raw.indexOf('"', at + 1)) {
    let escapes = 0;
    while (raw.charCodeAt(at - 1 - escapes) === BACKSLASH) escapes += 1;
    if (escapes % 2 === 0) return at + 1;
  }
  return -1;
}

/** Behind the value that begins here, or -1. */
function endOfValue(raw: string, from: number): number {
  let depth = 0;
  for (let at = from; at < raw.length; ) {
    const code = raw.charCodeAt(at);
    if (code === CLOSE_OBJECT || code === CLOSE_LIST || code === COMMA) {
      // The end of a number, true, false or null, which have none of their own.
      if (depth === 0) return at > from ? at : -1;
      if (code !== COMMA) depth -= 1;
      at += 1;
    } else if (code === QUOTE) {
      at = endOfText(raw, at);
      if (at === -1) return -1;
    } else {
      if (code === OPEN_OBJECT || code === OPEN_LIST) depth += 1;
      at += 1;
      continue;
    }
    if (depth === 0) return at;
  }
  return -1;
}
