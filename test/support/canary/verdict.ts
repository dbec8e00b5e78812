/** The verdict on a run: which canaries lie in which sink, and which sinks got nothing that should have. */
import { closeSync, existsSync, fstatSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import type { Canary } from "./canary.ts";
import { createScanner, type Leak } from "./scanner.ts";
import { SINKS, SINKS_FOLDER, type SinkName } from "./sinks.ts";

export interface SinkLeak extends Leak {
  readonly sink: string;
  /** The recorded file, to look at it by hand. */
  readonly path: string;
}

export interface Verdict {
  readonly canaries: number;
  readonly scannedBytes: number;
  readonly leaks: readonly SinkLeak[];
  /** Sinks that hold nothing, of those that any run of the whole suite fills. */
  readonly unused: readonly SinkName[];
}

const CHUNK = 8 * 1024 * 1024;
/** More than any canary takes in any spelling. */
const OVERLAP = 64 * 1024;

function readCanaries(folder: string): readonly Canary[] {
  return readdirSync(folder)
    .filter((file) => file.startsWith("values-"))
    .flatMap((file) => readFileSync(join(folder, file), "utf8").split("\n"))
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as { readonly label: string; readonly value: string })
    .map(({ label, value }) => ({ label, value: Buffer.from(value, "base64") }));
}

/** A file in pieces that overlap, so that it may be larger than memory. */
function* piecesOf(path: string): Generator<Buffer> {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    for (let from = 0; from < size; from += CHUNK) {
      const piece = Buffer.alloc(Math.min(CHUNK + OVERLAP, size - from));
      yield piece.subarray(0, readSync(file, piece, 0, piece.length, from));
    }
  } finally {
    closeSync(file);
  }
}

/** Looks for all canaries of a run's folder in all of its sinks. */
export function judgeRun(folder: string): Verdict {
  const canaries = readCanaries(folder);
  const scan = createScanner(canaries);
  const leaks: SinkLeak[] = [];
  const unused: SinkName[] = [];
  let scannedBytes = 0;
  for (const [sink, { isAlwaysUsed }] of Object.entries(SINKS)) {
    const place = join(folder, SINKS_FOLDER, sink);
    let bytes = 0;
    for (const file of existsSync(place) ? readdirSync(place) : []) {
      const path = join(place, file);
      for (const piece of piecesOf(path)) {
        bytes += piece.length;
        leaks.push(...scan(piece).map((leak) => ({ ...leak, sink, path })));
      }
    }
    scannedBytes += bytes;
    if (bytes === 0 && isAlwaysUsed) unused.push(sink as SinkName);
  }
  return { canaries: canaries.length, scannedBytes, leaks, unused };
}

/** What is wrong, a line each, without any value; empty where nothing is. `isWhole`: all tests ran, so that each sink had its chance. */
export function faultsOf({ canaries, leaks, unused }: Verdict, isWhole: boolean): readonly string[] {
  const found = leaks.map(
    ({ sink, label, spelling, offset, path }) =>
      `a secret value got into the sink "${sink}": ${label}, ${spelling === "" ? "in the clear" : `as ${spelling}`}, at ${offset} of ${path}`,
  );
  if (!isWhole) return found;
  const idle = unused.map((sink) => `the sink "${sink}" got nothing (${SINKS[sink].gets}): what fills it is broken`);
  return [...found, ...idle, ...(canaries === 0 ? ["no test made a canary"] : [])];
}
