/** What every SecretProvider must do, run on the real adapter and on its fake. */
import { beforeAll, describe, expect, it } from "@jest/globals";
import { type Reference, referenceKey } from "../../src/core/model.ts";
import type { SecretProvider, SourceAnswer } from "../../src/core/ports.ts";

export interface ProviderFixture {
  readonly provider: SecretProvider;
  /** The same store, as somebody reads it whose clock is an hour behind. */
  readonly behind: SecretProvider;
  /** The current version of a secret by this key. */
  readonly reference: (key: string) => Reference;
  /** Gives the secret a new current version, made where it is missing. @returns the version's id */
  readonly put: (key: string, value: string) => Promise<string>;
  /** Makes an earlier version current again. */
  readonly moveTo: (key: string, versionId: string) => Promise<void>;
  readonly remove: (key: string) => Promise<void>;
  /** Sets these tags of a secret. */
  readonly tag: (key: string, tags: Readonly<Record<string, string>>) => Promise<void>;
  /** The emulator drops filters by tags, as a listing may: what it shows is asked for its tags anyway. @default false */
  readonly showsAllTags?: boolean;
}

export function describeProvider(name: string, create: () => Promise<ProviderFixture>): void {
  describe(`secret provider: ${name}`, () => {
    let fixture: ProviderFixture;
    let made = 0;
    const freshKey = () => `contract/${++made}`;
    /** A hierarchy of its own, spelled as the store's names are; `list` asks below it. */
    const hierarchy = (of: string) => fixture.reference(`find-${of}`).key;
    const list = async (prefix: string, tags?: Readonly<Record<string, string>>) => {
      const { provider: kind, account, region } = fixture.reference("any");
      const names = await fixture.provider.list({ provider: kind, account, region, prefix, ...(tags === undefined ? {} : { tags }) });
      return names.toSorted();
    };
    /** The keys as the store names them. */
    const named = (...keys: readonly string[]) => keys.map((key) => fixture.reference(key).key).toSorted();
    const text = (answer: SourceAnswer) => (answer.kind === "present" ? answer.value.exposeText() : answer.kind);

    beforeAll(async () => {
      fixture = await create();
    });

    it("reads the current version, and an earlier one by its id", async () => {
      const { provider, reference, put } = fixture;
      const key = freshKey();
      const first = await put(key, "one");
      const second = await put(key, "two");

      const current = await provider.read(reference(key));
      expect([text(current), current.versionId]).toEqual(["two", second]);
      expect(text(await provider.readVersion(reference(key), first))).toBe("one");
      expect(text(await provider.read({ ...reference(key), version: `id/${first}` }))).toBe("one");
    });

    it("reads an earlier version by the same id and creation time after a roll-back", async () => {
      const { provider, reference, put, moveTo } = fixture;
      const key = freshKey();
      const first = await put(key, "one");
      const before = await provider.read(reference(key));
      await put(key, "two");
      await moveTo(key, first);

      const after = await provider.read(reference(key));
      expect([text(after), after.versionId, after.createdAt]).toEqual(["one", first, before.createdAt]);
    });

    it("answers absent for a secret that never was, or was removed, also by version id", async () => {
      const { provider, reference, put, remove } = fixture;
      const key = freshKey();
      const version = await put(key, "one");
      await remove(key);

      expect(await provider.read(reference(freshKey()))).toEqual({ kind: "absent", versionId: "absent", createdAt: 0 });
      expect(await provider.read(reference(key))).toMatchObject({ kind: "absent", versionId: "absent" });
      expect(await provider.readVersion(reference(key), version)).toMatchObject({ kind: "absent" });
    });

    it("does not believe a deletion that is ahead of the reader's clock", async () => {
      const { behind, reference, put, remove } = fixture;
      const key = freshKey();
      const version = await put(key, "one");
      await remove(key);

      const absent = { kind: "absent", versionId: "absent", createdAt: 0 };
      expect(await behind.read(reference(key))).toEqual(absent);
      expect(await behind.readVersion(reference(key), version)).toEqual(absent);
    });

    it("throws VersionMissing for an id that a living secret does not have", async () => {
      const { provider, reference, put } = fixture;
      const key = freshKey();
      await put(key, "one");

      const id = "00000000-0000-4000-8000-000000000000";
      await expect(provider.readVersion(reference(key), id)).rejects.toMatchObject({ code: "VersionMissing" });
    });

    it("lists the names of many secrets over all pages, and no removed one", async () => {
      const { put, remove } = fixture;
      const keys = Array.from({ length: 105 }, (_, index) => `find-many/${String(index).padStart(3, "0")}`);
      for (const key of keys) await put(key, "value");
      await put("other/many", "value");
      await remove(keys[0] ?? "");

      const names = (await list(hierarchy("many"))).filter((one) => one.includes("find-many/"));
      expect(names).toEqual(named(...keys.slice(1)));
      expect((await list(hierarchy("many"))).filter((one) => one.includes("other"))).toEqual([]);
    });

    it("lists by tags those that have all of them, with these values", async () => {
      const { put, tag } = fixture;
      const keys = ["find-tags/both", "find-tags/deep/both", "find-tags/one", "find-tags/longer", "find-tags/none"];
      for (const key of keys) await put(key, "value");
      await tag("find-tags/both", { env: "prod", team: "shop" });
      await tag("find-tags/deep/both", { env: "prod", team: "shop", more: "x" });
      await tag("find-tags/one", { env: "prod" });
      await tag("find-tags/longer", { env: "production", team: "shop" });

      const tags = { env: "prod", team: "shop" };
      const all = fixture.showsAllTags === true ? named(...keys) : undefined;
      const both = named("find-tags/both", "find-tags/deep/both");
      expect(await list(hierarchy("tags"), tags)).toEqual(all ?? both);
      expect((await list("", tags)).filter((one) => one.includes("find-tags/"))).toEqual(all ?? both);
      expect(await list(hierarchy("tags"), { env: "nothing" })).toEqual(all ?? []);
    });

    it("tells the versions that many references show, absent ones too, and leaves out what fails", async () => {
      const { provider, reference, put, remove } = fixture;
      const keys = Array.from({ length: 45 }, freshKey);
      const versions = await Promise.all(keys.map((key) => put(key, `of ${key}`)));
      const pinned = { ...reference(keys[0] ?? ""), version: `id/${versions[0]}` };
      const missing = { ...reference(keys[1] ?? ""), version: "id/00000000-0000-4000-8000-000000000000" };
      await remove(keys[2] ?? "");

      const shown = await provider.currentVersions([...keys.map(reference), pinned, missing]);

      const expected = keys.map((key, index) => [referenceKey(reference(key)), index === 2 ? "absent" : versions[index]] as const);
      const found = [...shown].map(([key, { versionId }]) => [key, versionId]);
      expect(new Map(found as [string, string][])).toEqual(new Map([...expected, [referenceKey(pinned), versions[0]]]));
    });
  });
}
