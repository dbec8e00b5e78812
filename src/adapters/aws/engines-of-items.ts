/** A table whose items bring the engines of what they hold, regular expressions and properties: who loads a registration or a rule may apply it. */
import { hasProperties, loadProperties } from "../../core/source/properties.ts";
import { hasRegexps, loadRegexps } from "../../core/text/regexps.ts";
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
  const holds = (field: RegExp): boolean =>
    items.some((item) => Object.values(item).some((value) => typeof value === "string" && field.test(value)));
  await Promise.all([
    !hasRegexps() && holds(EXPRESSION) ? loadRegexps() : undefined,
    !hasProperties() && holds(PROPERTY) ? loadProperties() : undefined,
  ]);
}
