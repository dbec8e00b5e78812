/** Starts and stops MiniStack, an emulator of AWS, as a child process that listens on loopback only and keeps its data in memory. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { resolveMiniStackPython } from "./ministack-install.ts";
import { isGroupAlive } from "./process-state.ts";
import type { ReportProgress } from "./progress.ts";
import { hasErrorCode } from "./system-error.ts";

const HOST = "127.0.0.1";
const READY_TIMEOUT_MS = 30_000;
const GRACE_MS = 3_000;
const KILL_TIMEOUT_MS = 10_000;
const KEPT_CHARACTERS = 4_000;
const STARTS = 3;

export interface MiniStack {
  /** For `AWS_ENDPOINT_URL` and the SDK's `endpoint`. */
  readonly endpoint: string;
  readonly port: number;
  /** Also the id of its process group, which holds the functions' Node processes too. */
  readonly pid: number;
  readonly region: string;
  readonly account: string;
  /** Where it and its functions keep their temporary files; gone after the stop. */
  readonly folder: string;
  /** The environment that points an AWS SDK, the CDK CLI and their children at this emulator. */
  readonly environment: Readonly<Record<string, string>>;
  /** Ends it and every process that it started, and removes its files. Further calls share the first one's end. */
  readonly stop: () => Promise<void>;
}

export interface MiniStackOptions {
  readonly report?: ReportProgress | undefined;
  /** Ends an installation that is under way. */
  readonly signal?: AbortSignal | undefined;
  /** @default "us-east-1" */
  readonly region?: string;
  /** @default "000000000000" */
  readonly account?: string;
  /** Where the functions find AWS: something that stands in front of the emulator. @default the emulator itself */
  readonly functionsEndpoint?: string | undefined;
  /** The credentials that functions find in their environment; the emulator checks none. @default its own */
  readonly functionsCredentials?: { readonly secretAccessKey: string; readonly sessionToken: string } | undefined;
  /** Gets all that it writes to standard output and error. @default its last lines show where it does not come up */
  readonly onOutput?: ((chunk: Buffer) => void) | undefined;
}

type Place = Required<Pick<MiniStackOptions, "region" | "account">> &
  Pick<MiniStackOptions, "functionsEndpoint" | "functionsCredentials" | "onOutput">;

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, HOST);
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") {
    throw new Error("the system gave no free port");
  }
  return address.port;
}

/**
 * The emulator's environment. Nothing of ours leaks in but PATH, HOME and LANG: it would pass AWS_* on to the functions.
 * - `GATEWAY_PORT`, `BIND_HOST`: where it listens; it would take every interface otherwise.
 * - `MINISTACK_HOST`: the host in the URLs that it gives out (queue URLs, S3).
 * - `MINISTACK_ACCOUNT_ID`, `MINISTACK_REGION`: what a caller without a twelve-digit access key, or without a region, is in.
 * - `LAMBDA_EXECUTOR=local`, `LAMBDA_STRICT=0`: functions run as child processes, not in Docker. It starts them by the command
 *   `node`, so that node_modules/.bin comes first on its PATH and they run on this project's Node.
 * - `PERSIST_STATE=0`, `S3_PERSIST=0`: nothing outlives it.
 * - `SFTP_ENABLED=0`, `IOT_MTLS_ENABLED=0`: no listeners on further, fixed ports.
 * - `TMPDIR`: the functions' unpacked code, removed at the stop.
 */
function createEnvironment(port: number, temporary: string, place: Place): Record<string, string> {
  const { region, account, functionsEndpoint, functionsCredentials: credentials } = place;
  return {
    PATH: [resolve(import.meta.dirname, "../../node_modules/.bin"), process.env["PATH"] ?? ""].join(delimiter),
    HOME: process.env["HOME"] ?? temporary,
    LANG: process.env["LANG"] ?? "C.UTF-8",
    TMPDIR: temporary,
    GATEWAY_PORT: String(port),
    BIND_HOST: HOST,
    MINISTACK_HOST: HOST,
    MINISTACK_ACCOUNT_ID: account,
    MINISTACK_REGION: region,
    LAMBDA_EXECUTOR: "local",
    LAMBDA_STRICT: "0",
    PERSIST_STATE: "0",
    S3_PERSIST: "0",
    SFTP_ENABLED: "0",
    IOT_MTLS_ENABLED: "0",
    PYTHONUNBUFFERED: "1",
    // Passed on to the functions, who get its own endpoint where there is none.
    ...(functionsEndpoint === undefined ? {} : { AWS_ENDPOINT_URL: functionsEndpoint }),
    ...(credentials === undefined
      ? {}
      : { AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey, AWS_SESSION_TOKEN: credentials.sessionToken }),
  };
}

