/** What calls to foreign services have in common: time-outs and tries, and which facts of a foreign error may be kept (rule 4). */
import type { ErrorCode, RemoteFacts } from "./errors.ts";
import { RelayError } from "./errors.ts";

/** Options that every AWS client of the relay is made with. */
export interface ClientOptions {
  readonly region?: string;
  readonly maxAttempts: number;
  readonly requestHandler: {
    readonly connectionTimeout: number;
    readonly requestTimeout: number;
    readonly throwOnRequestTimeout: true;
  };
  readonly logger: SdkLogger;
}

/** The SDK's Logger. */
interface SdkLogger {
  readonly debug: () => void;
  readonly info: () => void;
  readonly warn: () => void;
  readonly error: () => void;
}

const nothing = (): void => {};

/**
 * Logs nothing (rule 4), and costs nothing. The SDK's own no-op logger has `info` and `error`, so that the SDK makes a copy of each input
 * and output for it, without what its schemas call sensitive: up to a ninth of a call's processor time. They are asked for by `?.` and only there.
 */
const SILENT = { debug: nothing, warn: nothing } as SdkLogger;

/** Short time-outs and few tries, since whatever asked is tried again anyway. @default - the region of the environment */
export function clientOptions(region?: string): ClientOptions {
  // Without throwOnRequestTimeout the SDK only warns of a request that takes too long, and waits on.
  const options = {
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
    logger: SILENT,
  } as const;
  return region === undefined ? options : { ...options, region };
}

/** An error's name (`ThrottlingException`), where it looks like one; a text of any other shape is not kept. */
export function errorName(error: unknown): string | undefined {
  // Not by instanceof: an error may come from another realm.
  const name = typeof error === "object" && error !== null && "name" in error ? error.name : undefined;
  return typeof name === "string" && /^[A-Za-z][A-Za-z0-9.]{0,79}$/.test(name) ? name : undefined;
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
