/** Evaluates a gjson path: `Get` of github.com/tidwall/gjson 1.18.0, with bounded work. */
import type { Budget } from "./budget.ts";
import { MODIFIER_NAMES } from "./modifier-names.ts";
import { modify } from "./modifiers.ts";
import { type ArrayPart, isSimpleName, lastComponent, nextArrayPart, nextObjectPart, splitAtPipe, splitMultipath } from "./paths.ts";
import { takes } from "./query.ts";
import { closingQuote, endOfBrackets, jsonValue, nextValue, numberValue, parseValue, readValue, squash, startsValue } from "./scan.ts";
import { isValid, quote, unescape } from "./text.ts";
import { isThere, NOTHING, type Value, written } from "./value.ts";
import { wildcard } from "./wildcard.ts";

/** One search: what it found so far, and the pipe that its result still goes through. */
interface Search {
  readonly text: string;
  readonly budget: Budget;
  value: Value;
  pipe: string | undefined;
}

/** Where a container ended, or the place behind the value that was hit. */
interface Step {
  readonly end: number;
  readonly isHit: boolean;
}

/** The value at a path; `NOTHING` where there is none, or the budget is exhausted. Byte texts. */
export function get(text: string, path: string, budget: Budget): Value {
  if (!budget.spend(text.length + path.length + 1)) return NOTHING;
  return budget.deeper(() => special(text, path, budget) ?? searchFor(text, path, budget), NOTHING);
}

/** Paths that begin with a modifier, a literal or a multipath; undefined for all others. */
function special(text: string, path: string, budget: Budget): Value | undefined {
  if (path.length < 2) return undefined;
  switch (path[0]) {
    case "@":
    case "!": {
      const made = path[0] === "@" ? runModifier(text, path, budget) : literal(path);
      if (made === undefined) return undefined;
      if (made.rest.startsWith("|") || made.rest.startsWith(".")) return get(made.text, made.rest.slice(1), budget);
      return parseValue(made.text);
    }
    case "[":
    case "{":
      return multipath(text, path, budget);
    default:
      return undefined;
  }
}

interface Made {
  readonly text: string;
  readonly rest: string;
}

