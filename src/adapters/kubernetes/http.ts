/** JSON over one kept-alive, CA-pinned https agent per cluster; HTTP failures become RelayErrors without the server's text. */
// The https agent alone makes the connection a TLS one. `https.request` is this with a default agent, and runtimes that wrap it for
// their own ends (MiniStack's downgrades loopback to plain HTTP) must not come between a target cluster and its pinned CA.
import { Agent } from "node:https";
import { urlToHttpOptions } from "node:url";
import { type ErrorCode, RelayError } from "../../core/errors.ts";
import type { ClusterCredentials } from "./credentials.ts";

/** Asks for metadata only: no answer of an API server may hold a value. */
export const METADATA_ONLY = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
/** The same for a list. */
export const METADATA_LIST_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

/** The whole object: only where a store's auth or a template needs what it holds (auth-reads.ts, template-reads.ts). */
export const WHOLE_OBJECT = "application/json";

/** One request to an API server. */
export interface HttpCall {
  readonly operation:
    | "look"
    | "apply"
    | "takeOver"
    | "remove"
    | "list"
    | "namespaceLabels"
    | "namespaces"
    | "secretKey"
    | "serviceAccount"
    | "token"
    | "templateConfigMap"
    | "templateSecret";
  readonly method: "GET" | "PATCH" | "DELETE" | "POST";
  readonly path: string;
  readonly accept: typeof METADATA_ONLY | typeof METADATA_LIST_ONLY | typeof WHOLE_OBJECT;
  readonly contentType?: string | undefined;
  readonly body?: string | undefined;
  /** Names only; part of the error. */
  readonly subject: string;
  /** What 403 means for it. @default "Forbidden" */
  readonly forbidden?: ErrorCode | undefined;
}

/** Status and parsed body; `body` is undefined where the answer was empty. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** Sends calls to one API server. Throws ClusterUnreachable where no complete JSON answer arrived. */
export type HttpSend = (call: HttpCall) => Promise<HttpAnswer>;

/** How long a call may take. */
export interface HttpTimeouts {
  /** @default 3000 */
  readonly connectTimeoutMs?: number | undefined;
  /** From the first byte out to the last byte in. @default 10000 */
  readonly requestTimeoutMs?: number | undefined;
}

/** Bounds of a connection. */
export interface HttpLimits extends HttpTimeouts {
  readonly concurrency: number;
  readonly requestsPerSecond: number;
  /** @default 8 MiB: 500 items of metadata fit many times over. */
  readonly maxResponseBytes?: number | undefined;
  /** Sees each raw answer before it is parsed; for the tests that look for values on the wire. */
  readonly onAnswer?: ((raw: string) => void) | undefined;
}

// Not imported: that would load every getter of the module's, and the whole of undici with them, which takes 13 ms of a cold start.
const { request } = process.getBuiltinModule("node:http");

const REASONS: ReadonlySet<string> = new Set([
  "AlreadyExists",
  "BadRequest",
  "Conflict",
  "Expired",
  "Forbidden",
  "Gone",
  "InternalError",
  "Invalid",
  "MethodNotAllowed",
  "NotAcceptable",
  "NotFound",
  "RequestEntityTooLarge",
  "ServerTimeout",
  "ServiceUnavailable",
  "Timeout",
  "TooManyRequests",
  "Unauthorized",
  "UnsupportedMediaType",
]);

/** Makes the sender of one cluster. The agent lives as long as the sender is referenced; idle sockets do not keep a process alive. */
export function createHttpSend(credentials: ClusterCredentials, limits: HttpLimits): HttpSend {
  const connection = {
    maxSockets: limits.concurrency,
    ca: credentials.ca,
    rejectUnauthorized: true,
    ...(credentials.auth.kind === "certificate" ? { cert: credentials.auth.cert, key: credentials.auth.key.exposeText() } : {}),
  };
  const kept = new Agent({ ...connection, keepAlive: true });
  const fresh = new Agent(connection);
  const authorization = credentials.auth.kind === "token" ? { authorization: `Bearer ${credentials.auth.token.exposeText()}` } : {};
  // Parsed once: with the query of each call it would be a twentieth of a fan-out's time.
  const server = new URL(credentials.server);
  const { protocol, hostname, port } = urlToHttpOptions(server);
  const prefix = server.pathname === "/" ? "" : server.pathname;
  const pace = createPacer(limits.requestsPerSecond);
  const connectTimeoutMs = limits.connectTimeoutMs ?? 3000;
  const requestTimeoutMs = limits.requestTimeoutMs ?? 10_000;
  const maxResponseBytes = limits.maxResponseBytes ?? 8 * 1024 * 1024;

  /** Undefined where a connection broke that had been kept from an earlier call, before anything was answered. */
  async function exchange(call: HttpCall, agent: Agent, timeoutMs: number): Promise<HttpAnswer | undefined> {
    return new Promise((resolve, reject) => {
      const fail = (detail: string): void =>
        reject(
          new RelayError("ClusterUnreachable", call.subject, { detail, remote: { service: "kubernetes", operation: call.operation } }),
        );
      let isAnswered = false;
      const outgoing = request(
        {
          protocol,
          hostname,
          port,
          path: `${prefix}${call.path}`,
          agent,
          method: call.method,
          headers: {
            ...authorization,
            accept: call.accept,
            ...(call.body === undefined
              ? {}
              : { "content-type": call.contentType ?? "application/json", "content-length": Buffer.byteLength(call.body) }),
          },
        },
        (incoming) => {
          isAnswered = true;
          const chunks: Buffer[] = [];
          let size = 0;
          incoming.on("data", (chunk: Buffer) => {
            size += chunk.length;
            if (size > maxResponseBytes) {
              fail("the answer is larger than the limit");
              outgoing.destroy();
              return;
            }
            chunks.push(chunk);
          });
          incoming.on("error", () => fail("the connection broke within the answer"));
          incoming.on("aborted", () => fail("the connection broke within the answer"));
          incoming.on("end", () => {
            const raw = Buffer.concat(chunks).toString("utf8");
            limits.onAnswer?.(raw);
            const status = incoming.statusCode ?? 0;
            const parsed = parseJson(raw);
            // A proxy's page with an error status still says enough by its status.
            if (parsed.ok || status >= 400) resolve({ status, body: parsed.body });
            else fail("the answer is not JSON");
          });
        },
      );
      const whole = setTimeout(() => {
        fail("no whole answer in time");
        outgoing.destroy();
      }, timeoutMs);
      outgoing.on("socket", (socket) => {
        if (!socket.connecting) return;
        const connecting = setTimeout(() => {
          fail("no connection in time");
          outgoing.destroy();
        }, connectTimeoutMs);
        socket.once("secureConnect", () => clearTimeout(connecting));
        socket.once("close", () => clearTimeout(connecting));
      });
      outgoing.on("error", () => {
        if (outgoing.reusedSocket) resolve(undefined);
        else fail("no connection, or its certificate is not signed by the pinned CA");
      });
      outgoing.on("close", () => {
        clearTimeout(whole);
        // After an upgrade, which nobody asked for, there is neither an answer nor an error.
        if (!isAnswered) fail("no connection, or none that gave an answer");
      });
      outgoing.end(call.body);
    });
  }

  return async function send(call) {
    await pace();
    const startedAt = performance.now();
    // API servers close idle connections, and a function that was frozen meanwhile only learns of it by its next call: that says nothing
    // of the cluster. Once more does no harm: every call is a look, or conditional on what it would change.
    const answer =
      (await exchange(call, kept, requestTimeoutMs)) ??
      (await exchange(call, fresh, Math.max(1, requestTimeoutMs - (performance.now() - startedAt))));
    if (answer === undefined) throw new TypeError("a fresh connection is none that was kept");
    return answer;
  };
}

