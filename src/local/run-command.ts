/** Runs a command to its end and keeps the end of what it printed; a failure to start is an answer, not an exception. */
import { type ChildProcess, spawn } from "node:child_process";
import { hasErrorCode } from "./system-error.ts";

const KEPT_CHARACTERS = 4_000;
const GRACE_MS = 3_000;

export interface CommandResult {
  /** False where there is no such command. */
  readonly isFound: boolean;
  /** Exit code 0. */
  readonly isOk: boolean;
  /** The last 4,000 characters of both streams. */
  readonly output: string;
}

/**
 * Runs `command` without a shell; `environment` is added to this process's own. An abort of `signal` ends the command and all that
 * it started: asked first, so that it removes its own files, and killed if it does not end. So does the end of this process, at once.
 * @throws AbortError after an abort, when all of it has ended
 */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: {
    readonly directory?: string | undefined;
    readonly environment?: Readonly<Record<string, string>>;
    readonly signal?: AbortSignal | undefined;
  } = {},
): Promise<CommandResult> {
  const { signal } = options;
  signal?.throwIfAborted();
  const child = spawn(command, [...args], {
    cwd: options.directory,
    env: { ...process.env, ...options.environment },
    // A group of its own: a signal then reaches its children too, and a Ctrl-C reaches them only through us.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-KEPT_CHARACTERS);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);

  let killTimer: NodeJS.Timeout | undefined;
  const kill = (): void => signalGroup(child, "SIGKILL");
  const end = (): void => {
    signalGroup(child, "SIGINT");
    killTimer = setTimeout(kill, GRACE_MS);
  };
  process.once("exit", kill);
  signal?.addEventListener("abort", end);
  try {
    const result = await new Promise<CommandResult>((resolve, reject) => {
      child.on("error", (error) => {
        if (hasErrorCode(error, "ENOENT")) {
          resolve({ isFound: false, isOk: false, output: "" });
        } else {
          reject(error);
        }
      });
      child.on("close", (code) => resolve({ isFound: true, isOk: code === 0, output }));
    });
    signal?.throwIfAborted();
    return result;
  } finally {
    clearTimeout(killTimer);
    process.off("exit", kill);
    signal?.removeEventListener("abort", end);
  }
}

/** Signals the child's group; nothing where it never started, or has ended. */
function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (!hasErrorCode(error, "ESRCH")) {
      throw error;
    }
  }
}
