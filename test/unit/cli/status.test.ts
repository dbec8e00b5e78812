/** `status`: what it makes of the registry, and what it says where there is none to read. */
import { describe, expect, it } from "@jest/globals";
import { readStatus, toTable } from "../../../src/cli/status.ts";
import type { Reference, Registration, RegistrationSpec } from "../../../src/core/model.ts";
import { referenceKey } from "../../../src/core/model.ts";
import type { Registry } from "../../../src/core/ports.ts";
import { createMemoryRegistry } from "../../support/fakes/memory-registry.ts";
import { runCli } from "./run-cli.ts";

const NOW = Date.parse("2026-11-24T12:00:00Z");

const reference: Reference = {
  provider: "SecretsManager",
  account: "111122223333",
  region: "eu-west-1",
  key: "app/db",
  version: "stage/AWSCURRENT",
};

function specOf(cluster: string, namespace: string, name: string): RegistrationSpec {
  return {
    cluster,
    namespace,
    name,
    store: { kind: "SecretStore", name: "aws", provider: "SecretsManager", account: "111122223333", region: "eu-west-1" },
    refreshPolicy: "Periodic",
    refreshIntervalMs: 3_600_000,
    labels: {},
    annotations: {},
    target: { name: `${name}-secret`, creationPolicy: "Owner", deletionPolicy: "Retain" },
    data: [{ secretKey: "password", remoteRef: { key: "app/db" } }],
    dataFrom: [],
  };
}

async function put(registry: Registry, spec: RegistrationSpec): Promise<Registration> {
  const { cluster: name } = spec;
  await registry.putCluster({
    name,
    labels: {},
    kubeconfigSecretName: `clusters/${name}`,
    allowedNamespaces: ["*"],
    concurrency: 16,
    requestsPerSecond: 200,
    drift: "probe",
  });
  const generation = await registry.nextGeneration();
  return taken(await registry.putRegistration({ spec, generation, registeredAt: NOW - 60_000, references: [reference] }));
}

function taken(result: Registration | "lost" | "conflict"): Registration {
  if (typeof result === "string") throw new Error(`the registry answered ${result}`);
  return result;
}

/** One registration of each sort, put in an order that is not the wanted one. */
async function registryOfAll(): Promise<Registry> {
  const registry = createMemoryRegistry();
  await put(registry, specOf("virginia", "app", "a"));
  const failed = await put(registry, specOf("tokyo", "b", "failed"));
  await registry.record(failed, {
    status: {
      state: "Error",
      since: NOW - 5_000,
      syncedAt: NOW - 3_600_000,
      failures: 3,
      error: { code: "AccessDenied", step: "read", message: "AccessDenied: app/db (grant the sync function's role read access)" },
    },
  });
  const synced = await put(registry, specOf("tokyo", "b", "a"));
  await registry.record(synced, {
    applied: { [referenceKey(reference)]: { versionId: "0123456789abcdef", asOf: NOW - 30_000 } },
    status: { state: "Synced", since: NOW - 30_000, syncedAt: NOW - 20_000, failures: 0 },
  });
  const removed = await put(registry, specOf("tokyo", "a", "removed"));
  taken(await registry.entomb(removed, await registry.nextGeneration(), NOW));
  return registry;
}

describe("readStatus", () => {
  it("gives each registration by cluster, namespace and name, with times in ISO", async () => {
    const items = await readStatus(await registryOfAll(), undefined, NOW);

    expect(items.map(({ cluster, namespace, name, state }) => [cluster, namespace, name, state])).toEqual([
      ["tokyo", "a", "removed", "Removing"],
      ["tokyo", "b", "a", "Synced"],
      ["tokyo", "b", "failed", "Error"],
      ["virginia", "app", "a", "Pending"],
    ]);
    expect(items[1]).toEqual({
      cluster: "tokyo",
      namespace: "b",
      name: "a",
      clusterExternalSecret: null,
      target: "a-secret",
      state: "Synced",
      version: "01234567",
      versions: [{ key: "app/db", version: "stage/AWSCURRENT", versionId: "0123456789abcdef", asOf: "2026-11-24T11:59:30.000Z" }],
      since: "2026-11-24T11:59:30.000Z",
      syncedAt: "2026-11-24T11:59:40.000Z",
      ageSeconds: 20,
      error: null,
      failures: 0,
      heldUntil: null,
    });
    expect(items[2]).toMatchObject({ failures: 3, error: { code: "AccessDenied", step: "read" } });
    expect(items[3]).toMatchObject({ version: null, versions: [], syncedAt: null, ageSeconds: null, error: null });
  });

  it("gives those of one cluster", async () => {
    expect((await readStatus(await registryOfAll(), "virginia", NOW)).map(({ cluster }) => cluster)).toEqual(["virginia"]);
  });

  it("refuses a cluster that nobody registered, with the nearest name", async () => {
    await expect(readStatus(await registryOfAll(), "tokio", NOW)).rejects.toThrow("no cluster tokio is registered; did you mean tokyo?");
  });
});

