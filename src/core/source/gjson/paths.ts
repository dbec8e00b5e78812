/** Takes the next part off a path, as gjson reads it: its dots, pipes, escapes and wildcards. */
import { MODIFIER_NAMES } from "./modifier-names.ts";
import { parseQuery, type Query } from "./query.ts";
import { squash } from "./scan.ts";

/** A part of a path in an object. `rest` follows a dot, `pipe` a pipe; at most one of the two is there. */
export interface ObjectPart {
  readonly part: string;
  readonly rest: string | undefined;
  readonly pipe: string | undefined;
  readonly isWild: boolean;
}

/** A part of a path in an array. */
export interface ArrayPart {
  readonly part: string;
  readonly rest: string | undefined;
  readonly pipe: string | undefined;
  /** Whether it holds a `#`: then it is no index. */
  readonly hasHash: boolean;
  /** What `#.` collects of each element. */
  readonly each: string | undefined;
  readonly query: Query | undefined;
}

/** A dot before a modifier or a multipath acts as a pipe. */
function isPipedBy(rest: string): boolean {
  if (rest.startsWith("[") || rest.startsWith("{")) return true;
  const name = /^@([^.|:]*)/.exec(rest)?.[1];
  return name !== undefined && MODIFIER_NAMES.has(name);
}

function dotted(rest: string, mayPipe: boolean): Pick<ObjectPart, "rest" | "pipe"> {
  return mayPipe && rest !== "" && isPipedBy(rest) ? { rest: undefined, pipe: rest } : { rest, pipe: undefined };
}

const END = { rest: undefined, pipe: undefined };

export function nextObjectPart(path: string): ObjectPart {
  let part = "";
  let isWild = false;
  for (let at = 0; at < path.length; at++) {
    const char = path[at] ?? "";
    if (char === "|") return { part, rest: undefined, pipe: path.slice(at + 1), isWild };
    if (char === ".") return { part, ...dotted(path.slice(at + 1), true), isWild };
    if (char === "*" || char === "?") isWild = true;
    if (char === "\\") {
      // Also in a part with wildcards the escape is gone before the match.
      at++;
      part += path[at] ?? "";
    } else {
      part += char;
    }
  }
  return { part, ...END, isWild };
}

export function nextArrayPart(path: string): ArrayPart {
  let hasHash = false;
  let each: string | undefined;
  let query: Query | undefined;
  for (let at = 0; at < path.length; at++) {
    const char = path[at];
    if (char === "|") return { part: path.slice(0, at), rest: undefined, pipe: path.slice(at + 1), hasHash, each, query };
    if (char === ".") return { part: path.slice(0, at), ...dotted(path.slice(at + 1), !hasHash), hasHash, each, query };
    if (char !== "#") continue;
    hasHash = true;
    if (at !== 0) continue;
    if (path[1] === ".") {
      each = path.slice(2);
    } else if (path[1] === "[" || path[1] === "(") {
      const parsed = parseQuery(path);
      if (parsed === undefined) break;
      query = { ...parsed.query, isForAll: path[parsed.end] === "#" };
      at = parsed.end - 1;
    }
  }
  return { part: path, ...END, hasHash, each, query };
}

/** The offset behind a query's brackets that open at `at`, or the last offset of the path. */
function endOfSelector(path: string, at: number): number {
  const open = path[at];
  const close = open === "[" ? "]" : ")";
  let depth = 1;
  for (let i = at + 1; i < path.length; i++) {
    if (path[i] === "\\") i++;
    else if (path[i] === open) depth++;
    else if (path[i] === close) {
      depth--;
      if (depth === 0) return i;
    } else if (path[i] === '"') {
      i++;
      while (i < path.length && path[i] !== '"') i += path[i] === "\\" ? 2 : 1;
    }
  }
  return path.length;
}

/** Splits a path at its first pipe outside queries and escapes; undefined where there is none. */
export function splitAtPipe(path: string): readonly [left: string, right: string] | undefined {
  if (!path.includes("|")) return undefined;
  if (path.startsWith("{")) {
    // From behind the brace, whose partner then ends it; gjson steps over the next character unseen, or ends with a string.
    const end = squash(path.slice(1)).length + 1;
    return path[end] === "|" ? [path.slice(0, end), path.slice(end + 1)] : undefined;
  }
  for (let at = 0; at < path.length; at++) {
    const char = path[at];
    if (char === "\\") at++;
    else if (char === "|") return [path.slice(0, at), path.slice(at + 1)];
    else if (char === "." && path[at + 1] === "#") {
      at += 2;
      if (path[at] === "[" || path[at] === "(") at = endOfSelector(path, at);
    }
  }
  return undefined;
}

/** A part of a multipath: `name` is as written, with its quotes; empty where the path names it. */
export interface SubPath {
  readonly name: string;
  readonly path: string;
}

/** The parts of a multipath that a path starts with, and the path behind it; undefined where its brackets never close. */
export function splitMultipath(path: string): { readonly parts: readonly SubPath[]; readonly rest: string } | undefined {
  const parts: SubPath[] = [];
  let depth = 1;
  let start = 1;
  let colon = 0;
  let hasModifier = false;
  const take = (end: number): void => {
    parts.push(
      colon === 0 ? { name: "", path: path.slice(start, end) } : { name: path.slice(start, colon), path: path.slice(colon + 1, end) },
    );
    start = end + 1;
    colon = 0;
    hasModifier = false;
  };
  for (let at = 1; at < path.length; at++) {
    const char = path[at] ?? "";
    if (char === "\\") at++;
    else if (char === "@") hasModifier ||= path[at - 1] === "." || path[at - 1] === "|";
    else if (char === ":" && !hasModifier && colon === 0 && depth === 1) colon = at;
    else if (char === "," && depth === 1) take(at);
    else if (char === '"') {
      at++;
      while (at < path.length && path[at] !== '"') at += path[at] === "\\" ? 2 : 1;
    } else if ("[({".includes(char)) depth++;
    else if ("])}".includes(char)) {
      depth--;
      if (depth === 0) {
        take(at);
        return { parts, rest: path.slice(at + 1) };
      }
    }
  }
  return undefined;
}

/** The last component of a path, which names a multipath's member where nothing else does. */
export function lastComponent(path: string): string {
  for (let at = path.length - 1; at >= 0; at--) {
    if ((path[at] === "|" || path[at] === ".") && path[at - 1] !== "\\") return path.slice(at + 1);
  }
  return path;
}

/** Whether a component can be a member's name as it is. */
export function isSimpleName(component: string): boolean {
  // A space and all behind it; the exceptions are gjson's.
  return !/[^ -\uffff]|[[\]{}()#|!]/.test(component);
}
