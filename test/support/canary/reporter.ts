/** Jest's reporter of leaks: makes the run's folder, keeps what tests print, and fails the run where a canary lies in any sink. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { RUN_FOLDER } from "./run-folder.ts";
import { record } from "./sinks.ts";
import { faultsOf, judgeRun } from "./verdict.ts";

/** What is read of Jest's global config. */
interface Selection {
  readonly testPathPatterns: { readonly patterns: readonly string[] };
  readonly testNamePattern?: string | undefined;
  readonly onlyChanged: boolean;
  readonly onlyFailures: boolean;
  readonly findRelatedTests: boolean;
  readonly shard?: unknown;
}

interface TestResult {
  readonly console?: readonly { readonly message: string }[] | null | undefined;
  readonly failureMessage?: string | null | undefined;
}

interface RunResults {
  readonly numFailedTests: number;
  readonly numFailedTestSuites: number;
  readonly wasInterrupted: boolean;
}

/** Named as a class, since Jest makes it itself. */
class LeakReporter {
  readonly #selection: Selection;
  readonly #folder = mkdtempSync(join(tmpdir(), "secret-relay-canaries-"));
  #fault: Error | undefined;
  #hasLeaks = false;

  constructor(globalConfig: Selection) {
    this.#selection = globalConfig;
    // Before the workers start: they get a copy of the environment.
    process.env[RUN_FOLDER] = this.#folder;
    // Where something leaked the records are the only way to see what.
    process.once("exit", () => {
      if (!this.#hasLeaks) rmSync(this.#folder, { recursive: true, force: true });
    });
  }

  onTestResult(_test: unknown, { console, failureMessage }: TestResult): void {
    for (const { message } of console ?? []) record("test-output", message);
    // A failed comparison shows what it compared, which may be a canary: the run fails anyway.
    if (typeof failureMessage === "string" && !/\bexpect\(/.test(stripVTControlCharacters(failureMessage))) {
      record("test-output", failureMessage);
    }
  }

  onRunComplete(_contexts: unknown, results: RunResults): void {
    const { testPathPatterns, testNamePattern, onlyChanged, onlyFailures, findRelatedTests, shard } = this.#selection;
    const isChosen = testPathPatterns.patterns.length > 0 || (testNamePattern ?? "") !== "" || shard !== undefined;
    const hasFailed = results.numFailedTests > 0 || results.numFailedTestSuites > 0 || results.wasInterrupted;
    const isWhole = !isChosen && !onlyChanged && !onlyFailures && !findRelatedTests && !hasFailed;
    const startedAt = performance.now();
    const verdict = judgeRun(this.#folder);
    const faults = faultsOf(verdict, isWhole);
    if (faults.length > 0) this.#fault = new Error(faults.join("\n"));
    const summary = `${verdict.canaries} canaries, ${(verdict.scannedBytes / 1e6).toFixed(1)} MB of sinks, ${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
    process.stderr.write(`Leaks:       ${faults.length === 0 ? "none" : `${faults.length} faults`} (${summary})\n`);
    for (const fault of faults) process.stderr.write(`  ${fault}\n`);
    this.#hasLeaks = verdict.leaks.length > 0;
  }

  getLastError(): Error | undefined {
    return this.#fault;
  }
}

// oxlint-disable-next-line import/no-default-export -- Jest takes a reporter by it
export default LeakReporter;
