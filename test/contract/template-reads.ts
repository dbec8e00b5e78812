/** What every ClusterTemplateReads must do, run on the real API server and on the fake alike. */
import { beforeAll, describe, expect, it } from "@jest/globals";
import type { ClusterTemplateReads, TemplateObject } from "../../src/core/ports.ts";

export interface TemplateReadsFixture {
  readonly reads: ClusterTemplateReads;
  /** Existing, and empty. */
  readonly namespace: string;
  put(kind: TemplateObject["kind"], name: string, data: Readonly<Record<string, string>>): Promise<void>;
}

/** Declares the suite. The objects that it names may be read. */
export function describeTemplateReads(name: string, create: () => Promise<TemplateReadsFixture>): void {
  describe(name, () => {
    let fixture: TemplateReadsFixture;
    beforeAll(async () => {
      fixture = await create();
    });

    const read = async (kind: TemplateObject["kind"], object: string, ...keys: string[]) => {
      const found = await fixture.reads.read({ kind, namespace: fixture.namespace, name: object, keys });
      return [...found].map(([key, value]) => [key, value.exposeText()]);
    };

    it.each(["ConfigMap", "Secret"] as const)("reads the keys of a %s that are asked for, as they are now, and no other", async (kind) => {
      await fixture.put(kind, "shop-templates", { a: "{{ .user }}\n", b: "größer", c: "" });
      const first = await read(kind, "shop-templates", "c", "a");
      await fixture.put(kind, "shop-templates", { a: "new", b: "größer", c: "" });

      expect(first).toEqual([
        ["c", ""],
        ["a", "{{ .user }}\n"],
      ]);
      expect(await read(kind, "shop-templates", "a", "b")).toEqual([
        ["a", "new"],
        ["b", "größer"],
      ]);
    });

    it.each(["ConfigMap", "Secret"] as const)("names a %s that is missing, and a key that is", async (kind) => {
      await fixture.put(kind, "shop-templates", { a: "x" });

      await expect(read(kind, "shop-templates", "a", "none")).rejects.toMatchObject({ code: "TemplateSourceMissing" });
      await expect(read(kind, "shop-templates", "constructor")).rejects.toMatchObject({ code: "TemplateSourceMissing" });
      await expect(read(kind, "missing", "a")).rejects.toMatchObject({
        code: "TemplateSourceMissing",
        subject: `${kind} ${fixture.namespace}/missing`,
      });
    });
  });
}
