/** The command `secret-relay`: its commands, and how each run ends. 0: done; 1: failed; 2: asked for wrongly. */
import { Command, CommanderError } from "commander";
import packageJson from "../../package.json" with { type: "json" };
import { isRelayError } from "../core/errors.ts";
import { bootstrapClusterCommand } from "./bootstrap-cluster.ts";
import { localCommand } from "./local.ts";
import { CommandFailed, type Io } from "./output.ts";
import { permissionsCommand } from "./permissions.ts";
import { renderCommand } from "./render.ts";
import { statusCommand } from "./status.ts";
import { validateCommand } from "./validate.ts";

/** Runs one command line, without the names of node and script. @returns the exit status */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const program = new Command("secret-relay")
    .description(packageJson.description)
    .version(packageJson.version)
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) });
  for (const command of [
    validateCommand(io),
    renderCommand(io),
    statusCommand(io),
    permissionsCommand(io),
    bootstrapClusterCommand(io),
    localCommand(),
  ]) {
    program.addCommand(command.copyInheritedSettings(program));
    for (const subcommand of command.commands) subcommand.copyInheritedSettings(program);
  }
  try {
    await program.parseAsync([...args], { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof CommandFailed) {
      if (error.message !== "") io.stderr.write(`error: ${error.message}\n`);
      return error.exitCode;
    }
    if (isRelayError(error)) {
      io.stderr.write(`error: ${error.message}\n`);
      return 1;
    }
    io.stderr.write(describeBug(error));
    return 1;
  }
}

const FRAME = /^ {4}at (?:[\w.#<>[\] ]{1,100} \()?(?:file:\/\/|node:)?[\w@./-]{1,300}:\d{1,7}:\d{1,7}\)?$/;

/** A bug of ours: where it happened, but never its text, which may hold a value. */
function describeBug(error: unknown): string {
  const name = error instanceof Error ? error.name : typeof error;
  // A frame ends in a place: a line of the message that begins like one does not pass for it.
  const frames = error instanceof Error ? (error.stack ?? "").split("\n").filter((line) => FRAME.test(line)) : [];
  return [`error: internal error (${name}): this is a bug of secret-relay`, ...frames].map((line) => `${line}\n`).join("");
}

/** Runs this process's own command line. */
export async function runProcess(): Promise<void> {
  // Whoever reads our output may have had enough of it: `secret-relay status | head -1`.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(0);
  });
  const { stdout, stderr, stdin, env } = process;
  // What no command awaits: Node would show the message, and what else the error holds.
  process.on("uncaughtException", (error) => {
    stderr.write(describeBug(error));
    process.exit(1);
  });
  const exitCode = await run(process.argv.slice(2), { stdout, stderr, stdin, env, cwd: process.cwd() });
  // A command that goes on in the background sets its own.
  if (exitCode !== 0) process.exitCode = exitCode;
}

if (import.meta.main) await runProcess();
