/** The background process is waited for, shown, and ended, also when it fails or nothing is there. Real processes stand for the demonstration. */
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { endRunning, startDetached } from "../../../src/cli/local/detach.ts";
import { findRunning, type StateFiles, stateFiles } from "../../../src/cli/local/state.ts";
import { isAlive } from "../../../src/local/process-state.ts";

const STATE_MODULE = resolve("src/cli/local/state.ts");
const STOP_MODULE = resolve("src/local/stop-on-exit.ts");

describe("startDetached and endRunning", () => {
  let project: string;
  let files: StateFiles;
  beforeEach(async () => {
    project = await mkdtemp(join(tmpdir(), "local-detach-"));
    files = stateFiles(project);
  });
  afterEach(async () => {
    await endRunning(files);
    await rm(project, { recursive: true });
  });

  /** A program that claims the state and then does `rest`, as the demonstration does. */
  async function program(rest: string): Promise<readonly string[]> {
    const path = join(project, "program.ts");
    const text = `import { claim, removeState, stateFiles, writeState } from ${JSON.stringify(STATE_MODULE)};
      import { runWithCleanUps } from ${JSON.stringify(STOP_MODULE)};
      const files = stateFiles(${JSON.stringify(project)});
      await runWithCleanUps(async (stack) => {
        await claim(files);
        await stack.add(() => removeState(files));
        console.log("coming up");
        ${rest}
      });`;
    await writeFile(path, text);
    return [process.execPath, path];
  }
  const UP = `console.log("nearly there");
    await writeState(files, { pid: process.pid, environment: {}, outputs: {}, kubeconfigs: {} });
    setInterval(() => {}, 1000);
    await new Promise(() => {});`;

  it("shows what it prints until it is ready, leaves it up, and ends it without a trace", async () => {
    let shown = "";
    await startDetached(files, await program(UP), (text) => {
      shown += text;
    });
    const pid = (await findRunning(files)) ?? 0;
    const wasAlive = isAlive(pid);

    const wasUp = await endRunning(files);

    expect(shown).toBe("coming up\nnearly there\n");
    expect([wasAlive, wasUp, isAlive(pid)]).toEqual([true, true, false]);
    expect(await readdir(files.folder)).toEqual([]);
  });

  it("refuses a second one", async () => {
    const command = await program(UP);
    await startDetached(files, command, () => {});

    await expect(startDetached(files, command, () => {})).rejects.toThrow("it is up already, as process");
  });

  it("tells of one that ends before it is ready, and keeps its log", async () => {
    let shown = "";
    const starting = startDetached(files, await program("throw new Error('no emulator');"), (text) => {
      shown += text;
    });

    await expect(starting).rejects.toThrow("it did not come up");
    expect(shown).toContain("no emulator");
    expect(await readdir(files.folder)).toEqual(["local.log"]);
  });

  it("has nothing to end where nothing is up, as often as it is asked", async () => {
    expect([await endRunning(files), await endRunning(files)]).toEqual([false, false]);
  });
});
