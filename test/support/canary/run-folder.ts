/** Where one test run keeps its canaries and what its sinks got: a folder that the reporter makes, and that every worker of Jest finds by name. */

/** The environment variable that names the folder; the reporter sets it before Jest starts its workers. */
export const RUN_FOLDER = "SECRET_RELAY_CANARY_RUN";

/** Undefined outside of Jest, in a benchmark or in `npm run prove`: nothing is kept there, since nobody would look at it. */
export function runFolder(): string | undefined {
  return process.env[RUN_FOLDER];
}
