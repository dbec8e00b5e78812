/** The end of a function's process by an error that no handler saw: a stray rejection, a throw in a timer or a stream. */
import type { Log } from "../src/core/ports.ts";
import { failureFields } from "./middleware.ts";

/** What ends a process, as `process` has it. */
type Crashing = Pick<NodeJS.Process, "prependListener" | "exit">;

/**
 * Logs such an error as a bug is logged, by its name and place, and ends the process. Node, and Lambda's runtime before it, would write
 * its message, its fields and its cause to the log: foreign text that may quote a value (rule 4). The process ends as it would have:
 * what was under way comes again, by its queue, its schedule or the invoker's own tries.
 */
export function guardCrashes(log: Log, process: Crashing): void {
  const end = (error: unknown): void => {
    log.error("crashed", failureFields(error));
    process.exit(1);
  };
  // First of all: Lambda's runtime, which listens too, reports what it gets.
  process.prependListener("uncaughtException", end);
  process.prependListener("unhandledRejection", end);
}
