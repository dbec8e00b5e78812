/** What every AWS client of the relay has in common: time-outs, retries, and which facts of a foreign error may be kept. */
import type { ErrorCode, RemoteFacts } from "../../core/errors.ts";
import { RelayError } from "../../core/errors.ts";

/** Client options: short time-outs and few tries, since a queue message is tried again anyway. */
export function clientOptions(region?: string): {
  readonly region?: string;
  readonly maxAttempts: number;
  readonly requestHandler: { readonly connectionTimeout: number; readonly requestTimeout: number };
} {
  const options = { maxAttempts: 3, requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000 } };
  return region === undefined ? options : { ...options, region };
}

/** An SDK error's name (`ThrottlingException`), where it looks like one; a text of any other shape is not kept. */
export function errorName(error: unknown): string | undefined {
  const name = error instanceof Error ? error.name : undefined;
  return name !== undefined && /^[A-Za-z][A-Za-z0-9.]{0,79}$/.test(name) ? name : undefined;
}

/** The allow-listed facts of an SDK error; its message and its input are dropped here (rule 4). */
export function remoteFacts(service: string, operation: string, error: unknown): RemoteFacts {
  const metadata = (error as { readonly $metadata?: { readonly httpStatusCode?: unknown; readonly requestId?: unknown } } | undefined)
    ?.$metadata;
  const status = typeof metadata?.httpStatusCode === "number" ? metadata.httpStatusCode : undefined;
  const requestId = typeof metadata?.requestId === "string" && /^[\w-]{1,80}$/.test(metadata.requestId) ? metadata.requestId : undefined;
  return { service, operation, status, reason: errorName(error), requestId };
}

/** A foreign error as the relay's own. */
export function relayError(code: ErrorCode, subject: string, service: string, operation: string, error: unknown): RelayError {
  return new RelayError(code, subject, { remote: remoteFacts(service, operation, error) });
}
