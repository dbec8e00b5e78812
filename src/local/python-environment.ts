/** Python environments of our own in the cache, each made from a list of pinned packages; no other Python environment is touched. */
import { createHash } from "node:crypto";
import { access, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheDirectory } from "./cache-directory.ts";
import { runExclusively } from "./exclusive.ts";
import { type ReportProgress, startReport, tellWhile } from "./progress.ts";
import { runCommand } from "./run-command.ts";

const OLDEST_PYTHON_MINOR = 10;
const PYTHONS = ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10", "python"];

/** What an environment holds. */
export interface PythonPackages {
  /** Its folder in the cache. */
  readonly name: string;
  /** What it is to the user, for messages. */
  readonly title: string;
  /** A requirements file that pins every package, transitive ones too, by version and hashes. */
  readonly requirements: string;
}

export interface InstallOptions {
  readonly report?: ReportProgress | undefined;
  /** Ends an installation that is under way. */
  readonly signal?: AbortSignal | undefined;
}

async function findPython(title: string): Promise<{ readonly command: string; readonly version: string }> {
  for (const command of PYTHONS) {
    const { isOk, output } = await runCommand(command, ["-c", "import sys; print('%d.%d' % sys.version_info[:2])"]);
    const version = output.trim();
    const [major, minor] = version.split(".").map(Number);
    if (isOk && major === 3 && minor !== undefined && minor >= OLDEST_PYTHON_MINOR) {
      return { command, version };
    }
  }
  throw new Error(`${title} needs Python 3.${OLDEST_PYTHON_MINOR} or newer on the PATH, with its venv module: install it`);
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/**
 * The Python interpreter that has the packages; installs them by pip, from the index that pip is set up for, if the cache has
 * none. Only ready-made packages whose hashes are listed: nothing of them runs while they are installed. A virtual environment
 * can't be built aside and renamed (it holds its own path), so a lock and a marker file guard it.
 * @throws Error that says what to install when Python, its venv module or a package is missing
 */
export async function resolvePythonEnvironment(packages: PythonPackages, options: InstallOptions = {}): Promise<string> {
  const { name, title, requirements } = packages;
  const { signal } = options;
  const report = startReport(options.report);
  const { command, version } = await findPython(title);
  const hash = createHash("sha256")
    .update(await readFile(requirements))
    .digest("hex");
  const directory = join(cacheDirectory(), name, `${hash.slice(0, 16)}-python${version}`);
  const python = join(directory, "bin", "python");
  const marker = join(directory, "installed");
  // The interpreter is a link to the system's, which an upgrade may have taken away.
  const isInstalled = async (): Promise<boolean> => (await isThere(marker)) && (await isThere(python));
  if (await isInstalled()) {
    return python;
  }
  await runExclusively(
    `${directory}.lock`,
    async () => {
      if (await isInstalled()) {
        return;
      }
      await rm(directory, { recursive: true, force: true });
      report(`making a Python environment for ${title}`);
      const made = await runCommand(command, ["-m", "venv", directory], { signal });
      if (!made.isOk) {
        throw new Error(`"${command} -m venv" failed; on Debian and Ubuntu install python3-venv:\n${made.output}`);
      }
      const pip = ["-m", "pip", "install", "--disable-pip-version-check", "--require-hashes", "--only-binary", ":all:"];
      const installed = await tellWhile(report, `installing ${name}`, () =>
        runCommand(python, [...pip, "--requirement", requirements], { signal }),
      );
      if (!installed.isOk) {
        throw new Error(`"pip install" of ${name} failed; check the network, or pip's index:\n${installed.output}`);
      }
      await writeFile(marker, "");
    },
    (pid) => report(`waiting for process ${pid}, which is installing it`),
    signal,
  );
  return python;
}
