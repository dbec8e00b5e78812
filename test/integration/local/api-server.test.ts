/** The API server comes up, works and goes without a trace. */
import { once } from "node:events";
import { existsSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { describe, expect, it } from "@jest/globals";
import { type ApiServerUser, startApiServer } from "../../../src/local/api-server.ts";

async function applyConfigMap(user: ApiServerUser): Promise<number | undefined> {
  const manifest = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "greeting" }, data: { hello: "world" } };
  const call = request(new URL("/api/v1/namespaces/default/configmaps/greeting?fieldManager=test", user.server), {
    method: "PATCH",
    headers: { "content-type": "application/apply-patch+yaml" },
    ca: user.caPem,
    cert: user.certPem,
    key: user.keyPem,
    agent: false,
  });
  call.end(JSON.stringify(manifest));
  const [response]: IncomingMessage[] = await once(call, "response");
  response?.resume();
  return response?.statusCode;
}

describe("startApiServer", () => {
  it("accepts an apply of its administrator, refuses an identity without rights, and leaves nothing behind", async () => {
    const server = await startApiServer();
    const limited = await server.addUser("limited");

    const applied = await applyConfigMap(server);
    const refused = await applyConfigMap(limited);
    await server.stop();

    expect(applied).toBe(201);
    expect(refused).toBe(403);
    expect(existsSync(server.kubeconfigPath)).toBe(false);
    await expect(applyConfigMap(server)).rejects.toThrow("ECONNREFUSED");
  });
});
