/** Finds what a program left behind: every process that inherited a folder as its place for temporary files, however far removed. Linux only. */
import { readdirSync, readFileSync } from "node:fs";
import { isAlive } from "../../src/local/process-state.ts";

/** The commands of living processes whose environment names this folder. */
export function processesOf(folder: string): readonly string[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      if (!readFileSync(`/proc/${name}/environ`, "utf8").includes(folder) || !isAlive(Number(name))) return [];
      return [readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ").trim()];
    } catch {
      // It went in between, or is another user's: not one that we started.
      return [];
    }
  });
}
