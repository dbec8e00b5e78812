/** The config folder as the commands find it: the one that a deployment from here would take. */
import { readFile, stat } from "node:fs/promises";
import { isAbsolute, join, resolve } from "node:path";
import { readConfigFiles } from "../adapters/config/files.ts";
import { UNPLACED } from "../core/config/deployment.ts";
import { formatDiagnostics } from "../core/config/diagnostics.ts";
import { resolveConfig } from "../core/config/resolve.ts";
import type { ResolvedConfig } from "../core/model.ts";
import { CommandFailed, counted, type Io } from "./output.ts";

/** Reads and resolves it; its mistakes go to stderr. @throws CommandFailed where there is none, or where anything is wrong with it */
export async function loadConfig(path: string | undefined, io: Io): Promise<{ readonly named: string; readonly config: ResolvedConfig }> {
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
  return { named, config };
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
