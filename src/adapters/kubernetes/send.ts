/** JSON over one kept-alive, CA-pinned https agent per cluster; what fails on the way becomes ClusterUnreachable, without a foreign text. */
// The https agent alone makes the connection a TLS one. `https.request` is this with a default agent, and runtimes that wrap it for
// their own ends (MiniStack's downgrades loopback to plain HTTP) must not come between a target cluster and its pinned CA.
import { Agent } from "node:https";
import { urlToHttpOptions } from "node:url";
import { RelayError } from "../../core/errors.ts";
import type { SecretValue } from "../../core/secret-value.ts";
import { ADDRESS_REFUSED, type AddressOptions, createGuardedLookup } from "./addresses.ts";
import { parseAnswer, parseVersion } from "./answers.ts";
import type { ClusterCredentials, TokenSource } from "./credentials.ts";
import type { HttpAnswer, HttpCall, HttpSend, HttpTimeouts } from "./http.ts";

/** Bounds of a connection. */
export interface HttpLimits extends HttpTimeouts, AddressOptions {
  readonly concurrency: number;
  readonly requestsPerSecond: number;
  /** @default 8 MiB: 500 items of metadata fit many times over. */
  readonly maxResponseBytes?: number | undefined;
  /** Sees each raw answer before it is parsed; for the tests that look for values on the wire. */
  readonly onAnswer?: ((raw: string) => void) | undefined;
}

/** A sender, and the end of it. */
export interface HttpConnection {
  readonly send: HttpSend;
  /** Closes it as soon as nothing is under way any more; what is under way ends as it would have. */
  retire(): void;
}

