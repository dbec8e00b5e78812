/** The relay's identity may write Secrets and read none, and a watch tells of what it wrote. */
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { CoreV1Api, type KubernetesObject, type V1Secret } from "@kubernetes/client-node";
import type { ApiServer, ApiServerUser } from "../../../src/local/api-server.ts";
import { grantAccess } from "../../../src/local/cluster-access.ts";
import { applyObject, clientOf, watchSecrets } from "../../../src/local/kubernetes-api.ts";
import { startApiServer } from "../../support/local-parts.ts";

const namespace = "app-shop";
let server: ApiServer;
let relay: ApiServerUser;

beforeAll(async () => {
  server = await startApiServer();
  relay = await grantAccess(server, ["app-shop"]);
});

function apply(name: string, value: string): Promise<void> {
  return applyObject(relay, {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace },
    stringData: { password: value },
  } as KubernetesObject);
}

function remove(name: string): Promise<unknown> {
  return clientOf(relay, CoreV1Api).deleteNamespacedSecret({ name, namespace });
}

function read(name: string): Promise<V1Secret> {
  return clientOf(server, CoreV1Api).readNamespacedSecret({ name, namespace });
}

describe("grantAccess", () => {
  it("lets the identity create, change and delete a Secret", async () => {
    await apply("own", "first");
    await apply("own", "second");
    const { data } = await read("own");
    await remove("own");

    expect(data).toEqual({ password: Buffer.from("second").toString("base64") });
    await expect(read("own")).rejects.toMatchObject({ code: 404 });
  });

  it.each<{ name: string; ask: (client: CoreV1Api) => Promise<unknown> }>([
    { name: "get a Secret", ask: (client) => client.readNamespacedSecret({ name: "kept", namespace }) },
    { name: "list Secrets", ask: (client) => client.listNamespacedSecret({ namespace }) },
    { name: "watch Secrets", ask: (client) => client.listNamespacedSecret({ namespace, watch: true }) },
    { name: "list namespaces", ask: (client) => client.listNamespace() },
    { name: "list config maps", ask: (client) => client.listNamespacedConfigMap({ namespace }) },
  ])("does not let it $name", async ({ ask }) => {
    await apply("kept", "first");

    await expect(ask(clientOf(relay, CoreV1Api))).rejects.toMatchObject({ code: 403 });
  });
});

describe("watchSecrets", () => {
  const ending = new AbortController();
  afterAll(() => ending.abort());

  it("tells of what is there, of what changes and of what goes", async () => {
    await apply("watched", "first");
    const seen = new EventTarget();
    const next = (): Promise<unknown> => once(seen, "change").then(([event]) => (event as CustomEvent).detail);
    const first = next();
    const watching = watchSecrets(
      server,
      "app-shop",
      (name, secret) => {
        if (name !== "watched") return;
        const password = secret === undefined ? "gone" : Buffer.from(secret.data?.["password"] ?? "", "base64").toString();
        seen.dispatchEvent(new CustomEvent("change", { detail: password }));
      },
      ending.signal,
    );
    const values = [await first];
    const second = next();
    await apply("watched", "second");
    values.push(await second);
    const third = next();
    await remove("watched");
    values.push(await third);
    ending.abort();
    await watching;

    expect(values).toEqual(["first", "second", "gone"]);
  });
});
