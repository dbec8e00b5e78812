/** All that the relay does works with the rights that are printed for its config, by either confinement; and it stops when its policy is gone. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { parseCredentials } from "../../../src/adapters/kubernetes/credentials.ts";
import { createHttpSend } from "../../../src/adapters/kubernetes/send.ts";
import { createTemplateReads } from "../../../src/adapters/kubernetes/template-reads.ts";
import type { Confinement } from "../../../src/core/cluster-access/policy-name.ts";
import { applyObject } from "../../../src/local/kubernetes-api.ts";
import { type ConfinedCluster, confinedConfig, startConfinedCluster } from "../../support/confined-cluster.ts";
import { filesOf, SPACE } from "../../support/confined-config.ts";
import { installEso } from "../../support/eso.ts";
import { eventually } from "../../support/eventually.ts";
import { type Declared, type PolicyWorld, policyConfig, policyWorld } from "../../support/policy-world.ts";

const LABEL = "secret-relay.dev/cluster";
const NEVER: Declared = { name: "never-made" };
const DECLARED: readonly Declared[] = [
  { name: "db" },
  { name: "kept", spec: { target: { creationPolicy: "Orphan" } } },
  { name: "chart", spec: { target: { creationPolicy: "Merge" } } },
  { name: "both", spec: { target: { creationPolicy: "CreateOrMerge" } } },
  { name: "new", spec: { target: { creationPolicy: "CreateOrMerge" } } },
  { name: "held", spec: { target: { template: { metadata: { finalizers: ["example.com/hold"] } } } } },
];

async function textOf(world: PolicyWorld, name: string): Promise<Readonly<Record<string, string>> | undefined> {
  const data = (await world.secret(name))?.data;
  if (data === undefined) return undefined;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString()]));
}

async function expectSynced(world: PolicyWorld, declared = DECLARED): Promise<void> {
  const states = await Promise.all(declared.map(async ({ name }) => [name, await world.status(name)] as const));
  expect(states.filter(([, status]) => status?.state !== "Synced")).toEqual([]);
}

describe.each<Confinement>(["label", "names"])("a relay that is confined by %s", (confine) => {
  let cluster: ConfinedCluster;
  let world: PolicyWorld;
  beforeAll(async () => {
    const config = policyConfig({ namespace: SPACE, confine }, [...DECLARED, NEVER]);
    cluster = await startConfinedCluster(confine, config, [SPACE, "app-eso", "app-many"], { namespace: SPACE, name: "never-made" });
    world = await policyWorld(cluster, { namespace: SPACE, confine });
  });
  afterAll(async () => {
    await cluster.stop();
  });

  it("creates, and merges into what others made", async () => {
    await world.hold("chart", { data: { theirs: "t" } });
    await world.hold("both", { data: { theirs: "t" } });
    world.put("db", "first");
    await world.register(DECLARED);

    await expectSynced(world);
    expect(await textOf(world, "db")).toEqual({ password: "first" });
    expect(await textOf(world, "chart")).toEqual({ theirs: "t", password: "first" });
    expect(await textOf(world, "both")).toEqual({ theirs: "t", password: "first" });
    expect((await world.secret("held"))?.metadata?.finalizers).toEqual(["example.com/hold"]);
  });

  it("updates after a rotation", async () => {
    await world.announce("db", world.put("db", "second"));
    await world.drain();

    await expectSynced(world);
    for (const name of ["db", "kept", "new", "held"]) expect([name, await textOf(world, name)]).toEqual([name, { password: "second" }]);
    expect(await textOf(world, "chart")).toEqual({ theirs: "t", password: "second" });
  });

  it("puts drift right, takes the keys of others over, and makes again what was deleted", async () => {
    await world.edit("db", { password: "edited", extra: "x" });
    await world.delete("new");
    world.clock.advance(11 * 60_000);
    await world.reconcile();

    await expectSynced(world);
    expect(await textOf(world, "db")).toEqual({ password: "second" });
    expect(await textOf(world, "new")).toEqual({ password: "second" });
  });

  it("leaves a foreign Secret alone, whose name the config does not say, and tells that it may not", async () => {
    await world.hold("foreign", { data: { theirs: "t" } });
    const look = cluster.cluster.look({ cluster: "tokyo", namespace: SPACE, name: "foreign" });

    await expect(look).rejects.toMatchObject({ code: "Forbidden" });
  });

  it("is refused in a namespace that is missing", async () => {
    const look = cluster.cluster.look({ cluster: "tokyo", namespace: "app-nowhere", name: "db" });

    // A Role goes with its namespace.
    await expect(look).rejects.toMatchObject({ code: "Forbidden" });
  });

  it("prunes, and releases what it must not delete", async () => {
    await world.register([]);
    world.clock.advance(11 * 60_000);
    await world.reconcile();

    const releasedLabel = confine === "label" ? { [LABEL]: "tokyo" } : undefined;
    expect(await world.secret("db")).toBeUndefined();
    expect((await world.secret("held"))?.metadata?.deletionTimestamp).toBeDefined();
    expect(await textOf(world, "kept")).toEqual({ password: "second" });
    expect(await textOf(world, "chart")).toEqual({ theirs: "t" });
    for (const name of ["kept", "chart"]) {
      const { labels, annotations } = (await world.secret(name))?.metadata ?? {};
      expect([name, labels, annotations]).toEqual([name, releasedLabel, undefined]);
    }
  });

  it("adopts from ESO what the config names", async () => {
    const namespace = "app-eso";
    await cluster.grant(policyConfig({ namespace, confine, adopt: true }, [{ name: "db" }]), { namespace, name: "db" });
    const eso = await installEso(cluster);
    await eso.own(namespace, "db", { password: "old", extra: "x" });
    const adopting = await policyWorld(cluster, { namespace, confine, adopt: true });
    adopting.put("db", "new");

    await adopting.register([{ name: "db" }]);

    await expectSynced(adopting, [{ name: "db" }]);
    const { metadata } = (await adopting.secret("db")) ?? {};
    expect(metadata?.ownerReferences).toBeUndefined();
    expect(metadata?.labels?.[LABEL]).toBe("tokyo");
    expect(await textOf(adopting, "db")).toEqual({ password: "new" });
  });

  it("adopts one of thousands, which are named one by one", async () => {
    const namespace = "app-many";
    const many = Array.from({ length: 3_000 }, (_, index): Declared => ({ name: `secret-with-quite-a-long-name-${index}` }));
    await cluster.grant(policyConfig({ namespace, confine, adopt: true }, many), { namespace, name: "secret-with-quite-a-long-name-2999" });
    const target = { cluster: "tokyo", namespace, name: "secret-with-quite-a-long-name-2998" };
    await cluster.editByHand(namespace, target.name, { password: "old" });
    await cluster.editByHand(namespace, "not-named", { password: "old" });

    expect(await eventually(() => cluster.cluster.look(target))).toMatchObject({ labels: {} });
    await expect(cluster.cluster.look({ ...target, name: "not-named" })).rejects.toMatchObject({ code: "Forbidden" });
  });

  it("lists and reads what the config names", async () => {
    const files = filesOf(`, confine: ${confine}, drift: list`);
    await cluster.grant(confinedConfig(files), { namespace: SPACE, name: "never-made" });
    await applyObject(cluster.server, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { namespace: SPACE, name: "templates" },
      data: { password: "of a template" },
    } as never);
    const credentials = await parseCredentials(cluster.user.kubeconfig, "tokyo", { allowLoopback: true });
    const reads = createTemplateReads(createHttpSend(credentials, { concurrency: 1, requestsPerSecond: 100 }));
    const template = { kind: "ConfigMap", namespace: SPACE, keys: ["password"] } as const;

    const read = await eventually(() => reads.read({ ...template, name: "templates" }));
    const listed = [];
    for await (const { name } of cluster.cluster.list(SPACE)) listed.push(name);

    expect(read.get("password")?.exposeText()).toBe("of a template");
    await expect(reads.read({ ...template, name: "other" })).rejects.toMatchObject({ code: "TemplateSourceForbidden" });
    expect(listed).toEqual(confine === "label" ? ["both", "chart", "held", "kept"].concat("new").toSorted() : ["held"]);
  });
});

describe("a policy whose binding is deleted", () => {
  let cluster: ConfinedCluster;
  const options = { namespace: SPACE, confine: "label" } as const;
  beforeAll(async () => {
    cluster = await startConfinedCluster("label", policyConfig(options, [{ name: "db" }]), [SPACE], {
      namespace: SPACE,
      name: "never-made",
    });
  });
  afterAll(async () => {
    await cluster.stop();
  });

  it("is noticed by a decoy: nothing is written until it is back, and all of it then", async () => {
    const calls: string[] = [];
    const world = await policyWorld(cluster, {
      ...options,
      wrap: (port) => ({
        ...port,
        tryDecoy: async (namespace, policy) => {
          const outcome = await port.tryDecoy(namespace, policy);
          calls.push(outcome);
          return outcome;
        },
      }),
    });
    world.put("db", "first");
    await world.register([{ name: "db" }]);
    expect(await textOf(world, "db")).toEqual({ password: "first" });
    expect(calls).toEqual(["denied"]);

    await cluster.deleteBinding();
    await eventually(async () => expect(await cluster.cluster.tryDecoy(SPACE, "secret-relay-tokyo")).toBe("admitted"));
    world.clock.advance(6 * 60_000);
    await world.announce("db", world.put("db", "second"));
    await world.drain();
    expect(await textOf(world, "db")).toEqual({ password: "first" });
    expect(await world.status()).toMatchObject({ state: "Error", error: { code: "ConfinementMissing", step: "apply" } });
    expect(await world.secret("secret-relay-decoy")).toBeUndefined();
    const failed = world.bus.published.filter(({ type }) => type === "Secret Sync Failed");
    expect(failed).toMatchObject([{ detail: { failures: [{ code: "ConfinementMissing", retried: false }] } }]);

    await cluster.grant(policyConfig(options, [{ name: "db" }]), { namespace: SPACE, name: "never-made" });
    world.clock.advance(16 * 60_000);
    await world.reconcile();
    expect(await textOf(world, "db")).toEqual({ password: "second" });
    expect(await world.status()).toMatchObject({ state: "Synced" });
  });

  it("leaves an Owner's target alone that somebody else made, until it is labelled", async () => {
    const world = await policyWorld(cluster, options);
    await world.hold("taken", { data: { theirs: "t" } });
    world.put("db", "first");
    await world.register([{ name: "taken" }]);
    const refused = { status: await world.status("taken"), data: await textOf(world, "taken") };

    await cluster.patchByHand(SPACE, "taken", { metadata: { labels: { [LABEL]: "tokyo" } } });
    world.clock.advance(16 * 60_000);
    await world.reconcile();

    expect(refused).toMatchObject({ status: { state: "Error", error: { code: "Forbidden", step: "look" } }, data: { theirs: "t" } });
    expect(refused.status?.error?.message).toContain("does not carry the label of this cluster");
    expect(await textOf(world, "taken")).toEqual({ password: "first" });
  });

  it("tells its own denial from RBAC's, and from another policy's", async () => {
    await expect(cluster.cluster.tryDecoy("default", "secret-relay-tokyo")).rejects.toMatchObject({ code: "Forbidden" });
    await expect(cluster.cluster.tryDecoy(SPACE, "secret-relay-virginia")).rejects.toMatchObject({ code: "Forbidden" });
  });
});
