/** `npm run bench`: runs the named benchmarks, or all of them, one after another; prints their tables and writes them as JSON. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { type CleanUpStack, runWithCleanUps } from "../src/local/stop-on-exit.ts";
import { calls } from "./calls.ts";
import { fanout } from "./fanout.ts";
import { init } from "./init.ts";
import { isolation } from "./isolation.ts";
import { latency } from "./latency.ts";
import { lookup } from "./lookup.ts";
import { reconcile } from "./reconcile.ts";
import { render } from "./render.ts";
import { machineOf, type Report, reportText } from "./report.ts";
import { template } from "./template.ts";

const BENCHMARKS: Readonly<Record<string, (stack: CleanUpStack) => Promise<Report>>> = {
  latency,
  fanout,
  reconcile,
  init,
  lookup,
  calls,
  isolation,
  render,
  template,
};

const DEFAULT_OUTPUT = ".secret-relay/bench.json";

const { values, positionals } = parseArgs({ allowPositionals: true, options: { output: { type: "string", default: DEFAULT_OUTPUT } } });
const names = positionals.length === 0 ? Object.keys(BENCHMARKS) : positionals;
const unknown = names.filter((name) => BENCHMARKS[name] === undefined);

if (unknown.length > 0) {
  process.stderr.write(`no benchmark is called ${unknown.join(", ")}; there are ${Object.keys(BENCHMARKS).join(", ")}\n`);
  process.exitCode = 2;
} else {
  await runAll();
}

async function runAll(): Promise<void> {
  const machine = machineOf(new Date());
  const { date, cpu, cores, memoryGb, node, platform } = machine;
  process.stdout.write(`${date}, ${cores} cores of ${cpu}, ${memoryGb} GB, Node ${node}, ${platform}\n\n`);
  const reports: Report[] = [];
  for (const name of names) {
    const startedAt = performance.now();
    const report = await runWithCleanUps(async (stack) => BENCHMARKS[name]?.(stack));
    if (report === undefined) continue;
    reports.push(report);
    process.stdout.write(`${reportText(report)}\n`);
    process.stderr.write(`${name} took ${((performance.now() - startedAt) / 1000).toFixed(0)} s\n`);
  }
  await mkdir(dirname(values.output), { recursive: true });
  await writeFile(values.output, `${JSON.stringify({ machine, reports }, undefined, 2)}\n`);
  process.stderr.write(`written to ${values.output}\n`);
}
