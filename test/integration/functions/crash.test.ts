/** A process that ends by an error which nobody awaits tells its name and place, and nothing of its text: a function's, and the command line's. */
import { spawnSync } from "node:child_process";
import { describe, expect, it } from "@jest/globals";
import { canary } from "../../support/canary/canary.ts";
import { createScanner } from "../../support/canary/scanner.ts";
import { record } from "../../support/canary/sinks.ts";

const VALUE = canary("what a crash would show");
const scan = createScanner([{ label: "value", value: Buffer.from(VALUE) }]);

/** As the program's text; `value` is in its scope. */
const CRASHES = [
  { how: "a throw in a timer", code: "setTimeout(() => { throw new TypeError(value, { cause: new Error(value) }); });" },
  { how: "a rejection that nobody awaits", code: "void Promise.reject(Object.assign(new RangeError(value), { input: value }));" },
  { how: "a rejection with a text", code: "void Promise.reject(value);" },
  { how: "a rejection with an object", code: "void Promise.reject({ toString: () => value, message: value, value });" },
  {
    how: "an emitter without a listener",
    code: 'new (process.getBuiltinModule("node:events").EventEmitter)().emit("error", new Error(value));',
  },
  { how: "a message that looks like a frame", code: "void Promise.reject(new Error(`x\\n    at ${value} (src/a.ts:1:1)`));" },
] as const;

function runProgram(code: string, isProbe = false): { readonly status: number | null; readonly stdout: string; readonly output: string } {
  const program = `const value = process.env.VALUE;\n${code}\nsetTimeout(() => process.exit(7), 5_000);`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    encoding: "utf8",
    env: { VALUE, PATH: process.env["PATH"] },
    timeout: 30_000,
  });
  const output = stdout + stderr;
  // A probe leaks on purpose.
  if (!isProbe) record("output", output);
  return { status, stdout, output };
}

/** Lambda's runtime listens before any handler is loaded, and reports what it gets. */
const LIKE_LAMBDA = `
for (const event of ["uncaughtException", "unhandledRejection"]) {
  process.on(event, (error) => { console.error(event, error); process.exit(128); });
}
`;
const GUARDED = `
import { guardCrashes } from "./functions/crash-guard.ts";
import { createLog } from "./src/adapters/log.ts";
guardCrashes(createLog({ write: (line) => process.stdout.write(line), now: Date.now, level: "debug" }), process);
`;
const COMMAND_LINE = `
import { runProcess } from "./src/cli/main.ts";
process.argv.splice(1, process.argv.length, "secret-relay", "--version");
await runProcess();
`;

describe.each(CRASHES)("$how", ({ code }) => {
  it("shows the value where nothing guards it: the probe works", () => {
    const { status, output } = runProgram(`${LIKE_LAMBDA}${code}`, true);

    expect(status).toBe(128);
    expect(scan(Buffer.from(output))).not.toEqual([]);
  });

  it("ends a function with one line of its log", () => {
    const { status, stdout, output } = runProgram(`${LIKE_LAMBDA}${GUARDED}${code}`);

    expect(status).toBe(1);
    expect(scan(Buffer.from(output))).toEqual([]);
    expect(output).toBe(stdout);
    expect(JSON.parse(stdout)).toMatchObject({ level: "ERROR", message: "crashed", code: "Unclassified" });
  });

  it("ends the command line with its name only", () => {
    const { status, output } = runProgram(`${COMMAND_LINE}${code}`);

    expect(status).toBe(1);
    expect(scan(Buffer.from(output))).toEqual([]);
    expect(output).toContain("error: internal error (");
  });
});
