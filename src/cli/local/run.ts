/** The demonstration itself, in this process: up, one rotation, and then up until a signal. */
import type { StepOutput } from "../../local/progress.ts";
import { type CleanUpStack, runWithCleanUps } from "../../local/stop-on-exit.ts";
import { nextCommands } from "./commands.ts";
import { bringUp, type LocalRelay } from "./parts.ts";
import { rotate } from "./rotation.ts";
import { ROTATED_SAMPLE } from "./samples.ts";
import { claim, removeState, type StateFiles, writeState } from "./state.ts";

/** Shows one rotation and takes everything down. @throws Error where it does not come up, or a target does not get the new value */
export async function runOnce(output: StepOutput): Promise<void> {
  await runQuietly(async (stack) => {
    await showRotation(await bringUp(stack, output), output);
  });
}

/** Shows one rotation, writes the state, and stays up until a signal. @throws Error as `runOnce` does, or where one is up already */
export async function runUntilSignal(files: StateFiles, output: StepOutput): Promise<void> {
  await runQuietly(async (stack) => {
    await claim(files);
    await stack.add(() => removeState(files));
    const relay = await bringUp(stack, output);
    await showRotation(relay, output);
    const { aws, outputs, clusters } = relay;
    const kubeconfigs = Object.fromEntries([...clusters].map(([name, { kubeconfigPath }]) => [name, kubeconfigPath]));
    const ending = output.isTTY === true ? "Ctrl-C ends it. Targets that change are shown here:" : "It ends by: npm start -- --down";
    output.write(`\n${await nextCommands(relay, ending)}`);
    relay.watch.onChange((target, secret) => {
      const what = secret === undefined ? "is gone" : `changed (resourceVersion ${secret.metadata?.resourceVersion})`;
      output.write(`${new Date().toTimeString().slice(0, 8)}  ${target} ${what}\n`);
    });
    // Last, since whoever waits for it takes it for ready.
    await writeState(files, { pid: process.pid, environment: aws.environment, outputs, kubeconfigs });
    await new Promise<never>(() => {});
  });
}

async function showRotation(relay: LocalRelay, output: StepOutput): Promise<void> {
  const { aws, outputs, config, watch, values } = relay;
  output.write("\n");
  await rotate({ environment: aws.environment, outputs, config, watch, values }, ROTATED_SAMPLE, (line) => output.write(`${line}\n`));
}

/** As runWithCleanUps, but a failure that only follows from a signal is not told: the process ends by that signal. */
async function runQuietly(action: (stack: CleanUpStack) => Promise<void>): Promise<void> {
  let hasEnded = false;
  let signal: AbortSignal | undefined;
  try {
    await runWithCleanUps(async (stack) => {
      signal = stack.signal;
      try {
        await action(stack);
      } finally {
        // Before the clean-ups of a normal end abort it too.
        hasEnded = !signal.aborted;
      }
    });
  } catch (error) {
    if (hasEnded || signal?.aborted !== true) throw error;
    await new Promise<never>(() => {});
  }
}
