/** Clean-ups run once, in reverse, however the process ends. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { describe, expect, it } from "@jest/globals";

const MODULE = resolve("src/local/stop-on-exit.ts");

function script(ending: string): string {
  return `import { runWithCleanUps } from ${JSON.stringify(MODULE)};
    await runWithCleanUps(async (stack) => {
      await stack.add(() => void process.stdout.write("first;"));
      await stack.add(async () => { await new Promise((done) => setTimeout(done, 50)); process.stdout.write("second;"); });
      ${ending}
    });`;
}

const WAIT = "process.stdout.write('up;'); await new Promise((done) => setTimeout(done, 20000));";

describe("runWithCleanUps", () => {
  it.each([
    { name: "a normal end", ending: "", signal: undefined, want: { output: "second;first;", code: 0, signal: null } },
    { name: "a failure", ending: "throw new Error('no');", signal: undefined, want: { output: "second;first;", code: 1, signal: null } },
    {
      name: "an uncaught error",
      ending: `setTimeout(() => { throw new Error('no'); }, 10); ${WAIT}`,
      signal: undefined,
      want: { output: "up;second;first;", code: 1, signal: null },
    },
    { name: "SIGINT", ending: WAIT, signal: "SIGINT", want: { output: "up;second;first;", code: null, signal: "SIGINT" } },
    { name: "SIGTERM", ending: WAIT, signal: "SIGTERM", want: { output: "up;second;first;", code: null, signal: "SIGTERM" } },
    { name: "SIGHUP", ending: WAIT, signal: "SIGHUP", want: { output: "up;second;first;", code: null, signal: "SIGHUP" } },
  ] as const)("runs each clean-up once, last first, after $name", async ({ ending, signal, want }) => {
    const child = spawn(process.execPath, ["--input-type=module", "-e", script(ending)], { stdio: ["ignore", "pipe", "ignore"] });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      if (signal !== undefined && output === "up;") {
        child.kill(signal);
      }
    });

    const [code, endedBy] = await once(child, "close");

    expect({ output, code, signal: endedBy }).toEqual(want);
  });

  it("ends also where somebody else listens for the signal, after that one has had it", async () => {
    const ending = `process.on("SIGINT", () => process.stdout.write("other;")); ${WAIT.replace("20000", "100")} await new Promise(() => {});`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script(ending)], { stdio: ["ignore", "pipe", "ignore"] });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      if (output === "up;") child.kill("SIGINT");
    });

    const [code] = await once(child, "close");

    expect({ output, code }).toEqual({ output: "up;other;second;first;other;", code: 130 });
  });

  it("takes the signal's echo for the same one, and ends at once at a second signal", async () => {
    const stuck = `import { runWithCleanUps } from ${JSON.stringify(MODULE)};
      await runWithCleanUps(async (stack) => {
        await stack.add(async () => { process.stdout.write("stopping;"); await new Promise((done) => setTimeout(done, 20000)); });
        process.on("exit", () => process.stdout.write("exit;"));
        ${WAIT}
      });`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", stuck], { stdio: ["ignore", "pipe", "ignore"] });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      if (output === "up;") child.kill("SIGINT");
      if (output === "up;stopping;") {
        child.kill("SIGINT");
        // Longer than an echo takes, and far shorter than the clean-up.
        setTimeout(() => child.kill("SIGINT"), 1_000);
      }
    });

    const startedAt = performance.now();
    const [code] = await once(child, "close");

    expect({ output, code }).toEqual({ output: "up;stopping;exit;", code: 130 });
    expect(performance.now() - startedAt).toBeGreaterThan(1_000);
  });

  it("tells work under way to end, and waits until it has", async () => {
    const working = `import { runWithCleanUps, workWithCleanUp } from ${JSON.stringify(MODULE)};
      await runWithCleanUps(async (stack) => {
        await stack.add(() => void process.stdout.write("below;"));
        await workWithCleanUp(stack, (signal) => new Promise((done) => {
          signal.addEventListener("abort", () => setTimeout(() => { process.stdout.write("ended;"); done(); }, 50));
          process.stdout.write("up;");
          setTimeout(done, 20000);
        }));
        await new Promise((done) => setTimeout(done, 20000));
      });`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", working], { stdio: ["ignore", "pipe", "ignore"] });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      if (output === "up;") child.kill("SIGTERM");
    });

    const [, signal] = await once(child, "close");

    expect({ output, signal }).toEqual({ output: "up;ended;below;", signal: "SIGTERM" });
  });
});
