/** `bootstrap-cluster`: what it prints, in which formats, what it refuses, and how it compares with what was printed before. */
import { describe, expect, it } from "@jest/globals";
import { parseAllDocuments } from "yaml";
import { filesOf } from "../../support/confined-config.ts";
import { runCli } from "./run-cli.ts";

const below = (files: Readonly<Record<string, string>>, folder = "config") =>
  Object.fromEntries(Object.entries(files).map(([path, text]) => [`${folder}/${path}`, text]));
const bootstrap = (args: readonly string[], more = "", stdin = "") =>
  runCli(["bootstrap-cluster", ...args], { files: below(filesOf(more)), stdin });
const ROLE_ARN = "arn:aws:iam::111122223333:role/secret-relay";

describe("bootstrap-cluster", () => {
  it("prints manifests for kubectl, confined by names, and names what it may write of others", async () => {
    const { status, stdout, stderr } = await bootstrap(["tokyo"]);
    const documents = parseAllDocuments(stdout).map((document) => document.toJS() as { kind: string } | null);

    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(documents.flatMap((document) => document?.kind ?? [])).toEqual([
      "Namespace",
      "ServiceAccount",
      "ValidatingAdmissionPolicy",
      "ValidatingAdmissionPolicyBinding",
      "Role",
      "RoleBinding",
    ]);
    expect(stdout).toContain("# - app-shop/both\n# - app-shop/chart\n");
    expect(stdout).toContain("example.com/hold");
  });

  it.each([
    { name: "what the Cluster says", args: [], more: ", confine: label", want: "confined by label", warning: "" },
    { name: "the option", args: ["--confine", "label"], more: "", want: "confined by label", warning: "set confine: label" },
    {
      name: "the option over the Cluster",
      args: ["--confine", "names"],
      more: ", confine: label",
      want: "confined by names",
      warning: "writes nothing",
    },
    {
      name: "the option that says the same",
      args: ["--confine", "label"],
      more: ", confine: label",
      want: "confined by label",
      warning: "",
    },
  ])("confines by $name, and warns where the two differ", async ({ args, more, want, warning }) => {
    const { status, stdout, stderr } = await bootstrap(["tokyo", ...args], more);

    expect(status).toBe(0);
    expect(stdout).toContain(want);
    expect(stdout.includes("can read them")).toBe(want === "confined by label");
    if (warning === "") expect(stderr).toBe("");
    else expect(stderr).toContain(warning);
  });

  it("prints a List as JSON", async () => {
    const { stdout } = await bootstrap(["tokyo", "-o", "json", "--subject", "group", "--group", "relay"]);
    const list = JSON.parse(stdout) as { kind: string; items: readonly { kind: string; subjects?: unknown }[] };

    expect(list.kind).toBe("List");
    expect(list.items.map(({ kind }) => kind)).not.toContain("ServiceAccount");
    expect(list.items.at(-1)?.subjects).toEqual([{ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: "relay" }]);
  });

  it("grants another service account alone", async () => {
    const { stdout } = await bootstrap(["tokyo", "--subject", "service-account", "--service-account", "tools/relay"]);

    expect(stdout).toContain("namespace: tools\n");
    expect(stdout).toContain('group in ["system:serviceaccounts:tools"]');
    expect(stdout).not.toContain("kind: Group");
  });

  it.each([
    { how: "cli", want: `aws eks create-access-entry --cluster-name 'prod' --principal-arn '${ROLE_ARN}'` },
    { how: "cdk", want: 'kubernetesGroups: ["secret-relay"]' },
    { how: "terraform", want: 'kubernetes_groups = ["secret-relay"]' },
  ])("prints the access entry for $how", async ({ how, want }) => {
    const { status, stdout } = await bootstrap(["tokyo", "--access-entry", how, "--principal-arn", ROLE_ARN, "--eks-cluster", "prod"]);

    expect(status).toBe(0);
    expect(stdout).toContain(want);
    expect(stdout).toContain(ROLE_ARN);
  });

  const eks = (more: string) =>
    below({
      "prod.yaml": `apiVersion: secret-relay.dev/v1alpha1
kind: Cluster
metadata: { name: tokyo }
spec: { eks: { name: prod, region: eu-west-1${more} }, manifests: [], namespaces: { allow: ["app-*"] } }
`,
    });

  it("takes what is said of an EKS cluster from its Cluster: name, role, and a group alone", async () => {
    const files = eks(`, roleArn: "${ROLE_ARN}"`);

    const entry = await runCli(["bootstrap-cluster", "tokyo", "--access-entry", "cli"], { files });
    const manifests = await runCli(["bootstrap-cluster", "tokyo"], { files });
    const without = await runCli(["bootstrap-cluster", "tokyo", "--access-entry", "cli"], { files: eks("") });

    expect(entry.stdout).toContain(`--cluster-name 'prod' --principal-arn '${ROLE_ARN}'`);
    expect(manifests.stdout).toContain("ValidatingAdmissionPolicy");
    expect(manifests.stdout).not.toContain("ServiceAccount");
    expect([without.status, without.stdout]).toEqual([2, ""]);
    expect(without.stderr).toContain("RoleArn among the outputs of the stack");
  });

  it.each([
    { name: "an unknown Cluster", args: ["tokio"], status: 1, want: "no Cluster tokio in the config; did you mean tokyo?" },
    { name: "a group of the control plane", args: ["tokyo", "--group", "system:masters"], status: 2, want: "--group" },
    { name: "a group with a quote", args: ["tokyo", "--group", "a'b"], status: 2, want: "--group" },
    { name: "an access entry without a role", args: ["tokyo", "--access-entry", "cli"], status: 2, want: "--principal-arn" },
    { name: "what is no ARN", args: ["tokyo", "--access-entry", "cli", "--principal-arn", "role; rm"], status: 2, want: "arn:aws:iam" },
    { name: "an unknown way", args: ["tokyo", "--confine", "no"], status: 2, want: "names, label" },
    { name: "a missing file", args: ["tokyo", "--diff", "before.yaml"], status: 1, want: "before.yaml" },
  ])("refuses $name", async ({ args, status, want }) => {
    const ran = await bootstrap(args);

    expect([ran.status, ran.stdout]).toEqual([status, ""]);
    expect(ran.stderr).toContain(want);
  });

  it("is silent where nothing differs from what was printed, in either format", async () => {
    for (const format of ["yaml", "json"]) {
      const { stdout } = await bootstrap(["tokyo", "-o", format]);

      expect(await bootstrap(["tokyo", "--diff", "-"], "", stdout)).toEqual({ status: 0, stdout: "", stderr: "" });
    }
  });

  it("lists the rights that differ, with status 1", async () => {
    const { stdout: before } = await bootstrap(["tokyo"]);

    const { status, stdout } = await bootstrap(["tokyo", "--diff", "-"], ", drift: list", before);

    expect(status).toBe(1);
    expect(stdout).toBe("CHANGE  NAMESPACE  RESOURCE  NAME  VERBS\nadded   app-shop   secrets   *     list\n");
  });
});
