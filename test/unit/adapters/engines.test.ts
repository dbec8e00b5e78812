/** Items that hold a regular expression or a property bring its engine with them, and others do not. */
import { describe, expect, it } from "@jest/globals";
import { withEngines } from "../../../src/adapters/aws/engines.ts";
import type { Item, Table } from "../../../src/adapters/aws/table.ts";
import { matchesName } from "../../../src/core/find/find.ts";
import { propertyOf } from "../../../src/core/source/properties.ts";

const rule = { provider: "SecretsManager", nameRegexp: "^shop/.*" } as const;

function tableOf(item: Item): Table {
  const unused = () => Promise.reject(new Error("not asked for"));
  return withEngines({
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

describe("the engine of properties", () => {
  const look = () => propertyOf(new TextEncoder().encode('{"password":"p"}'), "password");
  const spec = (property: string) => JSON.stringify({ data: [{ secretKey: "a", remoteRef: { key: "shop/db", property } }] });

  it("is not there, and does not come with what holds none", async () => {
    await tableOf({ spec: spec("") }).get(key);

    expect(look).toThrow("without its engine");
  });

  it("comes with an item that holds one", async () => {
    await tableOf({ spec: spec("password") }).batchGet([key]);

    expect(look()).toEqual({ kind: "found", bytes: new TextEncoder().encode("p") });
  });
});
