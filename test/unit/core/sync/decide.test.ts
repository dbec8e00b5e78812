/** The chain of decisions, tested as a whole, so that a reordering is caught. */
import { describe, expect, it } from "@jest/globals";
import type { TargetView } from "../../../../src/core/ports.ts";
import { decide, type Seen } from "../../../../src/core/sync/decide.ts";
import { CREATED_BY_LABEL, createdBy } from "../../../../src/core/sync/eso.ts";
import { CLUSTER_LABEL, fieldManager, stamp, stampAnnotation } from "../../../../src/core/sync/ownership.ts";

import { ID, MARK, manifest, REFERENCE, registration, view } from "./decide-fixtures.ts";

const looked = (over: Partial<TargetView> = {}): Seen => ({ kind: "looked", view: { ...view, ...over } });
const ESO = "ExternalSecret.external-secrets.io/db";
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
      seen: looked({ controller: "Certificate.cert-manager.io/db" }),
      want: { action: "refuse", code: "OwnedByController", reason: "is owned by Certificate.cert-manager.io/db" },
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
      name: "deletes no Orphan, and says so, as ESO does",
      of: registration("Orphan", "Delete"),
      seen: looked(),
      keys: [],
      want: { action: "refuse", code: "DeletionRefused" },
    },
    ...(["Owner", "Orphan", "Merge", "CreateOrMerge"] as const).flatMap((policy) => [
      {
        name: `leaves what ESO owns alone under ${policy} without adopt`,
        of: registration(policy, "Retain"),
        seen: looked({ controller: ESO }),
        want: { action: "refuse", code: "OwnedByExternalSecret" },
      },
      {
        name: `leaves what another ExternalSecret owns alone under ${policy}, adopt or not`,
        of: registration(policy, "Retain"),
        seen: looked({ controller: `${ESO}-2` }),
        adopts: true,
        want: { action: "refuse", code: "OwnedByExternalSecret" },
      },
      {
        name: `adopts what its own ExternalSecret owns under ${policy}`,
        of: registration(policy, "Retain"),
        seen: looked({ controller: ESO }),
        adopts: true,
        want: { action: "take over", adoption: { externalSecret: "db", data: policy.startsWith("O") ? "all" : "own" } },
      },
    ]),
    {
      name: "takes an ExternalSecret of another API group for any controller",
      of: owner,
      seen: looked({ controller: "ExternalSecret.kubernetes-client.io/db" }),
      adopts: true,
      want: { action: "refuse", code: "OwnedByController" },
    },
    {
      name: "merges into what another controller owns",
      of: registration("Merge", "Retain"),
      seen: looked({ controller: "Certificate.cert-manager.io/db", dataKeys: [] }),
      want: update("42"),
    },
    {
      name: "leaves data alone that ESO holds without owning the Secret",
      of: owner,
      seen: looked({ dataKeys: [{ manager: "externalsecrets.external-secrets.io/other", operation: "Update", keys: ["a"] }] }),
      want: { action: "refuse", code: "OwnedByExternalSecret" },
    },
    {
      name: "merges beside data that ESO holds",
      of: registration("Merge", "Retain"),
      seen: looked({ dataKeys: [{ manager: "externalsecrets.external-secrets.io/db", operation: "Update", keys: ["a"] }] }),
      want: update("42"),
    },
    {
      name: "merges into nothing that another registration owns",
      of: registration("CreateOrMerge", "Retain"),
      seen: looked({ labels: { ...view.labels, [CREATED_BY_LABEL]: createdBy({ namespace: "app", name: "other" }) } }),
      want: { action: "refuse", code: "OwnedByRegistration" },
    },
    {
      name: "updates a target that shall be immutable and is not",
      of: owner,
      seen: looked(),
      immutable: true,
      want: update("42"),
    },
    {
      name: "keeps a target that is immutable as it shall be",
      of: owner,
      seen: looked({ immutableBy: [fieldManager(ID)] }),
      immutable: true,
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
      name: "writes an Orphan that another registration's late worker made anew: that is no drift",
      of: registration("Orphan", "Retain"),
      seen: looked({
        annotations: { [stampAnnotation("tokyo/app-shop/another")]: stamp(6, "late") },
        dataKeys: [{ manager: fieldManager("tokyo/app-shop/another"), operation: "Apply", keys: ["password"] }],
      }),
      want: { action: "take over" },
    },
    {
      name: "leaves an Orphan that a person made anew, and that another registration merges into",
      of: registration("Orphan", "Retain"),
      seen: looked({
        annotations: { [stampAnnotation("tokyo/app-shop/another")]: stamp(6, "merged") },
        dataKeys: [
          { manager: fieldManager("tokyo/app-shop/another"), operation: "Apply", keys: ["merged"] },
          { manager: "kubectl", operation: "Update", keys: ["password"] },
        ],
      }),
      want: { action: "keep" },
    },
    {
      name: "leaves an Orphan that a person made of a copy of another registration's Secret",
      of: registration("Orphan", "Retain"),
      seen: looked({
        annotations: { [stampAnnotation("tokyo/app-shop/another")]: stamp(6, "copied") },
        dataKeys: [{ manager: "kubectl-client-side-apply", operation: "Update", keys: ["password"] }],
      }),
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
    const plain = manifest("keys" in row ? row.keys : ["password"]);
    const wanted = "immutable" in row ? { ...plain, immutable: row.immutable } : plain;
    const stamped = "stamp" in row ? { ...wanted, annotations: { [MARK]: stamp(7, row.stamp) } } : wanted;

    const decision = decide({
      registration: row.of,
      seen: row.seen,
      versions: { [REFERENCE]: "version" in row ? row.version : "v1" },
      manifest: stamped,
      ...("adopts" in row ? { adopts: row.adopts } : {}),
      ...("isSourceGone" in row ? { isSourceGone: row.isSourceGone } : {}),
      ...("varying" in row ? { varying: row.varying } : {}),
    });

    expect(decision).toMatchObject(row.want);
  });
});
