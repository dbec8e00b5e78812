/** One SDK client a region, identity and way to repeat calls: a client that holds one store's credentials never serves another. */
import { ConfiguredRetryStrategy } from "@smithy/core/retry";
import { isRelayError } from "../../core/errors.ts";
import type { Millis, Reference, StoreRetry } from "../../core/model.ts";
import type { ClientOptions } from "../../core/remote-calls.ts";
import type { CredentialSource, SourceSessions } from "./sessions.ts";
import type { SourceCredentials } from "./source-credentials.ts";

export type Connect<C> = (region: string, credentials: SourceCredentials | undefined, retry: StoreRetry | undefined) => C;

/** A function has a minute for all that it does; what takes longer is asked for again by a message. */
const MOST_RETRIES = 10;
const LONGEST_INTERVAL_MS: Millis = 2_000;

/** The options of a client of one store, by its credentials and its retrySettings. */
export function storeOptions(options: ClientOptions, credentials: SourceCredentials | undefined, retry: StoreRetry | undefined) {
  const { maxRetries, intervalMs } = retry ?? {};
  const maxAttempts = maxRetries === undefined ? options.maxAttempts : Math.min(maxRetries, MOST_RETRIES) + 1;
  return {
    ...options,
    ...(credentials === undefined ? {} : { credentials }),
    maxAttempts,
    ...(intervalMs === undefined
      ? {}
      : { retryStrategy: new ConfiguredRetryStrategy(maxAttempts, Math.min(intervalMs, LONGEST_INTERVAL_MS)) }),
  };
}

export interface SourceClients<C> {
  /** @throws what getting the source's credentials throws */
  of(source: CredentialSource): Promise<C>;
  /** The store does not know the credentials (any more): the next call makes a client with new ones. */
  refused(source: CredentialSource): void;
}

/** Errors that say so; our own role's credentials renew themselves. */
export const REFUSED_CREDENTIALS: ReadonlySet<string> = new Set([
  "ExpiredToken",
  "ExpiredTokenException",
  "InvalidClientTokenId",
  "InvalidSignatureException",
  "UnrecognizedClientException",
]);

/** @default sessions - none: only references of the function's own role can be read */
export function createSourceClients<C>(connect: Connect<C>, sessions?: SourceSessions): SourceClients<C> {
  const clients = new Map<string, { readonly client: C; readonly credentials: SourceCredentials | undefined }>();
  return {
    async of(source) {
      const { region, identity, retry } = source;
      if (identity !== undefined && sessions === undefined) throw new Error("no sessions for a store with an identity of its own");
      const credentials = await sessions?.credentials(source);
      const key = clientKey(source);
      const kept = clients.get(key);
      // The very object: sessions hands out another one when they are renewed.
      if (kept !== undefined && kept.credentials === credentials) return kept.client;
      const client = connect(region, credentials, retry);
      clients.set(key, { client, credentials });
      return client;
    },
    refused: (source) => sessions?.forget(source),
  };
}

function clientKey({ region, identity, retry }: CredentialSource): string {
  return JSON.stringify([region, identity, retry?.maxRetries, retry?.intervalMs]);
}

const CONCURRENCY = 8;

/**
 * Hands each client the references that are its own, several clients at once, so that credentials which are slow to be had hold up no
 * other store. Those that can't be had leave out their references.
 */
export async function withEachClient<C>(
  clients: SourceClients<C>,
  references: readonly Reference[],
  work: (client: C, references: readonly Reference[]) => Promise<void>,
): Promise<void> {
  const groups = [...Map.groupBy(references, clientKey).values()];
  const worker = async (): Promise<void> => {
    for (let group = groups.shift(); group !== undefined; group = groups.shift()) {
      const client = await clientOrNothing(clients, group[0]);
      if (client !== undefined) await work(client, group);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
}

async function clientOrNothing<C>(clients: SourceClients<C>, first: Reference | undefined): Promise<C | undefined> {
  if (first === undefined) return undefined;
  try {
    return await clients.of(first);
  } catch (error) {
    if (isRelayError(error)) return undefined;
    throw error;
  }
}
