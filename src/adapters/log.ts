/** The Log port: one JSON line an entry, with allow-listed keys only, so that no value of a secret can get into a log by mistake (rule 4). */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Log, LogFields } from "../core/ports.ts";

/** A log that can be told what its lines belong to. */
export interface BoundLog extends Log {
  /**
   * Does the work with these fields on every line that is written meanwhile by it, however deep: use cases are composed once, long
   * before there is a request. A field that a line names itself wins.
   */
  bind<T>(fields: LogFields, work: () => T): T;
}

export interface LogOptions {
  /** Where a finished line goes, with its line feed. */
  readonly write: (line: string) => void;
  readonly now: () => number;
  /** `debug`, `info`, `warn` or `error`; anything else counts as `info`. @default "info" */
  readonly level?: string | undefined;
}

type Level = keyof Log;

const LEVELS: readonly Level[] = ["debug", "info", "warn", "error"];

/** Names, codes, counts and times. A key is added here on purpose, after asking what its values can hold. */
const ALLOWED_KEYS: ReadonlySet<string> = new Set(
  [
    "account action attempt cluster code error eventId eventType function generation key kind name namespace operation path place provider",
    "reason reference region registration remoteRequestId requestId service status step subject target versionId",
    "added changed clusterExternalSecrets clusters continuation delayMs done due durationMs enqueued events expected failed failures intact messages openUntil",
    "propagations remainingMs removed requests resent retried superseded targets unchanged waited",
  ].flatMap((names) => names.split(" ")),
);

const LONGEST_TEXT = 300;

/**
 * Makes the log. A field outside the allow-list, and a value that is no string, number or boolean, is dropped and only counted, as
 * `droppedKeys`; texts are cut at 300 characters.
 */
export function createLog(options: LogOptions): BoundLog {
  const wanted = LEVELS.findIndex((level) => level === options.level?.toLowerCase());
  const threshold = wanted < 0 ? LEVELS.indexOf("info") : wanted;
  const bound = new AsyncLocalStorage<LogFields>();
  const at =
    (level: Level) =>
    (message: string, fields: LogFields = {}): void => {
      if (LEVELS.indexOf(level) < threshold) return;
      const { kept, droppedKeys } = allowed({ ...bound.getStore(), ...fields });
      // Lambda's own filter by level looks for `timestamp` and `level`.
      const timestamp = new Date(options.now()).toISOString();
      const line = { timestamp, level: level.toUpperCase(), message: cut(message), ...kept, ...(droppedKeys > 0 ? { droppedKeys } : {}) };
      options.write(`${JSON.stringify(line)}\n`);
    };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    bind: (fields, work) => bound.run({ ...bound.getStore(), ...fields }, work),
  };
}

function allowed(fields: LogFields): { readonly kept: LogFields; readonly droppedKeys: number } {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  const kept = given.filter(([key, value]) => ALLOWED_KEYS.has(key) && ["string", "number", "boolean"].includes(typeof value));
  return {
    kept: Object.fromEntries(kept.map(([key, value]) => [key, typeof value === "string" ? cut(value) : value])),
    droppedKeys: given.length - kept.length,
  };
}

function cut(text: string): string {
  return text.length > LONGEST_TEXT ? text.slice(0, LONGEST_TEXT) : text;
}
