/** The functions' handlers as code assets: each a bundle of its own, with the SDK in it. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { AssetHashType, DockerImage } from "aws-cdk-lib";
import { Code } from "aws-cdk-lib/aws-lambda";
import { type Bundle, bundle, ROOT } from "./bundle.ts";

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
          for (const [file, contents] of bundleHandler(name).files) writeFileSync(join(outputDirectory, file), contents);
          return true;
        },
      },
    },
  });
}

/** A function's bundle. */
export function bundleHandler(name: HandlerName): Bundle {
  return bundle({ entryPoints: [`functions/${name}/handler.ts`] });
}
