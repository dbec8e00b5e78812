/** A bill of materials tells each package's name, version, hash, licence and place; equal inputs give equal text. */
import { describe, expect, it } from "@jest/globals";
import { billOfMaterials } from "../../../scripts/supply-chain/cyclonedx.ts";

interface Bill {
  readonly serialNumber: string;
  readonly metadata: { readonly component: unknown };
  readonly components: unknown;
  readonly dependencies: unknown;
}

const LOCK = {
  "": { version: "0.1.0", license: "Apache-2.0", dependencies: { a: "1" } },
  "node_modules/a": {
    version: "1.0.0",
    license: "(MIT OR GPL-2.0)",
    integrity: `sha512-${"A".repeat(86)}==`,
    dependencies: { "@x/b": "2", c: "1" },
  },
  "node_modules/@x/b": { version: "2.0.0", license: "MIT", inBundle: true },
  "node_modules/c": { version: "3.0.0" },
};

const bill = (held: readonly string[], lock: typeof LOCK = LOCK) =>
  billOfMaterials(lock, { name: "sync", description: "a test's" }, new Set(held));

describe("billOfMaterials", () => {
  it("tells name, version, hash, licence and place of each package, and who asks for whom", () => {
    const { metadata, components, dependencies } = JSON.parse(bill(["node_modules/a", "node_modules/@x/b"])) as Bill;

    expect(metadata.component).toEqual({
      type: "application",
      "bom-ref": "secret-relay/sync",
      name: "sync",
      version: "0.1.0",
      description: "a test's",
      licenses: [{ license: { id: "Apache-2.0" } }],
    });
    expect(components).toEqual([
      {
        type: "library",
        "bom-ref": "node_modules/@x/b",
        group: "@x",
        name: "b",
        version: "2.0.0",
        licenses: [{ license: { id: "MIT" } }],
        purl: "pkg:npm/%40x/b@2.0.0",
      },
      {
        type: "library",
        "bom-ref": "node_modules/a",
        name: "a",
        version: "1.0.0",
        hashes: [{ alg: "SHA-512", content: "0".repeat(128) }],
        licenses: [{ expression: "(MIT OR GPL-2.0)" }],
        purl: "pkg:npm/a@1.0.0",
      },
    ]);
    expect(dependencies).toEqual([
      { ref: "secret-relay/sync", dependsOn: ["node_modules/a"] },
      { ref: "node_modules/@x/b", dependsOn: [] },
      { ref: "node_modules/a", dependsOn: ["node_modules/@x/b"] },
    ]);
  });

  it("is the same text for the same packages in any order, and another one, with another number, for others", () => {
    const one = bill(["node_modules/a", "node_modules/c"]);
    const numberOf = (text: string) => (JSON.parse(text) as Bill).serialNumber;

    expect(bill(["node_modules/c", "node_modules/a"])).toBe(one);
    expect(numberOf(one)).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(numberOf(bill(["node_modules/a"]))).not.toBe(numberOf(one));
  });
});
