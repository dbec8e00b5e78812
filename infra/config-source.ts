/** Reads the config folder at synthesis, with the same validation as the command line. Needs no account and no network. */
import { stat } from "node:fs/promises";
import { readConfigFiles } from "../src/adapters/config/files.ts";
import { UserMistake } from "../src/core/config/context.ts";
import { UNPLACED } from "../src/core/config/deployment.ts";
import { formatDiagnostics } from "../src/core/config/diagnostics.ts";
import { resolveConfig } from "../src/core/config/resolve.ts";
import type { ResolvedConfig } from "../src/core/model.ts";

/**
 * The resolved config, of no account and region yet (ADR 3).
 * @throws UserMistake that shows every mistake of every file with its place
 */
export async function readRelayConfig(folder: string): Promise<ResolvedConfig> {
  // No folder is not an empty config: that would prune every target.
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory() !== true) throw new UserMistake(`context key "config": no folder ${folder}`);
  const { config, diagnostics } = resolveConfig(await readConfigFiles(folder), UNPLACED);
  if (config === undefined) throw new UserMistake(formatDiagnostics(diagnostics));
  return config;
}
