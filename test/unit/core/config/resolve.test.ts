/** How documents become clusters and registrations, and which configs are refused as a whole. */
import { describe, expect, it } from "@jest/globals";
import { resolveConfig } from "../../../../src/core/config/resolve.ts";
import { resolveManifests } from "../../../../src/core/config/resolve-manifests.ts";
import { clusterFile, defaults, secretFile, storeFile } from "./gen.ts";

const merge = "  data: [{ secretKey: a, remoteRef: { key: k } }]\n  target: { name: shop, creationPolicy: Merge }";
const owner = "  data: [{ secretKey: a, remoteRef: { key: k } }]\n  target: { name: shop }";

describe("resolveConfig", () => {
  it("fans a manifest out to every cluster whose globs match, with all defaults", () => {
    const { config, diagnostics } = resolveConfig([clusterFile({ name: "virginia" }), secretFile(), storeFile(), clusterFile()], defaults);

    expect(diagnostics).toEqual([]);
    expect(config?.clusters.map((cluster) => cluster.name)).toEqual(["tokyo", "virginia"]);
    expect(config?.clusters[0]).toEqual({
      name: "tokyo",
      labels: {},
      kubeconfigSecretName: "clusters/tokyo",
      allowedNamespaces: ["app-*"],
      concurrency: 16,
      requestsPerSecond: 200,
      drift: "probe",
    });
    expect(config?.registrations.map((registration) => registration.cluster)).toEqual(["tokyo", "virginia"]);
    expect(config?.registrations[0]).toEqual({
      cluster: "tokyo",
      namespace: "app-shop",
      name: "shop",
      store: { kind: "ClusterSecretStore", name: "aws", provider: "SecretsManager", account: "111122223333", region: "eu-west-1" },
      refreshPolicy: "Periodic",
      refreshIntervalMs: 3_600_000,
      labels: {},
      annotations: {},
      target: { name: "shop", creationPolicy: "Owner", deletionPolicy: "Retain" },
      data: [{ secretKey: "password", remoteRef: { key: "shop/db" } }],
      dataFrom: [],
    });
  });

  it("gives equal bytes whatever the order of the files", () => {
    const files = [clusterFile(), secretFile(), storeFile(), secretFile(merge, { path: "apps/a.yaml", name: "a" })];

    expect(JSON.stringify(resolveConfig(files.toReversed(), defaults))).toBe(JSON.stringify(resolveConfig(files, defaults)));
  });

  it("lets a Merge share the target of an Owner", () => {
    expect(
      resolveConfig([clusterFile(), storeFile(), secretFile(), secretFile(merge, { path: "apps/z.yaml", name: "z" })], defaults)
        .diagnostics,
    ).toEqual([]);
  });

  it.each([
    {
      name: "missing store",
      files: [clusterFile(), { ...storeFile(), text: storeFile().text.replace("name: aws", "name: awss") }, secretFile()],
      want: ["apps/shop.yaml:5:27 no ClusterSecretStore aws | did you mean awss?"],
    },
    {
      name: "store outside the globs",
      files: [clusterFile(), storeFile("other/store.yaml"), secretFile()],
      want: ["apps/shop.yaml:5:27 no ClusterSecretStore aws"],
    },
    {
      name: "two owners of one target",
      files: [clusterFile(), storeFile(), secretFile(), secretFile(owner, { path: "apps/z.yaml", name: "z" })],
      want: [
        "apps/z.yaml:7:19 Secret app-shop/shop already belongs to ExternalSecret shop at apps/shop.yaml:3:19 | give it another target.name, or creationPolicy Merge",
      ],
    },
    {
      name: "one ExternalSecret twice",
      files: [clusterFile(), storeFile(), secretFile(), secretFile(undefined, { path: "apps/z.yaml" })],
      want: ["apps/z.yaml:3:19 ExternalSecret app-shop/shop is also given at apps/shop.yaml:3:19 | keep one of the two"],
    },
    {
      name: "namespace outside allow",
      files: [clusterFile({ allow: "team-*" }), storeFile(), secretFile()],
      want: [
        "apps/shop.yaml:3:36 namespace app-shop is not allowed in cluster tokyo | allowed there: team-*; see spec.namespaces.allow in clusters/tokyo.yaml",
      ],
    },
    {
      name: "two Clusters of one name",
      files: [clusterFile(), clusterFile({ path: "clusters/z.yaml" })],
      want: ["clusters/z.yaml:3:19 a second Cluster tokyo | the first is at clusters/tokyo.yaml:3:19"],
    },
  ])("refuses the whole config: $name", ({ files, want }) => {
    const { config, diagnostics } = resolveConfig(files, defaults);

    expect(config).toBeUndefined();
    expect(diagnostics.map((one) => `${one.file}:${one.line}:${one.column} ${one.message}${one.hint ? ` | ${one.hint}` : ""}`)).toEqual(
      want,
    );
  });
});

describe("resolveManifests", () => {
  it("resolves what it can and gives each broken ExternalSecret its own errors", () => {
    const files = [storeFile(), secretFile(), secretFile("  data: []", { path: "apps/b.yaml", name: "b" })];

    const { registrations, failures, diagnostics } = resolveManifests(files, defaults);

    expect(registrations.map(({ cluster, name }) => [cluster, name])).toEqual([["", "shop"]]);
    expect(failures.map(({ namespace, name }) => [namespace, name])).toEqual([["app-shop", "b"]]);
    expect(diagnostics).toEqual([]);
  });
});
