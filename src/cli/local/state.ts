/** What a running demonstration leaves for other terminals: `.secret-relay/local.json`, and a claim so that there is one at a time. */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { processStart } from "../../local/process-state.ts";
import { hasErrorCode } from "../../local/system-error.ts";

/** The checkout, whatever the working directory. */
export const PROJECT = resolve(import.meta.dirname, "../../..");

/** `.secret-relay/local.json`: how to reach what is up. Its credentials are the emulator's, and those of throw-away clusters. */
export interface LocalState {
  readonly pid: number;
  /** Points the AWS CLI and SDKs at the emulator. */
  readonly environment: Readonly<Record<string, string>>;
  /** The stack's outputs. */
  readonly outputs: Readonly<Record<string, string>>;
  /** An administrator's kubeconfig for each cluster: paths of files that live as long as it does. */
  readonly kubeconfigs: Readonly<Record<string, string>>;
}

/** The files of one demonstration: in the working directory, which npm sets to the checkout. */
export interface StateFiles {
  readonly folder: string;
  readonly state: string;
  readonly claim: string;
  readonly log: string;
}

export function stateFiles(directory: string = process.cwd()): StateFiles {
  const folder = join(directory, ".secret-relay");
  return { folder, state: join(folder, "local.json"), claim: join(folder, "local.pid"), log: join(folder, "local.log") };
}

/** The process that holds the claim and lives. */
export async function findRunning(files: StateFiles): Promise<number | undefined> {
  const text = await readIfThere(files.claim);
  if (text === undefined) return undefined;
  const [pid = "", start] = text.trim().split(" ");
  // A process of that id that started at another time is somebody else's.
  return /^[1-9]\d*$/.test(pid) && processStart(Number(pid)) === (start ?? "") ? Number(pid) : undefined;
}

/** Claims the demonstration for this process. @throws Error where another living process holds the claim */
export async function claim(files: StateFiles): Promise<void> {
  await mkdir(files.folder, { recursive: true });
  for (;;) {
    try {
      await writeFile(files.claim, `${process.pid} ${processStart(process.pid) ?? ""}`, { flag: "wx", mode: 0o600 });
      return;
    } catch (error) {
      if (!hasErrorCode(error, "EEXIST")) throw error;
    }
    const running = await findRunning(files);
    if (running !== undefined) throw new Error(`it is up already, as process ${running}; end it by: npm start -- --down`);
    await removeState(files);
  }
}

/** Writes the state for its owner's eyes only. */
export async function writeState(files: StateFiles, state: LocalState): Promise<void> {
  await rm(files.state, { force: true });
  await writeFile(files.state, `${JSON.stringify(state, undefined, 2)}\n`, { mode: 0o600 });
}

/** The state of what is up and ready; undefined where nothing is. */
export async function readState(files: StateFiles): Promise<LocalState | undefined> {
  const running = await findRunning(files);
  const text = running === undefined ? undefined : await readIfThere(files.state);
  return text === undefined ? undefined : (JSON.parse(text) as LocalState);
}

/** Gives the claim back. */
export async function removeState(files: StateFiles): Promise<void> {
  await rm(files.state, { force: true });
  await rm(files.claim, { force: true });
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (hasErrorCode(error, "ENOENT")) return undefined;
    throw error;
  }
}