/** Why a TLS connection failed: the certificate is not signed by the pinned CA, or of another host. Nothing was sent. */
const UNTRUSTED: ReadonlySet<string> = new Set([
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "CERT_SIGNATURE_FAILURE",
  "CERT_UNTRUSTED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "INVALID_CA",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);
/** The name of the API server is no name (any more). */
const UNKNOWN_HOST = "ENOTFOUND";

/**
 * Whether a call failed since the API server is not where, or not who, its credentials say. Nothing of the call was sent, so that it
 * may be sent again by others.
 */
export function isElsewhere(error: unknown): boolean {
  const reason = error instanceof RelayError && error.code === "ClusterUnreachable" ? error.remote?.reason : undefined;
  return reason !== undefined && (reason === UNKNOWN_HOST || UNTRUSTED.has(reason));
}

/** The connection failed, by the code of Node's error; its text, which quotes certificates, is dropped. */
function connectionError({ subject, operation }: HttpCall, error: NodeJS.ErrnoException): RelayError {
  const code = error.code ?? "";
  const remote = { service: "kubernetes", operation };
  if (code === ADDRESS_REFUSED) {
    const detail = "its name leads to a loopback, link-local or metadata address";
    return new RelayError("ClusterAddressRefused", subject, { detail, remote: { ...remote, reason: code } });
  }
  if (UNTRUSTED.has(code)) {
    const detail = "its certificate is not signed by the pinned CA, has ended, or is of another host";
    return new RelayError("ClusterUnreachable", subject, { detail, remote: { ...remote, reason: code } });
  }
  const reason = code === UNKNOWN_HOST ? code : undefined;
  return new RelayError("ClusterUnreachable", subject, { detail: "no connection", remote: { ...remote, reason } });
}

/** Makes the sender of one cluster. The agent lives as long as the sender is referenced; idle sockets do not keep a process alive. */
export function createHttpSend(credentials: ClusterCredentials, limits: HttpLimits): HttpSend {
  return createHttpConnection(credentials, limits).send;
}

/** The same, to be retired when another one takes its place. */
export function createHttpConnection(credentials: ClusterCredentials, limits: HttpLimits): HttpConnection {
  const { auth } = credentials;
  // Not imported: that would load every getter of the module's, and the whole of undici with them, which takes 13 ms of a cold start.
  const { request } = process.getBuiltinModule("node:http");
  const connection = {
    maxSockets: limits.concurrency,
    ca: credentials.ca,
    rejectUnauthorized: true,
    lookup: createGuardedLookup(limits),
    ...(auth.kind === "certificate" ? { cert: auth.cert, key: auth.key.exposeText() } : {}),
  };
  const kept = new OneServerAgent({ ...connection, keepAlive: true });
  const fresh = new OneServerAgent(connection);
  // Parsed once: with the query of each call it would be a twentieth of a fan-out's time.
  const server = new URL(credentials.server);
  const { protocol, hostname, port } = urlToHttpOptions(server);
  const prefix = server.pathname === "/" ? "" : server.pathname;
  const pace = createPacer(limits.requestsPerSecond);
  const connectTimeoutMs = limits.connectTimeoutMs ?? 3000;
  const requestTimeoutMs = limits.requestTimeoutMs ?? 10_000;
  const maxResponseBytes = limits.maxResponseBytes ?? 8 * 1024 * 1024;
  let underWay = 0;
  let isRetired = false;

  /** By a connection that was kept, or by a fresh one. */
  function exchange(
    call: HttpCall,
    token: SecretValue | undefined,
    agent: Agent = kept,
    timeoutMs = requestTimeoutMs,
  ): Promise<HttpAnswer> {
    const startedAt = performance.now();
    return new Promise((resolve, reject) => {
      let isOver = false;
      const fail = (detail: string): void => {
        isOver = true;
        const remote = { service: "kubernetes", operation: call.operation };
        reject(new RelayError("ClusterUnreachable", call.subject, { detail, remote }));
      };
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
            ...(token === undefined ? {} : { authorization: `Bearer ${token.exposeText()}` }),
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
            // What breaks after it, such as a body that the server left unread, is nobody's failure any more.
            isOver = true;
            const raw = Buffer.concat(chunks).toString("utf8");
            limits.onAnswer?.(raw);
            const status = incoming.statusCode ?? 0;
            // What failed has its reason elsewhere in its body.
            const known = call.isVersionEnough === true && status < 300 ? parseVersion(raw) : undefined;
            const parsed = known === undefined ? parseAnswer(raw) : { ok: true, body: known };
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
      outgoing.on("error", (error) => {
        // API servers close idle connections, and a function that was frozen meanwhile only learns of it by its next call: that says
        // nothing of the cluster. Once more does no harm: every call is a look, or conditional on what it would change.
        // A call that we ended ourselves ends with an error too, and one that was answered may.
        if (isOver) return;
        if (outgoing.reusedSocket) resolve(exchange(call, token, fresh, Math.max(1, timeoutMs - (performance.now() - startedAt))));
        else reject(connectionError(call, error));
      });
      outgoing.on("close", () => {
        clearTimeout(whole);
        // After an upgrade, which nobody asked for, there is neither an answer nor an error.
        if (!isAnswered) fail("no connection, or none that gave an answer");
      });
      outgoing.end(call.body);
    });
  }

  function sendOnce(call: HttpCall): Promise<HttpAnswer> {
    if (auth.kind === "renewed") return sendRenewed(call, auth.tokens);
    return exchange(call, auth.kind === "token" ? auth.token : undefined);
  }

  async function sendRenewed(call: HttpCall, tokens: TokenSource): Promise<HttpAnswer> {
    const token = await tokens.current();
    const answer = await exchange(call, token);
    // By the same connection: only the header is another.
    if (answer.status !== 401 || !tokens.refuse(token)) return answer;
    return exchange(call, await tokens.current());
  }

  return {
    async send(call) {
      const turn = pace();
      if (turn !== undefined) await turn;
      underWay += 1;
      try {
        return await sendOnce(call);
      } finally {
        underWay -= 1;
        if (isRetired && underWay === 0) kept.destroy();
      }
    },
    retire() {
      isRetired = true;
      if (underWay === 0) kept.destroy();
    },
  };
}

/**
 * All of its sockets lead to one server, with one CA and one identity. By default an agent names each so, out of the address and all PEM
 * texts, and makes that name anew three times a call: some kilobytes to join, to hash and to compare.
 */
class OneServerAgent extends Agent {
  override getName(): string {
    return "api-server";
  }
}

/** Spaces starts evenly, so that a burst never exceeds the rate; costs nothing below it. */
function createPacer(requestsPerSecond: number): () => Promise<void> | undefined {
  const interval = 1000 / requestsPerSecond;
  let next = 0;
  return () => {
    const now = performance.now();
    const start = Math.max(now, next);
    next = start + interval;
    // Timers are whole milliseconds: a shorter wait would only be rounded up and lower the rate.
    return start - now < 1 ? undefined : new Promise((resolve) => setTimeout(resolve, start - now));
  };
}
