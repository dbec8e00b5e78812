/** How fast templates render: this engine against Go's own text/template with sprig in the same run, each template parsed once. */
import { executeTemplate } from "../src/core/template/execute.ts";
import { loadFunctions } from "../src/core/template/families/load.ts";
import { fromText } from "../src/core/template/go/strings.ts";
import { map } from "../src/core/template/go/values.ts";
import { parseTemplate } from "../src/core/template/parser.ts";
import { BENCH_CASES } from "../test/oracle/corpus-manifests.ts";
import { askOracle } from "../test/oracle/go-oracle.ts";
import { type Figure, type Report, spreadOf } from "./report.ts";

const GOAL = 0.5;
const RENDERS = 20_000;
const WARM_UP = 2_000;
const ROUNDS = 5;
const NS_PER_US = 1_000;
const ENVIRONMENT = { nowMs: 0, randomBytes: (count: number) => new Uint8Array(count) };

/** Nanoseconds a rendering. */
async function ownTime(text: string, data: Readonly<Record<string, string>>): Promise<number> {
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

/** Needs Go ≥ 1.26. Both engines take turns, so that a busy machine is busy for both. */
export async function template(): Promise<Report> {
  const figures: Figure[] = [];
  for (const [name, one] of Object.entries(BENCH_CASES)) {
    const rounds: { readonly go: number; readonly own: number }[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const [go] = await askOracle([one], ["-bench", String(RENDERS)]);
      if (go?.nanos === undefined) throw new Error(`the oracle can't render ${name}`);
      rounds.push({ go: go.nanos, own: await ownTime(one.template, one.data) });
    }
    figures.push(
      {
        what: `${name}: renders a second ÷ Go's`,
        unit: "x",
        value: spreadOf(rounds.map(({ go, own }) => go / own)),
        goal: { atLeast: GOAL },
      },
      { what: `${name}: a rendering`, unit: "µs", value: spreadOf(rounds.map(({ own }) => own / NS_PER_US)) },
      { what: `${name}: a rendering by Go`, unit: "µs", value: spreadOf(rounds.map(({ go }) => go / NS_PER_US)) },
    );
  }
  return {
    name: "template",
    about: `Renderings of templates that are parsed already: this engine, and Go's text/template with sprig in a process of its own, by turns; ${ROUNDS} rounds of ${RENDERS.toLocaleString("en-US")} renderings each.`,
    figures,
    notes: [],
  };
}
