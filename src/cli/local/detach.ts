/** Brings the demonstration up in the background, and ends one that is up. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, open, readFile, rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { isAlive } from "../../local/process-state.ts";
import { runWithCleanUps } from "../../local/stop-on-exit.ts";
import { findRunning, readState, removeState, type StateFiles } from "./state.ts";

const POLL_MS = 100;
/** Clean-ups end in less; after it a second signal cuts them short. */
const END_MS = 60_000;
const KILL_MS = 10_000;

/**
 * Starts `command` as a background process that logs to a file, and shows that log until the process has written its state.
 * A signal meanwhile ends it. @throws Error where one is up already, or where it ended before it was ready
 */
export async function startDetached(files: StateFiles, command: readonly string[], write: (text: string) => void): Promise<void> {
  const running = await findRunning(files);
  if (running !== undefined) throw new Error(`it is up already, as process ${running}; end it by: npm start -- --down`);
  await mkdir(files.folder, { recursive: true });
  await rm(files.log, { force: true });
  const log = await open(files.log, "a", 0o600);
  const [program = process.execPath, ...args] = command;
  // Detached: a group and a session of its own, so that neither a Ctrl-C here nor the end of this terminal reaches it.
  const child = spawn(program, args, { detached: true, stdio: ["ignore", log.fd, log.fd] });
  await once(child, "spawn");
  await log.close();
  const { pid } = child;
  if (pid === undefined) throw new Error("the background process has no id");
  await runWithCleanUps(async (stack) => {
    let isReady = false;
    await stack.add(async () => {
      if (!isReady) await end(pid);
    });
    let shown = 0;
    const showLog = async (): Promise<void> => {
      const text = await readFile(files.log, "utf8");
      write(text.slice(shown));
      shown = text.length;
    };
    while (!isReady) {
      await sleep(POLL_MS);
      const hasEnded = child.exitCode !== null || child.signalCode !== null;
      isReady = (await readState(files))?.pid === pid;
      await showLog();
      if (hasEnded && !isReady) throw new Error(`it did not come up; its log is ${files.log}`);
    }
    child.unref();
  });
}

/** Ends what is up and removes its files; where nothing is up, it only removes what a killed one left. @returns whether one was up */
export async function endRunning(files: StateFiles): Promise<boolean> {
  const running = await findRunning(files);
  if (running !== undefined) await end(running);
  await removeState(files);
  await rm(files.log, { force: true });
  return running !== undefined;
}

async function end(pid: number): Promise<void> {
  for (const patienceMs of [END_MS, KILL_MS]) {
    if (isAlive(pid)) process.kill(pid, "SIGTERM");
    const deadline = Date.now() + patienceMs;
    while (isAlive(pid)) {
      if (Date.now() > deadline) break;
      await sleep(POLL_MS);
    }
  }
  if (isAlive(pid)) throw new Error(`process ${pid} does not end; kill it by: kill -KILL ${pid}`);
}
