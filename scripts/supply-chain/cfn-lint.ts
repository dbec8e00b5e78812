/** Runs cfn-lint, in a Python environment of its own; its resource schemas come with the package. */
import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ReportProgress } from "../../src/local/progress.ts";
import { resolvePythonEnvironment } from "../../src/local/python-environment.ts";
import { runCommand } from "../../src/local/run-command.ts";

const SUFFIX = ".template.json";

/** The templates in a cloud assembly, nested ones too, sorted. @throws Error where there is none: nothing would be checked */
export async function findTemplates(folder: string): Promise<readonly string[]> {
  const files = await readdir(folder, { recursive: true });
  const templates = files.filter((file) => file.endsWith(SUFFIX)).toSorted();
  if (templates.length === 0) throw new Error(`no *${SUFFIX} in ${folder}`);
  return templates.map((file) => join(folder, file));
}

/**
 * Checks templates for all regions; warnings count as errors do. `output` is the end of what cfn-lint printed.
 * @throws Error that says what to install when Python, its venv module or a package is missing
 */
export async function lintTemplates(
  templates: readonly string[],
  report?: ReportProgress,
): Promise<{ readonly isClean: boolean; readonly output: string }> {
  const requirements = join(import.meta.dirname, "cfn-lint-requirements.txt");
  const python = await resolvePythonEnvironment({ name: "cfn-lint", title: "cfn-lint", requirements }, { report });
  const args = ["--regions", "ALL_REGIONS", "--non-zero-exit-code", "warning", "--", ...templates];
  const { isOk, output } = await runCommand(join(dirname(python), "cfn-lint"), args);
  return { isClean: isOk, output };
}
