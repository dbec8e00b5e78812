/** Calls to an API server and what their answers mean; failures become RelayErrors without the server's text. */
import { type ErrorCode, RelayError } from "../../core/errors.ts";

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
    | "tryDecoy"
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
  /** Of a success only its object's name, uid and resourceVersion are looked at; the answer may hold nothing else. @default false */
  readonly isVersionEnough?: boolean | undefined;
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
  if (answer.status !== 409 && answer.status !== 422) return false;
  const { causes } = statusFacts(answer.body);
  // A foreign uid with the right resourceVersion is called a change of an immutable field: still a precondition.
  if (answer.status === 422) return causes.some((cause) => cause.field === "metadata.uid");
  return !causes.some((cause) => cause.reason === "FieldManagerConflict");
}

/**
 * Whether this ValidatingAdmissionPolicy denied the call, and not RBAC or another admission plugin: its name is matched in the message, of
 * which nothing is kept.
 */
export function isDeniedBy({ status, body }: HttpAnswer, policy: string): boolean {
  const message = fieldOf(body, "message");
  return status === 403 && typeof message === "string" && message.includes(`ValidatingAdmissionPolicy '${policy}' with binding `);
}

/** The RelayError of a failed answer; `detail` is our own fixed text. */
export function errorOf(call: HttpCall, answer: HttpAnswer, detail?: string): RelayError {
  const facts = statusFacts(answer.body);
  return new RelayError(codeOf(answer.status, facts, call), call.subject, {
    detail,
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
