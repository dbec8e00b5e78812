/** Bundles a module by esbuild, inside this process: ESM, minified, with source maps, and with all that a cold start needs in one file. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative, resolve } from "node:path";
import { type BuildOptions, buildSync, type Metafile } from "esbuild";

/** The project's root: what an entry's path is seen from. */
export const ROOT = resolve(import.meta.dirname, "..");

const OPTIONS = {
  // Not written by esbuild: so the source maps' paths are those seen from the project's root, and tell of no machine.
  write: false,
  metafile: true,
  outdir: ".",
  entryNames: "index",
  outExtension: { ".js": ".mjs" },
  // What is imported on demand (the YAML parser, for a kubeconfig) lies in files of its own, which a cold start does not load.
  splitting: true,
  bundle: true,
  platform: "node",
  target: "node24",
  format: "esm",
  mainFields: ["module", "main"],
  minify: true,
  // No keepNames: it is a call at import for each class and function, some ms. What is logged as an error's name is set by its class.
  sourcemap: "linked",
  sourcesContent: false,
  legalComments: "none",
  logLevel: "error",
  // Dependencies that are CommonJS call require of Node's own modules, which ESM has not. Not createRequire: every file of a bundle
  // would make a require of its own at import, some ms in all.
  banner: { js: "const require = process.getBuiltinModule;" },
} as const satisfies BuildOptions;

const INDEX = "index.mjs";

/** A bundle, and what it is made of. */
export interface Bundle {
  /** By name, with their source maps; `index.mjs` is the entry's. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Those of them that a cold start loads: `index.mjs`, and what it imports at once. */
  readonly startFiles: readonly string[];
  /** All source files that were read for it, whatever is left of them, as seen from the project's root. */
  readonly inputs: readonly string[];
  /** The source files of which something is left in it, as seen from the project's root, sorted. */
  readonly sources: readonly string[];
  /** Those of them that are loaded with `index.mjs`, and not by need. */
  readonly startSources: readonly string[];
}

/**
 * Bundles a module. Esbuild alone would put whatever the entry shares with a module that is imported by need into a file for each set of
 * sharers: some twenty files at each cold start, half a millisecond and more each. So its output goes through it once more, and each file
 * of that output is told to import the entry: then all that the entry needs has the same sharers, and is one file.
 */
export function bundle(entry: Pick<BuildOptions, "entryPoints" | "stdin">): Bundle {
  // Hashes as folders: the second pass puts its own at the end of each name.
  const shaken = buildSync({ ...OPTIONS, ...entry, absWorkingDir: ROOT, chunkNames: "[hash]/[name]" });
  const folder = mkdtempSync(join(tmpdir(), "secret-relay-bundle-"));
  try {
    for (const { path, contents } of shaken.outputFiles) {
      const copy = join(folder, relative(ROOT, path));
      mkdirSync(dirname(copy), { recursive: true });
      writeFileSync(copy, contents);
    }
    const joined = buildSync({
      ...OPTIONS,
      absWorkingDir: folder,
      entryPoints: [INDEX],
      inject: [`./${INDEX}`],
      chunkNames: "[name]-[hash]",
    });
    return {
      files: new Map(joined.outputFiles.map(({ path, contents }) => [basename(path), contents])),
      startFiles: startFilesOf(joined.metafile),
      inputs: Object.keys(shaken.metafile.inputs),
      sources: sourcesOf(shaken.metafile, Object.keys(shaken.metafile.outputs)),
      startSources: sourcesOf(shaken.metafile, startFilesOf(shaken.metafile)),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** How many bytes a cold start loads. */
export function startBytes({ files, startFiles }: Bundle): number {
  return startFiles.reduce((sum, file) => sum + (files.get(file)?.byteLength ?? 0), 0);
}

/** The files that a cold start loads: `index.mjs`, what it imports at once, and so on; not what is imported by need. */
function startFilesOf({ outputs }: Metafile): readonly string[] {
  const loaded = new Set<string>();
  const load = (file: string): void => {
    const output = outputs[file];
    if (output === undefined || loaded.has(file)) return;
    loaded.add(file);
    for (const { path, kind } of output.imports) if (kind !== "dynamic-import") load(path);
  };
  load(INDEX);
  return [...loaded];
}

function sourcesOf({ outputs }: Metafile, files: readonly string[]): readonly string[] {
  const inputs = files.flatMap((file) => Object.entries(outputs[file]?.inputs ?? {}));
  return [...new Set(inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([file]) => file))].toSorted();
}
