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

  it("takes a Cluster without manifests: that is how one is emptied", () => {
    const empty = { ...clusterFile(), text: clusterFile().text.replace('["apps/**/*.yaml"]', "[]") };

    const { config, diagnostics } = resolveConfig([empty, storeFile(), secretFile()], defaults);

    expect(diagnostics).toEqual([]);
    expect(config?.clusters).toHaveLength(1);
    expect(config?.registrations).toEqual([]);
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
      name: "glob that matches no file",
      files: [clusterFile({ globs: "aps/**/*.yaml" }), storeFile(), secretFile()],
      want: [
        "clusters/tokyo.yaml:6:15 spec.manifests[0] matches no file | the nearest file is apps/shop.yaml; globs start at the config folder",
      ],
    },
    {
      name: "namespace glob with braces",
      files: [clusterFile({ allow: "app-{shop,bar}" }), storeFile(), secretFile()],
      want: [
        "clusters/tokyo.yaml:7:25 spec.namespaces.allow[0]: a namespace glob is lower-case letters, digits, '-', '*' and '?'; instead of braces write one entry for each",
      ],
    },
    {
      name: "two Clusters of one name",
      files: [clusterFile(), storeFile(), clusterFile({ path: "clusters/z.yaml" })],
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
  it("resolves what it can, gives each broken ExternalSecret its own errors, and keeps the order of the documents", () => {
    const broken = secretFile("  data: []", { path: "apps/b.yaml", name: "b" });
    const twice = secretFile(undefined, { path: "apps/c.yaml" });
    const unknownStore = { ...broken, text: broken.text.replace("name: aws", "name: aw").replace("data: []", "data: [{}]") };
    const two = { path: "apps/two.yaml", text: `${broken.text}---\n${secretFile(undefined, { name: "first" }).text}` };

    const { manifests, diagnostics } = resolveManifests([storeFile(), two, secretFile(), twice, unknownStore], defaults, []);

    expect(
      manifests.map((one) => (one.kind === "resolved" ? `${one.spec.cluster}|${one.spec.name}` : `${one.namespace}/${one.name}`)),
    ).toEqual(["app-shop/b", "|first", "|shop", "app-shop/shop", "app-shop/b"]);
    expect(manifests.map((one) => (one.kind === "failed" ? one.diagnostics.map(({ message }) => message) : "resolved"))).toEqual([
      ["spec has neither data nor dataFrom"],
      "resolved",
      "resolved",
      ["ExternalSecret app-shop/shop is also given at apps/shop.yaml:3:19"],
      ["spec.data[0].secretKey is required", "spec.data[0].remoteRef is required"],
    ]);
    expect(diagnostics).toEqual([]);
  });

  it("gives the mistakes of other documents apart", () => {
    const { manifests, diagnostics } = resolveManifests(
      [{ ...storeFile(), text: storeFile().text.replace("aws:", "awss:") }, secretFile()],
      defaults,
      [],
    );

    expect(diagnostics.map(({ message }) => message)).toContain("unknown field spec.provider.awss");
    expect(manifests).toMatchObject([{ kind: "failed", diagnostics: [{ message: "ClusterSecretStore aws can't be used" }] }]);
  });
});
