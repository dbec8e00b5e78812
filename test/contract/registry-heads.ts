/** The parts of the Registry port's contract that concern HEAD, propagations and clusters. */
import { describe, expect, it } from "@jest/globals";
import { type Reference, referenceKey } from "../../src/core/model.ts";
import type { Opening, Registry } from "../../src/core/ports.ts";

let made = 0;

/** A reference that no other test uses. */
export function reference(change: Partial<Reference> = {}): Reference {
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

/** HEAD and PROPAGATION. */
export function describeHeads(registry: () => Registry): void {
  describe("heads and propagations", () => {
    it("moves HEAD only to what is newer for sure", async () => {
      const key = referenceKey(reference());
      expect(await registry().head(key)).toBeUndefined();

      const first = await registry().advanceHead(key, { versionId: "v1", since: 100, asOf: 90 });
      const lagging = await registry().advanceHead(key, { versionId: "v0", since: 200, asOf: 100 });
      const same = await registry().advanceHead(key, { versionId: "v1", since: 300, asOf: 250 });
      expect(await registry().head(key)).toEqual({ versionId: "v1", since: 100, asOf: 90, rev: 1 });
      const newer = await registry().advanceHead(key, { versionId: "v2", since: 200, asOf: 101 }, { at: 101, openedAt: 150 });

      expect(first).toEqual({ kind: "moved" });
      expect(lagging).toEqual({ kind: "other", head: { versionId: "v1", since: 100, asOf: 90, rev: 1 } });
      expect(same).toEqual({ kind: "same", head: { versionId: "v1", since: 100, asOf: 90, rev: 1 } });
      expect(newer).toEqual({ kind: "moved" });
      expect(await registry().head(key)).toEqual({ versionId: "v2", since: 200, asOf: 101, rev: 2 });
      expect(await registry().openPropagations(key)).toMatchObject([{ versionId: "v2", at: 101, openedAt: 150, done: 0 }]);
    });

    it("moves HEAD by the same rule whether it opens nothing, what it found itself, or what an event announced", async () => {
      const answers = async (given?: Opening) => {
        const key = referenceKey(reference());
        const found: string[] = [];
        for (const offered of [
          { versionId: "v1", since: 100, asOf: 90 },
          { versionId: "v2", since: 150, asOf: 100 },
          { versionId: "v1", since: 300, asOf: 299 },
          { versionId: "v2", since: 200, asOf: 101 },
          { versionId: "v1", since: 150, asOf: 140 },
        ]) {
          const { kind } = await registry().advanceHead(key, offered, given);
          const head = await registry().head(key);
          found.push(`${kind} ${head?.versionId} ${head?.rev}`);
        }
        return found;
      };

      const plain = await answers();

      expect(plain).toEqual(["moved v1 1", "other v1 1", "same v1 1", "moved v2 2", "other v2 2"]);
      expect(await answers({ at: 1, openedAt: 2 })).toEqual(plain);
      expect(await answers({ at: 1, openedAt: 2, expected: 3 })).toEqual(plain);
    });

    it("opens the announced propagation with the move of HEAD, and none where HEAD stays", async () => {
      const key = referenceKey(reference());
      await registry().advanceHead(key, { versionId: "v1", since: 100, asOf: 90 }, { at: 90, openedAt: 95, expected: 3 });
      await registry().advanceHead(key, { versionId: "v2", since: 150, asOf: 100 }, { at: 100, openedAt: 150, expected: 4 });
      await registry().advanceHead(key, { versionId: "v1", since: 300, asOf: 299 }, { at: 299, openedAt: 300, expected: 5 });

      expect(await registry().openPropagations(key)).toMatchObject([{ versionId: "v1", at: 90, openedAt: 95, expected: 3 }]);
    });

    it("moves HEAD, and leaves the announced propagation as it is, where somebody opened it before", async () => {
      const key = referenceKey(reference());
      const id = { reference: key, versionId: "v1", at: 90 };
      await registry().openPropagation(id, { openedAt: 91, expected: 3 });
      await registry().countPropagation(id, { done: 2, superseded: 0 });
      const again = { at: 90, otherwiseAt: 100, openedAt: 110, expected: 7 };

      expect(await registry().advanceHead(key, { versionId: "v1", since: 100, asOf: 90 }, again)).toEqual({ kind: "moved" });
      expect(await registry().openPropagations(key)).toMatchObject([{ at: 90, openedAt: 91, expected: 3, done: 2 }]);
    });

    it.each([
      ["the event opened its own", undefined],
      ["the sync opens it", 3],
    ])(
      "opens one of another moment where the announced one was closed, of an earlier time of the same version: %s",
      async (_, expected) => {
        const key = referenceKey(reference());
        const first = { reference: key, versionId: "v2", at: 100 };
        await registry().advanceHead(key, { versionId: "v2", since: 150, asOf: 100 }, { at: 100, openedAt: 150 });
        await registry().closePropagation(first, { expected: 1, done: 1, superseded: 0, closedAt: 160 });
        await registry().advanceHead(key, { versionId: "v1", since: 250, asOf: 200 }, { at: 200, openedAt: 250 });
        const late = { at: 100, otherwiseAt: 300, openedAt: 310, ...(expected === undefined ? {} : { expected }) };

        expect(await registry().advanceHead(key, { versionId: "v2", since: 310, asOf: 300 }, late)).toEqual({ kind: "moved" });
        expect(await registry().openPropagations(key)).toMatchObject([
          { versionId: "v1", at: 200 },
          { versionId: "v2", at: 300, openedAt: 310, phase: "open" },
        ]);
      },
    );

    it("moves HEAD although the only propagation that there is to open is closed", async () => {
      const key = referenceKey(reference());
      await registry().advanceHead(key, { versionId: "v2", since: 150, asOf: 100 }, { at: 100, openedAt: 150 });
      await registry().closePropagation(
        { reference: key, versionId: "v2", at: 100 },
        { expected: 1, done: 1, superseded: 0, closedAt: 160 },
      );
      await registry().advanceHead(key, { versionId: "v1", since: 250, asOf: 200 });

      expect(await registry().advanceHead(key, { versionId: "v2", since: 310, asOf: 300 }, { at: 100, openedAt: 310 })).toEqual({
        kind: "moved",
      });
      expect(await registry().head(key)).toMatchObject({ versionId: "v2", asOf: 300 });
      expect(await registry().openPropagations(key)).toEqual([]);
    });

    it("lets one of many concurrent sights without an event's propagation move HEAD", async () => {
      const key = referenceKey(reference());
      const offers = ["a", "b", "c", "d"].map((versionId) => registry().advanceHead(key, { versionId, since: 10, asOf: 5 }));

      const kinds = (await Promise.all(offers)).map(({ kind }) => kind);

      expect(kinds.toSorted()).toEqual(["moved", "other", "other", "other"]);
      expect(await registry().openPropagations(key)).toEqual([]);
    });

    it("lets one of many concurrent first sights move HEAD", async () => {
      const key = referenceKey(reference());
      const offers = ["a", "b", "c", "d"].map((versionId) =>
        registry().advanceHead(key, { versionId, since: 10, asOf: 5 }, { at: 5, openedAt: 6 }),
      );

      const kinds = (await Promise.all(offers)).map(({ kind }) => kind);

      expect(kinds.toSorted()).toEqual(["moved", "other", "other", "other"]);
      expect(await registry().openPropagations(key)).toHaveLength(1);
    });

    it("only ever raises HEAD's ends, and only of its own version", async () => {
      const key = referenceKey(reference());
      await registry().advanceHead(key, { versionId: "v1", since: 100, asOf: 90 });

      await registry().refreshHead(key, "v0", { asOf: 500, since: 500 });
      await registry().refreshHead(key, "v1", { asOf: 95, since: 50 });
      await registry().refreshHead(key, "v1", { asOf: 80, since: 50 });

      expect(await registry().head(key)).toMatchObject({ versionId: "v1", asOf: 95, since: 100 });
    });

    it("follows a propagation from open through counted and closed to announced", async () => {
      const id = { reference: referenceKey(reference()), versionId: "v1", at: 7 };
      const mine = async () => (await registry().unfinishedPropagations(100)).filter((one) => one.reference === id.reference);
      await registry().openPropagation(id, { openedAt: 10, expected: 3 });
      await registry().openPropagation(id, { openedAt: 20, expected: 9 });

      const counted = await registry().countPropagation(id, { done: 2, superseded: 1 });
      const final = { expected: 4, done: 3, superseded: 1, closedAt: 30 };

      expect(counted).toEqual({ ...id, openedAt: 10, expected: 3, done: 2, superseded: 1, phase: "open", announced: false });
      expect(await registry().closePropagation(id, final)).toBe(true);
      expect(await registry().closePropagation(id, final)).toBe(false);
      const closed = { ...id, openedAt: 10, expected: 4, done: 3, superseded: 1, phase: "closed", announced: false };
      expect(await registry().countPropagation(id, { done: 1, superseded: 0 })).toEqual(closed);
      expect(await registry().openPropagations(id.reference)).toEqual([]);
      expect(await mine()).toEqual([closed]);
      await registry().markAnnounced(id, 40);
      expect(await mine()).toEqual([]);
      expect(await registry().countPropagation({ ...id, at: 8 }, { done: 1, superseded: 0 })).toBeUndefined();
    });
  });
}

/** Clusters and their breakers. */
export function describeClusters(registry: () => Registry): void {
  describe("clusters", () => {
    it("keeps clusters with their breakers, and lets one worker claim a trial", async () => {
      const spec = clusterOf("berlin");
      await registry().putCluster(spec);
      await registry().setBreaker("berlin", { failures: 5, openUntil: 100 });
      const seen = { failures: 5, openUntil: 100 };

      const claims = [await registry().claimTrial("berlin", seen, 200), await registry().claimTrial("berlin", seen, 200)];

      expect(claims).toEqual([true, false]);
      const record = { spec, breaker: { failures: 5, openUntil: 200 } };
      expect((await registry().load([], ["berlin"])).clusters.get("berlin")).toEqual(record);
      expect(await registry().clusters()).toContainEqual(record);
      await registry().setBreaker("berlin", undefined);
      expect(await registry().clusters()).toContainEqual({ spec, breaker: { failures: 0, openUntil: 0 } });
    });

    it("tells the clusters whose credentials a secret holds, and no others, that it got another version", async () => {
      const notice = { versionId: "v2", at: 2_000 };
      const arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:notices/shared-AbCdEf";
      for (const name of ["notice-b", "notice-a"])
        await registry().putCluster({ ...clusterOf(name), kubeconfigSecretName: "notices/shared" });
      await registry().putCluster({ ...clusterOf("notice-arn"), kubeconfigSecretName: arn });
      await registry().putCluster({ ...clusterOf("notice-other"), kubeconfigSecretName: "notices/shared-too" });
      const { kubeconfigSecretName: _none, ...settings } = clusterOf("notice-eks");
      await registry().putCluster({ ...settings, eks: { name: "prod", region: "eu-west-1" } });

      expect(await registry().noticeCredentials("notices/shared", notice)).toEqual(["notice-a", "notice-arn", "notice-b"]);
      expect(await registry().noticeCredentials("notices/nobody", notice)).toEqual([]);

      const { clusters } = await registry().load([], ["notice-a", "notice-arn", "notice-b", "notice-other", "notice-eks"]);
      expect(Object.fromEntries([...clusters.values()].map(({ spec, credentials }) => [spec.name, credentials?.versionId]))).toEqual({
        "notice-a": "v2",
        "notice-arn": "v2",
        "notice-b": "v2",
        "notice-eks": undefined,
        "notice-other": undefined,
      });
    });

    it("keeps the latest notice of a cluster's credentials, whatever comes late or twice, and through a new spec", async () => {
      const spec = { ...clusterOf("notice-late"), kubeconfigSecretName: "notices/late" };
      await registry().putCluster(spec);
      const now = async () => (await registry().load([], ["notice-late"])).clusters.get("notice-late")?.credentials;
      const seen = [await now()];

      for (const notice of [
        { versionId: "v2", at: 2_000 },
        { versionId: "v2", at: 2_000 },
        { versionId: "v1", at: 1_000 },
        { versionId: "v3", at: 2_000 },
      ]) {
        await registry().noticeCredentials("notices/late", notice);
        seen.push(await now());
      }
      await registry().putCluster({ ...spec, labels: { env: "prod" } });
      seen.push(await now());

      const versions = seen.map((notice) => notice?.versionId);
      expect(versions).toEqual([undefined, "v2", "v2", "v2", "v3", "v3"]);
    });

    it("finds a cluster no more by the secret that it left, nor one that is gone", async () => {
      const notice = { versionId: "v2", at: 2_000 };
      await registry().putCluster({ ...clusterOf("notice-moved"), kubeconfigSecretName: "notices/left" });
      await registry().putCluster({ ...clusterOf("notice-moved"), kubeconfigSecretName: "notices/taken" });

      expect(await registry().noticeCredentials("notices/left", notice)).toEqual([]);
      expect(await registry().noticeCredentials("notices/taken", notice)).toEqual(["notice-moved"]);
      await registry().retireCluster("notice-moved");
      await registry().removeCluster("notice-moved");
      expect(await registry().noticeCredentials("notices/taken", notice)).toEqual([]);
      expect((await registry().load([], ["notice-moved"])).clusters.size).toBe(0);
    });

    it("drops a cluster only while it is retired, with its breaker", async () => {
      const spec = clusterOf("lisbon");
      await registry().putCluster(spec);
      await registry().setBreaker("lisbon", { failures: 5, openUntil: 100 });
      const now = async () => (await registry().load([], ["lisbon"])).clusters.get("lisbon");

      await registry().removeCluster("lisbon");
      expect(await now()).toEqual({ spec, breaker: { failures: 5, openUntil: 100 } });
      await registry().retireCluster("lisbon");
      expect(await now()).toEqual({ spec, breaker: { failures: 5, openUntil: 100 }, isRetired: true });
      await registry().putCluster(spec);
      await registry().removeCluster("lisbon");
      expect(await now()).toEqual({ spec, breaker: { failures: 5, openUntil: 100 } });
      await registry().retireCluster("lisbon");
      await registry().removeCluster("lisbon");
      expect(await now()).toBeUndefined();
      await registry().retireCluster("lisbon");
      await registry().putCluster(spec);
      expect(await now()).toEqual({ spec, breaker: { failures: 0, openUntil: 0 } });
    });
  });
}
