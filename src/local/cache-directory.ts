/** Where the local parts keep what is dear to build: outside the tree, so that a fresh checkout finds it again. */
import { homedir } from "node:os";
import { join } from "node:path";

/** The cache root: `$XDG_CACHE_HOME/secret-relay`, else `~/.cache/secret-relay`. Not created here. */
export function cacheDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  return join(environment["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "secret-relay");
}
