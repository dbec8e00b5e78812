/** What a cold start loads: each bundle's bytes, and the time to import it in a fresh process, against the SDK clients that it uses alone. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Bundle, bundle, ROOT, startBytes } from "../infra/bundle.ts";
import { bundleHandler, HANDLER_NAMES } from "../infra/handler-code.ts";
import type { CleanUpStack } from "../src/local/stop-on-exit.ts";
import { exactly, type Figure, type Report, spreadOf } from "./report.ts";

const ROUNDS = 5;
/** Fresh processes of each kind a round; the lower quartile is the round's: a single fast moment of the machine is no measure of either. */
const PROCESSES = 21;
const BUDGET_BYTES = 800_000;
const EMPTY = "export const handler = async () => {};";

const run = promisify(execFile);

interface Written {
  readonly name: string;
  readonly bytes: number;
  readonly path: string;
}

export async function init(stack: CleanUpStack): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), "secret-relay-bench-"));
  await stack.add(() => rm(folder, { recursive: true, force: true }));
  const write = async (name: string, made: Bundle): Promise<Written> => {
    const own = join(folder, name);
    await mkdir(own);
    for (const [file, contents] of made.files) await writeFile(join(own, file), contents);
    return { name, bytes: startBytes(made), path: join(own, "index.mjs") };
  };
  const empty = await write("empty", bundleText(EMPTY));
  const figures: Figure[] = [];
  for (const name of HANDLER_NAMES) {
    const handler = bundleHandler(name);
    const own = await write(name, handler);
    const sdk = await write(`${name}-sdk`, bundleText(await sdkEntry(handler)));
    const rounds: Readonly<Record<string, number>>[] = [];
    for (let round = 0; round < ROUNDS; round += 1) rounds.push(await importTimes([empty, sdk, own]));
    const msOf = (of: Written) => (round: Readonly<Record<string, number>>) => round[of.name] ?? Number.NaN;
    const ratio = (against: Written) => spreadOf(rounds.map((round) => msOf(own)(round) / msOf(against)(round)));
    figures.push(
      { what: `${name}: bundle`, unit: "bytes", value: exactly(own.bytes), goal: { atMost: BUDGET_BYTES } },
      { what: `${name}: its SDK clients alone`, unit: "bytes", value: exactly(sdk.bytes) },
      { what: `${name}: import ÷ its SDK clients alone`, unit: "x", value: ratio(sdk), goal: { atMost: 1.3 } },
      { what: `${name}: import ÷ empty handler`, unit: "x", value: ratio(empty) },
      { what: `${name}: import`, unit: "ms", value: spreadOf(rounds.map(msOf(own))) },
    );
  }
  return {
    name: "init",
    about: `The bundles as they are deployed, and the time of their import in a fresh Node process: ${ROUNDS} rounds, in each the lower quartile of ${PROCESSES} processes of each kind by turns. The SDK clients alone: a module that imports the very names of the SDK that the bundle's sources import, bundled the same way.`,
    figures,
    notes: [],
  };
}

function bundleText(contents: string): Bundle {
  return bundle({ stdin: { contents, resolveDir: ROOT, loader: "ts" } });
}

/** Imports what the handler's own sources import of the SDK, and holds on to it. */
async function sdkEntry({ startSources }: Bundle): Promise<string> {
  const names = new Map<string, Set<string>>();
  for (const source of startSources.filter((path) => !path.includes("node_modules"))) {
    const text = await readFile(join(ROOT, source), "utf8");
    for (const [, list = "", client = ""] of text.matchAll(/^import \{([^}]*)\} from "(@aws-sdk\/client-[\w-]+)"/gm)) {
      const imported = list.split(",").map((one) => one.trim());
      const known = names.get(client) ?? new Set<string>();
      for (const one of imported) if (one !== "" && !one.startsWith("type ")) known.add(one);
      names.set(client, known);
    }
  }
  const imports = [...names].map(([client, of]) => `import { ${[...of].join(", ")} } from "${client}";`);
  const clients = [...names.values()].flatMap((of) => [...of]);
  return `${imports.join("\n")}\nexport const handler = async () => [${clients.join(", ")}].length;`;
}

async function importTimes(bundles: readonly Written[]): Promise<Readonly<Record<string, number>>> {
  const times = new Map(bundles.map(({ name }) => [name, [] as number[]]));
  for (let index = 0; index < PROCESSES; index += 1) {
    for (const { name, path } of bundles) times.get(name)?.push(await importTime(path));
  }
  return Object.fromEntries([...times].map(([name, of]) => [name, lowerQuartile(of)]));
}

function lowerQuartile(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 4)] ?? Number.NaN;
}

async function importTime(path: string): Promise<number> {
  const script = `const t = performance.now(); await import(${JSON.stringify(path)}); process.stdout.write(String(performance.now() - t));`;
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", script], { env: { AWS_REGION: "us-east-1" } });
  return Number(stdout);
}