function parseJson(raw: string): { readonly ok: boolean; readonly body: unknown } {
  if (raw === "") return { ok: true, body: undefined };
  try {
    return { ok: true, body: JSON.parse(raw) };
  } catch {
    // The parser's error quotes its input.
    return { ok: false, body: undefined };
  }
}

/** Spaces starts evenly, so that a burst never exceeds the rate; costs nothing below it. */
function createPacer(requestsPerSecond: number): () => Promise<void> {
  const interval = 1000 / requestsPerSecond;
  let next = 0;
  return async () => {
    const now = performance.now();
    const start = Math.max(now, next);
    next = start + interval;
    // Timers are whole milliseconds: a shorter wait would only be rounded up and lower the rate.
    if (start - now >= 1) await new Promise((resolve) => setTimeout(resolve, start - now));
  };
}

interface StatusFacts {
  readonly reason: string | undefined;
  readonly causes: readonly { readonly reason: string; readonly field: string; readonly immutable: boolean }[];
}

/** What of a Status body may be kept: its reason and its causes' reasons, and whether a cause calls a field immutable. */
function statusFacts(body: unknown): StatusFacts {
  const status = body as {
    readonly reason?: unknown;
    readonly details?: { readonly causes?: readonly { readonly reason?: unknown; readonly field?: unknown; readonly message?: unknown }[] };
  } | null;
  const reason = typeof status?.reason === "string" && REASONS.has(status.reason) ? status.reason : undefined;
  const causes = Array.isArray(status?.details?.causes) ? status.details.causes : [];
  return {
    reason,
    causes: causes.map((cause) => ({
      reason: typeof cause.reason === "string" ? cause.reason : "",
      field: typeof cause.field === "string" ? cause.field : "",
      // Matched, never shown: the message echoes what was sent.
      immutable: typeof cause.message === "string" && cause.message.includes("field is immutable"),
    })),
  };
}

/** True for the 409 of a precondition that did not hold; a field manager's conflict is a failure instead. */
export function isStale(answer: HttpAnswer): boolean {
  const { causes } = statusFacts(answer.body);
  // A foreign uid with the right resourceVersion is called a change of an immutable field: still a precondition.
  if (answer.status === 422) return causes.some((cause) => cause.field === "metadata.uid");
  return answer.status === 409 && !causes.some((cause) => cause.reason === "FieldManagerConflict");
}

/** The RelayError of a failed answer. */
export function errorOf(call: HttpCall, answer: HttpAnswer): RelayError {
  const facts = statusFacts(answer.body);
  return new RelayError(codeOf(answer.status, facts, call), call.subject, {
    remote: { service: "kubernetes", operation: call.operation, status: answer.status, reason: facts.reason },
  });
}

function codeOf(status: number, facts: StatusFacts, call: HttpCall): ErrorCode {
  switch (status) {
    case 401:
      return "ClusterUnauthorized";
    case 403:
      return call.forbidden ?? "Forbidden";
    case 404:
      // A GET or a DELETE never needs the namespace; for them 404 is an answer that the caller treats before.
      return call.method === "PATCH" ? "NamespaceMissing" : "ClusterUnreachable";
    case 409:
      return "TargetConflict";
    case 429:
      return "ClusterThrottled";
    case 400:
    case 413:
      return "TargetInvalid";
    case 422:
      return facts.causes.some((cause) => cause.immutable) ? "TargetImmutable" : "TargetInvalid";
    default:
      return "ClusterUnreachable";
  }
}

/** A field of an answer, whatever it is; undefined where there is none. */
export function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}
