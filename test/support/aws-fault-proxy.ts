/**
 * An HTTP proxy between the relay and the AWS emulator, for the faults that the emulator itself never has: throttling, denial, a
 * store that lags, answers that get lost, hang or end half-way. It knows the JSON protocol, and of the others what the relay uses.
 */
import { once } from "node:events";
import { Agent, createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { recordAwsRequest, registerSession } from "./canary/wire.ts";

/** One call as it passes: the operation without its service's prefix, e.g. `GetSecretValue`. */
export interface AwsCall {
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** Of the signature: `secretsmanager`, `us-east-1`; empty where the call is not signed. */
  readonly service: string;
  readonly region: string;
  readonly accessKey: string;
  readonly sessionToken: string;
  /** What the SDK says of its application (`userAgentAppId`); empty where nothing was said. */
  readonly appId: string;
  readonly path: string;
}

export type AwsFault =
  /** The service's own error, by its exception name. Nothing reaches the emulator, unless it is to come after the effect. */
  | {
      readonly kind: "error";
      readonly status: number;
      readonly name: string;
      readonly isAfterEffect?: boolean;
      /** Further fields of the error's body, e.g. the reasons of a cancelled transaction. */
      readonly fields?: Readonly<Record<string, unknown>>;
    }
  /** The emulator gets another input than the caller sent. */
  | { readonly kind: "rewrite"; readonly input: Readonly<Record<string, unknown>> }
  /** The caller gets another answer than the emulator gave, which may have got another input too. */
  | {
      readonly kind: "alter";
      readonly answer: (body: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;
      readonly input?: Readonly<Record<string, unknown>>;
    }
  /** The connection breaks before the call reaches the emulator. */
  | { readonly kind: "break before" }
  /** The emulator does what it is told, and the connection breaks before its answer. */
  | { readonly kind: "break after" }
  /** The emulator does what it is told, and the connection breaks in the middle of its answer. */
  | { readonly kind: "cut" }
  /** Taken, and never answered; nothing reaches the emulator. */
  | { readonly kind: "hang" };

interface LocalAnswer {
  readonly status: number;
  readonly body: string;
}

export interface AwsFaultProxy {
  readonly endpoint: string;
  /** Every call that came, whatever became of it. */
  readonly calls: readonly AwsCall[];
  /** Decides on each call; undefined lets it pass. May wait, or do something first. */
  fault: ((call: AwsCall) => Promise<AwsFault | undefined> | AwsFault | undefined) | undefined;
  /** Changes what the emulator gets of every call that reaches it, whatever else happens to the call. */
  rewrite: ((call: AwsCall) => Readonly<Record<string, unknown>> | undefined) | undefined;
  /** Takes the place of the emulator for a call; undefined leaves it to the emulator. */
  local: ((call: AwsCall, body: string) => LocalAnswer | undefined) | undefined;
  /** Is told what the emulator answered, before the caller gets it. */
  afterAnswer: ((call: AwsCall, body: string) => void) | undefined;
  /** While true every connection breaks, also those that are open. */
  isDown: boolean;
  /** Waits until every call that is under way has had its effect, whether anybody waits for its answer or not. */
  readonly settled: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

async function readBody(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Of the REST protocols only what the relay calls: S3's GetObject, Lambda's Invoke, EKS's DescribeCluster, and the answer to CloudFormation. */
function restOperation(method: string, path: string): string {
  if (/^\/\d{4}-\d\d-\d\d\/functions\//.test(path)) return "Invoke";
  if (path.startsWith("/answers/")) return "PutAnswer";
  if (path.startsWith("/clusters/")) return "DescribeCluster";
  return method === "GET" ? "GetObject" : "";
}

/** Who asks what service, by the headers alone. */
function signedBy(message: IncomingMessage): Omit<AwsCall, "operation" | "input"> {
  const [, accessKey = "", region = "", service = ""] =
    /Credential=([^/]+)\/\d+\/([^/]+)\/([^/]+)\//.exec(message.headers.authorization ?? "") ?? [];
  const [, appId = ""] = /(?:^| )app\/(\S+)/.exec(message.headers["user-agent"] ?? "") ?? [];
  const sessionToken = String(message.headers["x-amz-security-token"] ?? "");
  return { accessKey, sessionToken, region, service, appId, path: message.url ?? "" };
}

function parseCall(message: IncomingMessage, body: Buffer): AwsCall {
  const target = String(message.headers["x-amz-target"] ?? "");
  const signed = signedBy(message);
  if ((message.headers["content-type"] ?? "").includes("x-www-form-urlencoded")) {
    // STS.
    const { Action = "", ...input } = Object.fromEntries(new URLSearchParams(body.toString()));
    return { ...signed, operation: Action, input };
  }
  if (target === "") {
    const operation = restOperation(message.method ?? "", message.url ?? "");
    return { ...signed, operation, input: operation === "DescribeCluster" ? { name: message.url?.split("/")[2] } : {} };
  }
  const isJson = (message.headers["content-type"] ?? "").includes("json");
  return { ...signed, operation: target.slice(target.lastIndexOf(".") + 1), input: isJson ? JSON.parse(body.toString()) : {} };
}

/** An error as the service's protocol has it: S3 and STS tell it in XML, all others by a header and in JSON. */
function answerError(response: ServerResponse, call: AwsCall, fault: Extract<AwsFault, { kind: "error" }>): void {
  const isQuery = call.operation.startsWith("AssumeRole");
  const isXml = isQuery || call.operation === "GetObject";
  const type = isXml ? "application/xml" : "application/x-amz-json-1.1";
  response.writeHead(fault.status, { "content-type": type, "x-amzn-errortype": fault.name });
  const text = "planted by the test";
  const error = `<Error><Code>${fault.name}</Code><Message>${text}</Message></Error>`;
  const xml = isQuery ? `<ErrorResponse>${error}</ErrorResponse>` : `<?xml version="1.0"?>${error}`;
  response.end(isXml ? xml : JSON.stringify({ __type: fault.name, message: text, ...fault.fields }));
}

/** Starts the proxy on a free port of loopback, in front of `endpoint`. */
export async function startAwsFaultProxy(endpoint: string): Promise<AwsFaultProxy> {
  const { hostname, port } = new URL(endpoint);
  const calls: AwsCall[] = [];
  const sockets = new Set<Socket>();
  const underWay = new Set<Promise<void>>();
  // Idle connections end here before the emulator ends them, so that none breaks just when it is used.
  const agent = new Agent({ keepAlive: true, timeout: 2_000 });
  let isDown = false;

  const forward = async (message: IncomingMessage, body: Buffer): Promise<{ readonly answer: IncomingMessage; readonly body: Buffer }> => {
    const headers = { ...message.headers, "content-length": String(body.length), connection: "keep-alive" };
    const upstream = httpRequest({ agent, hostname, port, method: message.method, path: message.url, headers });
    upstream.end(body);
    const [answer] = (await once(upstream, "response")) as [IncomingMessage];
    return { answer, body: await readBody(answer) };
  };

  const respond = (
    message: IncomingMessage,
    response: ServerResponse,
    headers: object,
    status: number,
    body: Buffer,
    isCut: boolean,
  ): void => {
    response.writeHead(status, { ...headers, "content-length": String(body.length) });
    if (!isCut) {
      response.end(body);
      return;
    }
    response.write(body.subarray(0, Math.floor(body.length / 2)), () => message.socket.destroy());
  };

  const handle = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBody(message);
    const call = parseCall(message, body);
    calls.push(call);
    recordAwsRequest(message, body);
    const given = await proxy.fault?.(call);
    if (given?.kind === "hang") return;
    if (given?.kind === "break before") {
      message.socket.destroy();
      return;
    }
    if (given?.kind === "error" && given.isAfterEffect !== true) {
      answerError(response, call, given);
      return;
    }
    const local = proxy.local?.(call, body.toString());
    const changed = given?.kind === "rewrite" || given?.kind === "alter" ? given.input : undefined;
    const input = proxy.rewrite?.(changed === undefined ? call : { ...call, input: changed }) ?? changed;
    const passed =
      local === undefined ? await forward(message, input === undefined ? body : Buffer.from(JSON.stringify(input))) : undefined;
    if (passed !== undefined) proxy.afterAnswer?.(call, passed.body.toString());
    if (given?.kind === "break after" || isDown) {
      message.socket.destroy();
      return;
    }
    if (given?.kind === "error") {
      answerError(response, call, given);
      return;
    }
    const isCut = given?.kind === "cut";
    if (passed === undefined) {
      respond(message, response, {}, local?.status ?? 500, Buffer.from(local?.body ?? ""), isCut);
      return;
    }
    if (call.operation.startsWith("AssumeRole")) registerSession(passed.body.toString());
    const { "transfer-encoding": _chunked, connection: _connection, ...headers } = passed.answer.headers;
    const altered = given?.kind === "alter" ? Buffer.from(JSON.stringify(given.answer(JSON.parse(passed.body.toString())))) : passed.body;
    respond(message, response, headers, passed.answer.statusCode ?? 502, altered, isCut);
  };

  const server = createServer((message, response) => {
    // The caller sees a broken connection, as it would without the proxy.
    const handled = handle(message, response)
      .catch(() => void message.socket.destroy())
      .finally(() => underWay.delete(handled));
    underWay.add(handled);
  });
  server.on("connection", (socket: Socket) => {
    if (isDown) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");

  const proxy: AwsFaultProxy = {
    endpoint: `http://127.0.0.1:${address.port}`,
    calls,
    fault: undefined,
    rewrite: undefined,
    local: undefined,
    afterAnswer: undefined,
    get isDown() {
      return isDown;
    },
    set isDown(next) {
      isDown = next;
      if (next) for (const socket of sockets) socket.destroy();
    },
    settled: async () => {
      while (underWay.size > 0) await Promise.all(underWay);
    },
    stop: async () => {
      agent.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return proxy;
}
