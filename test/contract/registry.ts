/** The contract suite of the Registry port: run on the table and on its fake, so that both mean the same. */
import { beforeAll, describe, expect, it } from "@jest/globals";
import type { Reference, Registration, RegistrationSpec } from "../../src/core/model.ts";
import { ANY_LABEL, ANY_VERSION, leftBehindId, referenceKey, registrationId } from "../../src/core/model.ts";
import type { Registry } from "../../src/core/ports.ts";
import { reference } from "./registry-heads.ts";
import { REGISTRY_PARTS } from "./registry-parts.ts";

let made = 0;

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
    });

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

    it("leaves a target that its registration moved away from to a tombstone of its own", async () => {
      const first = await put(specOf());
      const generation = await registry.nextGeneration();
      const spec = { ...first.spec, target: { ...first.spec.target, name: `${first.spec.target.name}-moved` } };

      await registry.putRegistration({ spec, generation, registeredAt: 5_000, references: [], previous: first });

      const id = leftBehindId(first.id, generation);
      const wanted = [{ registration: id, target: targetOf(first) }];
      const left = (await registry.load(wanted, [])).registrations.get(id);
      expect(left?.owner).toBeUndefined();
      expect(left?.registration).toMatchObject({ id, generation, phase: "tombstone", registeredAt: 5_000, spec: first.spec });
      expect((await registry.due(1_000_000, 1_000)).filter(({ registration }) => registration === id)).toEqual([
        { registration: id, cluster: "tokyo", target: targetOf(first) },
      ]);
      expect(await registry.dropTombstone(id, generation)).toBe(true);
      expect((await registry.load(wanted, [])).registrations.size).toBe(0);
    });

    it("leaves a tombstone's target to prune when the registration returns with another", async () => {
      const first = await put(specOf());
      const tomb = await registry.entomb(first, await registry.nextGeneration(), 2_000);
      if (tomb === "lost") throw new Error("lost");
      const back = await put({ ...first.spec, target: { ...first.spec.target, name: `${first.spec.target.name}-back` } }, [], tomb);

      const id = leftBehindId(first.id, back.generation);
      const found = (await registry.load([{ registration: id, target: targetOf(first) }], [])).registrations.get(id);

      expect(found?.registration).toMatchObject({ phase: "tombstone", spec: first.spec });
      expect(back.phase).toBe("live");
    });

    it("leaves nothing to prune where the target stays", async () => {
      const first = await put(specOf());
      const second = await put({ ...first.spec, labels: { team: "a" } }, [], first);

      const id = leftBehindId(first.id, second.generation);
      const found = await registry.load([{ registration: id, target: targetOf(first) }], []);

      expect(found.registrations.size).toBe(0);
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

      const found = await all(registry.interests([named, byArn]));

      expect(found.map(({ registration }) => registration).toSorted()).toEqual([both.id, one.id].toSorted());
      expect(found.find(({ registration }) => registration === one.id)).toEqual({
        registration: one.id,
        cluster: "tokyo",
        target: targetOf(one),
        reference: referenceKey(named),
      });
    });

    it("wakes the readers of every version of a secret, each once", async () => {
      const named = reference();
      const both = await put(specOf(), [named, { ...named, version: "stage/AWSPREVIOUS" }]);
      const pinned = await put(specOf(), [{ ...named, version: "id/1" }]);
      await put(specOf(), [reference()]);

      const found = await all(registry.interests([{ ...named, version: ANY_VERSION }]));

      expect(found.map(({ registration }) => registration).toSorted()).toEqual([both.id, pinned.id].toSorted());
    });

    it("wakes whoever reads a secret, by whatever credentials, and each of its identities", async () => {
      const named = reference();
      const one = { ...named, identity: "one" };
      const other = { ...named, identity: "other" };
      const both = await put(specOf(), [one, other]);
      const own = await put(specOf(), [named]);

      const found = await all(registry.interests([named]));

      const lines = found.map((line) => `${line.registration} ${line.reference}`).toSorted();
      expect(lines).toEqual(
        [`${both.id} ${referenceKey(one)}`, `${both.id} ${referenceKey(other)}`, `${own.id} ${referenceKey(named)}`].toSorted(),
      );
      expect((await all(registry.interests([one]))).map(({ registration }) => registration)).toEqual([both.id]);
    });

    it("forgets one identity of a reader and keeps the other", async () => {
      const named = reference();
      const [one, other] = [
        { ...named, identity: "one" },
        { ...named, identity: "other" },
      ];
      const first = await put(specOf(), [one, other]);
      await put({ ...first.spec, labels: { a: "b" } }, [other], first);

      expect((await all(registry.interests([named]))).map((line) => line.reference)).toEqual([referenceKey(other)]);
    });

    it("wakes the readers of any label of a parameter, and of no number", async () => {
      const latest: Reference = { ...reference(), provider: "ParameterStore", version: "latest" };
      const labelled = await put(specOf(), [{ ...latest, version: "label/live" }]);
      await put(specOf(), [latest]);
      await put(specOf(), [{ ...latest, version: "id/1" }]);

      const found = await all(registry.interests([{ ...latest, version: ANY_LABEL }]));

      expect(found.map(({ registration }) => registration)).toEqual([labelled.id]);
    });

    it("wakes a reader of two versions once for each that is asked for", async () => {
      const named = reference();
      const previous = { ...named, version: "stage/AWSPREVIOUS" };
      const both = await put(specOf(), [named, previous, { ...named, version: "id/1" }]);

      const found = await all(registry.interests([named, previous]));

      expect(found.map((one) => `${one.registration} ${one.reference}`).toSorted()).toEqual(
        [named, previous].map((one) => `${both.id} ${referenceKey(one)}`).toSorted(),
      );
    });

    it("wakes for the very key where a version is asked for, though its name ends like an ARN", async () => {
      const short = reference();
      const long = { ...short, key: `${short.key}-abcdef` };
      const arnOf = (of: Reference, end: string) => ({
        ...of,
        key: `arn:aws:secretsmanager:eu-west-1:000000000000:secret:${of.key}${end}`,
      });
      const readers = new Map<string, string>();
      for (const read of [short, arnOf(short, "-AbCdEf"), long, arnOf(long, ""), arnOf(long, "-GhIjKl")]) {
        readers.set((await put(specOf(), [read])).id, read.key);
      }
      const keysOf = async (...asked: readonly Reference[]) =>
        (await all(registry.interests(asked))).map(({ registration }) => readers.get(registration) ?? "").toSorted();

      expect(await keysOf(short, arnOf(short, "-AbCdEf"), arnOf(short, ""))).toEqual([short.key, arnOf(short, "-AbCdEf").key].toSorted());
      expect(await keysOf(long, arnOf(long, ""), arnOf(long, "-GhIjKl"))).toEqual(
        [long.key, arnOf(long, "").key, arnOf(long, "-GhIjKl").key].toSorted(),
      );
      expect(await keysOf({ ...short, version: ANY_VERSION })).toEqual(expect.arrayContaining([short.key, arnOf(short, "-AbCdEf").key]));
    });

    it("goes on waking for the one of two spellings of a secret that the new spec keeps", async () => {
      const named = reference();
      const byArn = { ...named, key: `arn:aws:secretsmanager:eu-west-1:000000000000:secret:${named.key}` };
      const first = await put(specOf(), [named, byArn]);
      await put({ ...first.spec, labels: { a: "b" } }, [named], first);

      expect(await all(registry.interests([byArn]))).toEqual([]);
      expect((await all(registry.interests([named, byArn]))).map(({ reference: of }) => of)).toEqual([referenceKey(named)]);
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

    for (const describePart of REGISTRY_PARTS) describePart(() => registry);

    it("makes a registration's id of its cluster, namespace and name", async () => {
      const spec = specOf();

      expect((await put(spec)).id).toBe(registrationId(spec));
    });
  });
}
