/** How a ClusterExternalSecret is read, which mistakes it is refused for, and what it makes in a namespace. */
import { describe, expect, it } from "@jest/globals";
import { meansNamespace, namespacesByName } from "../../../../src/core/cluster-external-secret.ts";
import { expandInto, possibleRegistrations } from "../../../../src/core/config/cluster-external-secret.ts";
import { placeConfig, UNPLACED } from "../../../../src/core/config/deployment.ts";
import type { SourceFile } from "../../../../src/core/config/diagnostics.ts";
import { resolveConfig } from "../../../../src/core/config/resolve.ts";
import { resolveManifests } from "../../../../src/core/config/resolve-manifests.ts";
import { aClusterExternalSecret } from "../../../support/registrations.ts";
import { clusterFile, clusterSecretFile, defaults, secretFile, storeFile } from "./gen.ts";

function one(files: readonly SourceFile[], given = defaults) {
  const { config, diagnostics } = resolveConfig([clusterFile(), storeFile(), ...files], given);
  expect(diagnostics).toEqual([]);
  const spec = config?.clusterExternalSecrets?.[0];
  if (config === undefined || spec === undefined) throw new Error("it did not resolve");
  return { config, spec };
}

const mistakes = (...files: readonly SourceFile[]) =>
  resolveConfig([clusterFile(), ...files], defaults).diagnostics.map(
    ({ line, column, message, hint }) => `${line}:${column} ${message}${hint === undefined ? "" : ` | ${hint}`}`,
  );

const ownStore = (namespace: string, path = `apps/${namespace}.yaml`): SourceFile => ({
  path,
  text: storeFile().text.replace("ClusterSecretStore", "SecretStore").replace("name: aws", `name: aws, namespace: ${namespace}`),
});
const bySecretStore: SourceFile = {
  path: "apps/shared.yaml",
  text: clusterSecretFile().text.replace(", kind: ClusterSecretStore", ""),
};

describe("a ClusterExternalSecret", () => {
  it.each(["v1", "v1beta1"])("of %s is kept for each cluster, with ESO's defaults, until its namespaces are known", (version) => {
    const file = { path: "apps/a.yaml", text: clusterSecretFile().text.replace("io/v1", `io/${version}`) };
    const { config, spec } = one([file, clusterFile({ name: "virginia" })]);

    expect(config.registrations).toEqual([]);
    expect(config.clusterExternalSecrets?.map(({ cluster }) => cluster)).toEqual(["tokyo", "virginia"]);
    expect(spec).toMatchObject({
      name: "shared",
      externalSecretName: "shared",
      selectors: [{ matchLabels: { team: "shop" } }],
      namespaces: [],
      refreshMs: 3_600_000,
    });
    expect(spec.stores.map(({ manifest }) => manifest.metadata)).toEqual([{ name: "aws" }]);
  });

  it("reads all of its fields", () => {
    const { spec } = one([
      clusterSecretFile(`  externalSecretName: made
  externalSecretMetadata: { labels: { b: "2", a: "1" }, annotations: { note: x } }
  namespaceSelector: { matchLabels: { old: "yes" } }
  namespaceSelectors: [{ matchExpressions: [{ key: team, operator: In, values: [shop] }] }, {}]
  namespaces: [b, a, b]
  refreshTime: 90s`),
    ]);

    expect(spec).toMatchObject({
      externalSecretName: "made",
      labels: { a: "1", b: "2" },
      annotations: { note: "x" },
      selectors: [{ matchLabels: { old: "yes" } }, { matchExpressions: [{ key: "team", operator: "In", values: ["shop"] }] }, {}],
      namespaces: ["a", "b"],
      refreshMs: 90_000,
    });
  });

  it("becomes the ExternalSecret of a namespace, whose maker it names", () => {
    const { spec } = one([clusterSecretFile("  namespaces: [app-a]\n  externalSecretMetadata: { labels: { a: b } }")]);
    const { config } = resolveConfig([clusterFile(), storeFile(), secretFile(undefined, { name: "shared", namespace: "app-a" })], defaults);

    expect(expandInto(spec, "app-a")).toEqual({
      kind: "registration",
      spec: { ...config?.registrations[0], labels: { a: "b" }, clusterExternalSecret: "shared" },
    });
  });

  it("hands its force-sync annotation on, and only its own (ESO)", () => {
    const name = "external-secrets.io/force-sync";
    const withOwn = (annotation: string) => ({
      path: "apps/a.yaml",
      text: clusterSecretFile(`  externalSecretMetadata: { annotations: { ${name}: old, note: x } }`).text.replace(
        "name: shared",
        `name: shared, annotations: { ${annotation} }`,
      ),
    });

    expect(one([withOwn(`${name}: "7"`)]).spec.annotations).toEqual({ [name]: "7", note: "x" });
    expect(one([withOwn("other: y")]).spec.annotations).toEqual({ note: "x" });
  });

  it("is placed with the config where a store names no region", () => {
    const store = { path: "apps/store.yaml", text: storeFile().text.replace(", region: eu-west-1", "") };
    const { config } = resolveConfig([clusterFile(), store, clusterSecretFile()], UNPLACED);
    const placed = placeConfig(config ?? { clusters: [], registrations: [] }, { account: "111122223333", region: "eu-north-1" });
    const [spec] = placed.clusterExternalSecrets ?? [];
    const expansion = spec && expandInto(spec, "a");

    expect(expansion).toMatchObject({ spec: { store: { account: "111122223333", region: "eu-north-1" } } });
  });

  it("reads by the SecretStore of the namespace, and may read by that of each", () => {
    const { spec } = one([bySecretStore, ownStore("app-a"), ownStore("app-b")]);

    expect(possibleRegistrations(spec).map(({ namespace, store }) => `${namespace} ${store.kind}`)).toEqual([
      "app-a SecretStore",
      "app-b SecretStore",
    ]);
    expect(expandInto(spec, "app-c")).toMatchObject({ kind: "failed", finding: { message: "no SecretStore aws in namespace app-c" } });
  });

  it("is refused for what is wrong in every namespace, at its place", () => {
    expect(mistakes(clusterSecretFile())).toEqual(["6:29 no ClusterSecretStore aws"]);
    expect(mistakes(bySecretStore)).toEqual(["6:29 no SecretStore aws in any namespace"]);
    expect(mistakes(storeFile(), clusterSecretFile(), clusterSecretFile(undefined, "apps/twice.yaml"))).toEqual([
      "3:19 a second ClusterExternalSecret shared | the first is at apps/shared.yaml:3:19",
    ]);
  });

  it.each([
    { rest: "  refreshTime: soon", want: "8:16 spec.refreshTime: this is no duration; write it like 1h, 90s or 1h30m" },
    { rest: "  namespaces: [App]", want: /^8:16 spec\.namespaces\[0\]: this name is lower-case letters/ },
    {
      rest: "  namespaceSelectors: [{ matchExpressions: [{ key: a, operator: In }] }]",
      want: /In and NotIn need values, Exists and DoesNotExist have none$/,
    },
    { rest: "  namespaceSelctor: {}", want: "8:3 unknown field spec.namespaceSelctor | did you mean namespaceSelector?" },
  ])("is refused for $rest", ({ rest, want }) => {
    const [first, ...others] = mistakes(storeFile(), clusterSecretFile(rest));

    expect(others).toEqual([]);
    expect(first).toMatch(want);
  });

  it("is refused for all that an ExternalSecret is, with its own paths", () => {
    const text = clusterSecretFile(
      "    target: { deletionPolicy: Delete, creationPolicy: Merge, template: { data: { a: '{{ .b' } } }",
    ).text.replace("data: [", 'dataFrom: [{ find: { name: { regexp: "(" } } }]\n    data: [');

    expect(mistakes(storeFile(), { path: "apps/a.yaml", text })).toEqual([
      "7:42 spec.externalSecretSpec.dataFrom[0].find.name.regexp is no regular expression: missing closing ) at character 1 | the syntax is that of Go (RE2)",
      "9:31 deletionPolicy Delete can't go with creationPolicy Merge | Delete needs creationPolicy Owner or Orphan",
      "9:91 spec.externalSecretSpec.target.template.data.a is no template: unclosed action",
    ]);
  });
});

