/** What every Cluster must do, run on the real API server and on the fake alike. */
import { beforeEach, describe, expect, it } from "@jest/globals";
import type { Target } from "../../src/core/model.ts";
import type { Cluster, SecretManifest, TargetView, WriteResult } from "../../src/core/ports.ts";
import { SecretValue } from "../../src/core/secret-value.ts";

/** A cluster, and the hands of somebody else who may read and write in it. */
export interface ClusterFixture {
  readonly cluster: Cluster;
  /** An existing, empty namespace of its own. */
  readonly namespace: string;
  labelNamespace(labels: Readonly<Record<string, string>>): Promise<void>;
  /** Writes data keys by Update under a manager of its own, creating the Secret where it is missing. */
  writeByHand(name: string, manager: string, data: Readonly<Record<string, string>>): Promise<void>;
  deleteByHand(name: string): Promise<void>;
  setImmutable(name: string): Promise<void>;
  /** A ValidatingAdmissionPolicy of this name denies a Secret without the cluster's label, in this namespace, once this resolves. */
  denyDecoys(policy: string): Promise<void>;
  /** A controller of the group example.com, or of ESO's, makes itself the owner: `Kind.group/name`. */
  setController(name: string, controller: string): Promise<void>;
  /** The data, decoded; undefined where the Secret is missing. */
  readData(name: string): Promise<Readonly<Record<string, string>> | undefined>;
}

const MANAGER = "secret-relay-app";

