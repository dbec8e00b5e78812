/** Plants each bug, searches until it is found, and prints the table as JSON: `node test/model/planted/find.ts [name part]`. */
import { runSchedule, type Schedule } from "../run-schedule.ts";
import { schedules } from "../schedules.ts";
import { search } from "../search.ts";
import { useCases } from "../use-cases.ts";
import { PLANTED_BUGS } from "./bugs.ts";
import { useCasesWith } from "./plant.ts";

Error.stackTraceLimit = 0;

const [part = "", seeds = "1"] = process.argv.slice(2);
const MAX_RUNS = 20_000;

const table = [];
for (const bug of PLANTED_BUGS.filter(({ name }) => name.includes(part))) {
  const startedAt = process.cpuUsage();
  const { seed = 1, setup, steps, kinds, cluster, registry, time } = bug;
  const world = { wrapCluster: cluster, wrapRegistry: registry, createTime: time };
  let best: { readonly seed: number; readonly runs: number; readonly fault: string; readonly schedule: Schedule } | undefined;
  // More than one only to choose the seed that is written down beside the bug.
  for (let next = seed; next < seed + Number(seeds); next += 1) {
    const options = { seed: next, runs: best?.runs ?? MAX_RUNS, shrinks: false, world };
    const found = await search(await useCasesWith(bug), schedules(steps, setup, kinds), options);
    if (found !== undefined && found.runs < (best?.runs ?? MAX_RUNS))
      best = { seed: next, runs: found.runs, fault: found.fault, schedule: found.schedule };
  }
  // The same schedule without the bug must be clean: else something else was found.
  const control = best === undefined ? undefined : (await runSchedule(useCases, best.schedule)).violation;
  const isFound = best !== undefined && control === undefined && bug.faults.some((fault) => fault === best.fault);
  const seconds = process.cpuUsage(startedAt).user / 1_000_000;
  const row = { line: bug.line, name: bug.name, isFound, seed: best?.seed, runs: best?.runs, fault: best?.fault, seconds };
  table.push(row);
  process.stderr.write(`${JSON.stringify(row)}\n`);
}
process.stdout.write(`${JSON.stringify(table)}\n`);
