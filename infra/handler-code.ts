/** Bundles one function's handler by esbuild, inside this process: ESM, minified, with a source map, and with the SDK in it. */
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
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
  outfile: "index.mjs",
  bundle: true,
  platform: "node",
  target: "node24",
  format: "esm",
  mainFields: ["module", "main"],
  minify: true,
  // Class names are error names, which the logs show.
  keepNames: true,
  sourcemap: "linked",
  sourcesContent: false,
  legalComments: "none",
  logLevel: "error",
  // Dependencies that are CommonJS call require of Node's own modules, which ESM has not.
  banner: {
    js: 'import { createRequire as createRequireOfBundle } from "node:module"; const require = createRequireOfBundle(import.meta.url);',
  },
} as const satisfies BuildOptions;

/** The bundle of a function's handler, with its source map, by file name. */
export function bundleHandler(name: HandlerName): ReadonlyMap<string, Uint8Array> {
  const { outputFiles } = buildSync({ ...BUNDLING, entryPoints: [`functions/${name}/handler.ts`] });
  return new Map(outputFiles.map(({ path, contents }) => [path.endsWith(".map") ? "index.mjs.map" : "index.mjs", contents]));
}
