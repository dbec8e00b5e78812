/** Installs or builds what the integration tests need, once and with progress shown, so that no test's time-out has to cover it. */
import { resolveApiServerBinaries } from "../src/local/api-server-binaries.ts";
import { resolveMiniStackPython } from "../src/local/ministack-install.ts";

const report = (message: string, elapsedMs: number): void => {
  process.stdout.write(`${message} (${Math.round(elapsedMs / 1000)}s)\n`);
};

await resolveMiniStackPython({ report });
process.stdout.write(`API server binaries: ${await resolveApiServerBinaries({ report })}\n`);
