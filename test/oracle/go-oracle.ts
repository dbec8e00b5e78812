/** Builds the oracle by Go, once for each state of its sources, into the cache; and asks it. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { access, mkdir, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { cacheDirectory } from "../../src/local/cache-directory.ts";
import { runExclusively } from "../../src/local/exclusive.ts";
import { runCommand } from "../../src/local/run-command.ts";
import type { OracleCase } from "./corpus.ts";

const SOURCES = ["go.mod", "go.sum", "main.go"];

/** `output` is base64. Neither is there for an empty rendering. */
export interface OracleAnswer {
  readonly output?: string;
  readonly error?: string;
  /** For each rendering, in a benchmark. */
  readonly nanos?: number;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function build(binary: string): Promise<void> {
  await mkdir(join(binary, ".."), { recursive: true });
  const { isFound, isOk, output } = await runCommand("go", ["build", "-trimpath", "-o", `${binary}.building`, "."], {
    directory: import.meta.dirname,
    environment: { CGO_ENABLED: "0" },
  });
  if (!isFound)
    throw new Error('the template oracle needs Go, and there is no "go" on the PATH: install Go 1.26 or newer (https://go.dev/dl)');
  if (!isOk) throw new Error(`"go build" of the template oracle failed (it needs Go 1.26 or newer, and the Go module proxy):\n${output}`);
  await rename(`${binary}.building`, binary);
}

/** Whether there is a Go that can build it. */
export async function hasFitGo(): Promise<boolean> {
  const { output } = await runCommand("go", ["env", "GOVERSION"], { directory: import.meta.dirname });
  const [, minor] = /^go1\.(\d+)/.exec(output) ?? [];
  return Number(minor) >= 26;
}

/** The oracle's binary. @throws Error that says what to install when there is no fit Go */
async function resolveOracle(): Promise<string> {
  const hash = createHash("sha256");
  for (const file of SOURCES) hash.update(await readFile(join(import.meta.dirname, file)));
  const binary = join(cacheDirectory(), "oracle", `template-${hash.digest("hex").slice(0, 16)}`);
  await runExclusively(`${binary}.lock`, async () => {
    if (!(await exists(binary))) await build(binary);
  });
  return binary;
}

/** Go's answers, in the order of the cases. */
export async function askOracle(cases: readonly OracleCase[], args: readonly string[] = []): Promise<readonly OracleAnswer[]> {
  const child = spawn(await resolveOracle(), [...args], { stdio: ["pipe", "pipe", "inherit"] });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.stdin.end(JSON.stringify(cases));
  const code = await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  if (code !== 0) throw new Error(`the template oracle ended with ${String(code)}`);
  return JSON.parse(Buffer.concat(chunks).toString()) as readonly OracleAnswer[];
}
