/** The chain of decisions, tested as a whole, so that a reordering is caught. */
import { describe, expect, it } from "@jest/globals";
import type { CreationPolicy, DeletionPolicy, Registration } from "../../../../src/core/model.ts";
import type { SecretManifest, TargetView } from "../../../../src/core/ports.ts";
import { SecretValue } from "../../../../src/core/secret-value.ts";
import { decide, type Seen } from "../../../../src/core/sync/decide.ts";
import { CLUSTER_LABEL, fieldManager, stamp, stampAnnotation } from "../../../../src/core/sync/ownership.ts";

const ID = "tokyo/app-shop/db";
const REFERENCE = "SecretsManager|000000000000|us-east-1|stage/AWSCURRENT|shop/db";
const MARK = stampAnnotation(ID);

function registration(creationPolicy: CreationPolicy, deletionPolicy: DeletionPolicy, over: Partial<Registration> = {}): Registration {
  return {
    id: ID,
    generation: 7,
    phase: "live",
    registeredAt: 0,
    rev: 3,
    known: { uid: "u1", resourceVersion: "41" },
    appliedGeneration: 7,
    applied: { [REFERENCE]: { versionId: "v1", asOf: 0 } },
    status: { state: "Synced", since: 0, failures: 0 },
    spec: {
      cluster: "tokyo",
      namespace: "app-shop",
      name: "db",
      store: { kind: "ClusterSecretStore", name: "aws", provider: "SecretsManager", account: "000000000000", region: "us-east-1" },
      refreshPolicy: "Periodic",
      refreshIntervalMs: 3_600_000,
      labels: {},
      annotations: {},
      target: { name: "db", creationPolicy, deletionPolicy },
      data: [],
      dataFrom: [],
    },
    ...over,
  };
}

function manifest(keys: readonly string[]): SecretManifest {
  return {
    namespace: "app-shop",
    name: "db",
    labels: { [CLUSTER_LABEL]: "tokyo", app: "shop" },
    annotations: { [MARK]: stamp(7, "hash") },
    data: new Map(keys.map((key) => [key, new SecretValue("x")])),
  };
}

const view: TargetView = {
  uid: "u1",
  resourceVersion: "42",
  labels: { [CLUSTER_LABEL]: "tokyo", app: "shop", theirs: "stays" },
  annotations: { [MARK]: stamp(7, "hash") },
  dataKeys: [{ manager: fieldManager(ID), operation: "Apply", keys: ["password"] }],
  deleting: false,
};
const looked = (over: Partial<TargetView> = {}): Seen => ({ kind: "looked", view: { ...view, ...over } });
const missing: Seen = { kind: "looked", view: "missing" };
const remembered: Seen = { kind: "remembered", known: { uid: "u1", resourceVersion: "41" } };
const owner = registration("Owner", "Retain");
const update = (resourceVersion: string) => ({ action: "apply", precondition: { kind: "update", uid: "u1", resourceVersion } });

