/** Installs the AWS emulator MiniStack into a Python environment of its own. */
import { join } from "node:path";
import { type InstallOptions, resolvePythonEnvironment } from "./python-environment.ts";

/**
 * The Python interpreter that can run `-m ministack`.
 * @throws Error that says what to install when Python, its venv module or a package is missing
 */
export async function resolveMiniStackPython(options: InstallOptions = {}): Promise<string> {
  const requirements = join(import.meta.dirname, "ministack-requirements.txt");
  return resolvePythonEnvironment({ name: "ministack", title: "the AWS emulator", requirements }, options);
}
