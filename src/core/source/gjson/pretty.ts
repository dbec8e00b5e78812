/** gjson's `@pretty`: github.com/tidwall/pretty 1.2.0, with the same line breaks and the same order of sorted keys. */
import type { Budget } from "./budget.ts";
import { parseFloat64 } from "./numbers.ts";
import { closingQuote, entriesOf, parseValue } from "./scan.ts";
import { decodedString, isSpace, trimmed } from "./text.ts";
import { isTrueish, printed, toInt } from "./value.ts";

interface Options {
  readonly width: number;
  readonly prefix: string;
  readonly indent: string;
  readonly isSorting: boolean;
}

/** gjson lets only white space through, so that the text stays JSON. */
function onlySpace(text: string): string {
  return text.replace(/[^ \t\n\r]/g, "");
}

function optionsOf(argument: string): Options {
  let options: Options = { width: 80, prefix: "", indent: "  ", isSorting: false };
  for (const { key, value } of entriesOf(parseValue(argument))) {
    if (printed(key) === "sortKeys") options = { ...options, isSorting: isTrueish(value) };
    if (printed(key) === "indent") options = { ...options, indent: onlySpace(printed(value)) };
    if (printed(key) === "prefix") options = { ...options, prefix: onlySpace(printed(value)) };
    if (printed(key) === "width") options = { ...options, width: toInt(value) };
  }
  return options;
}

/** What is written so far; a line may be taken back, so it is kept as characters. */
interface Page {
  readonly source: string;
  readonly budget: Budget;
  readonly out: string[];
}

/** How one value is written: on lines of its own, or as an attempt within `room` characters. */
interface Layout {
  readonly options: Options;
  readonly isPretty: boolean;
  readonly tabs: number;
  /** Characters that an attempt at a single line has. @default -1 no attempt */
  readonly room: number;
}

interface Written {
  readonly at: number;
  /** Where the current line began, in characters of the output. */
  readonly line: number;
  readonly fits: boolean;
}

/** Formats a text; a line feed ends it. */
export function pretty(text: string, argument: string, budget: Budget): string {
  const options = optionsOf(argument);
  const page: Page = { source: text, budget, out: Array.from(options.prefix) };
  writeAny(page, 0, 0, { options, isPretty: true, tabs: 0, room: -1 });
  return page.out.length === 0 ? "" : `${page.out.join("")}\n`;
}

/** A character costs a place in an array. */
const CHARACTER_WORK = 8;

function put(page: Page, text: string): void {
  if (!page.budget.spend(CHARACTER_WORK * text.length)) return;
  for (const char of text) page.out.push(char);
}

const WORDS: ReadonlyMap<string, string> = new Map([
  ["t", "true"],
  ["f", "false"],
  ["n", "null"],
]);

function writeAny(page: Page, from: number, line: number, layout: Layout): Written {
  const { source } = page;
  for (let at = from; at < source.length; at++) {
    const char = source[at] ?? "";
    if (char === '"') return writePart(page, at, closingQuote(source, at + 1) + 1, line);
    if (/[-0-9iI+N]/.test(char) || (char === "n" && at + 1 < source.length && source[at + 1] !== "u")) {
      let end = at + 1;
      while (end < source.length && !isSpace(source[end] ?? "") && !",:]}".includes(source[end] ?? "")) end++;
      return writePart(page, at, end, line);
    }
    if (char === "{" || char === "[") {
      return page.budget.deeper(() => writeContainer(page, at, line, layout), { at: source.length, line, fits: false });
    }
    const word = WORDS.get(char);
    if (word !== undefined) {
      put(page, word);
      return { at: at + word.length, line, fits: true };
    }
  }
  return { at: source.length, line, fits: true };
}

function writePart(page: Page, at: number, end: number, line: number): Written {
  put(page, page.source.slice(at, end));
  return { at: Math.min(end, page.source.length), line, fits: true };
}

function writeContainer(page: Page, open: number, line: number, layout: Layout): Written {
  const { width } = layout.options;
  const isArray = page.source[open] === "[";
  if (width > 0 && layout.isPretty && isArray && layout.room === -1) {
    const room = width - (page.out.length - line);
    if (room > 3) {
      const start = page.out.length;
      const attempt = { ...layout, options: { ...layout.options, indent: "" }, isPretty: false, tabs: 0, room };
      const single = writeMembers(page, open, 0, attempt);
      if (single.fits && page.out.length - start <= room) return { at: single.at, line, fits: true };
      page.out.length = start;
    }
  } else if (width > 0 && layout.room !== -1 && !isArray) {
    return { at: open, line, fits: false };
  }
  return writeMembers(page, open, line, layout);
}

