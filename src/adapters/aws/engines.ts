/** What is read of registrations and rules brings the engines of what it holds, regular expressions and properties: who reads one may apply it. */
import { properties } from "../../core/source/properties.ts";
import { regexps } from "../../core/text/regexps.ts";
import type { Item, Table } from "./table.ts";

/** The fields of specs, rules and manifests that hold expressions, as JSON text. */
const EXPRESSION = /"(?:nameRegexp|regexp|namespaceRegexes)":/;
/** An empty one is none. */
const PROPERTY = /"property":"[^"]/;

export function withEngines(table: Table): Table {
  return {
    ...table,
    async get(key) {
      const item = await table.get(key);
      if (item !== undefined) await bring([item]);
      return item;
    },
    async batchGet(keys) {
      const items = await table.batchGet(keys);
      await bring(items);
      return items;
    },
    async *query(pk) {
      for await (const page of table.query(pk)) {
        await bring(page);
        yield page;
      }
    },
  };
}

async function bring(items: readonly Item[]): Promise<void> {
  await bringEngines(items.flatMap((item) => Object.values(item).filter((value) => typeof value === "string")));
}

/** Loads the engines of what these JSON texts of specs and rules hold. */
export async function bringEngines(texts: readonly string[]): Promise<void> {
  const hold = (field: RegExp): boolean => texts.some((text) => field.test(text));
  await Promise.all([
    !regexps.isThere() && hold(EXPRESSION) ? regexps.load() : undefined,
    !properties.isThere() && hold(PROPERTY) ? properties.load() : undefined,
  ]);
}
