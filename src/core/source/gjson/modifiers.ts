/** gjson's modifiers `@name:argument`: each makes a text of a text. What they build may be no JSON, as in gjson. */
import type { Budget } from "./budget.ts";
import { pretty } from "./pretty.ts";
import { closingQuote, entriesOf, parseValue } from "./scan.ts";
import { isSpace, isValid, quote, trimmed } from "./text.ts";
import { isArray, isObject, isThere, isTrueish, printed, type Value } from "./value.ts";

/** Evaluates a path; an argument, because `@dig` needs what itself needs the modifiers. */
export type Get = (text: string, path: string, budget: Budget) => Value;

/** What each byte costs: most modifiers read it and write it. */
const PLAIN_WORK = 2;
const QUOTING_WORK = 16;

/** Applies a modifier of `MODIFIER_NAMES`. */
export function modify(name: string, text: string, argument: string, budget: Budget, get: Get): string {
  if (!budget.spend(text.length * (name === "tostr" ? QUOTING_WORK : PLAIN_WORK))) return "";
  switch (name) {
    case "pretty":
      return pretty(text, argument, budget);
    case "ugly":
      return ugly(text);
    case "reverse":
      return reverse(text);
    case "flatten":
      return flatten(text, isOptionSet(argument, "deep"), budget);
    case "join":
      return join(text, isOptionSet(argument, "preserve"));
    case "valid":
      return isValid(text) ? text : "";
    case "keys":
      return keys(text);
    case "values":
      return values(text);
    case "tostr":
      return quote(text);
    case "fromstr":
      return isValid(text) ? printed(parseValue(text)) : "";
    case "group":
      return group(text, budget);
    case "dig":
      return `[${dig(parseValue(text), argument, budget, get).join(",")}]`;
    default:
      return text;
  }
}

function isOptionSet(argument: string, name: string): boolean {
  let isSet = false;
  for (const { key, value } of entriesOf(parseValue(argument))) if (printed(key) === name) isSet = isTrueish(value);
  return isSet;
}

/** Drops white space outside strings. */
function ugly(text: string): string {
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '"') at = closingQuote(text, at + 1);
    if (!isSpace(text[at] ?? "")) continue;
    parts.push(text.slice(from, at));
    from = at + 1;
  }
  return parts.join("") + text.slice(from);
}

function reverse(text: string): string {
  const value = parseValue(text);
  if (isArray(value)) {
    const elements = [...entriesOf(value)].map((entry) => entry.value.raw);
    return `[${elements.toReversed().join(",")}]`;
  }
  if (!isObject(value)) return text;
  const members = [...entriesOf(value)].map((entry) => `${entry.key.raw}:${entry.value.raw}`);
  return `{${members.toReversed().join(",")}}`;
}

/** What is inside the brackets; gjson takes the last character off, whatever it is. */
function unwrap(text: string): string {
  const inner = trimmed(text);
  return inner.length >= 2 && (inner.startsWith("[") || inner.startsWith("{")) ? inner.slice(1, -1) : inner;
}

function flatten(text: string, isDeep: boolean, budget: Budget): string {
  const value = parseValue(text);
  if (!isArray(value)) return text;
  const parts = [...entriesOf(value)].flatMap(({ value: element }) => {
    if (!isArray(element)) return trimmed(element.raw) === "" ? [] : [trimmed(element.raw)];
    const isGoing = isDeep && budget.spend(element.raw.length);
    const inside = trimmed(unwrap(isGoing ? budget.deeper(() => flatten(element.raw, true, budget), "") : element.raw));
    return inside === "" ? [] : [inside];
  });
  return `[${parts.join(",")}]`;
}

function join(text: string, isPreserving: boolean): string {
  const value = parseValue(text);
  if (!isArray(value)) return text;
  const objects = [...entriesOf(value)].map((entry) => entry.value).filter(isObject);
  if (isPreserving) return `{${objects.map((object) => unwrap(object.raw)).join(",")}}`;
  const members = new Map<string, { readonly key: string; value: string }>();
  for (const entry of objects.flatMap((object) => [...entriesOf(object)])) {
    const member = members.get(printed(entry.key));
    if (member === undefined) members.set(printed(entry.key), { key: entry.key.raw, value: entry.value.raw });
    else member.value = entry.value.raw;
  }
  return `{${[...members.values()].map((member) => `${member.key}:${member.value}`).join(",")}}`;
}

function keys(text: string): string {
  const value = parseValue(text);
  if (!isThere(value)) return "[]";
  const names = [...entriesOf(value)].map((entry) => (isObject(value) ? entry.key.raw : "null"));
  return `[${names.join(",")}]`;
}

function values(text: string): string {
  const value = parseValue(text);
  if (!isThere(value)) return "[]";
  if (isArray(value)) return text;
  return `[${[...entriesOf(value)].map((entry) => entry.value.raw).join(",")}]`;
}

/** The elements of arrays under one object's keys, turned into one object for each place. */
function group(text: string, budget: Budget): string {
  const value = parseValue(text);
  if (!isObject(value)) return "";
  const objects: string[][] = [];
  for (const { key, value: array } of entriesOf(value)) {
    if (!isArray(array)) continue;
    let place = 0;
    for (const { value: element } of entriesOf(array)) {
      // The key is written once for each element.
      if (!budget.spend(key.raw.length)) return "";
      (objects[place] ??= []).push(`${key.raw}:${element.raw}`);
      place++;
    }
  }
  return `[${objects.map((members) => `{${members.join(",")}}`).join(",")}]`;
}

function dig(parent: Value, path: string, budget: Budget, get: Get): readonly string[] {
  const found = get(parent.raw, path, budget);
  const own = isThere(found) ? [found.raw] : [];
  if (parent.type !== "JSON" || !budget.spend(parent.raw.length)) return own;
  const below = budget.deeper(() => [...entriesOf(parent)].flatMap(({ value }) => dig(value, path, budget, get)), []);
  return [...own, ...below];
}
