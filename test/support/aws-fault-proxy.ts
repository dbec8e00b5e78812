/**
 * An HTTP proxy between the relay and the AWS emulator, for the faults that the emulator itself never has: throttling, denial,
 * a store that lags, a table that can't be written. It knows the JSON protocol of Secrets Manager and DynamoDB only.
 */
import { once } from "node:events";
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";

/** One call as it passes: the operation without its service's prefix, e.g. `GetSecretValue`. */
export interface AwsCall {
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

export type AwsFault =
  /** The service's own error, by its exception name; nothing reaches the emulator. */
  | { readonly kind: "error"; readonly status: number; readonly name: string }
  /** The emulator gets another input than the caller sent. */
  | { readonly kind: "rewrite"; readonly input: Readonly<Record<string, unknown>> };

export interface AwsFaultProxy {
  readonly endpoint: string;
  /** Every call that came, whatever became of it. */
  readonly calls: readonly AwsCall[];
  /** Decides on each call; undefined lets it pass. May wait, or do something first. */
  fault: ((call: AwsCall) => Promise<AwsFault | undefined> | AwsFault | undefined) | undefined;
  readonly stop: () => Promise<void>;
}

async function readBody(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function parseCall(message: IncomingMessage, body: Buffer): AwsCall {
  const target = String(message.headers["x-amz-target"] ?? "");
  const isJson = (message.headers["content-type"] ?? "").includes("json");
  return { operation: target.slice(target.lastIndexOf(".") + 1), input: isJson ? JSON.parse(body.toString()) : {} };
}

/** Starts the proxy on a free port of loopback, in front of `endpoint`. */
export async function startAwsFaultProxy(endpoint: string): Promise<AwsFaultProxy> {
  const { hostname, port } = new URL(endpoint);
  const calls: AwsCall[] = [];
  let fault: AwsFaultProxy["fault"];

  const forward = (message: IncomingMessage, body: Buffer, response: ServerResponse): void => {
    const headers = { ...message.headers, "content-length": String(body.length) };
    const upstream = httpRequest({ hostname, port, method: message.method, path: message.url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    // The caller sees a broken connection, as it would without the proxy.
    upstream.on("error", () => response.destroy());
    upstream.end(body);
  };
  const handle = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBody(message);
    const call = parseCall(message, body);
    calls.push(call);
    const given = await fault?.(call);
    if (given?.kind === "error") {
      response.writeHead(given.status, { "content-type": "application/x-amz-json-1.1", "x-amzn-errortype": given.name });
      response.end(JSON.stringify({ __type: given.name, message: "planted by the test" }));
      return;
    }
    forward(message, given === undefined ? body : Buffer.from(JSON.stringify(given.input)), response);
  };
  const server = createServer((message, response) => {
    handle(message, response).catch(() => response.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");

  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    calls,
    get fault() {
      return fault;
    },
    set fault(next) {
      fault = next;
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