/** Signals every process of the group; nothing where there is none left. */
function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (!hasErrorCode(error, "ESRCH")) {
      throw error;
    }
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function endGroup(child: ChildProcess, pid: number): Promise<void> {
  signalGroup(pid, "SIGTERM");
  const deadline = Date.now() + GRACE_MS;
  while (!hasEnded(child) && Date.now() < deadline) {
    await sleep(50);
  }
  // Also after a clean end: a function's process may have ignored SIGTERM.
  signalGroup(pid, "SIGKILL");
  if (!hasEnded(child)) {
    await once(child, "exit");
  }
  // SIGKILL is not instant, and whoever stops may look right after. A process that survives it hangs in the kernel.
  const goneBy = Date.now() + KILL_TIMEOUT_MS;
  while (isGroupAlive(pid)) {
    if (Date.now() > goneBy) {
      throw new Error(`a process of the AWS emulator's group ${pid} can't be killed`);
    }
    await sleep(20);
  }
}

async function isHealthy(endpoint: string): Promise<boolean> {
  try {
    const answer = await fetch(`${endpoint}/_ministack/health`, { signal: AbortSignal.timeout(2_000) });
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    // Refused or not answered in time: not up yet; the caller has the deadline.
    return false;
  }
}

async function startOnce(python: string, place: Place): Promise<MiniStack> {
  const { region, account } = place;
  const port = await findFreePort();
  const endpoint = `http://${HOST}:${port}`;
  const temporary = await mkdtemp(join(tmpdir(), "secret-relay-aws-"));
  // Detached makes it the leader of a process group of its own, so that one signal reaches its functions as well.
  const child = spawn(python, ["-m", "ministack"], {
    cwd: temporary,
    detached: true,
    env: createEnvironment(port, temporary, place),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const keep = (chunk: Buffer): void => {
    place.onOutput?.(chunk);
    output = (output + chunk.toString()).slice(-KEPT_CHARACTERS);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  await once(child, "spawn");
  const { pid } = child;
  if (pid === undefined) {
    throw new Error("the AWS emulator has no process id");
  }
  const killAtExit = (): void => {
    signalGroup(pid, "SIGKILL");
  };
  process.once("exit", killAtExit);
  let stopping: Promise<void> | undefined;
  const stopNow = async (): Promise<void> => {
    await endGroup(child, pid);
    process.off("exit", killAtExit);
    await rm(temporary, { recursive: true, force: true, maxRetries: 5 });
  };
  const stop = (): Promise<void> => (stopping ??= stopNow());

  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (!(await isHealthy(endpoint))) {
    if (hasEnded(child) || Date.now() > deadline) {
      await stop();
      throw new Error(`the AWS emulator did not come up on port ${port}:\n${output}`);
    }
    await sleep(100);
  }
  return {
    endpoint,
    port,
    pid,
    region,
    account,
    folder: temporary,
    environment: {
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      // A twelve-digit access key selects the account.
      AWS_ACCESS_KEY_ID: account,
      AWS_SECRET_ACCESS_KEY: "local",
    },
    stop,
  };
}

/** Brings up one emulator on a free port of loopback, installed first if need be, and waits until it answers. */
export async function startMiniStack(options: MiniStackOptions = {}): Promise<MiniStack> {
  const { region = "us-east-1", account = "000000000000", functionsEndpoint, functionsCredentials, onOutput } = options;
  const python = await resolveMiniStackPython({ report: options.report, signal: options.signal });
  // Again on another port: between the look for a free one and its use, somebody else may take it.
  for (let left = STARTS - 1; ; left -= 1) {
    try {
      return await startOnce(python, { region, account, functionsEndpoint, functionsCredentials, onOutput });
    } catch (error) {
      if (left === 0) {
        throw error;
      }
    }
  }
}
