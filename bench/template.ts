/** How fast templates render: this engine against Go's own text/template in the same run, each template parsed once. */
import { executeTemplate } from "../src/core/template/execute.ts";
import { loadFunctions } from "../src/core/template/families/load.ts";
import { fromText } from "../src/core/template/go/strings.ts";
import { map } from "../src/core/template/go/values.ts";
import { parseTemplate } from "../src/core/template/parser.ts";
import { BENCH_CASES } from "../test/oracle/corpus-manifests.ts";
import { askOracle } from "../test/oracle/go-oracle.ts";

export interface BenchRow {
  readonly name: string;
  /** Renders a second here, for each of Go's. */
  readonly ratio: number;
  readonly goal: number;
}

const GOAL = 0.5;
const RENDERS = 20_000;
const WARM_UP = 2_000;
const ROUNDS = 5;
const ENVIRONMENT = { nowMs: 0, randomBytes: (count: number) => new Uint8Array(count) };

async function ownNanoseconds(text: string, data: Readonly<Record<string, string>>): Promise<number> {
  const parsed = parseTemplate("bench", text);
  const functions = await loadFunctions([parsed]);
  const entries = Object.entries(data).map(([key, value]) => [fromText(key), fromText(value)] as const);
  const values = map(entries, "map[string]string");
  const render = (times: number): void => {
    for (let time = 0; time < times; time++) executeTemplate(parsed, values, { functions, environment: ENVIRONMENT });
  };
  render(WARM_UP);
  const start = process.hrtime.bigint();
  render(RENDERS);
  return Number(process.hrtime.bigint() - start) / RENDERS;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

/** One row for each template. Both engines take turns, so that a busy machine is busy for both. */
export async function template(): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const [name, one] of Object.entries(BENCH_CASES)) {
    const ratios: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const [go] = await askOracle([one], ["-bench", String(RENDERS)]);
      if (go?.nanos === undefined) throw new Error(`the oracle can't render ${name}`);
      ratios.push(go.nanos / (await ownNanoseconds(one.template, one.data)));
    }
    rows.push({ name: `template: renders a second of ${name}, against Go`, ratio: median(ratios), goal: GOAL });
  }
  return rows;
}

if (process.argv[1] === import.meta.filename) {
  for (const { name, ratio, goal } of await template()) process.stdout.write(`${name}: ${ratio.toFixed(2)} (goal ${goal})\n`);
}
