/** The contract suite of the Registry port: run on the table and on its fake, so that both mean the same. */
import { beforeAll, describe, expect, it } from "@jest/globals";
import type { Reference, Registration, RegistrationSpec } from "../../src/core/model.ts";
import { referenceKey, registrationId } from "../../src/core/model.ts";
import type { Registry } from "../../src/core/ports.ts";

let made = 0;

function reference(change: Partial<Reference> = {}): Reference {
  made += 1;
  return {
    provider: "SecretsManager",
    account: "000000000000",
    region: "eu-west-1",
    key: `db-${made}`,
    version: "stage/AWSCURRENT",
    ...change,
  };
}

function specOf(change: { cluster?: string; name?: string; target?: string; policy?: RegistrationSpec["target"]["creationPolicy"] } = {}) {
  made += 1;
  const name = change.name ?? `app-${made}`;
  return {
    cluster: change.cluster ?? "tokyo",
    namespace: "app",
    name,
    store: { kind: "SecretStore", name: "aws", provider: "SecretsManager", account: "000000000000", region: "eu-west-1" },
    refreshPolicy: "Periodic",
    refreshIntervalMs: 3_600_000,
    labels: {},
    annotations: {},
    target: { name: change.target ?? name, creationPolicy: change.policy ?? "Owner", deletionPolicy: "Retain" },
    data: [{ secretKey: "password", remoteRef: { key: "db" } }],
    dataFrom: [],
  } as const satisfies RegistrationSpec;
}

const clusterOf = (name: string) =>
  ({
    name,
    labels: {},
    kubeconfigSecretName: `clusters/${name}`,
    allowedNamespaces: ["*"],
    concurrency: 16,
    requestsPerSecond: 200,
    drift: "probe",
  }) as const;

async function all<T>(pages: AsyncIterable<readonly T[]>): Promise<readonly T[]> {
  const items: T[] = [];
  for await (const page of pages) items.push(...page);
  return items;
}

const targetOf = (of: Registration) => `${of.spec.cluster}/${of.spec.namespace}/${of.spec.target.name}`;

