/** The relay's identity may write Secrets and read none, and a watch tells of what it wrote. */
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { ApiServer, ApiServerUser } from "../../../src/local/api-server.ts";
import { grantAccess } from "../../../src/local/cluster-access.ts";
import { callKubernetes, watchSecrets } from "../../../src/local/kubernetes-api.ts";
import { startApiServer } from "../../support/local-parts.ts";

const SECRETS = "/api/v1/namespaces/app-shop/secrets";
let server: ApiServer;
let relay: ApiServerUser;

beforeAll(async () => {
  server = await startApiServer();
  relay = await grantAccess(server, ["app-shop"]);
}, 60_000);

function apply(name: string, value: string): Promise<{ readonly status: number }> {
  const body = { apiVersion: "v1", kind: "Secret", metadata: { name }, stringData: { password: value } };
  const path = `${SECRETS}/${name}?fieldManager=relay&force=true`;
  return callKubernetes(relay, { method: "PATCH", path, body, contentType: "application/apply-patch+yaml" });
}

describe("grantAccess", () => {
  it("lets the identity create, change and delete a Secret", async () => {
    const created = await apply("own", "first");
    const changed = await apply("own", "second");
    const deleted = await callKubernetes(relay, { method: "DELETE", path: `${SECRETS}/own` });

    expect([created.status, changed.status, deleted.status]).toEqual([201, 200, 200]);
  });

  it.each([
    { name: "get a Secret", path: `${SECRETS}/kept` },
    { name: "list Secrets", path: SECRETS },
    { name: "watch Secrets", path: `${SECRETS}?watch=1` },
    { name: "list namespaces", path: "/api/v1/namespaces" },
    { name: "list config maps", path: "/api/v1/namespaces/app-shop/configmaps" },
  ])("does not let it $name", async ({ path }) => {
    await apply("kept", "first");

    expect(await callKubernetes(relay, { method: "GET", path })).toMatchObject({ status: 403 });
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
    await callKubernetes(relay, { method: "DELETE", path: `${SECRETS}/watched` });
    values.push(await third);
    ending.abort();
    await watching;

    expect(values).toEqual(["first", "second", "gone"]);
  }, 20_000);
});