/** Declares the suite. `create` gives a fresh namespace each time. */
export function describeCluster(name: string, create: () => Promise<ClusterFixture>): void {
  describe(name, () => {
    let fixture: ClusterFixture;
    let target: Target;
    beforeEach(async () => {
      fixture = await create();
      target = { cluster: "tokyo", namespace: fixture.namespace, name: "db" };
    });

    const manifest = (data: Readonly<Record<string, string>>): SecretManifest => ({
      namespace: fixture.namespace,
      name: "db",
      labels: { "secret-relay.dev/cluster": "tokyo" },
      annotations: { "secret-relay.dev/hash": "h" },
      data: new Map(Object.entries(data).map(([key, value]) => [key, new SecretValue(value)])),
    });
    const createSecret = async (data: Readonly<Record<string, string>>) =>
      written(await fixture.cluster.apply(manifest(data), MANAGER, { kind: "create" }));
    const seen = async (): Promise<TargetView> => {
      const view = await fixture.cluster.look(target);
      if (view === "missing") throw new Error("the Secret is missing");
      return view;
    };

    it("writes a key that is called __proto__ like any other", async () => {
      await createSecret(JSON.parse('{"__proto__":"p","constructor":"c"}') as Readonly<Record<string, string>>);

      const data = await fixture.readData("db");
      expect(new Map(Object.entries(data ?? {}))).toEqual(
        new Map([
          ["__proto__", "p"],
          ["constructor", "c"],
        ]),
      );
    });

    it("tells the labels of a namespace, and that one is missing", async () => {
      await fixture.labelNamespace({ team: "shop" });

      expect(await fixture.cluster.namespaceLabels(fixture.namespace)).toMatchObject({ team: "shop" });
      await expect(fixture.cluster.namespaceLabels("nowhere")).rejects.toMatchObject({ code: "NamespaceMissing" });
    });

    it("lists all namespaces with their labels", async () => {
      await fixture.labelNamespace({ team: "shop" });

      const found = (await fixture.cluster.namespaces()).filter(({ name: one }) => one === fixture.namespace);

      expect(found).toMatchObject([{ labels: { team: "shop" }, isTerminating: false }]);
    });

    it("looks at a missing Secret without creating it", async () => {
      expect(await fixture.cluster.look(target)).toBe("missing");
      expect(await fixture.readData("db")).toBeUndefined();
    });

    it("creates, and then looks at what it created", async () => {
      const known = await createSecret({ user: "u", password: "p" });
      const view = await seen();
      expect(view).toMatchObject({ ...known, deleting: false, labels: { "secret-relay.dev/cluster": "tokyo" } });
      expect(view.annotations).toEqual({ "secret-relay.dev/hash": "h" });
      expect(view.dataKeys.map((entry) => ({ ...entry, keys: entry.keys.toSorted() }))).toEqual([
        { manager: MANAGER, operation: "Apply", keys: ["password", "user"] },
      ]);
      expect(await fixture.readData("db")).toEqual({ user: "u", password: "p" });
    });

    it("sets finalizers, which hold a deleted Secret until the manager that set them applies without", async () => {
      const held = { ...manifest({ user: "u" }), finalizers: ["example.com/a", "example.com/b"] };
      const known = written(await fixture.cluster.apply(held, MANAGER, { kind: "create" }));
      const removed = await fixture.cluster.remove(target, known);
      const view = await seen();
      const update = { kind: "update", uid: view.uid, resourceVersion: view.resourceVersion } as const;

      expect(removed).toBe("gone");
      expect(view).toMatchObject({ uid: known.uid, deleting: true, finalizers: ["example.com/a", "example.com/b"] });
      expect(view.resourceVersion).not.toBe(known.resourceVersion);
      const more = { ...held, finalizers: [...held.finalizers, "example.com/c"] };
      await expect(fixture.cluster.apply(more, MANAGER, update)).rejects.toMatchObject({ code: "TargetInvalid" });
      const less = written(await fixture.cluster.apply({ ...held, finalizers: ["example.com/b"] }, MANAGER, update));
      expect(await seen()).toMatchObject({ ...less, deleting: true, finalizers: ["example.com/b"] });
      await fixture.cluster.apply(manifest({ user: "u" }), MANAGER, { kind: "update", ...less });
      expect(await fixture.cluster.look(target)).toBe("missing");
    });

    it("is not denied a decoy where no policy of that name is in force, and makes none", async () => {
      expect(await fixture.cluster.tryDecoy(fixture.namespace, "secret-relay-nobody")).toBe("admitted");
      expect(await fixture.readData("secret-relay-decoy")).toBeUndefined();
      await expect(fixture.cluster.tryDecoy("nowhere", "secret-relay-nobody")).rejects.toMatchObject({ code: "NamespaceMissing" });
    });

    it("is denied a decoy by the policy in force", async () => {
      await fixture.denyDecoys("secret-relay-tokyo");

      expect(await fixture.cluster.tryDecoy(fixture.namespace, "secret-relay-tokyo")).toBe("denied");
    });

    it("never overwrites by a create", async () => {
      await fixture.writeByHand("db", "human", { user: "mine" });
      expect(await fixture.cluster.apply(manifest({ user: "u" }), MANAGER, { kind: "create" })).toEqual({ kind: "stale" });
      expect(await fixture.readData("db")).toEqual({ user: "mine" });
    });

    it("updates what it knows, and drops the keys that it no longer names", async () => {
      const known = await createSecret({ user: "u", old: "o" });
      const next = written(await fixture.cluster.apply(manifest({ user: "v" }), MANAGER, { kind: "update", ...known }));
      expect(next.uid).toBe(known.uid);
      expect(next.resourceVersion).not.toBe(known.resourceVersion);
      expect(await fixture.readData("db")).toEqual({ user: "v" });
    });

    it("keeps the resourceVersion when nothing changes", async () => {
      const known = await createSecret({ user: "u" });
      expect(written(await fixture.cluster.apply(manifest({ user: "u" }), MANAGER, { kind: "update", ...known }))).toEqual(known);
    });

    it("is stale after a write by hand, also when the content is equal to what it would write", async () => {
      const known = await createSecret({ user: "u" });
      await fixture.writeByHand("db", "human", { user: "edited" });
      const edited = await fixture.cluster.apply(manifest({ user: "edited" }), MANAGER, { kind: "update", ...known });
      expect(edited).toEqual({ kind: "stale" });
      expect(await fixture.readData("db")).toEqual({ user: "edited" });
    });

    it("is stale when the Secret was deleted, and creates nothing", async () => {
      const known = await createSecret({ user: "u" });
      await fixture.deleteByHand("db");
      expect(await fixture.cluster.apply(manifest({ user: "v" }), MANAGER, { kind: "update", ...known })).toEqual({ kind: "stale" });
      expect(await fixture.readData("db")).toBeUndefined();
    });

    it("is stale when the Secret was deleted and made again by hand", async () => {
      const known = await createSecret({ user: "u" });
      await fixture.deleteByHand("db");
      await fixture.writeByHand("db", "human", { user: "again" });
      const fresh = await seen();
      const mixed = { kind: "update", uid: known.uid, resourceVersion: fresh.resourceVersion } as const;
      expect(await fixture.cluster.apply(manifest({ user: "v" }), MANAGER, mixed)).toEqual({ kind: "stale" });
      expect(await fixture.cluster.remove(target, mixed)).toBe("stale");
      expect(await fixture.readData("db")).toEqual({ user: "again" });
    });

    it("leaves the keys of others alone, and takes a shared key by force", async () => {
      await fixture.writeByHand("db", "human", { theirs: "t", user: "h" });
      await fixture.cluster.apply(manifest({ user: "u" }), MANAGER, { kind: "update", ...(await seen()) });
      expect(await fixture.readData("db")).toEqual({ theirs: "t", user: "u" });
    });

    it("takes over the keys of others without changing them, and the next apply drops those it does not name", async () => {
      await fixture.writeByHand("db", "externalsecrets.external-secrets.io/db", { user: "old", extra: "x" });
      await fixture.cluster.apply(manifest({ user: "u" }), MANAGER, { kind: "update", ...(await seen()) });
      await fixture.writeByHand("db", "human", { user: "u", theirs: "t" });
      const before = await fixture.readData("db");
      const known = written(await fixture.cluster.takeOver(target, MANAGER, await seen()));
      expect(await fixture.readData("db")).toEqual(before);
      const view = await seen();
      expect(view).toMatchObject(known);
      expect(view.dataKeys.map(({ manager, operation }) => ({ manager, operation }))).toEqual([{ manager: MANAGER, operation: "Apply" }]);
      written(await fixture.cluster.apply(manifest({ user: "u" }), MANAGER, { kind: "update", ...known }));
      expect(await fixture.readData("db")).toEqual({ user: "u" });
    });

    it("keeps data that was handed to another manager when its own manager applies nothing, and drops only its marks", async () => {
      await createSecret({ user: "u", password: "p" });
      const handed = written(await fixture.cluster.takeOver(target, "secret-relay/released", await seen()));
      const nothing = { namespace: fixture.namespace, name: "db", labels: {}, annotations: {}, data: new Map() };
      const released = written(await fixture.cluster.apply(nothing, MANAGER, { kind: "update", ...handed }));
      expect(await fixture.readData("db")).toEqual({ user: "u", password: "p" });
      expect(await seen()).toMatchObject({ ...released, labels: {}, annotations: {} });
      expect(released.resourceVersion).not.toBe(handed.resourceVersion);
    });

    it("keeps a label that two managers apply until both have dropped it", async () => {
      await fixture.writeByHand("db", "human", { theirs: "t" });
      const nothing = { namespace: fixture.namespace, name: "db", labels: {}, annotations: {}, data: new Map() };
      for (const manager of ["first", "second"]) {
        written(await fixture.cluster.apply({ ...manifest({}), annotations: {} }, manager, { kind: "update", ...(await seen()) }));
      }
      written(await fixture.cluster.apply(nothing, "first", { kind: "update", ...(await seen()) }));
      expect((await seen()).labels).toEqual({ "secret-relay.dev/cluster": "tokyo" });
      written(await fixture.cluster.apply(nothing, "second", { kind: "update", ...(await seen()) }));
      expect((await seen()).labels).toEqual({});
      expect(await fixture.readData("db")).toEqual({ theirs: "t" });
    });

    it("takes over nothing from a view that is out of date", async () => {
      await fixture.writeByHand("db", "human", { user: "h" });
      const view = await seen();
      await fixture.writeByHand("db", "human", { user: "i" });
      expect(await fixture.cluster.takeOver(target, MANAGER, view)).toEqual({ kind: "stale" });
    });

    it("removes what it knows, and calls a missing Secret gone", async () => {
      const known = await createSecret({ user: "u" });
      expect(await fixture.cluster.remove(target, known)).toBe("gone");
      expect(await fixture.readData("db")).toBeUndefined();
      expect(await fixture.cluster.remove(target, known)).toBe("gone");
    });

    it("does not remove what was written in between", async () => {
      const known = await createSecret({ user: "u" });
      await fixture.writeByHand("db", "human", { user: "edited" });
      expect(await fixture.cluster.remove(target, known)).toBe("stale");
      expect(await fixture.readData("db")).toEqual({ user: "edited" });
    });

    it("lists only Secrets with the relay's label", async () => {
      const known = await createSecret({ user: "u" });
      await fixture.writeByHand("other", "human", { user: "h" });
      const listed = [];
      for await (const item of fixture.cluster.list(fixture.namespace)) listed.push(item);
      expect(listed).toHaveLength(1);
      expect(listed[0]).toMatchObject({ name: "db", ...known });
    });

    it("refuses to change an immutable Secret", async () => {
      await createSecret({ user: "u" });
      await fixture.setImmutable("db");
      const attempt = fixture.cluster.apply(manifest({ user: "v" }), MANAGER, { kind: "update", ...(await seen()) });
      await expect(attempt).rejects.toMatchObject({ code: "TargetImmutable" });
    });

    it("makes a Secret immutable, tells who did, and can't make it mutable again", async () => {
      const created = await fixture.cluster.apply({ ...manifest({ user: "u" }), immutable: true }, MANAGER, { kind: "create" });
      expect(await seen()).toMatchObject({ ...written(created), immutableBy: [MANAGER] });
      for (const next of [manifest({ user: "u" }), { ...manifest({ user: "v" }), immutable: true } as const]) {
        const attempt = fixture.cluster.apply(next, MANAGER, { kind: "update", ...written(created) });
        await expect(attempt).rejects.toMatchObject({ code: "TargetImmutable" });
      }
      expect(await fixture.readData("db")).toEqual({ user: "u" });
      const labelled = { ...manifest({ user: "u" }), immutable: true, labels: { team: "shop" } } as const;
      written(await fixture.cluster.apply(labelled, MANAGER, { kind: "update", ...written(created) }));
      expect((await seen()).labels).toEqual({ team: "shop" });
    });

    it("keeps an immutable Secret whole that was handed to another manager", async () => {
      written(await fixture.cluster.apply({ ...manifest({ user: "u" }), immutable: true }, MANAGER, { kind: "create" }));
      const handed = written(await fixture.cluster.takeOver(target, "secret-relay/released", await seen()));
      const nothing = { namespace: fixture.namespace, name: "db", labels: {}, annotations: {}, data: new Map() };
      written(await fixture.cluster.apply(nothing, MANAGER, { kind: "update", ...handed }));
      expect(await fixture.readData("db")).toEqual({ user: "u" });
      expect(await seen()).toMatchObject({ labels: {}, annotations: {}, immutableBy: ["secret-relay/released"] });
    });

    it("tells a controller with the group of its kind", async () => {
      await createSecret({ user: "u" });
      expect((await seen()).controller).toBeUndefined();
      await fixture.setController("db", "Widget.example.com/owner");
      expect((await seen()).controller).toBe("Widget.example.com/owner");
    });

    it.each([
      { data: "own", left: { theirs: "t", user: "u" } },
      { data: "all", left: { user: "u" } },
    ] as const)("adopts $data data of an ExternalSecret, in one write, and lets it go", async ({ data, left }) => {
      await fixture.writeByHand("db", "externalsecrets.external-secrets.io/db", { old: "e", user: "u" });
      await fixture.setController("db", "ExternalSecret.external-secrets.io/db");
      await fixture.writeByHand("db", "human", { theirs: "t" });
      const applied = written(await fixture.cluster.apply(manifest({ user: "u" }), MANAGER, { kind: "update", ...(await seen()) }));
      const adopted = written(await fixture.cluster.takeOver(target, MANAGER, applied, { externalSecret: "db", data }));
      expect(await fixture.readData("db")).toEqual({ old: "e", theirs: "t", user: "u" });
      const view = await seen();
      expect(view).toMatchObject(adopted);
      expect(view.controller).toBeUndefined();
      expect(view.dataKeys.filter(({ manager }) => manager.startsWith("externalsecrets"))).toEqual([]);
      written(await fixture.cluster.apply(manifest({ user: "u" }), MANAGER, { kind: "update", ...adopted }));
      expect(await fixture.readData("db")).toEqual(left);
    });

    it("adopts a Secret of which ESO holds no data any more", async () => {
      await createSecret({ user: "u" });
      await fixture.setController("db", "ExternalSecret.external-secrets.io/db");
      const adoption = { externalSecret: "db", data: "all" } as const;
      const before = await seen();
      const adopted = written(await fixture.cluster.takeOver(target, MANAGER, before, adoption));
      expect(adopted.resourceVersion).not.toBe(before.resourceVersion);
      expect((await seen()).controller).toBeUndefined();
      expect(await fixture.cluster.takeOver(target, MANAGER, before, adoption)).toEqual({ kind: "stale" });
    });

    it("adopts nothing of another ExternalSecret", async () => {
      await createSecret({ user: "u" });
      await fixture.setController("db", "ExternalSecret.external-secrets.io/other");
      written(await fixture.cluster.takeOver(target, MANAGER, await seen(), { externalSecret: "db", data: "own" }));
      expect((await seen()).controller).toBe("ExternalSecret.external-secrets.io/other");
    });

    it("names a missing namespace", async () => {
      const elsewhere = { ...manifest({ user: "u" }), namespace: "nowhere" };
      await expect(fixture.cluster.look({ ...target, namespace: "nowhere" })).rejects.toMatchObject({ code: "NamespaceMissing" });
      await expect(fixture.cluster.apply(elsewhere, MANAGER, { kind: "create" })).rejects.toMatchObject({ code: "NamespaceMissing" });
    });

    it("refuses more than 1 MiB", async () => {
      await expect(createSecret({ big: "x".repeat(1024 * 1024 + 1) })).rejects.toMatchObject({ code: "TargetInvalid" });
    });
  });
}

function written(result: WriteResult) {
  if (result.kind === "stale") throw new Error("the write is stale");
  return result.known;
}
