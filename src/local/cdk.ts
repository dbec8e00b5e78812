/** Runs this project's own `cdk bootstrap` and `cdk deploy` against a MiniStack, as a user would against an account. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import type { MiniStack } from "./ministack.ts";
import { type ReportProgress, startReport, tellWhile } from "./progress.ts";
import { runCommand } from "./run-command.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const BIN = join(ROOT, "node_modules", ".bin");
const STACK = "secret-relay";
const SHOWN_LINES = 25;

export interface StackOptions {
  /** @default "secret-relay" */
  readonly stack?: string | undefined;
  /** Overrides of cdk.json's context. */
  readonly context?: Readonly<Record<string, string>> | undefined;
  /** @default the folder that cdk.json's context names */
  readonly configFolder?: string | undefined;
  readonly report?: ReportProgress | undefined;
  /** Gets the folder of cdk.out after a deploy, before it is removed. */
  readonly onSynthesised?: ((folder: string) => Promise<void> | void) | undefined;
  /** Ends the command under way; CloudFormation may go on by itself. */
  readonly signal?: AbortSignal | undefined;
}

/** What `cdk deploy` did. */
export interface Deployment {
  /** The stack's outputs by key. */
  readonly outputs: Readonly<Record<string, string>>;
  /** False where the stack was the same already. */
  readonly hasChanged: boolean;
}

/** One run of the CLI in a folder of its own for cdk.out, so that two runs at once don't meet. @throws Error with the CLI's last lines */
async function runCdk(aws: MiniStack, title: string, args: readonly string[], folder: string, options: StackOptions): Promise<string> {
  const { isOk, output } = await tellWhile(startReport(options.report), title, () =>
    runCommand(
      join(BIN, "cdk"),
      ["--no-notices", "--no-version-reporting", "--no-color", "--ci", "--output", join(folder, "cdk.out"), ...args],
      { directory: ROOT, environment: environmentOf(aws), signal: options.signal },
    ),
  );
  if (isOk) return output;
  const lines = output.trimEnd().split("\n").slice(-SHOWN_LINES);
  throw new Error(`cdk ${args[0]} failed:\n${lines.join("\n")}`);
}

function environmentOf(aws: MiniStack): Readonly<Record<string, string>> {
  return {
    ...aws.environment,
    // The CLI and the app run on this project's Node, whatever the user's own is.
    PATH: [BIN, process.env["PATH"] ?? ""].join(delimiter),
    // A profile or a role of the user's own must never be reached from here.
    AWS_PROFILE: "",
    AWS_SESSION_TOKEN: "",
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_EC2_METADATA_DISABLED: "true",
    // Nothing of this leaves the machine.
    CDK_DISABLE_CLI_TELEMETRY: "true",
    CDK_DISABLE_VERSION_CHECK: "true",
  };
}

async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "secret-relay-cdk-"));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function contextOf({ context = {}, configFolder }: StackOptions): readonly string[] {
  const entries = { ...context, ...(configFolder === undefined ? {} : { config: resolve(configFolder) }) };
  return Object.entries(entries).flatMap(([key, value]) => ["--context", `${key}=${value}`]);
}

/** Prepares the emulator's account and region for deployments; needed once. @throws Error with the CLI's last lines */
export async function bootstrap(aws: MiniStack, options: StackOptions = {}): Promise<void> {
  await withFolder((folder) => runCdk(aws, "running cdk bootstrap", ["bootstrap", `aws://${aws.account}/${aws.region}`], folder, options));
}

/** Deploys a stack of this checkout; the account is bootstrapped. @throws Error with the CLI's last lines */
export async function deployStack(aws: MiniStack, options: StackOptions = {}): Promise<Deployment> {
  const { stack = STACK } = options;
  return withFolder(async (folder) => {
    const outputsFile = join(folder, "outputs.json");
    const output = await runCdk(
      aws,
      "running cdk deploy",
      // Direct: before a change set for an update the CLI deletes one that is not there, which the emulator calls an error.
      ["deploy", stack, "--method=direct", "--require-approval=never", "--outputs-file", outputsFile, ...contextOf(options)],
      folder,
      options,
    );
    await options.onSynthesised?.(join(folder, "cdk.out"));
    const outputs = JSON.parse(await readFile(outputsFile, "utf8")) as Readonly<Record<string, Readonly<Record<string, string>>>>;
    return { outputs: outputs[stack] ?? {}, hasChanged: !output.includes(`${stack} (no changes)`) };
  });
}
