/** Items that hold a regular expression bring its engine with them, and others do not. */
import { describe, expect, it } from "@jest/globals";
import { withRegexps } from "../../../src/adapters/aws/regexps-of-items.ts";
import type { Item, Table } from "../../../src/adapters/aws/table.ts";
import { matchesName } from "../../../src/core/find/find.ts";

const rule = { provider: "SecretsManager", nameRegexp: "^shop/.*" } as const;

function tableOf(item: Item): Table {
  const unused = () => Promise.reject(new Error("not asked for"));
  return withRegexps({
    get: async () => item,
    batchGet: async () => [item],
    async *query() {
      yield [item];
    },
    queryDue: unused,
    change: unused,
    transact: unused,
  });
}

const key = { pk: "FIND", sk: "a" };

// The order counts: what is loaded stays.
describe("the engine of regular expressions", () => {
  it("is not there, and does not come with what holds none", async () => {
    const plain = tableOf({ body: JSON.stringify({ spec: { name: "regexp", data: [] } }), rev: 1 });
    await plain.get(key);
    await plain.batchGet([key]);
    for await (const page of plain.query("FIND")) expect(page).toHaveLength(1);

    expect(() => matchesName(rule, "shop/db")).toThrow("without its engine");
  });

  it("comes with an item that holds one", async () => {
    for await (const page of tableOf({ rule: JSON.stringify(rule) }).query("FIND")) expect(page).toHaveLength(1);

    expect([matchesName(rule, "shop/db"), matchesName(rule, "other")]).toEqual([true, false]);
  });
});
