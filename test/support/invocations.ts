/** What the tests of the functions share: a captured log, and a Lambda context. */
import { type BoundLog, createLog } from "../../src/adapters/log.ts";
import type { Clock } from "../../src/core/ports.ts";
import { record } from "./canary/sinks.ts";

export interface CapturedLog {
  readonly log: BoundLog;
  /** All that was written, as text. */
  readonly text: () => string;
  readonly lines: () => readonly Readonly<Record<string, unknown>>[];
}

/** The real log, writing into memory. */
export function captureLog(clock: Pick<Clock, "now">): CapturedLog {
  const written: string[] = [];
  const write = (line: string): void => {
    written.push(line);
    record("log", line);
  };
  return {
    log: createLog({ write, now: () => clock.now(), level: "debug" }),
    text: () => written.join(""),
    lines: () => written.map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

/** A context with so much time left. */
export function lambdaContext(remainingMs = 60_000) {
  return { awsRequestId: "request-1", getRemainingTimeInMillis: () => remainingMs };
}