/** Every test uses keys of its own, so that the suite may run on a registry that is not empty. */
export function describeRegistry(name: string, create: () => Promise<Registry>): void {
  describe(`registry ${name}`, () => {
    let registry: Registry;
    beforeAll(async () => {
      registry = await create();
    }, 60_000);

    async function put(spec: RegistrationSpec, references: readonly Reference[] = [], previous?: Registration): Promise<Registration> {
      const generation = await registry.nextGeneration();
      const result = await registry.putRegistration({ spec, generation, registeredAt: 1_000, references, previous });
      if (typeof result === "string") throw new Error(`putRegistration answered ${result}`);
      return result;
    }
    const load = async (of: Registration) =>
      (await registry.load([{ registration: of.id, target: targetOf(of) }], [])).registrations.get(of.id);

    it("gives a new generation each time", async () => {
      const first = await registry.nextGeneration();

      expect(await registry.nextGeneration()).toBeGreaterThan(first);
    });

    it("loads what was put, with its owner, and leaves out what it does not know", async () => {
      const stored = await put(specOf());

      const { registrations } = await registry.load(
        [
          { registration: stored.id, target: targetOf(stored) },
          { registration: "tokyo/app/unknown", target: "tokyo/app/unknown" },
        ],
        ["unknown"],
      );

      expect([...registrations]).toEqual([[stored.id, { registration: stored, owner: stored.id }]]);
      expect(stored).toMatchObject({ phase: "live", rev: 1, applied: {}, status: { state: "Pending", failures: 0 } });
    });

    it("finds the owner also where the message names an older target", async () => {
      const stored = await put(specOf());

      const { registrations } = await registry.load([{ registration: stored.id, target: "tokyo/app/older" }], []);

      expect(registrations.get(stored.id)?.owner).toBe(stored.id);
    });

    it("loads more registrations than one request may name", async () => {
      const stored = await Promise.all(Array.from({ length: 70 }, () => put(specOf({ cluster: "many" }))));

      const { registrations } = await registry.load(
        stored.map((one) => ({ registration: one.id, target: targetOf(one) })),
        [],
      );

      expect(registrations.size).toBe(70);
    });

    it.each(["Merge", "CreateOrMerge", "None"] as const)("lets two registrations share a target under %s", async (policy) => {
      const target = `shared-${policy.toLowerCase()}`;
      await put(specOf({ target, policy }));
      const second = await put(specOf({ target, policy }));

      expect(await load(second)).toEqual({ registration: second });
      expect(await registry.owner(targetOf(second))).toBeUndefined();
    });

    it("refuses a second owner of a target", async () => {
      const first = await put(specOf());
      const spec = specOf({ target: first.spec.target.name, policy: "Orphan" });

      const result = await registry.putRegistration({ spec, generation: 99, registeredAt: 1, references: [] });

      expect(result).toBe("conflict");
      expect(await registry.owner(targetOf(first))).toBe(first.id);
    });

    it("answers lost where the diff saw another state", async () => {
      const first = await put(specOf());
      await registry.record(first, { dueAt: 5 });

      const again = { spec: first.spec, generation: 99, registeredAt: 1, references: [] };

      expect(await registry.putRegistration(again)).toBe("lost");
      expect(await registry.putRegistration({ ...again, previous: first })).toBe("lost");
      expect(await registry.entomb(first, 99, 1)).toBe("lost");
    });

    it("keeps what is known of the target with a new spec, and forgets it with a new target", async () => {
      const first = await put(specOf());
      const synced = await registry.record(first, { known: { uid: "u", resourceVersion: "7" }, appliedGeneration: first.generation });
      if (synced === "lost") throw new Error("lost");

      const second = await put({ ...synced.spec, labels: { team: "a" } }, [], synced);
      const moved = await put({ ...synced.spec, target: { ...synced.spec.target, name: `moved-${made}` } }, [], second);

      expect(second).toMatchObject({ rev: 3, known: { uid: "u", resourceVersion: "7" }, appliedGeneration: first.generation });
      expect(moved.known).toBeUndefined();
      expect(moved.appliedGeneration).toBeUndefined();
      expect(await registry.owner(targetOf(first))).toBeUndefined();
      expect(await registry.owner(targetOf(moved))).toBe(moved.id);
    });

    it("records a change once for each rev; absent keys stay and null removes", async () => {
      const key = referenceKey(reference());
      const first = await put(specOf());
      const status = { state: "Synced", since: 2, syncedAt: 2, failures: 0 } as const;
      const change = { known: { uid: "u", resourceVersion: "1" }, applied: { [key]: { versionId: "v1", asOf: 9 } }, status, dueAt: 50 };

      const second = await registry.record(first, change);
      const third = second === "lost" ? second : await registry.record(second, { known: null, dueAt: null });

      expect(second).toEqual({ ...first, ...change, rev: 2 });
      expect(await registry.record(first, change)).toBe("lost");
      const { known: _known, dueAt: _dueAt, ...rest } = change;
      const { dueAt: _firstDueAt, ...base } = first;
      expect(third).toEqual({ ...base, ...rest, rev: 3 });
      expect((await load(first))?.registration).toEqual(third);
    });

    it("lets exactly one of many concurrent records win", async () => {
      const first = await put(specOf());

      const results = await Promise.all([1, 2, 3, 4, 5].map((dueAt) => registry.record(first, { dueAt })));

      expect(results.filter((result) => result !== "lost")).toHaveLength(1);
    });

    it("wakes each registration once, for its own version, by name and by the ARN's name", async () => {
      const named = reference();
      const byArn = { ...named, key: `arn:aws:secretsmanager:eu-west-1:000000000000:secret:${named.key}-AbCdEf` };
      const pinned = { ...named, version: "id/1" };
      const other = reference();
      const both = await put(specOf(), [named, byArn]);
      await put(specOf(), [pinned]);
      const one = await put(specOf(), [named, other]);

      const found = await all(registry.interests([named, { ...named, key: `${named.key}-AbCdEf` }]));

      expect(found.map(({ registration }) => registration).toSorted()).toEqual([both.id, one.id].toSorted());
      expect(found.find(({ registration }) => registration === one.id)).toEqual({
        registration: one.id,
        cluster: "tokyo",
        target: targetOf(one),
        reference: referenceKey(named),
      });
    });

    it("stops waking for a reference that the new spec does not read", async () => {
      const [old, kept] = [reference(), reference()];
      const first = await put(specOf(), [old, kept]);
      await put({ ...first.spec, labels: { a: "b" } }, [kept], first);

      expect(await all(registry.interests([old]))).toEqual([]);
      expect(await all(registry.interests([kept]))).toHaveLength(1);
    });

    it("lists a cluster's registrations by namespace and name", async () => {
      const names = Array.from({ length: 40 }, (_, index) => `r${String(index).padStart(3, "0")}`);
      for (const one of names.toReversed()) await put(specOf({ cluster: "listed", name: one }));

      expect((await all(registry.ofCluster("listed"))).map(({ spec }) => spec.name)).toEqual(names);
      expect(await all(registry.ofCluster("list"))).toEqual([]);
    });

    it("entombs, frees the target at once, and drops the tombstone of that generation once", async () => {
      const read = reference();
      const first = await put(specOf(), [read]);
      const generation = await registry.nextGeneration();

      const tomb = await registry.entomb(first, generation, 2_000);

      expect(tomb).toMatchObject({ phase: "tombstone", generation, registeredAt: 2_000, rev: 2 });
      expect(await registry.owner(targetOf(first))).toBeUndefined();
      expect(await registry.dropTombstone(first.id, first.generation)).toBe(false);
      expect(await registry.dropTombstone(first.id, generation)).toBe(true);
      expect(await registry.dropTombstone(first.id, generation)).toBe(false);
      expect(await load(first)).toBeUndefined();
      expect(await all(registry.interests([read]))).toEqual([]);
    });

    it("does not believe a worker of an earlier life after a removal and a return", async () => {
      const first = await put(specOf());
      const generation = await registry.nextGeneration();
      await registry.entomb(first, generation, 2_000);
      await registry.dropTombstone(first.id, generation);
      const back = await put(first.spec);

      expect(back.rev).toBe(first.rev);
      expect(await registry.record(first, { dueAt: 1 })).toBe("lost");
    });

    it("answers what is due, oldest first", async () => {
      const stored = [await put(specOf()), await put(specOf()), await put(specOf())];
      await Promise.all(stored.map((one, index) => registry.record(one, { dueAt: [-30, -50, -40][index] })));

      const due = await registry.due(-30, 10);

      expect(due.map(({ registration }) => registration)).toEqual([stored[1]?.id, stored[2]?.id]);
      expect(await registry.due(-30, 1)).toHaveLength(1);
    });

    it("moves HEAD only to what is newer for sure", async () => {
      const key = referenceKey(reference());
      expect(await registry.head(key)).toBeUndefined();

      const first = await registry.advanceHead(key, { versionId: "v1", since: 100, asOf: 90 });
      const lagging = await registry.advanceHead(key, { versionId: "v0", since: 200, asOf: 100 });
      const same = await registry.advanceHead(key, { versionId: "v1", since: 300, asOf: 250 });
      const newer = await registry.advanceHead(key, { versionId: "v2", since: 200, asOf: 101 }, { at: 101, openedAt: 150 });

      expect(first).toEqual({ kind: "moved", head: { versionId: "v1", since: 100, asOf: 90, rev: 1 } });
      expect(lagging).toEqual({ kind: "other", head: { versionId: "v1", since: 100, asOf: 90, rev: 1 } });
      expect(same).toEqual({ kind: "same", head: { versionId: "v1", since: 100, asOf: 90, rev: 1 } });
      expect(newer).toEqual({ kind: "moved", head: { versionId: "v2", since: 200, asOf: 101, rev: 2 } });
      expect(await registry.openPropagations(key)).toMatchObject([{ versionId: "v2", at: 101, openedAt: 150, done: 0 }]);
    });

    it("lets one of many concurrent first sights move HEAD", async () => {
      const key = referenceKey(reference());
      const offers = ["a", "b", "c", "d"].map((versionId) =>
        registry.advanceHead(key, { versionId, since: 10, asOf: 5 }, { at: 5, openedAt: 6 }),
      );

      const kinds = (await Promise.all(offers)).map(({ kind }) => kind);

      expect(kinds.toSorted()).toEqual(["moved", "other", "other", "other"]);
      expect(await registry.openPropagations(key)).toHaveLength(1);
    });

    it("only ever raises HEAD's ends, and only of its own version", async () => {
      const key = referenceKey(reference());
      await registry.advanceHead(key, { versionId: "v1", since: 100, asOf: 90 });

      await registry.refreshHead(key, "v0", { asOf: 500, since: 500 });
      await registry.refreshHead(key, "v1", { asOf: 95, since: 50 });
      await registry.refreshHead(key, "v1", { asOf: 80, since: 50 });

      expect(await registry.head(key)).toMatchObject({ versionId: "v1", asOf: 95, since: 100 });
    });

    it("follows a propagation from open through counted and closed to announced", async () => {
      const id = { reference: referenceKey(reference()), versionId: "v1", at: 7 };
      const mine = async () => (await registry.unfinishedPropagations(100)).filter((one) => one.reference === id.reference);
      await registry.openPropagation(id, { openedAt: 10, expected: 3 });
      await registry.openPropagation(id, { openedAt: 20, expected: 9 });

      const counted = await registry.countPropagation(id, { done: 2, superseded: 1 });
      const final = { expected: 4, done: 3, superseded: 1, closedAt: 30 };

      expect(counted).toEqual({ ...id, openedAt: 10, expected: 3, done: 2, superseded: 1, phase: "open", announced: false });
      expect(await registry.closePropagation(id, final)).toBe(true);
      expect(await registry.closePropagation(id, final)).toBe(false);
      const closed = { ...id, openedAt: 10, expected: 4, done: 3, superseded: 1, phase: "closed", announced: false };
      expect(await registry.countPropagation(id, { done: 1, superseded: 0 })).toEqual(closed);
      expect(await registry.openPropagations(id.reference)).toEqual([]);
      expect(await mine()).toEqual([closed]);
      await registry.markAnnounced(id);
      expect(await mine()).toEqual([]);
      expect(await registry.countPropagation({ ...id, at: 8 }, { done: 1, superseded: 0 })).toBeUndefined();
    });

    it("keeps clusters with their breakers, and lets one worker claim a trial", async () => {
      const spec = clusterOf("berlin");
      await registry.putCluster(spec);
      await registry.setBreaker("berlin", { failures: 5, openUntil: 100 });
      const seen = { failures: 5, openUntil: 100 };

      const claims = [await registry.claimTrial("berlin", seen, 200), await registry.claimTrial("berlin", seen, 200)];

      expect(claims).toEqual([true, false]);
      const record = { spec, breaker: { failures: 5, openUntil: 200 } };
      expect((await registry.load([], ["berlin"])).clusters.get("berlin")).toEqual(record);
      expect(await registry.clusters()).toContainEqual(record);
      await registry.setBreaker("berlin", undefined);
      expect(await registry.clusters()).toContainEqual({ spec, breaker: { failures: 0, openUntil: 0 } });
      await registry.removeCluster("berlin");
      expect((await registry.load([], ["berlin"])).clusters.size).toBe(0);
    });

    it("makes a registration's id of its cluster, namespace and name", async () => {
      const spec = specOf();

      expect((await put(spec)).id).toBe(registrationId(spec));
    });
  });
}
