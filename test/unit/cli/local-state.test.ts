/** One demonstration at a time, whose leftovers never stand in the way, and whose state only its owner can read. */
import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import {
  claim,
  findRunning,
  type LocalState,
  readState,
  removeState,
  type StateFiles,
  stateFiles,
  writeState,
} from "../../../src/cli/local/state.ts";

const STATE: LocalState = {
  pid: process.pid,
  environment: { AWS_ENDPOINT_URL: "http://127.0.0.1:1" },
  outputs: { RegistryTableName: "table" },
  kubeconfigs: { tokyo: "/tmp/kubeconfig" },
};

describe("the state of the local demonstration", () => {
  let project: string;
  let files: StateFiles;
  beforeEach(async () => {
    project = await mkdtemp(join(tmpdir(), "local-state-"));
    files = stateFiles(project);
  });
  afterEach(() => rm(project, { recursive: true }));

  it("is given back as it was written, to its owner alone, and leaves nothing when it is removed", async () => {
    await claim(files);
    await writeState(files, STATE);
    const read = await readState(files);
    const { mode } = await stat(files.state);
    await removeState(files);

    expect(read).toEqual(STATE);
    expect(mode & 0o777).toBe(0o600);
    expect(await readdir(files.folder)).toEqual([]);
  });

  it("can't be claimed twice while the holder lives", async () => {
    await claim(files);

    await expect(claim(files)).rejects.toThrow(`it is up already, as process ${process.pid}`);
  });

  it.each([
    { name: "of a process that is gone", text: () => `${spawnSync(process.execPath, ["-e", ""]).pid} 1` },
    // The system gave the id away again: the process lives, but it started at another time.
    { name: "of an id that another process has now", text: () => `${process.pid} 1` },
    { name: "that is cut short", text: () => "" },
  ])("takes a claim over $name", async ({ text }) => {
    await mkdir(files.folder, { recursive: true });
    await writeFile(files.claim, text());
    await writeFile(files.state, JSON.stringify(STATE));

    const before = [await findRunning(files), await readState(files)];
    await claim(files);

    expect(before).toEqual([undefined, undefined]);
    expect(await findRunning(files)).toBe(process.pid);
    expect(await readState(files)).toBeUndefined();
  });
});