describe("decide", () => {
  it.each([
    { name: "keeps what the registry says is applied", of: owner, seen: remembered, want: { action: "keep" } },
    { name: "updates on the remembered fence when the version changed", of: owner, seen: remembered, version: "v2", want: update("41") },
    {
      name: "updates on the remembered fence when the generation changed",
      of: registration("Owner", "Retain", { appliedGeneration: 6 }),
      seen: remembered,
      want: update("41"),
    },
    {
      name: "updates when a reference was added",
      of: registration("Owner", "Retain", { applied: {} }),
      seen: remembered,
      want: update("41"),
    },
    {
      name: "creates a missing target, create-only",
      of: owner,
      seen: missing,
      want: { action: "apply", precondition: { kind: "create" } },
    },
    { name: "keeps a target that a look shows intact", of: owner, seen: looked(), want: { action: "keep" } },
    {
      name: "updates a target whose key somebody edited",
      of: registration("Merge", "Retain"),
      seen: looked({
        dataKeys: [
          { manager: fieldManager(ID), operation: "Apply", keys: [] },
          { manager: "kubectl-edit", operation: "Update", keys: ["password"] },
        ],
      }),
      want: update("42"),
    },
    {
      name: "takes the keys of others over under Owner",
      of: owner,
      seen: looked({ dataKeys: [...view.dataKeys, { manager: "kubectl-edit", operation: "Update", keys: ["extra"] }] }),
      want: { action: "take over" },
    },
    {
      name: "leaves the keys of others alone under Merge",
      of: registration("Merge", "Retain"),
      seen: looked({ dataKeys: [...view.dataKeys, { manager: "helm", operation: "Update", keys: ["extra"] }] }),
      want: { action: "keep" },
    },
    {
      name: "updates a target whose label somebody changed",
      of: owner,
      seen: looked({ labels: { [CLUSTER_LABEL]: "tokyo" } }),
      want: update("42"),
    },
    {
      name: "updates a target that carries another generation's stamp",
      of: owner,
      seen: looked({ annotations: { [MARK]: stamp(6, "hash") } }),
      want: update("42"),
    },
    {
      name: "refuses a target that another controller owns",
      of: owner,
      seen: looked({ controller: "ExternalSecret/db" }),
      want: { action: "refuse", code: "TargetConflict", reason: "is owned by ExternalSecret/db" },
    },
    {
      name: "refuses a controlled target also when nothing is left",
      of: registration("Owner", "Delete"),
      seen: looked({ controller: "Foo/bar" }),
      keys: [],
      want: { action: "refuse" },
    },
    {
      name: "merges into a Secret that a controller owns",
      of: registration("Merge", "Retain"),
      seen: looked({ controller: "Foo/bar" }),
      want: { action: "keep" },
    },
    { name: "waits for the Secret to merge into", of: registration("Merge", "Retain"), seen: missing, want: { action: "wait" } },
    {
      name: "creates under CreateOrMerge",
      of: registration("CreateOrMerge", "Retain"),
      seen: missing,
      want: { action: "apply", precondition: { kind: "create" } },
    },
    { name: "writes nothing under None", of: registration("None", "Retain"), seen: missing, want: { action: "keep" } },
    {
      name: "retains when nothing is left",
      of: owner,
      seen: looked(),
      keys: [],
      want: { action: "keep", reason: "secret retained due to DeletionPolicy=Retain" },
    },
    {
      name: "deletes with preconditions when nothing is left",
      of: registration("Owner", "Delete"),
      seen: looked(),
      keys: [],
      want: { action: "delete", precondition: { uid: "u1", resourceVersion: "42" } },
    },
    {
      name: "deletes no Secret that it did not write",
      of: registration("Owner", "Delete"),
      seen: looked({ annotations: {} }),
      keys: [],
      want: { action: "refuse", code: "TargetConflict", reason: "was not written by this registration, and is not deleted" },
    },
    { name: "has nothing to delete twice", of: registration("Owner", "Delete"), seen: missing, keys: [], want: { action: "keep" } },
    {
      name: "deletes nothing that it did not create",
      of: registration("Orphan", "Delete"),
      seen: looked(),
      keys: [],
      want: { action: "keep" },
    },
    {
      name: "empties its own keys under deletionPolicy Merge",
      of: registration("Owner", "Merge"),
      seen: looked(),
      keys: [],
      want: update("42"),
    },
    {
      name: "does not repair an Orphan's drift",
      of: registration("Orphan", "Retain"),
      seen: looked({ dataKeys: [] }),
      want: { action: "keep" },
    },
    {
      name: "writes an empty Secret where something was fetched that no template puts into it",
      of: registration("Owner", "Delete"),
      seen: missing,
      keys: [],
      isSourceGone: false,
      want: { action: "apply", precondition: { kind: "create" } },
    },
    {
      name: "deletes where nothing was fetched, whatever a template makes of it",
      of: registration("Owner", "Delete"),
      seen: looked(),
      isSourceGone: true,
      want: { action: "delete", precondition: { uid: "u1", resourceVersion: "42" } },
    },
    {
      name: "keeps a target of which only what varies is another",
      of: owner,
      seen: looked({ labels: { ...view.labels, app: "another" } }),
      varying: { labels: new Set(["app"]), annotations: new Set<string>() },
      want: { action: "keep" },
    },
    {
      name: "updates a target that lacks a label which varies",
      of: owner,
      seen: looked({ labels: { [CLUSTER_LABEL]: "tokyo" } }),
      varying: { labels: new Set(["app"]), annotations: new Set<string>() },
      want: update("42"),
    },
    {
      name: "updates a target that varies and was made of other inputs",
      of: owner,
      seen: looked(),
      stamp: "other",
      varying: { labels: new Set(["app"]), annotations: new Set<string>() },
      want: update("42"),
    },
    { name: "rotates an Orphan", of: registration("Orphan", "Retain"), seen: looked(), version: "v2", stamp: "other", want: update("42") },
  ] as const)("$name", (row) => {
    const wanted = manifest("keys" in row ? row.keys : ["password"]);
    const stamped = "stamp" in row ? { ...wanted, annotations: { [MARK]: stamp(7, row.stamp) } } : wanted;

    const decision = decide({
      registration: row.of,
      seen: row.seen,
      versions: { [REFERENCE]: "version" in row ? row.version : "v1" },
      manifest: stamped,
      ...("isSourceGone" in row ? { isSourceGone: row.isSourceGone } : {}),
      ...("varying" in row ? { varying: row.varying } : {}),
    });

    expect(decision).toMatchObject(row.want);
  });
});
