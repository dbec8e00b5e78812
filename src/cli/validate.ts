/** `secret-relay validate`: every mistake of the config folder at once, as the deployment would find it. */
import { Command } from "commander";
import { UNPLACED } from "../core/config/deployment.ts";
import { formatDiagnostics } from "../core/config/diagnostics.ts";
import { resolveConfig } from "../core/config/resolve.ts";
import { readConfigFolder, readContext } from "./config-folder.ts";
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
  const { named, files } = await readConfigFolder(path, () => readContext(io.cwd), io);
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
