/**
 * Asks the registry for known vulnerabilities of every locked package, by `npm audit`. Ends with 1 for one that is high or critical.
 * A registry that has no such answer (a mirror, or no network) is said loudly, and ends with 0, or with 1 under `--require-answer`.
 */
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { readAudit } from "./audit-report.ts";

const { values, positionals } = parseArgs({ options: { "require-answer": { type: "boolean", default: false } }, allowPositionals: true });
const npm = spawnSync("npm", ["audit", "--json"], {
  cwd: resolve(positionals[0] ?? "."),
  encoding: "utf8",
  maxBuffer: 64 * 1024 * 1024,
  stdio: ["ignore", "pipe", "pipe"],
});
const { isAnswered, isBad, lines } = readAudit(npm.stdout ?? "");
for (const line of lines) (isBad || !isAnswered ? process.stderr : process.stdout).write(`${line}\n`);
if (isBad || (!isAnswered && values["require-answer"])) process.exitCode = 1;
