/** docs/support.md and README's table say what the validation does: fresh, and with a reason for each refusal. */
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "@jest/globals";
import * as z from "zod/mini";
import { fieldsOf } from "../../../../scripts/schema-fields.ts";
import { REASONS, readmeTable, reasonKeyOf, refusedFields, supportPage, withReadmeTable } from "../../../../scripts/support-tables.ts";
import { choice, closed, managed, notYet, withoutEffect } from "../../../../src/core/config/fields.ts";

/** The formatter aligns the columns of tables. */
function withoutPadding(text: string): string {
  return text.replaceAll(/ {2,}/g, " ").replaceAll(/-{3,}/g, "---");
}

describe("docs/support.md and README.md", () => {
  it("are as npm run docs writes them", async () => {
    const readme = await readFile("README.md", "utf8");

    expect(withoutPadding(await readFile("docs/support.md", "utf8"))).toBe(withoutPadding(supportPage()));
    expect(withoutPadding(readme)).toBe(withoutPadding(withReadmeTable(readme)));
  });

  it("give a reason for each refused field, and none for any other", () => {
    const keys = refusedFields().map((field) => [field, reasonKeyOf(field.split(" ")[1] ?? "")] as const);

    expect(keys.filter(([, key]) => key === undefined)).toEqual([]);
    expect(new Set(keys.map(([, key]) => key))).toEqual(new Set(Object.keys(REASONS)));
  });

  it("name what is refused, and what is not", () => {
    expect(supportPage()).toContain("| `spec.target.manifest` |  | refused: ");
    expect(supportPage()).toContain("yes; refused: `CertificateManager`");
    expect(supportPage()).toContain("| **`spec.data[].remoteRef.key`** | text | yes |");
    expect(readmeTable()).toMatch(/^\| ExternalSecret \| \d+ of \d+ \| .*`target\.manifest`/m);
  });
});

describe("the fields of a schema", () => {
  it("are told with what they take, whether they are needed, and what is refused", () => {
    const part = closed({ a: z.string() });
    const schema = closed({
      name: z.string(),
      list: z.nullish(z.array(z.int())),
      each: z.array(closed({ kind: choice(["x", ""], ["y"]), none: notYet(false) })),
      labels: z.nullish(z.record(z.string(), z.string())),
      uid: managed,
      unused: withoutEffect("nobody asks", z.nullish(z.string())),
      again: part,
    });

    const told = fieldsOf(schema, new Map([[part, "as above"]]));

    expect(told.map(({ path, takes, isRequired, state }) => `${path}|${takes}|${isRequired}|${state}`)).toEqual([
      "name|text|true|supported",
      "list|a list of number|false|supported",
      "each[].kind|`x`|true|supported",
      "each[].none||false|refused",
      "labels|names to text|false|supported",
      "uid||false|managed",
      "unused||false|without effect",
      "again|as above|true|supported",
    ]);
    expect(told[2]?.refusedValues).toEqual(["y"]);
    expect(told[3]?.harmless).toEqual([false]);
    expect(told[6]?.why).toBe("nobody asks");
  });
});
