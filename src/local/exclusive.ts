/** A lock between processes of one machine, held by a file that names its holder; a killed holder's lock is taken over. */
import { randomUUID } from "node:crypto";
import { link, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isAlive } from "./process-state.ts";
import { hasErrorCode } from "./system-error.ts";

const POLL_MS = 250;

async function readHolder(lockFile: string): Promise<{ readonly text: string; readonly pid: number } | undefined> {
  try {
    const text = await readFile(lockFile, "utf8");
    return { text, pid: Number.parseInt(text, 10) };
  } catch (error) {
    if (hasErrorCode(error, "ENOENT")) {
      return undefined;
    }
    throw error;
  }
}

async function linkIfFree(from: string, lockFile: string): Promise<boolean> {
  try {
    await link(from, lockFile);
    return true;
  } catch (error) {
    if (hasErrorCode(error, "EEXIST")) {
      return false;
    }
    throw error;
  }
}

/** Moves a dead holder's file away; puts it back when somebody else took the lock since it was read. */
async function breakLock(lockFile: string, deadText: string): Promise<void> {
  const aside = `${lockFile}.${randomUUID()}`;
  try {
    await rename(lockFile, aside);
  } catch (error) {
    if (hasErrorCode(error, "ENOENT")) {
      return;
    }
    throw error;
  }
  if ((await readFile(aside, "utf8")) !== deadText) {
    await linkIfFree(aside, lockFile);
  }
  await rm(aside, { force: true });
}

/**
 * Runs `action` while no other process runs one under the same lock file; waits for a living holder, however long it takes.
 * `onWait` is called once, with the holder's process id, when there is somebody to wait for; an abort of `signal` ends the waiting.
 */
export async function runExclusively<T>(
  lockFile: string,
  action: () => Promise<T>,
  onWait: (pid: number) => void = () => {},
  signal?: AbortSignal,
): Promise<T> {
  await mkdir(dirname(lockFile), { recursive: true });
  // Linked into place with its content, so that nobody ever reads a lock file that doesn't name its holder yet.
  const own = `${lockFile}.${randomUUID()}`;
  const ownText = `${process.pid} ${randomUUID()}`;
  await writeFile(own, ownText);
  try {
    let hasReported = false;
    while (!(await linkIfFree(own, lockFile))) {
      const holder = await readHolder(lockFile);
      if (holder !== undefined && !isAlive(holder.pid)) {
        await breakLock(lockFile, holder.text);
        continue;
      }
      if (holder !== undefined && !hasReported) {
        hasReported = true;
        onWait(holder.pid);
      }
      await sleep(POLL_MS, undefined, { signal });
    }
  } finally {
    await rm(own, { force: true });
  }
  try {
    return await action();
  } finally {
    if ((await readHolder(lockFile))?.text === ownText) {
      await rm(lockFile, { force: true });
    }
  }
}