describe("the table", () => {
  const table = async (env: Record<string, string>, isTTY: boolean) =>
    toTable(await readStatus(await registryOfAll(), undefined, NOW), { stdout: { write: () => true, isTTY }, env });

  it("has a line for each registration", async () => {
    expect(await table({}, false)).toBe(`CLUSTER   NAMESPACE  NAME     TARGET          STATE     VERSION   AGE  ERROR
tokyo     a          removed  removed-secret  Removing  -         -
tokyo     b          a        a-secret        Synced    01234567  20s
tokyo     b          failed   failed-secret   Error     -         60m  AccessDenied: app/db (grant the sync function's role read access)
virginia  app        a        a-secret        Pending   -         -
`);
  });

  it("says until when a newer version waits for its sync windows", async () => {
    const registry = await registryOfAll();
    for await (const page of registry.ofCluster("tokyo")) {
      for (const one of page) {
        if (one.status.state === "Synced") await registry.record(one, { status: { ...one.status, heldUntil: Date.UTC(2026, 5, 1, 22) } });
      }
    }

    const items = await readStatus(registry, "tokyo", NOW);

    expect(items.map(({ heldUntil }) => heldUntil)).toEqual([null, "2026-06-01T22:00:00.000Z", null]);
    const text = toTable(items, { stdout: { write: () => true, isTTY: false }, env: {} });
    expect(text).toContain("20s  a newer version waits for the sync window of 2026-06-01T22:00:00.000Z\n");
  });

  it("is coloured on a terminal only, and never under NO_COLOR", async () => {
    expect(await table({}, true)).toContain("\u001B[32mSynced\u001B[39m    01234567");
    expect(await table({ NO_COLOR: "1" }, true)).toBe(await table({}, false));
  });
});

describe("status without a registry", () => {
  const environment = {
    AWS_ENDPOINT_URL: "http://127.0.0.1:9",
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "a",
    AWS_SECRET_ACCESS_KEY: "b",
  };
  const local = (value: unknown) => ({ files: { ".secret-relay/local.json": JSON.stringify(value) } });

  it.each([
    {
      name: "no demonstration",
      args: ["--local"],
      setting: {},
      want: "there is no .secret-relay/local.json here; start the demonstration",
    },
    { name: "damaged file", args: ["--local"], setting: { files: { ".secret-relay/local.json": "{" } }, want: "is damaged" },
    { name: "file without outputs", args: ["--local"], setting: local({ environment }), want: "is damaged" },
    {
      name: "demonstration that is gone",
      args: ["--local"],
      setting: local({ environment, outputs: { RegistryTableName: "t-1" } }),
      want: "can't read the registry table t-1: ",
    },
    {
      name: "REGISTRY_TABLE",
      args: [],
      setting: { env: { ...environment, REGISTRY_TABLE: "t-2" } },
      want: "can't read the registry table t-2: ",
    },
    {
      name: "--table before REGISTRY_TABLE",
      args: ["--table", "t-3"],
      setting: { env: { ...environment, REGISTRY_TABLE: "t-2" } },
      want: "can't read the registry table t-3: ",
    },
    { name: "stack", args: ["--stack", "mine"], setting: { env: environment }, want: "can't read the outputs of the stack mine: " },
  ])("ends with 1 and one clear line: $name", async ({ args, setting, want }) => {
    const { status, stdout, stderr } = await runCli(["status", ...args], setting);

    expect(status).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toContain(want);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  });
});
