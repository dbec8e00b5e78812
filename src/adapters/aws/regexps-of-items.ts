/** A table whose items bring the engine of the regular expressions that they hold: who loads a registration or a rule may apply it. */
import { hasRegexps, loadRegexps } from "../../core/text/regexps.ts";
import type { Item, Table } from "./table.ts";

/** The fields of specs, rules and manifests that hold expressions, as JSON text. */
const EXPRESSION = /"(?:nameRegexp|regexp|namespaceRegexes)":/;

export function withRegexps(table: Table): Table {
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
  if (hasRegexps()) return;
  const holds = items.some((item) => Object.values(item).some((value) => typeof value === "string" && EXPRESSION.test(value)));
  if (holds) await loadRegexps();
}
