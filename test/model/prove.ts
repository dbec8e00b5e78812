/** `npm run prove -- --schedules N --seed S`: that many schedules of the model, or the first one that breaks a promise, shrunk. */
import { parseArgs } from "node:util";
import { schedules } from "./schedules.ts";
import { search } from "./search.ts";
import { useCases } from "./use-cases.ts";

/** Errors are answers here, thousands a second, and nobody reads where they were made. */
Error.stackTraceLimit = 0;

const { values } = parseArgs({
  options: { schedules: { type: "string", default: "20000" }, seed: { type: "string" }, steps: { type: "string", default: "24" } },
});
const total = Number(values.schedules);
const seed = Number(values.seed ?? Date.now() % 1_000_000_007);
const CHUNK = 5_000;

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

say(`seed ${seed}, ${total} schedules`);
const startedAt = performance.now();
const cpuAtStart = process.cpuUsage();
let done = 0;
let hasFailed = false;
while (done < total && !hasFailed) {
  const runs = Math.min(CHUNK, total - done);
  // Each chunk has a seed of its own, so that any of them can be run again alone.
  const chunkSeed = seed + done / CHUNK;
  const found = await search(useCases, schedules(Number(values.steps)), { seed: chunkSeed, runs });
  done += found?.runs ?? runs;
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(cpuAtStart);
  const cpu = (user + system) / 1_000_000;
  say(`${done} schedules, ${Math.round(done / seconds)} a second, ${Math.round(done / cpu)} a second of processor time`);
  if (found === undefined) continue;
  hasFailed = true;
  say(`\n${found.message}\n\nseed ${chunkSeed}, found after ${found.runs} schedules, shrunk ${found.shrinks} times:\n`);
  for (const step of found.history) say(step);
  say(`\n${JSON.stringify(found.schedule)}`);
}
process.exitCode = hasFailed ? 1 : 0;
