/** What a command gets of the world and how it ends: so that tests run it without a process of its own. */
import type { Readable } from "node:stream";

/** A stream to write to; `isTTY` where a person may be watching. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

/** The world of one run. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly stdin: Readable;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** Ends a command: `message` is for the user, without a stack trace; empty where everything is said already. */
export class CommandFailed extends Error {
  readonly exitCode: 1 | 2;

  /** @param exitCode 1: what was asked for failed; 2: it was asked for wrongly */
  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message);
    this.name = "CommandFailed";
    this.exitCode = exitCode;
  }
}

/** Colours are for a terminal only, and never where NO_COLOR is set (no-color.org). */
export function wantsColour(io: Pick<Io, "stdout" | "env">): boolean {
  return io.stdout.isTTY === true && (io.env["NO_COLOR"] ?? "") === "";
}

/** `1 cluster`, `2 clusters`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
