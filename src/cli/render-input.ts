/** Reads what `render -f` names: files, folders and standard input. */
import { readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { readConfigFiles } from "../adapters/config/files.ts";
import type { SourceFile } from "../core/config/diagnostics.ts";
import { CommandFailed, type Io } from "./output.ts";

/** Standard input, as an argument and in messages. */
const STDIN = "-";

/**
 * All files in the order of the arguments, each once; of folders every .yaml, .yml and .json below them, by path.
 * @throws CommandFailed where one can't be read, or a folder holds none
 */
export async function readManifestFiles(paths: readonly string[], io: Io): Promise<readonly SourceFile[]> {
  const files = new Map<string, SourceFile>();
  for (const path of new Set(paths)) {
    for (const [identity, file] of await readPath(path, io)) if (!files.has(identity)) files.set(identity, file);
  }
  return [...files.values()];
}

async function readPath(path: string, io: Io): Promise<readonly (readonly [identity: string, file: SourceFile])[]> {
  if (path === STDIN) return [[STDIN, { path: "stdin", text: await text(io.stdin) }]];
  const whole = resolve(io.cwd, path);
  const found = await stat(whole).catch((error: NodeJS.ErrnoException) => {
    throw cantRead(path, error);
  });
  if (!found.isDirectory()) return [[whole, await readNamedFile(path, io)]];
  const files = await readConfigFiles(whole).catch((error: NodeJS.ErrnoException) => {
    throw cantRead(path, error);
  });
  if (files.length === 0) throw new CommandFailed(`${path} holds no file that ends in .yaml, .yml or .json`);
  return files.map((file) => [join(whole, file.path), { path: join(path, file.path), text: file.text }]);
}

/** One file, whatever its name ends in. @throws CommandFailed where it can't be read */
export async function readNamedFile(path: string, io: Io): Promise<SourceFile> {
  const content = await readFile(resolve(io.cwd, path), "utf8").catch((error: NodeJS.ErrnoException) => {
    throw cantRead(path, error);
  });
  return { path, text: content };
}

function cantRead(path: string, error: NodeJS.ErrnoException): CommandFailed {
  const why: Readonly<Record<string, string>> = {
    ENOENT: "there is no such file or folder",
    EACCES: "permission denied",
    EISDIR: "it is a folder",
  };
  return new CommandFailed(`can't read ${path}: ${why[error.code ?? ""] ?? error.code ?? "unknown error"}`);
}
