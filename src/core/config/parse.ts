/** Turns YAML text into documents that know where each of their fields stands. Never lets the parser's own words out: they may echo values. */
import { type Document, isMap, isNode, isPair, isScalar, isSeq, LineCounter, type Pair, parseAllDocuments } from "yaml";
import type { Diagnostic, SourceFile } from "./diagnostics.ts";
import { offsetWithin, type TextPlace } from "./scalar-place.ts";

/** The way to a field from the top of its document. */
export type FieldPath = readonly PropertyKey[];

/** A mistake at a field of a document whose place is still to be found. */
export interface Finding {
  readonly path: FieldPath;
  readonly message: string;
  readonly hint?: string | undefined;
  /** Whether the field's name is meant, or what it holds. @default "value" */
  readonly at?: "key" | "value" | undefined;
  /** A place in the text that the field holds. @default its beginning */
  readonly within?: TextPlace | undefined;
}

/** One YAML document as plain data. */
export interface SourceDocument {
  readonly file: string;
  readonly value: unknown;
  /** Puts a finding at its place in the file. */
  readonly locate: (finding: Finding) => Diagnostic;
}

/** Our words for the parser's error codes; other codes are syntax errors without more to say. */
const SYNTAX: Readonly<Record<string, string>> = {
  BAD_ALIAS: "this alias can't be used here",
  BAD_INDENT: "the indentation does not fit",
  BLOCK_AS_IMPLICIT_KEY: "a nested mapping is not allowed here",
  DUPLICATE_KEY: "this key is given twice",
  MISSING_CHAR: "a character is missing here",
  MULTILINE_IMPLICIT_KEY: "a key must be on one line",
  TAB_AS_INDENT: "a tab can't indent YAML",
  UNEXPECTED_TOKEN: "this is not expected here",
};

const HINTS: Readonly<Record<string, string>> = {
  BAD_INDENT: "indent the fields of one mapping by the same number of spaces",
  BLOCK_AS_IMPLICIT_KEY: "quote a text that holds ': '",
  DUPLICATE_KEY: "keep one of the two",
  TAB_AS_INDENT: "indent by spaces",
};

/** A document that somewhere says kind Secret: its lines are never quoted. */
const MAY_HOLD_SECRET = /\bkind["']?\s*:[^\n,}]*\bSecret\b/;

/** A broken file that never names our groups is somebody else's, and may hold anything: it is reported without its lines. */
const MAY_BE_OURS = /external-secrets\.io|secret-relay\.dev/;

/** Parses one file of YAML or JSON; empty documents are left out, and a document with a syntax error is reported instead of given. */
export function parseFile(
  file: SourceFile,
  isOfOthers: (value: unknown) => boolean,
): { readonly documents: readonly SourceDocument[]; readonly diagnostics: readonly Diagnostic[] } {
  const lineCounter = new LineCounter();
  const lines = file.text.split(/\r?\n/);
  const parsed = parseAllDocuments(file.text, { lineCounter, merge: true, prettyErrors: false, logLevel: "silent" });
  const documents: SourceDocument[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const document of Array.isArray(parsed) ? parsed : []) {
    // Where the syntax is broken, the borders of documents are doubtful too.
    const [from, , to] = document.errors.length > 0 ? [0, 0, file.text.length] : document.range;
    const mayQuote = !MAY_HOLD_SECRET.test(file.text.slice(from, to)) && (document.errors.length === 0 || MAY_BE_OURS.test(file.text));
    const place = (offset: number, message: string, hint: string | undefined): Diagnostic => {
      const { line, col } = lineCounter.linePos(offset);
      const at = { file: file.path, line: Math.max(1, line), column: Math.max(1, col) };
      return { ...at, lineText: mayQuote ? (lines[at.line - 1] ?? "") : "", message, hint };
    };
    const value = toPlain(document);
    if (document.errors.length > 0) {
      if (value === UNREADABLE || !isOfOthers(value)) {
        for (const error of document.errors) {
          diagnostics.push(place(error.pos[0], SYNTAX[error.code] ?? "this is no valid YAML", HINTS[error.code]));
        }
      }
    } else if (value === UNREADABLE) {
      diagnostics.push(place(document.range[0], "this document's aliases can't be followed", "write the fields out, without aliases"));
    } else if (value !== null && value !== undefined) {
      const locate = ({ path, message, hint, at, within }: Finding) => {
        const scalar = within === undefined ? undefined : document.getIn(path, true);
        const exact = within !== undefined && isScalar(scalar) ? offsetWithin(file.text, scalar, within) : undefined;
        if (exact !== undefined || within === undefined) return place(exact ?? offsetOf(document, path, at ?? "value"), message, hint);
        return place(offsetOf(document, path, "value"), `${message} (line ${within.line}, column ${within.column} of the text)`, hint);
      };
      documents.push({ file: file.path, value, locate });
    }
  }
  return { documents, diagnostics };
}

const UNREADABLE = Symbol("unreadable");

function toPlain(document: Document.Parsed): unknown {
  try {
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    return holdsItself(value, new Set()) ? UNREADABLE : value;
  } catch {
    // toJS throws for aliases without an anchor and for too many of them; the caller makes a diagnostic of it.
    return UNREADABLE;
  }
}

/** An alias may stand within its own anchor: whoever walks such a value walks for ever. */
function holdsItself(value: unknown, within: Set<object>): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (within.has(value)) return true;
  within.add(value);
  const found = Object.values(value).some((one) => holdsItself(one, within));
  within.delete(value);
  return found;
}

/** The offset of a field, or of the deepest part of its path that exists. */
function offsetOf(document: Document.Parsed, path: FieldPath, at: "key" | "value"): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? document.range[0];
  for (const [index, step] of path.entries()) {
    const isLast = index === path.length - 1;
    if (isMap(node)) {
      const pair: Pair | undefined = node.items.find(
        (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(step),
      );
      if (pair === undefined) return offset;
      const key = startOf(pair.key) ?? offset;
      node = pair.value;
      // A mapping or a list is shown by its key; a scalar by itself.
      offset = (isLast && at === "key") || !isScalar(node) ? key : (startOf(node) ?? key);
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      if (node === undefined) return offset;
      offset = startOf(node) ?? offset;
    } else {
      return offset;
    }
  }
  return offset;
}

function startOf(node: unknown): number | undefined {
  return isNode(node) && node.range ? node.range[0] : undefined;
}
