/** Bundles one function's handler by esbuild, inside this process: ESM, minified, with a source map, and with the SDK in it. */
import { writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { AssetHashType, DockerImage } from "aws-cdk-lib";
import { Code } from "aws-cdk-lib/aws-lambda";
import { type BuildOptions, buildSync } from "esbuild";

const ROOT = resolve(import.meta.dirname, "..");

export const HANDLER_NAMES = ["on-secret-change", "sync", "reconcile", "register"] as const;

export type HandlerName = (typeof HANDLER_NAMES)[number];

/** The module that a bundle holds, and its export: Lambda's `Handler`. */
export const HANDLER = "index.handler";

/**
 * The code asset of `functions/<name>/handler.ts`. Equal sources give an equal asset, wherever the checkout and cdk.out lie: the
 * reason why this is not NodejsFunction, whose source maps hold paths as seen from cdk.out.
 */
export function handlerCode(name: HandlerName): Code {
  return Code.fromAsset(join(ROOT, "functions", name), {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // The API demands an image, for a fallback that is never reached: a failed build throws.
      image: DockerImage.fromRegistry("none"),
      local: {
        tryBundle: (outputDirectory) => {
          for (const [file, contents] of bundleHandler(name)) writeFileSync(join(outputDirectory, file), contents);
          return true;
        },
      },
    },
  });
}

/** How every bundle is made, whatever its entry is. */
export const BUNDLING = {
  absWorkingDir: ROOT,
  // Not written by esbuild: so the source map's paths are those seen from the project's root, and tell of no machine.
  write: false,
  outdir: ".",
  entryNames: "index",
  outExtension: { ".js": ".mjs" },
  // What is imported on demand (the YAML parser, for a kubeconfig) lies in files of its own, which a cold start does not load.
  splitting: true,
  chunkNames: "[name]-[hash]",
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

/** A function's bundle, and what it is made of. */
export interface Bundle {
  /** By name, with their source maps; `index.mjs` is the handler's. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** The source files of which something is left in it, as seen from the project's root, sorted. */
  readonly sources: readonly string[];
}

export function makeBundle(name: HandlerName): Bundle {
  const { outputFiles, metafile } = buildSync({ ...BUNDLING, metafile: true, entryPoints: [`functions/${name}/handler.ts`] });
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  return {
    files: new Map(outputFiles.map(({ path, contents }) => [basename(path), contents])),
    sources: [...new Set(inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([file]) => file))].toSorted(),
  };
}

/** The files of a function's bundle alone. */
export function bundleHandler(name: HandlerName): ReadonlyMap<string, Uint8Array> {
  return makeBundle(name).files;
}

/** How many bytes a cold start loads: `index.mjs` and whatever it imports at once, and so on. */
export function startBytes(files: ReadonlyMap<string, Uint8Array>): number {
  const loaded = new Map<string, number>();
  const load = (file: string): void => {
    const contents = files.get(file);
    if (contents === undefined || loaded.has(file)) return;
    loaded.set(file, contents.byteLength);
    // `import("./…")` is on demand.
    for (const [, imported = ""] of Buffer.from(contents)
      .toString("utf8")
      .matchAll(/\b(?:from|import)\s*"\.\/([\w-]+\.mjs)"/g))
      load(imported);
  };
  load("index.mjs");
  return [...loaded.values()].reduce((sum, size) => sum + size, 0);
}
