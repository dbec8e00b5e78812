/** A store's auth on a real API server, with the rights that docs/store-access.yaml grants, and without any other. */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { KubernetesObject } from "@kubernetes/client-node";
import { parseAllDocuments } from "yaml";
import { createClusters } from "../../../src/adapters/kubernetes/clusters.ts";
import type { Cluster, ClusterAuthReads } from "../../../src/core/ports.ts";
import { SecretValue } from "../../../src/core/secret-value.ts";
import { type ApiServer, startApiServer } from "../../../src/local/api-server.ts";
import { grantAccess } from "../../../src/local/cluster-access.ts";
import { applyObject } from "../../../src/local/kubernetes-api.ts";
import { aCluster } from "../../support/registrations.ts";

const ROLE = "arn:aws:iam::222222222222:role/shop";
const ACCOUNT = { namespace: "app-shop", name: "shop-reader" };

let server: ApiServer;
let reads: ClusterAuthReads;
let cluster: Cluster;

const secret = (name: string) => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name, namespace: "app-shop" },
  data: { id: Buffer.from("AKIA1").toString("base64") },
});

const account = (name: string) => ({
  apiVersion: "v1",
  kind: "ServiceAccount",
  metadata: { name, namespace: "app-shop", annotations: { "eks.amazonaws.com/role-arn": ROLE } },
});

beforeAll(async () => {
  server = await startApiServer();
  const user = await grantAccess(server, ["app-shop"]);
  const documents = parseAllDocuments(await readFile("docs/store-access.yaml", "utf8"));
  const grants = documents.map((document) => document.toJS() as KubernetesObject);
  const objects = [secret("shop-aws-keys"), secret("other"), account("shop-reader"), account("other")];
  for (const object of [...grants, ...objects]) await applyObject(server, object);
  const clusters = createClusters(async () => ({ value: new SecretValue(user.kubeconfig), versionId: "v1" }), { allowLoopback: true });
  cluster = await clusters.connect(aCluster());
  reads = await clusters.authReads(aCluster());
});

afterAll(async () => server.stop());

describe("a store's auth on a real API server", () => {
  it("reads the key of the Secret that it may read, and of no other", async () => {
    const key = { namespace: "app-shop", name: "shop-aws-keys", key: "id" };

    expect((await reads.secretKey(key)).exposeText()).toBe("AKIA1");
    await expect(reads.secretKey({ ...key, key: "none" })).rejects.toMatchObject({ code: "StoreAuthMissing" });
    await expect(reads.secretKey({ ...key, name: "other" })).rejects.toMatchObject({ code: "StoreAuthForbidden" });
    await expect(reads.secretKey({ ...key, namespace: "default" })).rejects.toMatchObject({ code: "StoreAuthForbidden" });
  });

  it("reads the role of its service account, and gets a token for its audiences", async () => {
    expect(await reads.serviceAccount(ACCOUNT)).toEqual({ roleArn: ROLE });

    const token = (await reads.serviceAccountToken(ACCOUNT, ["sts.amazonaws.com", "other"])).exposeText();
    const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as Readonly<Record<string, unknown>>;
    expect(claims).toMatchObject({ aud: ["sts.amazonaws.com", "other"], sub: "system:serviceaccount:app-shop:shop-reader" });
  });

  it("gets nothing of another service account", async () => {
    const other = { ...ACCOUNT, name: "other" };

    await expect(reads.serviceAccount(other)).rejects.toMatchObject({ code: "StoreAuthForbidden" });
    await expect(reads.serviceAccountToken(other, ["sts.amazonaws.com"])).rejects.toMatchObject({ code: "StoreAuthForbidden" });
  });

  it("reads the labels of namespaces", async () => {
    expect(await cluster.namespaceLabels("app-shop")).toEqual({ "kubernetes.io/metadata.name": "app-shop" });
  });
});