/** A member's place in the output, for sorting. */
interface Member {
  readonly key: string;
  readonly start: number;
  readonly end: number;
}

/** Begins a line, or ends the last: a space at the end of the old one becomes the line break. */
function breakLine(page: Page): number {
  const length = page.out.length;
  if (page.out[length - 1] === " ") page.out[length - 1] = "\n";
  else page.out.push("\n");
  return length;
}

function writeTabs(page: Page, options: Options, tabs: number): void {
  if (page.budget.spend(options.indent.length * tabs)) put(page, options.prefix + options.indent.repeat(tabs));
}

function writeMembers(page: Page, open: number, fromLine: number, layout: Layout): Written {
  const { source, out } = page;
  const { options, isPretty, tabs, room } = layout;
  const isArray = source[open] === "[";
  const close = isArray ? "]" : "}";
  let line = fromLine;
  put(page, source[open] ?? "");
  const members: Member[] = [];
  let count = 0;
  for (let at = open + 1; at < source.length && !page.budget.isExhausted(); at++) {
    const char = source[at] ?? "";
    if (isSpace(char)) continue;
    if (char === close) {
      if (isPretty) {
        if (!isArray && options.isSorting) sortMembers(page, members);
        if (count > 0) line = breakLine(page);
        if (out.at(-1) !== source[open]) writeTabs(page, options, tabs);
      }
      put(page, close);
      return { at: at + 1, line, fits: isArray };
    }
    if (!isArray && char !== '"') continue;
    if (count > 0) put(page, options.width !== -1 && isArray ? ", " : ",");
    let start = out.length;
    if (isPretty) {
      line = breakLine(page);
      start = out.length;
      writeTabs(page, options, tabs + 1);
    }
    const keyAt = at;
    if (!isArray) {
      at = Math.min(closingQuote(source, at + 1) + 1, source.length);
      put(page, `${source.slice(keyAt, at)}:${isPretty ? " " : ""}`);
    }
    const key = source.slice(keyAt, at);
    const member = writeAny(page, at, line, { ...layout, tabs: tabs + 1 });
    if (room !== -1 && !member.fits) return member;
    ({ at, line } = member);
    members.push({ key, start, end: out.length });
    at--;
    count++;
  }
  return { at: source.length, line, fits: isArray };
}

/** Sorts by key, and equal keys by value; each member's text moves with its indent. */
function sortMembers(page: Page, members: readonly Member[]): void {
  const first = members[0];
  if (first === undefined) return;
  const texts = members.map((member) => ({ key: member.key, text: page.out.slice(member.start, member.end).join("") }));
  const sorted = texts.toSorted((a, b) => compareRaw(a.key, b.key) || compareRaw(valueOf(a), valueOf(b)));
  if (!page.budget.spend(page.out.length - first.start)) return;
  page.out.length = first.start;
  put(page, sorted.map((member) => member.text).join(",\n"));
}

function valueOf(member: { readonly key: string; readonly text: string }): string {
  const text = trimmed(member.text);
  return text.length > member.key.length ? trimmed(text.slice(member.key.length + 1)) : text;
}

/** The order of pretty's types; anything that is no word, string or container counts as a number. */
function rank(raw: string): number {
  const ranks: ReadonlyMap<string, number> = new Map([
    ["", 0],
    ["n", 0],
    ["f", 1],
    ['"', 3],
    ["t", 4],
    ["[", 5],
    ["{", 5],
  ]);
  return ranks.get(raw.slice(0, 1)) ?? 2;
}

function compareRaw(a: string, b: string): number {
  const byRank = rank(a) - rank(b);
  if (byRank !== 0) return byRank;
  if (rank(a) === 2) return parseFloat64(a) - parseFloat64(b) || 0;
  const [left, right] = rank(a) === 3 ? [decoded(a), decoded(b)] : [a, b];
  return left < right ? -1 : left > right ? 1 : 0;
}

function decoded(raw: string): string {
  return raw.includes("\\") ? decodedString(raw) : raw.slice(1, -1);
}
