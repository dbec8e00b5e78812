/** Runs a command to its end and keeps the end of what it printed; a failure to start is an answer, not an exception. */
import { spawn } from "node:child_process";

const KEPT_CHARACTERS = 4_000;

export interface CommandResult {
  /** False where there is no such command. */
  readonly isFound: boolean;
  /** Exit code 0. */
  readonly isOk: boolean;
  /** The last 4,000 characters of both streams. */
  readonly output: string;
}

/** Runs `command` without a shell; `environment` is added to this process's own. An abort of `signal` ends the command. */
export function runCommand(
  command: string,
  args: readonly string[],
  options: {
    readonly directory?: string | undefined;
    readonly environment?: Readonly<Record<string, string>>;
    readonly signal?: AbortSignal | undefined;
  } = {},
): Promise<CommandResult> {
  const child = spawn(command, [...args], {
    cwd: options.directory,
    env: { ...process.env, ...options.environment },
    signal: options.signal,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-KEPT_CHARACTERS);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  return new Promise((resolve, reject) => {
    child.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") {
        resolve({ isFound: false, isOk: false, output: "" });
      } else {
        reject(error);
      }
    });
    child.on("close", (code) => resolve({ isFound: true, isOk: code === 0, output }));
  });
}