/** `!` and JSON; brackets end it, and anything else takes the whole rest of the path, as in gjson. */
function literal(path: string): Made | undefined {
  const name = path.slice(1);
  if (/^[{["+\-0-9]/.test(name)) {
    const end = endOfBrackets(name, 0);
    return { text: name.slice(0, end), rest: name.slice(end) };
  }
  const [word = ""] = /^[^|.]*/.exec(name) ?? [];
  return /^(?:true|false|null|nan|inf)$/i.test(word) ? { text: word, rest: name.slice(word.length) } : undefined;
}

/** The end of a modifier's simple argument: a pipe outside brackets and strings. */
function endOfArgument(text: string): number {
  let at = 0;
  while (at < text.length && text[at] !== "|") {
    at += '{["('.includes(text[at] ?? "") ? squash(text.slice(at)).length : 1;
  }
  return Math.min(at, text.length);
}

function runModifier(text: string, path: string, budget: Budget): Made | undefined {
  const [name = ""] = /^[^:|.]*/.exec(path.slice(1)) ?? [];
  if (!MODIFIER_NAMES.has(name)) return undefined;
  const behind = path.slice(1 + name.length);
  if (!behind.startsWith(":")) return { text: modify(name, text, "", budget, get), rest: behind };
  const argumentAndRest = behind.slice(1);
  const isJson = /^[{["]/.test(argumentAndRest);
  const end = isJson ? squash(argumentAndRest).length : endOfArgument(argumentAndRest);
  return { text: modify(name, text, argumentAndRest.slice(0, end), budget, get), rest: argumentAndRest.slice(end) };
}

function memberName(name: string, path: string): string {
  if (name !== "") return name.startsWith('"') && isValid(name) ? name : quote(name);
  const last = lastComponent(path);
  return quote(isSimpleName(last) ? last : "_");
}

function multipath(text: string, path: string, budget: Budget): Value | undefined {
  const split = splitMultipath(path);
  if (split === undefined || (split.rest !== "" && !split.rest.startsWith("|") && !split.rest.startsWith("."))) return undefined;
  const isObject = path.startsWith("{");
  const members = split.parts.flatMap((part) => {
    const value = get(text, part.path, budget);
    if (!isThere(value)) return [];
    const raw = written(value) || "null";
    return budget.spend(raw.length) ? [isObject ? `${memberName(part.name, part.path)}:${raw}` : raw] : [];
  });
  const made = isObject ? `{${members.join(",")}}` : `[${members.join(",")}]`;
  return split.rest === "" ? jsonValue(made) : get(made, split.rest.slice(1), budget);
}

function searchFor(text: string, path: string, budget: Budget): Value {
  const found: Search = { text, budget, value: NOTHING, pipe: undefined };
  if (path.startsWith("..")) {
    searchArray(found, 0, path.slice(2));
  } else {
    const open = text.search(/[{[]/);
    if (open >= 0) searchContainer(found, open, path);
  }
  return found.pipe === undefined ? found.value : get(found.value.raw, found.pipe, budget);
}

function searchContainer(search: Search, open: number, path: string): Step {
  return search.budget.deeper(
    () => (search.text[open] === "{" ? searchObject(search, open + 1, path) : searchArray(search, open + 1, path)),
    { end: search.text.length, isHit: true },
  );
}

interface Key {
  readonly name: string;
  readonly end: number;
}

/** The next key of an object; a number is the end of the object, or of a text that ends within it. */
function nextKey(text: string, from: number): Key | number {
  let at = from;
  while (at < text.length && text[at] !== '"' && text[at] !== "}") at++;
  if (text[at] !== '"') return Math.min(at + 1, text.length);
  const close = closingQuote(text, at + 1);
  if (close >= text.length) return text.length;
  const inside = text.slice(at + 1, close);
  return { name: inside.includes("\\") ? unescape(inside) : inside, end: close + 1 };
}

function searchObject(search: Search, from: number, path: string): Step {
  const { text } = search;
  const { part, rest, pipe, isWild } = nextObjectPart(path);
  if (pipe !== undefined) search.pipe = pipe;
  const isNamed = isWild ? wildcard(part, search.budget) : (name: string) => name === part;
  for (let at = from; at < text.length; ) {
    const key = nextKey(text, at);
    if (typeof key === "number") return { end: key, isHit: false };
    const isMatch = isNamed(key.name);
    at = key.end;
    while (at < text.length && !startsValue(text, at)) at++;
    if (at >= text.length) break;
    if (isMatch && rest !== undefined && (text[at] === "{" || text[at] === "[")) {
      const step = searchContainer(search, at, rest);
      if (step.isHit) return step;
      at = step.end;
      continue;
    }
    const read = readValue(text, at);
    if (read === undefined) break;
    if (isMatch && rest === undefined) {
      search.value = read.value;
      return { end: read.end, isHit: true };
    }
    at = read.end;
  }
  return { end: text.length, isHit: false };
}

/** What the elements of one array are looked through for. */
interface Scan {
  readonly search: Search;
  readonly part: ArrayPart;
  /** The element that is meant, or -1. */
  readonly index: number;
  /** The rest of the path behind a query, without what goes through a pipe. */
  rest: string | undefined;
  /** What `#(…)#` and `#.` found. */
  readonly collected: string[];
}

/** Digits as Go's uint64, which wraps; longer ones than anybody writes are no index. */
function toIndex(part: string): number {
  return /^[0-9]{1,40}$/.test(part) ? Number(BigInt.asIntN(64, BigInt(part))) : -1;
}

function searchArray(search: Search, from: number, path: string): Step {
  const { text } = search;
  const part = nextArrayPart(path);
  const index = part.hasHash ? -1 : toIndex(part.part);
  if (part.pipe !== undefined) search.pipe = part.pipe;
  const scan: Scan = { search, part, index, rest: part.rest, collected: [] };
  const starts: number[] = [];
  for (let at = from, count = 0; ; count++) {
    starts.push(at);
    while (at < text.length && text[at] !== "]" && !startsValue(text, at)) at++;
    if (at >= text.length || text[at] === "]") return endOfArray(scan, at + 1, count, starts);
    const isMeant = count === index;
    if (isMeant && part.rest !== undefined && (text[at] === "{" || text[at] === "[")) {
      const step = searchContainer(search, at, part.rest);
      if (step.isHit) return step;
      at = step.end;
      continue;
    }
    const read = readValue(text, at);
    if (read === undefined) return { end: text.length, isHit: false };
    at = read.end;
    if (part.query === undefined) {
      if (!isMeant || part.rest !== undefined) continue;
      search.value = read.value;
      return { end: at, isHit: true };
    }
    if (askElement(scan, read.value)) return { end: at, isHit: true };
  }
}

/** Puts an element to the query; true where the first that it takes ends the search. */
function askElement(scan: Scan, element: Value): boolean {
  const { search, part } = scan;
  const { query } = part;
  if (query === undefined) return false;
  if (element.type !== "JSON" && query.path !== "") return false;
  const asked = element.type === "JSON" ? get(element.raw, query.path, search.budget) : element;
  if (!takes(query, asked, search.budget)) return false;
  const found = scan.rest === undefined ? element : behindQuery(scan, element, scan.rest);
  if (!query.isForAll) {
    search.value = found;
    return true;
  }
  const raw = written(found);
  if (raw !== "") scan.collected.push(raw);
  return false;
}

function behindQuery(scan: Scan, element: Value, rest: string): Value {
  const split = splitAtPipe(rest);
  if (split !== undefined) {
    [scan.rest] = split;
    [, scan.search.pipe] = split;
  }
  return get(element.raw, split === undefined ? rest : split[0], scan.search.budget);
}

function endOfArray(scan: Scan, end: number, count: number, starts: readonly number[]): Step {
  const { search, part } = scan;
  if (part.hasHash && part.part === "#") {
    search.value = part.each === undefined ? numberValue(String(count)) : collectEach(search, part.each, starts);
    return { end, isHit: true };
  }
  if (!isThere(search.value) && part.query?.isForAll) search.value = jsonValue(`[${scan.collected.join(",")}]`);
  return { end, isHit: false };
}

/** `#.path`: the path's value of each element that has one, as an array. */
function collectEach(search: Search, path: string, starts: readonly number[]): Value {
  const split = splitAtPipe(path);
  if (split !== undefined) [, search.pipe] = split;
  const collected = starts.flatMap((start) => {
    let at = start;
    while (/[ \t\r\n]/.test(search.text[at] ?? "")) at++;
    if (at >= search.text.length || search.text[at] === "]") return [];
    const element = nextValue(search.text, at)?.value ?? NOTHING;
    const found = get(element.raw, split?.[0] ?? path, search.budget);
    return isThere(found) ? [written(found)] : [];
  });
  return jsonValue(`[${collected.join(",")}]`);
}
