/** What is printed for a cluster: its order, its size, and what another print would change. */
import { describe, expect, it } from "@jest/globals";
import { accessChanges } from "../../../../src/core/cluster-access/changes.ts";
import { clusterAccess } from "../../../../src/core/cluster-access/manifests.ts";
import type { Confinement } from "../../../../src/core/cluster-access/policy-name.ts";
import { confinedConfig } from "../../../support/confined-cluster.ts";
import { externalSecret, filesOf } from "../../../support/confined-config.ts";

const NAME = "secret-relay-tokyo";

function printed(secrets: string, confine: Confinement = "names", more = "") {
  const config = confinedConfig(filesOf(more, secrets));
  const [cluster] = config.clusters;
  if (cluster === undefined) throw new Error("the config has no Cluster");
  return clusterAccess(cluster, config, confine, { group: "g", serviceAccount: { namespace: "relay", name: "sa" } }).manifests;
}

const many = (count: number, target = "{}"): string =>
  Array.from({ length: count }, (_, index) => externalSecret(`s${index}`, target)).join("");

describe("clusterAccess", () => {
  it.each<Confinement>(["label", "names"])("puts the policy before any right, confined by %s", (confine) => {
    const kinds = printed(many(1), confine).map(({ kind }) => kind);

    expect(kinds.slice(0, 4)).toEqual(["Namespace", "ServiceAccount", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"]);
    expect(kinds.slice(4)).toEqual(confine === "label" ? ["ClusterRole", "ClusterRoleBinding"] : ["Role", "RoleBinding"]);
  });

  it("gives equal bytes whatever the order of the manifests", () => {
    const [a, b] = [externalSecret("a", "{}"), externalSecret("b", "{ creationPolicy: Merge }")];

    expect(JSON.stringify(printed(a + b))).toBe(JSON.stringify(printed(b + a)));
  });

  it("splits the names over Roles that etcd takes, and loses none", () => {
    const roles = printed(many(2_500)).filter(({ kind }) => kind === "Role");
    const names = roles.flatMap((role) => (role["rules"] as { resourceNames: string[] }[]).flatMap(({ resourceNames }) => resourceNames));

    expect(roles.map(({ metadata }) => metadata.name)).toEqual([NAME, `${NAME}-2`, `${NAME}-3`]);
    expect(new Set(names).size).toBe(2_500);
    expect(Math.max(...roles.map((role) => JSON.stringify(role).length))).toBeLessThan(300_000);
  });

  it("matches the policy on groups alone: the identity's, and that of its service account's namespace", () => {
    const policy = JSON.stringify(printed(many(1)).find(({ kind }) => kind === "ValidatingAdmissionPolicy"));

    expect(policy).toContain(String.raw`group in [\"g\", \"system:serviceaccounts:relay\"]`);
    expect(policy).not.toContain("username");
  });
});

describe("accessChanges", () => {
  const one = externalSecret("a", "{}");

  it("finds none in what was printed, whatever an API server added to it", () => {
    const before = printed(one, "label").map((manifest) => ({
      ...manifest,
      status: {},
      metadata: { ...manifest.metadata, uid: "u", generation: 1 },
    }));

    expect(accessChanges([{ kind: "List", items: before }], printed(one, "label"), NAME)).toEqual([]);
  });

  it.each([
    { name: "a Secret more", now: one + externalSecret("b", "{}"), want: [["added", "app-shop", "secrets", "b", "create,delete,patch"]] },
    {
      name: "a Secret less",
      now: "",
      want: [
        ["removed", "app-shop", "RoleBinding", NAME, ""],
        ["removed", "app-shop", "secrets", "a", "create,delete,patch"],
      ],
    },
    {
      name: "another policy",
      now: externalSecret("a", "{ creationPolicy: Orphan }"),
      want: [["removed", "app-shop", "secrets", "a", "delete"]],
    },
    {
      name: "a finalizer more",
      now: externalSecret("a", "{ template: { metadata: { finalizers: [example.com/a] } } }"),
      want: [["changed", "*", "ValidatingAdmissionPolicy", NAME, ""]],
    },
  ])("tells of $name", ({ now, want }) => {
    const changes = accessChanges(printed(one), printed(now), NAME);

    expect(changes.map(({ change, namespace, resource, name, verbs }) => [change, namespace, resource, name, verbs.join()])).toEqual(want);
  });

  it("leaves out what is not the relay's", () => {
    const others = [
      { kind: "Role", metadata: { name: "view", namespace: "a" }, rules: [{ resources: ["secrets"], verbs: ["get"] }] },
      null,
      "x",
    ];

    expect(accessChanges([...others, ...printed(one)], printed(one), NAME)).toEqual([]);
  });
});
