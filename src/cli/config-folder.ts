/** Finds and reads what `cdk deploy` in this folder would take: the context of cdk.json, and the config folder. */
import { readFile, stat } from "node:fs/promises";
import { isAbsolute, join, resolve } from "node:path";
import { readConfigFiles } from "../adapters/config/files.ts";
import { UNPLACED } from "../core/config/deployment.ts";
import { formatDiagnostics, type SourceFile } from "../core/config/diagnostics.ts";
import { resolveConfig } from "../core/config/resolve.ts";
import type { ResolvedConfig } from "../core/model.ts";
import { CommandFailed, counted, type Io } from "./output.ts";

export type Context = Readonly<Record<string, unknown>>;

/** The context keys of ./cdk.json; none where there is no such file. @throws CommandFailed where it can't be read */
export async function readContext(cwd: string): Promise<Context> {
  const text = await readFile(join(cwd, "cdk.json"), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "{}";
    throw new CommandFailed(`can't read cdk.json: ${error.code ?? "unknown error"}`);
  });
  return parseJson(text)?.context ?? {};
}

/**
 * The files of the config folder that is named, else of the one that the context names.
 * @throws CommandFailed where there is none, or nothing in it
 */
async function readConfigFolder(
  path: string | undefined,
  context: () => Promise<Context>,
  io: Pick<Io, "cwd">,
): Promise<{ readonly named: string; readonly files: readonly SourceFile[] }> {
  const named = path ?? folderOf(await context());
  const folder = isAbsolute(named) ? named : resolve(io.cwd, named);
  const found = await stat(folder).catch(() => undefined);
  if (found === undefined) throw new CommandFailed(`there is no config folder ${named}`);
  if (!found.isDirectory()) throw new CommandFailed(`${named} is a file; name the config folder that holds it`);
  const files = await readConfigFiles(folder);
  if (files.length === 0) throw new CommandFailed(`${named} holds no file that ends in .yaml, .yml or .json`);
  return { named, files };
}

/**
 * The same, resolved; its mistakes go to stderr.
 * @throws CommandFailed where there is none, or where anything is wrong with it
 */
export async function loadConfig(
  path: string | undefined,
  io: Io,
  context: () => Promise<Context> = () => readContext(io.cwd),
): Promise<{ readonly named: string; readonly config: ResolvedConfig }> {
  const { named, files } = await readConfigFolder(path, context, io);
  const { config, diagnostics } = resolveConfig(files, UNPLACED);
  if (config !== undefined) return { named, config };
  io.stderr.write(`${formatDiagnostics(diagnostics)}\n`);
  throw new CommandFailed(`${counted(diagnostics.length, "mistake")} in ${named}`);
}

function folderOf({ config = "config" }: Context): string {
  if (typeof config !== "string" || config === "") throw new CommandFailed('cdk.json: the context key "config" must be a path');
  return config;
}

function parseJson(text: string): { readonly context?: Context } | null {
  try {
    return JSON.parse(text) as ReturnType<typeof parseJson>;
  } catch {
    throw new CommandFailed("cdk.json is no valid JSON");
  }
}
