/** Shows the steps of a start with their elapsed time: a spinner on a terminal, plain lines anywhere else. */
import { Listr, PRESET_TIMER } from "listr2";

/** Tells how far a step is; `elapsedMs` counts from the step's own start. */
export type ReportProgress = (message: string, elapsedMs: number) => void;

/** Binds a report to the moment of the call, so that each message carries the time since then. */
export function startReport(report: ReportProgress | undefined): (message: string) => void {
  const startedAt = performance.now();
  return (message) => report?.(message, performance.now() - startedAt);
}

export interface Step {
  readonly title: string;
  readonly run: (report: ReportProgress) => Promise<void>;
}

export interface StepOutput {
  readonly isTTY?: boolean | undefined;
  readonly write: (text: string) => unknown;
}

function seconds(elapsedMs: number): string {
  return `${(elapsedMs / 1000).toFixed(1)} s`;
}

async function runPlainly(steps: readonly Step[], output: StepOutput): Promise<void> {
  for (const { title, run } of steps) {
    const startedAt = performance.now();
    output.write(`${title} ...\n`);
    try {
      await run((message, elapsedMs) => output.write(`  ${message} (${seconds(elapsedMs)})\n`));
    } catch (error) {
      output.write(`${title}: failed after ${seconds(performance.now() - startedAt)}\n`);
      throw error;
    }
    output.write(`${title}: done in ${seconds(performance.now() - startedAt)}\n`);
  }
}

/** Runs steps one after the other and stops at the first that fails, with its error. @default output standard output */
export async function runSteps(steps: readonly Step[], output: StepOutput = process.stdout): Promise<void> {
  if (output !== process.stdout || output.isTTY !== true) {
    return runPlainly(steps, output);
  }
  const tasks = steps.map(({ title, run }) => ({
    title,
    task: (_context: unknown, task: { output: string }) =>
      run((message, elapsedMs) => {
        task.output = `${message} (${seconds(elapsedMs)})`;
      }),
  }));
  // Signals belong to stop-on-exit.ts: a second handler would end the process before its clean-ups.
  await new Listr(tasks, { registerSignalListeners: false, rendererOptions: { timer: PRESET_TIMER } }).run();
}
