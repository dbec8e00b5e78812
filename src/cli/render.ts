/** `secret-relay render`: prints offline what a sync would do with manifests, by the sync's own code. */
import { createHash } from "node:crypto";
import { Command, InvalidArgumentError, Option } from "commander";
import { stringify } from "yaml";
import { UNPLACED } from "../core/config/deployment.ts";
import { formatDiagnostics } from "../core/config/diagnostics.ts";
import { nearest } from "../core/config/nearest.ts";
import { type ManifestResolution, resolveManifests } from "../core/config/resolve-manifests.ts";
import { secureRandomBytes } from "../core/sync/chance.ts";
import type { Environment } from "../core/template/function-table.ts";
import { CommandFailed, type Io } from "./output.ts";
import { readManifestFiles, readNamedFile } from "./render-input.ts";
import { type Rendered, renderItem } from "./render-item.ts";
import { createWorldSource } from "./render-source.ts";
import { readWorld, type World } from "./world-file.ts";

interface Options {
  readonly filename: readonly string[];
  readonly values: string;
  readonly name?: string;
  readonly output: "yaml" | "json";
  readonly now?: number;
  readonly seed?: string;
}

type Manifest = ManifestResolution["manifests"][number];

/** The command; it throws CommandFailed where any ExternalSecret has an error. It alone prints secret values. */
export function renderCommand(io: Io): Command {
  return new Command("render")
    .description("print what a sync would do, offline: the Secrets of ExternalSecrets, from a file that says what the stores hold")
    .requiredOption("-f, --filename <manifests...>", "files, folders, or - for standard input")
    .requiredOption("--values <file>", "YAML or JSON: what stores and cluster hold")
    .option("--name <namespace/name>", "only this ExternalSecret", parseName)
    .option("--now <time>", "the clock of templates, such as 2026-01-31T12:00:00Z; default: now", parseTime)
    .option("--seed <text>", "makes random functions of templates give the same each time; default: chance")
    .addOption(new Option("-o, --output <format>", "how to print it").choices(["yaml", "json"]).default("yaml"))
    .action((options: Options) => render(options, io));
}

async function render(options: Options, io: Io): Promise<void> {
  const files = await readManifestFiles(options.filename, io);
  const world = await loadWorld(options.values, io);
  const namespaces = [...world.namespaces].map(([name, labels]) => ({ name, labels, isTerminating: false }));
  const { manifests, diagnostics, withoutNamespace } = resolveManifests(files, UNPLACED, namespaces);
  if (diagnostics.length > 0) io.stderr.write(`${formatDiagnostics(diagnostics)}\n`);
  for (const name of withoutNamespace) {
    io.stderr.write(`ClusterExternalSecret ${name}: it means none of the namespaces of ${options.values}\n`);
  }
  const chosen = options.name === undefined ? manifests : choose(manifests, options.name);
  const environment = environmentOf(options);
  const rendered: Rendered[] = [];
  for (const manifest of chosen) {
    rendered.push(await renderItem(manifest, { ...world, source: createWorldSource(world), environment }));
    if (manifest.kind === "failed") io.stderr.write(`${formatDiagnostics(manifest.diagnostics)}\n`);
  }
  for (const { item } of rendered) {
    if (item.error !== undefined && item.error.code !== "InvalidManifest") {
      io.stderr.write(`${item.namespace}/${item.name}: ${item.error.message}\n`);
    }
  }
  const items = rendered.map(({ item }) => item);
  io.stdout.write(options.output === "json" ? `${JSON.stringify(items, undefined, 2)}\n` : toYaml(rendered));
  if (manifests.length === 0 && diagnostics.length === 0 && withoutNamespace.length === 0)
    throw new CommandFailed(`no ExternalSecret in ${options.filename.join(", ")}`);
  if (diagnostics.length > 0 || items.some(({ error }) => error !== undefined)) throw new CommandFailed("");
}

/** Refused as a usage error before anything is read. */
function parseName(name: string): string {
  if (!/^[^/]+\/[^/]+$/.test(name)) throw new InvalidArgumentError("It is written NAMESPACE/NAME.");
  return name;
}

function parseTime(time: string): number {
  const ms = Date.parse(time);
  if (Number.isNaN(ms)) throw new InvalidArgumentError("It is written like 2026-01-31T12:00:00Z.");
  return ms;
}

/** Each rendering draws from one stream, so that a template's second password is not its first. */
function environmentOf({ now = Date.now(), seed }: Pick<Options, "now" | "seed">): Environment {
  if (seed === undefined) return { nowMs: now, randomBytes: secureRandomBytes };
  let drawn = 0;
  return {
    nowMs: now,
    randomBytes: (count) => {
      drawn += 1;
      return createHash("shake256", { outputLength: count }).update(`${drawn} ${seed}`).digest();
    },
  };
}

function choose(manifests: readonly Manifest[], name: string): readonly Manifest[] {
  const chosen = manifests.filter((manifest) => nameOf(manifest) === name);
  if (chosen.length > 0) return chosen;
  const near = nearest(name, manifests.map(nameOf));
  throw new CommandFailed(`no ExternalSecret ${name} among the manifests${near === undefined ? "" : `; did you mean ${near}?`}`);
}

function nameOf(manifest: Manifest): string {
  const { namespace, name } = manifest.kind === "resolved" ? manifest.spec : manifest;
  return `${namespace}/${name}`;
}

async function loadWorld(path: string, io: Io): Promise<World> {
  const read = readWorld(await readNamedFile(path, io));
  if ("world" in read) return read.world;
  io.stderr.write(`${formatDiagnostics(read.diagnostics)}\n`);
  throw new CommandFailed("");
}

/** A stream that `kubectl apply -f -` takes; what has no target is a comment. */
function toYaml(rendered: readonly Rendered[]): string {
  return rendered
    .map(({ item, reason }) =>
      item.target === null
        ? `# ${item.namespace}/${item.name}: ${item.action}: ${reason}\n`
        : `---\n${stringify(item.target, { lineWidth: 0 })}`,
    )
    .join("");
}
