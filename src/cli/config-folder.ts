/** Finds and reads what `cdk deploy` in this folder would take: the context of cdk.json, and the config folder. */
import { readFile, stat } from "node:fs/promises";
import { isAbsolute, join, resolve } from "node:path";
import { readConfigFiles } from "../adapters/config/files.ts";
import type { SourceFile } from "../core/config/diagnostics.ts";
import { CommandFailed, type Io } from "./output.ts";

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
export async function readConfigFolder(
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