describe("which namespaces are meant", () => {
  const label = "kubernetes.io/metadata.name";

  it.each([
    { name: "names", given: { namespaces: ["b"], selectors: [] }, want: ["b"] },
    { name: "nothing at all", given: { selectors: [] }, want: [] },
    {
      name: "the label that holds the name",
      given: {
        namespaces: ["z"],
        selectors: [{ matchLabels: { [label]: "a" } }, { matchExpressions: [{ key: label, operator: "In", values: ["c", "a"] }] }],
      },
      want: ["a", "c", "z"],
    },
    { name: "another label", given: { selectors: [{ matchLabels: { team: "x" } }] }, want: undefined },
    { name: "that label and another", given: { selectors: [{ matchLabels: { [label]: "a", team: "x" } }] }, want: undefined },
    {
      name: "all but one",
      given: { selectors: [{ matchExpressions: [{ key: label, operator: "NotIn", values: ["a"] }] }] },
      want: undefined,
    },
    { name: "all", given: { selectors: [{}] }, want: undefined },
  ] as const)("is told by names alone, or not: $name", ({ given, want }) => {
    expect(namespacesByName(aClusterExternalSecret(given))).toEqual(want);
  });

  it("is any that a selector or a name matches", () => {
    const spec = aClusterExternalSecret({
      namespaces: ["named"],
      selectors: [{ matchLabels: { team: "shop" } }, { matchLabels: { [label]: "byname" } }],
    });
    const means = (name: string, labels = {}) => meansNamespace(spec, { name, labels, isTerminating: false });

    expect([means("named"), means("byname"), means("other", { team: "shop" }), means("other")]).toEqual([true, true, true, false]);
  });
});

describe("a render of manifests alone", () => {
  const namespaces = [
    { name: "b", labels: { team: "shop" }, isTerminating: false },
    { name: "a", labels: { team: "shop" }, isTerminating: false },
    { name: "c", labels: {}, isTerminating: false },
  ];

  it("has one for each namespace, but where an ExternalSecret has the name already", () => {
    const own = secretFile(undefined, { name: "shared", namespace: "b", path: "apps/own.yaml" });
    const { manifests, diagnostics } = resolveManifests([storeFile(), clusterSecretFile(), own], defaults, namespaces);

    expect(diagnostics).toEqual([]);
    expect(
      manifests.map((found) =>
        found.kind === "resolved" ? `${found.spec.namespace} resolved` : `${found.namespace} ${found.diagnostics[0]?.message}`,
      ),
    ).toEqual(["a resolved", "b ExternalSecret b/shared already exists", "b resolved"]);
  });

  it("names those that mean none of the namespaces", () => {
    expect(resolveManifests([storeFile(), clusterSecretFile()], defaults, []).withoutNamespace).toEqual(["shared"]);
  });
});
