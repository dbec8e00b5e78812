/** What the demonstration needs of the machine: checked, installed into the cache where that is possible, else said all at once. */
import { resolveApiServerBinaries } from "../../local/api-server-binaries.ts";
import { resolveMiniStackPython } from "../../local/ministack-install.ts";
import type { ReportProgress } from "../../local/progress.ts";

const OLDEST_NODE = 24;

/** @throws Error that says what to install, for all that is missing */
export async function checkPrerequisites(report: ReportProgress, signal: AbortSignal): Promise<void> {
  const results = await Promise.allSettled([
    checkNode(process.versions.node),
    resolveMiniStackPython({ report, signal }),
    resolveApiServerBinaries({ report, signal }),
  ]);
  const failures = results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
  if (failures.length > 0) {
    throw new Error(failures.map((failure) => (failure instanceof Error ? failure.message : String(failure))).join("\n"));
  }
}

async function checkNode(version: string): Promise<void> {
  if (Number.parseInt(version, 10) < OLDEST_NODE) {
    throw new Error(`this is Node ${version}, and Node ${OLDEST_NODE} or newer is needed: "npm ci" brings one, which "npm start" takes`);
  }
}
