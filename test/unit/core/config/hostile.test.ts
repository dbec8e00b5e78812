/** Manifests and configs by somebody who means harm: each ends in a mistake that is told, soon, and reaches nothing but its own target. */
import { describe, expect, it } from "@jest/globals";
import { UNPLACED } from "../../../../src/core/config/deployment.ts";
import { parseFile } from "../../../../src/core/config/parse.ts";
import { resolveConfig } from "../../../../src/core/config/resolve.ts";
import { secretKeyFault } from "../../../../src/core/source/keys.ts";

const CLUSTER = `apiVersion: secret-relay.dev/v1alpha1
kind: Cluster
metadata: { name: tokyo }
spec:
  kubeconfigSecretRef: { name: clusters/tokyo }
  manifests: ["apps/*.yaml"]
  namespaces: { allow: ["app-*"] }
`;
const STORE = `---
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: { name: aws }
spec: { provider: { aws: { service: SecretsManager, region: eu-west-1 } } }
---
`;

const manifest = (name: string, namespace: string, target: string, secretKey = "password") => `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: { name: ${JSON.stringify(name)}, namespace: ${JSON.stringify(namespace)} }
spec:
  secretStoreRef: { kind: ClusterSecretStore, name: aws }
  target: ${target}
  data: [{ secretKey: ${JSON.stringify(secretKey)}, remoteRef: { key: shop/db } }]
`;

const resolved = (text: string) =>
  resolveConfig(
    [
      { path: "clusters/tokyo.yaml", text: CLUSTER },
      { path: "apps/shop.yaml", text: STORE + text },
    ],
    UNPLACED,
  );

/** `levels` lists, each of ten aliases of the one before it. */
const aliasBomb = (levels: number): string =>
  [
    "a0: &a0 [x, x, x, x, x, x, x, x, x, x]",
    ...Array.from({ length: levels }, (_, at) => `a${at + 1}: &a${at + 1} [${Array(10).fill(`*a${at}`).join(", ")}]`),
  ].join("\n");

describe("a document that would grow without bound", () => {
  it.each([
    { name: "a billion aliases", text: aliasBomb(9) },
    { name: "a billion merges", text: aliasBomb(9).replaceAll("[", "{ <<: [").replaceAll("]", "] }") },
    { name: "flow lists of fifty thousand levels", text: `kind: ${"[".repeat(50_000)}` },
    { name: "maps of twenty thousand levels", text: `kind: ${"{a: ".repeat(20_000)}1${"}".repeat(20_000)}` },
    { name: "an alias of itself", text: "a: &a [*a]" },
  ])("is a mistake, soon: $name", ({ text }) => {
    const startedAt = performance.now();

    const { documents, diagnostics } = parseFile({ path: "apps/shop.yaml", text }, () => false);

    expect(documents).toHaveLength(0);
    expect(diagnostics.length).toBeGreaterThan(0);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});

describe("a name that would lead elsewhere", () => {
  it.each(["../kube-system", "app-shop/../kube-system", "app-shop%2f..", "app shop", "", ".", "app-shop\n", "app-shop?x=1", "APP-SHOP"])(
    "is refused as a namespace: %j",
    (namespace) => {
      expect(resolved(manifest("db", namespace, "{ name: db }")).diagnostics).not.toEqual([]);
    },
  );

  it.each(["../db", "db/../../secrets/other", "db?dryRun=All", "db#x", "db%2e", "DB", "", "..", "a".repeat(254)])(
    "is refused as a target: %j",
    (name) => {
      expect(resolved(manifest("db", "app-shop", `{ name: ${JSON.stringify(name)} }`)).diagnostics).not.toEqual([]);
    },
  );

  it.each(["../a", "a/b", "a b", "", "a\n", "é", "..", "."])("is refused as a key, wherever it came from: %j", (key) => {
    expect(secretKeyFault(key)).toBeDefined();
  });
});

describe("keys of JavaScript's own", () => {
  const LABELS =
    "{ name: db, template: { metadata: { labels: { __proto__: x, constructor: y } }, data: { __proto__: a, constructor: b } } }";

  it.each([
    { name: "labels and data of a template", text: manifest("db", "app-shop", LABELS) },
    { name: "a data key", text: manifest("db", "app-shop", "{ name: db }", "__proto__") },
    { name: "a field", text: manifest("db", "app-shop", "{ name: db, __proto__: { creationPolicy: None } }") },
    { name: "a field of the document", text: `__proto__: { polluted: true }\n${manifest("db", "app-shop", "{ name: db }")}` },
    { name: "a merge", text: `x: &x { __proto__: { polluted: true } }\n<<: *x\n${manifest("db", "app-shop", "{ name: db }")}` },
  ])("pollute nothing: $name", ({ text }) => {
    const { config } = resolved(text);

    expect(({} as Readonly<Record<string, unknown>>)["polluted"]).toBeUndefined();
    expect(({} as Readonly<Record<string, unknown>>)["creationPolicy"]).toBeUndefined();
    for (const spec of config?.registrations ?? []) {
      expect(spec.target.creationPolicy).toBe("Owner");
      expect(Object.getPrototypeOf(spec.target)).toBe(Object.prototype);
    }
  });

  it("are names like any others where they may stand", () => {
    const { config, diagnostics } = resolved(manifest("db", "app-shop", "{ name: db }", "__proto__"));

    expect(diagnostics).toEqual([]);
    expect(config?.registrations[0]?.data.map(({ secretKey }) => secretKey)).toEqual(["__proto__"]);
  });
});
