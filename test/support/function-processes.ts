/** Finds the processes that an emulator of AWS runs functions in, for the tests that kill one. */
import { readdirSync, readFileSync } from "node:fs";

/** Their ids: those of the group of this emulator that run Node. */
export function functionProcesses(emulatorPid: number): readonly number[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
        const [state, , group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        const [command = ""] = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
        return Number(group) === emulatorPid && state !== "Z" && command.endsWith("node");
      } catch {
        // It ended between the listing and the look.
        return false;
      }
    });
}
