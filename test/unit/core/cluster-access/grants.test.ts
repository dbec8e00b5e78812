/** Which rights a config comes to, by either confinement. */
import { describe, expect, it } from "@jest/globals";
import { type ClusterGrants, grantsOf } from "../../../../src/core/cluster-access/grants.ts";
import type { Confinement } from "../../../../src/core/cluster-access/policy-name.ts";
import { confinedConfig } from "../../../support/confined-cluster.ts";
import { clusterManifest, externalSecret } from "../../../support/confined-config.ts";

const store = (aws: string, more = "") => `apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: { name: aws }
spec: { provider: { aws: { service: SecretsManager, region: eu-west-1${aws} } }${more} }
`;

function several(where: string, target = "{}"): string {
  return `---
apiVersion: external-secrets.io/v1
kind: ClusterExternalSecret
metadata: { name: all }
spec:
  ${where}
  externalSecretSpec:
    secretStoreRef: { kind: ClusterSecretStore, name: aws }
    data: [{ secretKey: password, remoteRef: { key: db } }]
    target: ${target}
`;
}

interface Given {
  readonly apps: string;
  readonly allow?: string;
  readonly spec?: string;
  readonly confine?: Confinement;
  readonly store?: string;
}

function granted({ apps, allow = '["app-*"]', spec = "", confine = "names", store: manifest = store("") }: Given): ClusterGrants {
  const config = confinedConfig({ "cluster.yaml": clusterManifest(spec, allow), "apps.yaml": manifest + apps });
  const [cluster] = config.clusters;
  if (cluster === undefined) throw new Error("the config has no Cluster");
  return grantsOf(cluster, config, confine);
}

/** `namespace resource/name: verbs` */
function lines({ grants }: ClusterGrants): readonly string[] {
  const objects = Map.groupBy(grants, ({ namespace, resource, name }) => `${namespace} ${resource}/${name}`);
  return [...objects].map(([object, own]) => `${object}: ${own.map(({ verb }) => verb).join(",")}`);
}

const OWNER = externalSecret("db", "{}");

describe("grantsOf", () => {
  it.each<Given & { readonly name: string; readonly want: readonly string[] }>([
    {
      name: "deletes only what an Owner leaves",
      apps: OWNER + externalSecret("b", "{ creationPolicy: Orphan }"),
      want: ["app-shop secrets/b: create,patch", "app-shop secrets/db: create,delete,patch"],
    },
    { name: "grants nothing for creationPolicy None", apps: externalSecret("b", "{ creationPolicy: None }"), want: [] },
    {
      name: "grants the reads of templates by name",
      apps: externalSecret(
        "b",
        "{ template: { templateFrom: [{ configMap: { name: c, items: [{ key: k }] } }, { secret: { name: s, items: [{ key: k }] } }] } }",
      ),
      want: ["app-shop configmaps/c: get", "app-shop secrets/b: create,delete,patch", "app-shop secrets/s: get"],
    },
    {
      name: "grants a service account's token for IRSA",
      apps: OWNER,
      store: store(", auth: { jwt: { serviceAccountRef: { name: sa, namespace: app-sa } } }"),
      want: ["app-sa serviceaccounts/sa: get", "app-sa serviceaccounts/token/sa: create", "app-shop secrets/db: create,delete,patch"],
    },
    {
      name: "grants the Secrets that hold access keys",
      apps: OWNER,
      store: store(", auth: { secretRef: { accessKeyIDSecretRef: { name: i, key: k }, secretAccessKeySecretRef: { name: s, key: k } } }"),
      want: ["app-shop secrets/db: create,delete,patch", "app-shop secrets/i: get", "app-shop secrets/s: get"],
    },
    {
      name: "grants the labels of just the namespace that a condition selects by",
      apps: OWNER,
      store: store("", ", conditions: [{ namespaceSelector: { matchLabels: { a: b } } }]"),
      want: ["* namespaces/app-shop: get", "app-shop secrets/db: create,delete,patch"],
    },
    {
      name: "grants a list where drift is found by it",
      apps: OWNER,
      spec: ", drift: list",
      want: ["app-shop secrets/*: list", "app-shop secrets/db: create,delete,patch"],
    },
    {
      name: "grants a ClusterExternalSecret by the names of its allowed namespaces",
      apps: several("namespaces: [app-a, app-b, other]"),
      want: ["app-a secrets/all: create,delete,patch", "app-b secrets/all: create,delete,patch"],
    },
    {
      name: "grants one that goes by labels in every namespace, by name",
      apps: several("namespaceSelector: { matchLabels: { a: b } }"),
      want: ["* namespaces/*: list", "* secrets/all: create,delete,patch"],
    },
    {
      name: "grants one that goes by labels in the namespaces that the Cluster names",
      allow: "[app-a, app-b]",
      apps: several("namespaceSelector: { matchLabels: { a: b } }"),
      want: ["* namespaces/*: list", "app-a secrets/all: create,delete,patch", "app-b secrets/all: create,delete,patch"],
    },
    {
      name: "grants all names where a glob may mean any namespace",
      confine: "label",
      apps: OWNER,
      want: ["* secrets/*: create,delete,patch"],
    },
    {
      name: "grants all names in just the namespaces that the Cluster names",
      confine: "label",
      allow: "[app-shop, kube-system]",
      apps: OWNER,
      want: ["app-shop secrets/*: create,delete,patch"],
    },
    {
      name: "grants no deletion where no Owner is",
      confine: "label",
      apps: externalSecret("b", "{ creationPolicy: Merge }"),
      want: ["* secrets/*: create,patch"],
    },
    {
      name: "grants the default policy's rights where nothing is registered yet",
      confine: "label",
      apps: "",
      want: ["* secrets/*: create,delete,patch"],
    },
  ])("$name", (given) => {
    expect(lines(granted(given))).toEqual(given.want);
  });

  it.each([
    { name: "what is merged into", spec: "", want: ["app-shop/b", "app-shop/c"] },
    { name: "all of them, where they are adopted", spec: ", adopt: true", want: ["app-shop/b", "app-shop/c", "app-shop/db"] },
  ])("names $name as written without a label", ({ spec, want }) => {
    const apps = OWNER + externalSecret("b", "{ creationPolicy: Merge }") + externalSecret("c", "{ creationPolicy: CreateOrMerge }");

    expect(granted({ apps, spec, confine: "label" }).unlabelled).toEqual(want);
  });

  it("warns of what the policy will never open, and of what is wider than the config's names", () => {
    const system = granted({ apps: externalSecret("db", "{}", "kube-system"), allow: '["*"]', confine: "label" });
    const wide = granted({ apps: several("namespaceSelector: { matchLabels: { a: b } }") });
    const listed = granted({ apps: OWNER, spec: ", drift: list" });

    expect(system.warnings).toEqual([expect.stringContaining("kube-system/db can't be written")]);
    expect(wide.warnings).toEqual([expect.stringContaining("ClusterExternalSecret all selects namespaces by label")]);
    expect(listed.warnings).toEqual([expect.stringContaining("could read every Secret")]);
  });
});
