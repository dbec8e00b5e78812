/** The places that no secret value may get to. Whatever tests put there is kept here, until the reporter has looked at all of it. */
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { threadId } from "node:worker_threads";
import { runFolder } from "./run-folder.ts";

/**
 * What each sink gets. Where `isAlwaysUsed`, a run of the whole suite that left it empty is a failure: its wiring is broken, and so it
 * proves nothing.
 */
export const SINKS = {
  log: { gets: "every line that functions log", isAlwaysUsed: true },
  output: { gets: "what the emulator and its functions write to standard output and error, outside of the log", isAlwaysUsed: true },
  queue: { gets: "each request to SQS that goes by the proxy, and what was left in a queue at the end", isAlwaysUsed: true },
  table: { gets: "each request to DynamoDB, and all items of the table at the end", isAlwaysUsed: true },
  event: { gets: "each request to EventBridge, and each event that came out of the bus", isAlwaysUsed: true },
  metric: { gets: "each request to CloudWatch", isAlwaysUsed: false },
  trace: { gets: "each request to X-Ray", isAlwaysUsed: false },
  "aws-request": { gets: "each further request to AWS: paths, headers (User-Agent), bodies (session names, ARNs)", isAlwaysUsed: true },
  "cluster-request": { gets: "each request to an API server but for what is written into data", isAlwaysUsed: true },
  "cluster-answer": { gets: "each answer of an API server that is no read which was granted by name", isAlwaysUsed: true },
  "kubernetes-object": { gets: "metadata of all Secrets, and all events of a cluster, at the end", isAlwaysUsed: true },
  template: { gets: "the CloudFormation templates and the rest of cdk.out: bundles, the config object, manifests", isAlwaysUsed: true },
  "function-configuration": { gets: "each deployed function's configuration with its environment", isAlwaysUsed: true },
  file: { gets: "the files that a deployment, the emulator and its functions left in temporary folders", isAlwaysUsed: true },
  "cli-output": { gets: "standard output and error of the command line, but for render", isAlwaysUsed: true },
  "test-output": { gets: "what tests print, and the texts of their failures", isAlwaysUsed: false },
} as const satisfies Record<string, { readonly gets: string; readonly isAlwaysUsed: boolean }>;

export type SinkName = keyof typeof SINKS;

/** Where below a run's folder a sink lies: a file a recorder. */
export const SINKS_FOLDER = "sinks";

let opened = 0;

function folderOf(sink: SinkName): string | undefined {
  const run = runFolder();
  if (run === undefined) return undefined;
  const folder = join(run, SINKS_FOLDER, sink);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Keeps one whole record: a request, an item, a line. */
export function record(sink: SinkName, text: string | Uint8Array): void {
  openSink(sink, `records-${process.pid}-${threadId}`)(Buffer.concat([Buffer.from(text), Buffer.from("\n")]));
}

/** Keeps the chunks of one stream as they come, so that a value split over two is whole. @default a name of its own */
export function openSink(sink: SinkName, name?: string): (chunk: string | Uint8Array) => void {
  const folder = folderOf(sink);
  if (folder === undefined) return () => undefined;
  opened += 1;
  const path = join(folder, name ?? `stream-${process.pid}-${threadId}-${Date.now()}-${opened}`);
  return (chunk) => appendFileSync(path, chunk);
}

/** Keeps one file's contents, once, however often they are met. */
export function recordFile(sink: SinkName, contents: string | Uint8Array): void {
  const folder = folderOf(sink);
  if (folder === undefined) return;
  const path = join(folder, createHash("sha256").update(contents).digest("hex"));
  if (!existsSync(path)) writeFileSync(path, contents);
}
