/** ClusterExternalSecrets by the whole of register, reconcile, sync and prune: which namespaces have their Secret, and what is never taken away. */
import { describe, expect, it } from "@jest/globals";
import type { ClusterExternalSecretSpec } from "../../../src/core/cluster-external-secret.ts";
import { RelayError } from "../../../src/core/errors.ts";
import { HOUR, LIFETIME, namespacesWorld as world } from "../../support/namespaces-world.ts";
import { aClusterExternalSecret, aSpec, loaded } from "../../support/registrations.ts";

const byName = (...namespaces: readonly string[]) => aClusterExternalSecret({ selectors: [], namespaces });

describe("a ClusterExternalSecret", () => {
  it("has its Secret in each namespace that a selector matches as soon as it is registered", async () => {
    const { deploy, has, status, tokyo } = await world();

    await deploy([aClusterExternalSecret()]);

    expect(has()).toEqual(["a", "b"]);
    expect(tokyo.readData("a", "shared")).toEqual({ password: "p1" });
    expect(await status()).toMatchObject({ state: "Ready", provisioned: ["a", "b"], failed: [] });
  });

  it("takes the name of a registration whose target another one takes over in the same deployment", async () => {
    const { deploy, has, status, registry } = await world();
    await deploy([], [aSpec({ namespace: "a", name: "shared", target: "db" })]);

    await deploy([aClusterExternalSecret()], [aSpec({ namespace: "a", name: "next", target: "db" })]);

    expect(await status()).toMatchObject({ state: "Ready", provisioned: ["a", "b"], failed: [] });
    expect(has()).toEqual(["a", "b"]);
    expect(await registry.owner("tokyo/a/db")).toBe("tokyo/a/next");
  });

  it("takes a Secret over in the same deployment that an ExternalSecret gives up for another", async () => {
    const { deploy, has, status, registry } = await world();
    await deploy([], [aSpec({ namespace: "a", name: "moving", target: "shared" })]);

    await deploy([aClusterExternalSecret()], [aSpec({ namespace: "a", name: "moving", target: "elsewhere" })]);

    expect(await status()).toMatchObject({ state: "Ready", provisioned: ["a", "b"], failed: [] });
    expect(has()).toEqual(["a", "b"]);
    expect(await registry.owner("tokyo/a/shared")).toBe("tokyo/a/shared");
  });

  it("finds a new namespace at its refreshTime, and not before", async () => {
    const { deploy, later, has, tokyo } = await world();
    await deploy([aClusterExternalSecret({ refreshMs: HOUR })]);
    tokyo.addNamespace("d", { team: "shop" });

    expect([await later(HOUR - 1), has()]).toEqual([0, ["a", "b"]]);
    expect([await later(2), has()]).toEqual([1, ["a", "b", "d"]]);
  });

  it.each([
    { creationPolicy: "Owner", left: ["b"] },
    { creationPolicy: "Orphan", left: ["a", "b"] },
  ] as const)("prunes where a namespace matches no more, as creationPolicy $creationPolicy says", async ({ creationPolicy, left }) => {
    const { deploy, later, has, status, tokyo } = await world();
    const { externalSecretSpec } = aClusterExternalSecret();
    await deploy([aClusterExternalSecret({ externalSecretSpec: { ...externalSecretSpec, target: { creationPolicy } } })]);
    tokyo.addNamespace("a", { team: "bank" });

    await later();

    expect(has()).toEqual(left);
    expect(await status()).toMatchObject({ state: "Ready", provisioned: ["b"] });
  });

  it.each([
    { code: "ClusterUnreachable", operation: "namespaces" },
    { code: "StoreAuthForbidden", operation: "namespaces" },
  ] as const)("takes nothing away and says so where its namespaces are unknown: $code", async ({ code, operation }) => {
    const { deploy, later, fail, mend, has, status, registry, tokyo, queue } = await world();
    await deploy([aClusterExternalSecret()]);
    tokyo.addNamespace("a", { team: "bank" });
    fail(code, operation);

    await later();

    expect(queue.sent).toEqual([]);
    expect((await loaded(registry, "tokyo/a/shared"))?.phase).toBe("live");
    expect(await status()).toMatchObject({ state: "Unknown", provisioned: ["a", "b"], error: { code } });
    mend();
    await later(61_000);
    expect(has()).toEqual(["b"]);
    expect((await status())?.error).toBeUndefined();
  });

  it("is deployed all the same where its cluster does not answer, and is there a minute after it does", async () => {
    const { deploy, later, fail, mend, has } = await world();
    fail("ClusterUnreachable", "namespaces");

    expect(await deploy([aClusterExternalSecret()])).toMatchObject({ kind: "finished" });
    expect(has()).toEqual([]);
    mend();
    await later(61_000);

    expect(has()).toEqual(["a", "b"]);
  });

  it("needs no list where names alone say which namespaces are meant", async () => {
    const { deploy, later, has, status, calls, tokyo } = await world();
    const label = "kubernetes.io/metadata.name";
    const one = aClusterExternalSecret({
      namespaces: ["a", "gone"],
      selectors: [{ matchLabels: { [label]: "b" } }, { matchExpressions: [{ key: label, operator: "In", values: ["c", "d"] }] }],
    });

    await deploy([one]);

    expect(has()).toEqual(["a", "b", "c"]);
    expect(calls.filter((call) => call.includes("namespaces"))).toEqual([]);
    expect(await status()).toMatchObject({ state: "Ready", provisioned: ["a", "b", "c"], failed: [] });
    tokyo.removeNamespace("a");
    tokyo.addNamespace("d");
    await later();
    expect([has(), (await status())?.provisioned]).toEqual([
      ["b", "c", "d"],
      ["b", "c", "d"],
    ]);
  });

  it("keeps what is in a namespace that it is refused, and says which", async () => {
    const { deploy, later, hook, registry, status } = await world();
    await deploy([byName("a", "b")]);
    hook.before = (_cluster, operation, name) => {
      if (operation === "look" && name === "shared") throw new RelayError("Forbidden", "tokyo/a/shared");
    };

    await later();

    expect((await loaded(registry, "tokyo/a/shared"))?.phase).toBe("live");
    expect(await status()).toMatchObject({
      state: "PartlyReady",
      provisioned: ["a", "b"],
      failedCount: 2,
      failed: [{ namespace: "a" }, { namespace: "b" }],
    });
  });

  it("forgets a namespace that is gone without an error, and leaves one alone that is being deleted", async () => {
    const { deploy, later, registry, status, tokyo, has } = await world();
    await deploy([aClusterExternalSecret()]);
    tokyo.terminateNamespace("b");
    tokyo.removeNamespace("a");

    await later();

    expect(has()).toEqual(["b"]);
    expect(await status()).toMatchObject({ state: "Ready", provisioned: ["b"], failed: [] });
    expect(await loaded(registry, "tokyo/a/shared")).toBeUndefined();
  });

  it("leaves out a namespace that the Cluster does not allow, and says so", async () => {
    const { deploy, has, status } = await world({ cluster: { allowedNamespaces: ["b"] } });

    await deploy([aClusterExternalSecret()]);

    expect(has()).toEqual(["b"]);
    expect((await status())?.failed).toEqual([
      { namespace: "a", reason: "spec.namespaces.allow of Cluster tokyo does not allow this namespace" },
    ]);
  });

  it("overwrites no ExternalSecret of the config, which takes its place and gives it back", async () => {
    const { deploy, later, registry, source, status, tokyo } = await world();
    source.put("shop/own", "v1", "own");
    await deploy([aClusterExternalSecret()]);

    await deploy([aClusterExternalSecret()], [aSpec({ namespace: "a", name: "shared", key: "shop/own" })]);

    expect((await loaded(registry, "tokyo/a/shared"))?.spec.clusterExternalSecret).toBeUndefined();
    expect(tokyo.readData("a", "shared")).toEqual({ password: "own" });
    const failed = [{ namespace: "a", reason: "ExternalSecret shared already exists in this namespace" }];
    expect(await status()).toMatchObject({ state: "PartlyReady", provisioned: ["b"], failed });
    await later();
    expect(tokyo.readData("a", "shared")).toEqual({ password: "own" });
    await deploy([aClusterExternalSecret()]);
    expect(tokyo.readData("a", "shared")).toEqual({ password: "p1" });
    expect(await status()).toMatchObject({ state: "Ready", provisioned: ["a", "b"] });
  });

  it.each([{ isSilent: false }, { isSilent: true }])(
    "takes over with a Secret what the config's ExternalSecret found for it, though its cluster be silent meanwhile: $isSilent",
    async ({ isSilent }) => {
      const { deploy, later, hook, mend, source, tokyo } = await world();
      source.put("shop/late", "l1", "late");
      await deploy(
        [],
        [{ ...aSpec({ namespace: "a", name: "before", target: "shared" }), data: [], dataFrom: [{ find: { nameRegexp: "^shop/" } }] }],
      );
      const want = { shop_db: "p1", shop_late: "late" };
      expect(tokyo.readData("a", "shared")).toEqual(want);
      source.unlisted.add("shop/late");
      if (isSilent) {
        hook.before = () => {
          throw new RelayError("ClusterUnreachable", "tokyo");
        };
      }

      const { externalSecretSpec } = aClusterExternalSecret();
      const dataFrom = [{ find: { name: { regexp: "^shop/" } } }];
      await deploy([aClusterExternalSecret({ externalSecretSpec: { ...externalSecretSpec, data: [], dataFrom } })]);
      mend();
      if (isSilent) await later(61_000);

      expect(tokyo.readData("a", "shared")).toEqual(want);
    },
  );

  it("is refused a Secret that another ExternalSecret owns, without an end to the deployment", async () => {
    const { deploy, status, tokyo } = await world();
    const owner = aSpec({ namespace: "a", name: "db", target: "shared" });
    await deploy([], [owner]);

    expect(await deploy([aClusterExternalSecret()], [owner])).toMatchObject({ kind: "finished" });

    expect((await status())?.failed).toEqual([{ namespace: "a", reason: "Secret shared belongs to another ExternalSecret" }]);
    expect(tokyo.readData("b", "shared")).toEqual({ password: "p1" });
  });

  it("gives a name that two of them want to the first, and says whose it is", async () => {
    const { deploy, status, registry } = await world();
    const first = aClusterExternalSecret({ name: "first", externalSecretName: "same" });
    const second = aClusterExternalSecret({ name: "second", externalSecretName: "same" });

    await deploy([second, first]);
    expect((await loaded(registry, "tokyo/a/same"))?.spec.clusterExternalSecret).toBe("first");
    expect((await status("second"))?.failed[0]?.reason).toBe(
      "ExternalSecret same already exists in this namespace, made by ClusterExternalSecret first",
    );
    await deploy([second]);
    expect((await loaded(registry, "tokyo/a/same"))?.spec.clusterExternalSecret).toBe("second");
  });

  it("is pruned in all its namespaces when the config has it no more, and forgotten after the longest life of a worker", async () => {
    const { deploy, later, has, registry } = await world();
    await deploy([aClusterExternalSecret()]);

    await deploy([]);
    expect(has()).toEqual([]);
    await later(LIFETIME);

    expect(await registry.clusterExternalSecrets()).toEqual([]);
  });

  it("leaves nothing behind of a reconcile that read it before the config lost it", async () => {
    const stale: { put?: (() => Promise<void>) | undefined } = {};
    const { deploy, later, has, registry, tokyo, clock, clusterExternalSecrets, settle } = await world({
      wrap: (memory) => ({
        putRegistration: async (put) => {
          await stale.put?.();
          return memory.putRegistration(put);
        },
      }),
    });
    await deploy([aClusterExternalSecret()]);
    tokyo.addNamespace("d", { team: "shop" });
    stale.put = async () => {
      stale.put = undefined;
      await deploy([]);
    };

    clock.advance(HOUR + 1);
    await clusterExternalSecrets.refreshDue(clock.now() + 60_000);
    await settle();
    expect(has()).toEqual(["d"]);
    await later(LIFETIME);
    await later(LIFETIME);

    expect(has()).toEqual([]);
    expect(await registry.clusterExternalSecrets()).toEqual([]);
  });

  it("never puts an older spec over that of a deployment that came between", async () => {
    const between: { run?: (() => Promise<void>) | undefined } = {};
    const { deploy, registry, clock, clusterExternalSecrets, tokyo, hook } = await world();
    await deploy([aClusterExternalSecret()]);
    tokyo.addNamespace("d", { team: "shop" });
    const changed = aClusterExternalSecret({ labels: { v: "2" } });
    between.run = async () => {
      await deploy([changed]);
    };
    hook.before = async (_cluster, operation) => {
      const { run } = between;
      if (operation !== "namespaces" || run === undefined) return;
      between.run = undefined;
      await run();
    };

    clock.advance(HOUR + 1);
    await clusterExternalSecrets.refreshDue(clock.now() + 60_000);

    const labels = await Promise.all(["a", "b", "d"].map(async (one) => (await loaded(registry, `tokyo/${one}/shared`))?.spec.labels));
    expect(labels).toEqual([{ v: "2" }, { v: "2" }, { v: "2" }]);
  });

  it("moves its Secrets where its externalSecretName changes", async () => {
    const { deploy, has } = await world();
    await deploy([aClusterExternalSecret()]);

    await deploy([aClusterExternalSecret({ externalSecretName: "renamed" })]);

    expect([has("shared"), has("renamed")]).toEqual([[], ["a", "b"]]);
  });

  it("is of no use to a namespace that its store's conditions do not admit: the sync says so", async () => {
    const { deploy, has, registry } = await world();
    const base = aClusterExternalSecret();
    const stores = base.stores.map(({ kind, manifest }) => ({
      kind,
      manifest: { ...manifest, spec: { ...manifest.spec, conditions: [{ namespaces: ["b"] }] } },
    }));

    await deploy([{ ...base, stores }]);

    expect(has()).toEqual(["b"]);
    expect((await loaded(registry, "tokyo/a/shared"))?.status.error?.code).toBe("StoreNotAllowed");
  });

  it("reads the SecretStore of each namespace, and names those that have none", async () => {
    const { deploy, status } = await world();
    const store = {
      kind: "SecretStore",
      manifest: { metadata: { name: "aws", namespace: "a" }, spec: aClusterExternalSecret().stores[0]?.manifest.spec },
    };
    const { externalSecretSpec } = aClusterExternalSecret();
    const own = { ...externalSecretSpec, secretStoreRef: { name: "aws" } };

    await deploy([aClusterExternalSecret({ externalSecretSpec: own, stores: [store as ClusterExternalSecretSpec["stores"][number]] })]);

    expect(await status()).toMatchObject({
      state: "PartlyReady",
      provisioned: ["a"],
      failed: [{ namespace: "b", reason: "no SecretStore aws in namespace b" }],
    });
  });

  it("does not hold up the others of a run where the registry fails for one", async () => {
    const { deploy, later, deps, has, tokyo } = await world({
      wrap: (memory) => ({
        writeClusterExternalSecret: async (next, seen) => {
          if (next.spec.name === "broken" && seen?.status.state === "Ready") throw new RelayError("RegistryUnavailable", "table");
          return memory.writeClusterExternalSecret(next, seen);
        },
      }),
    });
    await deploy([aClusterExternalSecret({ name: "broken" }), aClusterExternalSecret()]);
    tokyo.addNamespace("d", { team: "shop" });

    expect(await later()).toBe(2);

    expect(has()).toEqual(["a", "b", "d"]);
    expect(deps.log.lines.some(({ message }) => message === "not refreshed")).toBe(true);
  });
});
