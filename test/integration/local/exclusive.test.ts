/** The lock between processes lets one in at a time and survives a killed holder. */
import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { runExclusively } from "../../../src/local/exclusive.ts";

describe("runExclusively", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "exclusive-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it("never runs two actions at once and leaves no file behind", async () => {
    let running = 0;
    let most = 0;
    const action = async (): Promise<void> => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((done) => setTimeout(done, 20));
      running -= 1;
    };

    await Promise.all([1, 2, 3].map(async () => runExclusively(join(directory, "lock"), action)));

    expect(most).toBe(1);
    expect(await readdir(directory)).toEqual([]);
  });

  it("takes over the lock of a holder that was killed", async () => {
    const { pid } = spawnSync(process.execPath, ["-e", ""]);
    await writeFile(join(directory, "lock"), `${pid} left-behind`);

    const answer = await runExclusively(join(directory, "lock"), async () => "ran");

    expect(answer).toBe("ran");
    expect(await readdir(directory)).toEqual([]);
  });
});
