/** Tells which processes live. A zombie does not: it is dead, and only waits to be collected by its parent. */
import { readdirSync, readFileSync } from "node:fs";
import { hasErrorCode } from "./system-error.ts";

/** Whether a process of this id lives; a process of another user counts as alive. */
export function isAlive(pid: number): boolean {
  return isKnown(pid) && readState(pid)?.isDead !== true;
}

/**
 * What tells a process from a later one of the same id: the moment of its start, in the system's own ticks. Empty where the system
 * does not say; undefined where no such process lives.
 */
export function processStart(pid: number): string | undefined {
  if (!isAlive(pid)) return undefined;
  return readState(pid)?.start ?? "";
}

/** Whether a process of this process group lives. */
export function isGroupAlive(group: number): boolean {
  if (!isKnown(-group)) return false;
  if (process.platform !== "linux") return true;
  const pids = readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
  return pids.some((pid) => {
    const state = readState(pid);
    return state !== undefined && state.group === group && !state.isDead;
  });
}

function isKnown(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !hasErrorCode(error, "ESRCH");
  }
}

/**
 * What /proc says of a process; undefined where it is gone, or where there is no /proc. The system's own answer to a signal counts
 * zombies in, and an orphan stays one until process 1 collects it: in some containers never, in others after a second or two.
 */
function readState(pid: number): { readonly isDead: boolean; readonly group: number; readonly start: string } | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the command in brackets, which may hold spaces and brackets itself.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    // Fields 3, 5 and 22 of proc(5).
    const [state, group, start = ""] = [fields[0], fields[2], fields[19]];
    return { isDead: state === "Z" || state === "X", group: Number(group), start };
  } catch (error) {
    // ESRCH: it went between the opening of the file and its reading.
    if (hasErrorCode(error, "ENOENT") || hasErrorCode(error, "ESRCH")) return undefined;
    throw error;
  }
}
