/** Templates on a real API server, with the rights that docs/template-access.yaml grants, and without any other. */
import { readFile } from "node:fs/promises";
import { afterAll, describe, expect, it } from "@jest/globals";
import type { KubernetesObject } from "@kubernetes/client-node";
import { parseAllDocuments } from "yaml";
import { createClusters } from "../../../src/adapters/kubernetes/clusters.ts";
import { SecretValue } from "../../../src/core/secret-value.ts";
import { type ApiServer, startApiServer } from "../../../src/local/api-server.ts";
import { grantAccess } from "../../../src/local/cluster-access.ts";
import { applyObject } from "../../../src/local/kubernetes-api.ts";
import { describeTemplateReads, type TemplateReadsFixture } from "../../contract/template-reads.ts";
import { aCluster } from "../../support/registrations.ts";

const NAMESPACE = "app-shop";

let started: Promise<TemplateReadsFixture & { readonly server: ApiServer }> | undefined;
const fixture = () => (started ??= start());

async function start() {
  const server = await startApiServer();
  const user = await grantAccess(server, [NAMESPACE, "other"]);
  const text = await readFile("docs/template-access.yaml", "utf8");
  // The names of the contract, which it uses for both kinds.
  const named = text.replace("shop-secret-templates", "shop-templates").replaceAll('["shop-templates"]', '["shop-templates", "missing"]');
  for (const document of parseAllDocuments(named)) await applyObject(server, document.toJS() as KubernetesObject);
  const clusters = createClusters(async () => ({ value: new SecretValue(user.kubeconfig), versionId: "v1" }), { allowLoopback: true });
  const put: TemplateReadsFixture["put"] = (kind, name, data) => {
    const encoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString("base64")]);
    const content = kind === "Secret" ? Object.fromEntries(encoded) : data;
    return applyObject(server, { apiVersion: "v1", kind, metadata: { name, namespace: NAMESPACE }, data: content } as KubernetesObject);
  };
  return { server, reads: await clusters.templateReads(aCluster()), namespace: NAMESPACE, put };
}

afterAll(async () => (await started)?.server.stop());

describeTemplateReads("a real API server", fixture);

describe("rights to templates", () => {
  it.each(["ConfigMap", "Secret"] as const)("reaches no other %s than those that are granted by name", async (kind) => {
    const world = await fixture();
    await world.put(kind, "not-granted", { a: "x" });
    const object = { kind, namespace: NAMESPACE, name: "not-granted", keys: ["a"] };

    await expect(world.reads.read(object)).rejects.toMatchObject({ code: "TemplateSourceForbidden" });
    await expect(world.reads.read({ ...object, namespace: "other", name: "shop-templates" })).rejects.toMatchObject({
      code: "TemplateSourceForbidden",
    });
  });
});
