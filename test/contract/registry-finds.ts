/** The registry's part in finds: the index of rules, and the REF items of what they found. Run on the table and on its fake. */
import { beforeAll, describe, expect, it } from "@jest/globals";
import { type Reference, type Registration, type RegistrationSpec, referenceKey, UNAPPLIED } from "../../src/core/model.ts";
import type { Registry } from "../../src/core/ports.ts";
import { referencesOf } from "../../src/core/sync/references.ts";

let made = 0;

export function describeFinds(name: string, create: () => Promise<Registry>): void {
  describe(`registry ${name}: finds`, () => {
    let registry: Registry;
    beforeAll(async () => {
      registry = await create();
    });

    /** A source of its own for each test, so that the suite may run on a registry that is not empty. */
    function specOf(change: Partial<RegistrationSpec> = {}): RegistrationSpec {
      made += 1;
      const account = String(500_000_000_000 + made);
      return {
        cluster: "tokyo",
        namespace: "app",
        name: `find-${made}`,
        store: { kind: "SecretStore", name: "aws", provider: "SecretsManager", account, region: "eu-west-1" },
        refreshPolicy: "Periodic",
        refreshIntervalMs: 3_600_000,
        labels: {},
        annotations: {},
        target: { name: `find-${made}`, creationPolicy: "Owner", deletionPolicy: "Retain" },
        data: [],
        dataFrom: [{ find: { path: "shop/", nameRegexp: "db" } }, { find: { tags: { env: "prod" } } }],
        ...change,
      };
    }
    async function put(spec: RegistrationSpec, previous?: Registration, remembered?: readonly string[]): Promise<Registration> {
      const generation = await registry.nextGeneration();
      const facts = { spec, generation, registeredAt: 1_000, references: referencesOf(spec), previous };
      const stored = await registry.putRegistration({ ...facts, ...(remembered === undefined ? {} : { remembered }) });
      if (typeof stored === "string") throw new Error(stored);
      return stored;
    }
    async function record(loaded: Registration, ...names: readonly string[]): Promise<Registration> {
      const applied = Object.fromEntries(names.map((one) => [referenceKey(member(loaded.spec, one)), { versionId: "v1", asOf: 1 }]));
      const recorded = await registry.record(loaded, { applied });
      if (recorded === "lost") throw new Error("lost");
      return recorded;
    }
    const member = ({ store: { provider, account, region } }: RegistrationSpec, key: string): Reference => {
      return { provider, account, region, key, version: "stage/AWSCURRENT" };
    };
    const all = async <T>(pages: AsyncIterable<readonly T[]>): Promise<readonly T[]> => {
      const items: T[] = [];
      for await (const page of pages) items.push(...page);
      return items;
    };
    const readers = async (spec: RegistrationSpec, key: string) =>
      (await all(registry.interests([member(spec, key)]))).map(({ registration }) => registration);
    const rules = async ({ store }: RegistrationSpec) => (await all(registry.findRules(store))).map(({ rule }) => rule);

    it("shows the rules of a source with who has them, and no other source's", async () => {
      const spec = specOf();
      const { id } = await put(spec);
      await put(specOf());

      const { provider, account, region } = spec.store;
      const source = { provider, account, region };
      const who = { registration: id, cluster: "tokyo", target: `tokyo/app/${spec.target.name}` };
      expect((await all(registry.findRules(source))).toSorted((a, b) => Number(a.rule.isByTags) - Number(b.rule.isByTags))).toEqual([
        { ...who, rule: { ...source, path: "shop/", nameRegexp: "db", isByTags: false } },
        { ...who, rule: { ...source, isByTags: true } },
      ]);
    });

    it("drops a rule's line with the rule, and all of them with the registration", async () => {
      const spec = specOf();
      const first = await put(spec);
      const second = await put({ ...spec, dataFrom: spec.dataFrom.slice(0, 1) }, first);
      expect(await rules(spec)).toHaveLength(1);

      const tombstone = await registry.entomb(second, await registry.nextGeneration(), 2_000);
      if (tombstone === "lost") throw new Error("lost");
      expect(await registry.dropTombstone(tombstone.id, tombstone.generation)).toBe(true);
      expect(await rules(spec)).toEqual([]);
    });

    it("finds who found a secret, until a record names it no more", async () => {
      const spec = specOf();
      const first = await record(await put(spec), "shop/db", "shop/db2");
      const { id } = first;
      expect(await readers(spec, "shop/db")).toEqual([id]);
      expect(await readers(spec, "shop/db2")).toEqual([id]);

      await record(first, "shop/db2");
      expect(await readers(spec, "shop/db")).toEqual([]);
      expect(await readers(spec, "shop/db2")).toEqual([id]);
      const { registrations } = await registry.load([{ registration: id, target: "x" }], []);
      expect(Object.keys(registrations.get(id)?.registration.applied ?? {})).toEqual([referenceKey(member(spec, "shop/db2"))]);
    });

    it("keeps the line of a secret that the spec names too", async () => {
      const spec = specOf({ data: [{ secretKey: "a", remoteRef: { key: "shop/db" } }] });
      const first = await record(await put(spec), "shop/db", "shop/db2");

      await record(first, "shop/db2");

      expect(await readers(spec, "shop/db")).toEqual([first.id]);
    });

    it("does not remember by a record that is lost", async () => {
      const spec = specOf();
      const first = await put(spec);
      await record(first, "shop/db");

      expect(await registry.record(first, { applied: {} })).toBe("lost");
      expect(await readers(spec, "shop/db")).toEqual([first.id]);
    });

    it("remembers over a change of the spec what its rules may still find, and forgets the rest with the next record", async () => {
      const spec = specOf();
      const first = await record(await put(spec), "shop/db", "shop/x");
      const changed = { ...spec, labels: { a: "b" }, dataFrom: [{ find: { nameRegexp: "db" } }] };

      const second = await put(changed, first);
      expect(await readers(spec, "shop/db")).toEqual([first.id]);

      await record(second, "shop/db");
      expect([await readers(spec, "shop/db"), await readers(spec, "shop/x")]).toEqual([[first.id], []]);
    });

    it("forgets what was found with the last rule", async () => {
      const spec = specOf();
      const first = await record(await put(spec), "shop/db");

      await put({ ...spec, dataFrom: [], data: [{ secretKey: "a", remoteRef: { key: "k" } }] }, first);

      expect(await readers(spec, "shop/db")).toEqual([]);
      expect(await rules(spec)).toEqual([]);
    });

    it("remembers what another found whose target it takes, as not applied yet, as far as its rules may find it", async () => {
      const spec = specOf({ dataFrom: [{ find: { nameRegexp: "^shop/" } }] });
      const known = ["shop/db", "pay/db"].map((one) => referenceKey(member(spec, one)));

      const stored = await put(spec, undefined, known);

      expect(stored.applied).toEqual({ [known[0] ?? ""]: UNAPPLIED });
      expect([await readers(spec, "shop/db"), await readers(spec, "pay/db")]).toEqual([[stored.id], []]);
      await record(stored);
      expect(await readers(spec, "shop/db")).toEqual([]);
    });
  });
}
