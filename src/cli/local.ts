/** `secret-relay local`, behind `npm start`: the whole relay on this machine, with one rotation shown. */
import { Command, Option } from "commander";
import { endRunning, startDetached } from "./local/detach.ts";
import { rotateRunning } from "./local/rotate-command.ts";
import { runOnce, runUntilSignal } from "./local/run.ts";
import { ROTATED_SAMPLE, SAMPLE_NAMES } from "./local/samples.ts";
import { stateFiles } from "./local/state.ts";
import { CommandFailed } from "./output.ts";

interface LocalOptions {
  readonly once?: true;
  readonly detach?: true;
  readonly down?: true;
}

/** The command with its subcommand. Its actions throw CommandFailed; without an option it ends by a signal only. */
export function localCommand(): Command {
  const command = new Command("local")
    .description("bring the whole relay up on this machine: an AWS emulator, two Kubernetes API servers, cdk deploy, and one rotation")
    .addOption(new Option("--once", "end after the rotation: status 0 if every target got the new value").conflicts(["detach", "down"]))
    .addOption(new Option("--detach", "leave it up in the background; .secret-relay/local.json says how to reach it").conflicts("down"))
    .option("--down", "end what is up in the background")
    .action(async (options: LocalOptions) => tellFailure(() => runLocal(options)));
  command
    .command("rotate")
    .description("give a sample secret a new random value, and show each target as it gets it")
    .argument("[secret]", `one of ${SAMPLE_NAMES.join(", ")}`, ROTATED_SAMPLE)
    .action(async (secret: string) => tellFailure(() => rotateRunning(stateFiles(), secret, (line) => process.stdout.write(`${line}\n`))));
  return command;
}

async function runLocal({ once, detach, down }: LocalOptions): Promise<void> {
  const files = stateFiles();
  if (down) {
    process.stdout.write((await endRunning(files)) ? "ended\n" : "nothing was up\n");
  } else if (detach) {
    // This same program again, whatever started it.
    const command = [process.execPath, ...process.execArgv, process.argv[1] ?? "", "local"];
    await startDetached(files, command, (text) => process.stdout.write(text));
  } else if (once) {
    await runOnce(process.stdout);
  } else {
    await runUntilSignal(files, process.stdout);
  }
}

/** What fails here is the machine's or the relay's doing, told in its own words: no stack trace. */
async function tellFailure(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    throw new CommandFailed(error instanceof Error ? error.message : String(error));
  }
}
