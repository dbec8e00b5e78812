/** Reads the files of a config folder. Only reads: what they mean is decided by core/config. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { SourceFile } from "../../core/config/diagnostics.ts";

const CONFIG_FILE = /\.(?:ya?ml|json)$/;

/** All YAML and JSON files below a folder, ordered by path; node_modules and names that begin with a dot are left out. */
export async function readConfigFiles(folder: string): Promise<readonly SourceFile[]> {
  const paths = await listFiles(folder, "");
  return Promise.all(paths.toSorted().map(async (path) => ({ path, text: await readFile(join(folder, path), "utf8") })));
}

async function listFiles(root: string, below: string): Promise<readonly string[]> {
  const entries = await readdir(join(root, below), { withFileTypes: true });
  const nested = entries.map(async (entry): Promise<readonly string[]> => {
    if (entry.name.startsWith(".") || entry.name === "node_modules") return [];
    // Config paths use `/` on every system: globs are written so.
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) return listFiles(root, path);
    return entry.isFile() && CONFIG_FILE.test(entry.name) ? [path] : [];
  });
  return (await Promise.all(nested)).flat();
}
