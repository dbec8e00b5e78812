/** Queue, Bus and Log that keep what they were given, and a Hasher with a fixed key. */
import { createHmac, createSecretKey } from "node:crypto";
import type { SyncRequest } from "../../../src/core/model.ts";
import type { Bus, Hasher, Log, LogFields, Queue, RelayEvent } from "../../../src/core/ports.ts";

export interface SentRequest {
  readonly request: SyncRequest;
  readonly delayMs: number;
}

export interface MemoryQueue extends Queue {
  readonly sent: readonly SentRequest[];
  /** Takes everything out, as a consumer would. */
  drain(): readonly SentRequest[];
  /** What the next sends fail with; undefined mends it. */
  failure: Error | undefined;
}

export function createMemoryQueue(): MemoryQueue {
  const sent: SentRequest[] = [];
  return {
    sent,
    drain: () => sent.splice(0),
    failure: undefined,
    async send(requests, { delayMs }) {
      if (this.failure !== undefined) throw this.failure;
      sent.push(...requests.map((request) => ({ request, delayMs })));
    },
  };
}

export interface MemoryBus extends Bus {
  readonly published: readonly RelayEvent[];
  failure: Error | undefined;
}

export function createMemoryBus(): MemoryBus {
  const published: RelayEvent[] = [];
  return {
    published,
    failure: undefined,
    async publish(events) {
      if (this.failure !== undefined) throw this.failure;
      published.push(...events);
    },
  };
}

export interface LogLine {
  readonly level: keyof Log;
  readonly message: string;
  readonly fields: LogFields;
}

export interface MemoryLog extends Log {
  readonly lines: readonly LogLine[];
}

export function createMemoryLog(): MemoryLog {
  const lines: LogLine[] = [];
  const at =
    (level: keyof Log) =>
    (message: string, fields: LogFields = {}): void => {
      lines.push({ level, message, fields });
    };
  return { lines, debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

const TEST_KEY = createSecretKey("test", "utf8");

/** The same bytes give the same hash in every test. */
export const testHasher: Hasher = {
  hash: (bytes) => createHmac("sha256", TEST_KEY).update(bytes).digest("base64url").slice(0, 22),
};
