/** Shows the steps of a start with their elapsed time: a spinner on a terminal, plain lines anywhere else. */
import { Listr, PRESET_TIMER } from "listr2";

/** Tells how far a step is; `elapsedMs` counts from the step's own start. */
export type ReportProgress = (message: string, elapsedMs: number) => void;

/** Binds a report to the moment of the call, so that each message carries the time since then. */
export function startReport(report: ReportProgress | undefined): (message: string) => void {
  const startedAt = performance.now();
  return (message) => report?.(message, performance.now() - startedAt);
}

const TICK_MS = 5_000;

/** Tells of a long command when it begins, and again as it goes on, so that nobody takes it for stuck. */
export async function tellWhile<T>(report: (message: string) => void, message: string, work: () => Promise<T>): Promise<T> {
  report(message);
  const tick = setInterval(() => report(message), TICK_MS);
  try {
    return await work();
  } finally {
    clearInterval(tick);
  }
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

/** Steps in their order; those of an inner list are run at the same time. */
export type Steps = readonly (Step | readonly Step[])[];

async function runPlainly({ title, run }: Step, output: StepOutput): Promise<void> {
  const startedAt = performance.now();
  output.write(`${title} ...\n`);
  try {
    await run((message, elapsedMs) => output.write(`  ${title}: ${message} (${seconds(elapsedMs)})\n`));
  } catch (error) {
    output.write(`${title}: failed after ${seconds(performance.now() - startedAt)}\n`);
    throw error;
  }
  output.write(`${title}: done in ${seconds(performance.now() - startedAt)}\n`);
}

/** Waits for all, so that nothing is under way when the first failure is thrown. */
async function runAtOnce(steps: readonly Step[], output: StepOutput): Promise<void> {
  const results = await Promise.allSettled(steps.map(async (step) => runPlainly(step, output)));
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

function listrTask({ title, run }: Step) {
  return {
    title,
    task: (_context: unknown, task: { output: string }) =>
      run((message, elapsedMs) => {
        task.output = `${message} (${seconds(elapsedMs)})`;
      }),
  };
}

/** Runs the steps and stops at the first that fails, with its error. @default output standard output */
export async function runSteps(steps: Steps, output: StepOutput = process.stdout): Promise<void> {
  const groups = steps.map((step) => ("run" in step ? [step] : step));
  if (output !== process.stdout || output.isTTY !== true) {
    for (const group of groups) await runAtOnce(group, output);
    return;
  }
  for (const group of groups) {
    // Signals belong to stop-on-exit.ts: a second handler would end the process before its clean-ups.
    const options = {
      concurrent: true,
      registerSignalListeners: false,
      rendererOptions: { timer: PRESET_TIMER, showErrorMessage: false },
    } as const;
    await new Listr(group.map(listrTask), options).run();
  }
}
