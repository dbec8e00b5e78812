/** `secret-relay validate`: every mistake of the config folder at once, as the deployment would find it. */
import { readFile, stat } from "node:fs/promises";
import { isAbsolute, join, resolve } from "node:path";
import { Command } from "commander";
import { readConfigFiles } from "../adapters/config/files.ts";
import { UNPLACED } from "../core/config/deployment.ts";
import { formatDiagnostics } from "../core/config/diagnostics.ts";
import { resolveConfig } from "../core/config/resolve.ts";
import { CommandFailed, counted, type Io } from "./output.ts";
import { formatTable } from "./output-table.ts";

/** The command; it throws CommandFailed where the config has a mistake. */
export function validateCommand(io: Io): Command {
  return new Command("validate")
    .description("check the config folder: every mistake with file, line and column")
    .argument("[path]", 'the config folder (default: the context key "config" of ./cdk.json, else ./config)')
    .action((path?: string) => validate(path, io));
}

async function validate(path: string | undefined, io: Io): Promise<void> {
  const named = path ?? (await configFolderOf(io.cwd));
  const folder = isAbsolute(named) ? named : resolve(io.cwd, named);
  const found = await stat(folder).catch(() => undefined);
  if (found === undefined) throw new CommandFailed(`there is no config folder ${named}`);
  if (!found.isDirectory()) throw new CommandFailed(`${named} is a file; name the config folder that holds it`);
  const files = await readConfigFiles(folder);
  if (files.length === 0) throw new CommandFailed(`${named} holds no file that ends in .yaml, .yml or .json`);
  const { config, diagnostics } = resolveConfig(files, UNPLACED);
  if (config === undefined) {
    io.stderr.write(`${formatDiagnostics(diagnostics)}\n`);
    throw new CommandFailed(`${counted(diagnostics.length, "mistake")} in ${named}`);
  }
  const { clusters, registrations, clusterExternalSecrets = [] } = config;
  if (clusters.length === 0) io.stderr.write(`warning: no Cluster in ${named}: deployed, it would remove every registration\n`);
  const more = clusterExternalSecrets.length === 0 ? "" : `, ${counted(clusterExternalSecrets.length, "ClusterExternalSecret")}`;
  io.stdout.write(`${named} is valid: ${counted(clusters.length, "cluster")}, ${counted(registrations.length, "registration")}${more}\n`);
  if (clusters.length === 0) return;
  const lists = clusterExternalSecrets.length === 0 ? [registrations] : [registrations, clusterExternalSecrets];
  const rows = clusters.map(({ name }) => [name, ...lists.map((list) => String(list.filter((one) => one.cluster === name).length))]);
  io.stdout.write(formatTable(["CLUSTER", "REGISTRATIONS", "CLUSTEREXTERNALSECRETS"].slice(0, lists.length + 1), rows));
}

/** What `cdk deploy` in this folder would take. */
async function configFolderOf(cwd: string): Promise<string> {
  const text = await readFile(join(cwd, "cdk.json"), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "{}";
    throw new CommandFailed(`can't read cdk.json: ${error.code ?? "unknown error"}`);
  });
  const config = parseJson(text)?.context?.config ?? "config";
  if (typeof config !== "string" || config === "") throw new CommandFailed('cdk.json: the context key "config" must be a path');
  return config;
}

function parseJson(text: string): { readonly context?: { readonly config?: unknown } } | null {
  try {
    return JSON.parse(text) as ReturnType<typeof parseJson>;
  } catch {
    throw new CommandFailed("cdk.json is no valid JSON");
  }
}
