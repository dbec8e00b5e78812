/** Who may read what: conditions of a store before every read, and no answer of one store's credentials for another store. */
import { describe, expect, it } from "@jest/globals";
import { createReads } from "../../../src/app/sync-reads.ts";
import { type Reference, referenceKey, type StoreSpec } from "../../../src/core/model.ts";
import type { SecretProvider } from "../../../src/core/ports.ts";
import { SecretValue } from "../../../src/core/secret-value.ts";
import type { SourceAccess } from "../../../src/core/stores/access.ts";
import { DEFAULT_BOUNDS } from "../../../src/core/sync/freshness.ts";
import { createMemoryRegistry } from "../../support/fakes/memory-registry.ts";
import { aSpec, put } from "../../support/registrations.ts";
import { relayWorld, T } from "../../support/relay-world.ts";

const SELECTING: Pick<StoreSpec, "kind" | "conditions"> = {
  kind: "ClusterSecretStore",
  conditions: [{ namespaceSelector: { matchLabels: { team: "shop" } } }],
};

async function conditionalWorld(store: Partial<StoreSpec>, labels: Readonly<Record<string, string>> = {}) {
  const world = await relayWorld();
  const tokyo = world.inside("tokyo");
  tokyo.addNamespace("app", labels);
  world.source.put("shop/db", "v1", "p1");
  const spec = aSpec();
  const registration = await put(world.registry, { ...spec, store: { ...spec.store, ...store } }, T - 3_600_000);
  return { ...world, tokyo, registration };
}

describe("a store with conditions", () => {
  it("is read for a namespace that its labels admit", async () => {
    const { sync, requestOf, registration, data, reg, calls } = await conditionalWorld(SELECTING, { team: "shop" });

    await sync([requestOf(registration)]);

    expect((await reg(registration)).status.state).toBe("Synced");
    expect(data(registration)).toEqual({ password: "p1" });
    expect(calls).toContain("tokyo namespaceLabels app");
  });

  it.each([
    { name: "whose labels do not admit it", store: SELECTING },
    { name: "that no name admits, whatever the config said", store: { ...SELECTING, conditions: [{ namespaces: ["web"] }] } },
    { name: "that an expression does not match", store: { ...SELECTING, conditions: [{ namespaceRegexes: ["^web$"] }] } },
  ])("is not even read for a namespace $name", async ({ store }) => {
    const { sync, requestOf, registration, data, reg, source } = await conditionalWorld(store, { team: "other" });

    const outcomes = await sync([requestOf(registration)]);

    expect(outcomes.map(({ kind }) => kind)).toEqual(["done"]);
    expect((await reg(registration)).status).toMatchObject({ state: "Error", error: { code: "StoreNotAllowed", step: "read" } });
    expect(data(registration)).toBeUndefined();
    expect(source.reads.size).toBe(0);
  });

  it("leaves the target as it is when a namespace loses its label, and goes on when it has it again", async () => {
    const { sync, requestOf, registration, data, reg, source, tokyo, clock } = await conditionalWorld(SELECTING, { team: "shop" });
    await sync([requestOf(registration)]);
    clock.advance(120_000);
    source.put("shop/db", "v2", "p2");

    tokyo.addNamespace("app", {});
    await sync([requestOf(registration)]);
    expect((await reg(registration)).status.error?.code).toBe("StoreNotAllowed");
    expect(data(registration)).toEqual({ password: "p1" });

    tokyo.addNamespace("app", { team: "shop" });
    await sync([requestOf(registration)]);
    expect(data(registration)).toEqual({ password: "p2" });
  });

  it("asks for a namespace's labels once a batch, and not at all where names decide", async () => {
    const { sync, requestOf, registration, registry, calls } = await conditionalWorld(SELECTING, { team: "shop" });
    const spec = aSpec({ name: "other" });
    const other = await put(registry, { ...spec, store: { ...spec.store, ...SELECTING } }, T - 3_600_000);
    const named = aSpec({ name: "named" });
    const store: StoreSpec = { ...named.store, kind: "ClusterSecretStore", conditions: [{ namespaces: ["app"] }] };
    const third = await put(registry, { ...named, store }, T - 3_600_000);

    await sync([requestOf(third)]);
    expect(calls).not.toContain("tokyo namespaceLabels app");
    await sync([requestOf(registration), requestOf(other)]);
    expect(calls.filter((call) => call === "tokyo namespaceLabels app")).toHaveLength(1);
  });
});

describe("two stores of one secret", () => {
  const access = (id: string): SourceAccess => ({
    id,
    base: { kind: "function" },
    roles: [{ arn: `arn:aws:iam::222222222222:role/${id}` }],
  });
  const own: Reference = {
    provider: "SecretsManager",
    account: "222222222222",
    region: "eu-west-1",
    key: "db",
    version: "stage/AWSCURRENT",
  };
  const as = (id: string): Reference => ({ ...own, identity: id, access: access(id) });

  function readsOf() {
    const asked: string[] = [];
    const provider: SecretProvider = {
      async read({ identity = "own" }) {
        asked.push(identity);
        return { kind: "present", versionId: `of ${identity}`, createdAt: T, value: new SecretValue(`value of ${identity}`) };
      },
      async readVersion({ identity = "own" }, versionId) {
        return { kind: "present", versionId, createdAt: T, value: new SecretValue(`value of ${identity}`) };
      },
      list: async () => [],
      currentVersions: async () => new Map(),
    };
    const registry = createMemoryRegistry();
    const reads = createReads({ provider, registry, clock: { now: () => T, latest: () => T }, bounds: DEFAULT_BOUNDS }, [], new Map());
    return { asked, registry, reads };
  }

  it("never share a read in a batch, in whatever order they come", async () => {
    const { asked, reads } = readsOf();
    const mark = reads.mark();

    const observed = await Promise.all([own, as("a"), as("b"), as("a"), own].map((reference) => reads.observe(reference, mark)));

    const texts = observed.map(({ answer }) => (answer.kind === "present" ? answer.value.exposeText() : answer.kind));
    expect(texts).toEqual(["value of own", "value of a", "value of b", "value of a", "value of own"]);
    expect(asked).toEqual(["own", "a", "b"]);
  });

  it("never share a version that is read by its id, nor what is known to be current", async () => {
    const { registry, reads } = readsOf();
    await Promise.all([own, as("a")].map((reference) => reads.observe(reference, reads.mark())));

    const versions = await Promise.all([own, as("a")].map((reference) => reads.version(reference, "v")));
    expect(versions.map((answer) => (answer.kind === "present" ? answer.value.exposeText() : ""))).toEqual(["value of own", "value of a"]);
    expect((await registry.head(referenceKey(own)))?.versionId).toBe("of own");
    expect((await registry.head(referenceKey(as("a"))))?.versionId).toBe("of a");
  });
});
