/** `npm start` as a user runs it: it shows a rotation arrive, stays up in the background, and leaves nothing, however it ends. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { readState, stateFiles } from "../../src/cli/local/state.ts";
import { processesOf } from "../support/marked-processes.ts";

const BIN = resolve("bin/secret-relay.js");
let temporary: string;
/** The working directory: a demonstration that is up in the checkout is not touched. */
let directory: string;

beforeEach(async () => {
  temporary = await mkdtemp(join(tmpdir(), "local-start-"));
  directory = await mkdtemp(join(tmpdir(), "local-start-state-"));
});
afterEach(async () => {
  await start("--down").end;
  for (const folder of [temporary, directory]) await rm(folder, { recursive: true, force: true });
});

interface Run {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly end: Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

/** Every temporary file of the run is below one folder, so that what stays is seen. */
function start(...args: readonly string[]): Run {
  const child = spawn(process.execPath, [BIN, "local", ...args], {
    cwd: directory,
    env: { ...process.env, TMPDIR: temporary },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      child.emit("printed", output);
    });
  }
  const end = once(child, "close").then(([code, signal]) => ({ code, signal }));
  return { child, output: () => output, end };
}

async function printed({ child, output }: Run, text: string): Promise<void> {
  if (output().includes(text)) return;
  await new Promise<void>((done, fail) => {
    child.on("printed", (whole: string) => {
      if (whole.includes(text)) done();
    });
    child.once("close", () => fail(new Error(`it ended without "${text}":\n${output()}`)));
  });
}

async function expectNothingLeft(): Promise<void> {
  expect(processesOf(temporary)).toEqual([]);
  expect(await readdir(temporary)).toEqual([]);
}

describe("npm start", () => {
  it("with --once shows each target get the rotated value, and ends well without a trace", async () => {
    const run = start("--once");
    const end = await run.end;

    expect({ ...end, output: run.output() }).toMatchObject({ code: 0 });
    for (const cluster of ["tokyo", "virginia"]) {
      expect(run.output()).toMatch(new RegExp(`${cluster}/app-shop/database +has it after \\d+\\.\\d\\d s`));
    }
    await expectNothingLeft();
  });

  it.each([
    { name: "Ctrl-C while the parts come up", at: "starting etcd and kube-apiserver", signal: "SIGINT" },
    { name: "SIGTERM during the deployment", at: "running cdk deploy", signal: "SIGTERM" },
  ] as const)("leaves nothing after $name", async ({ at, signal }) => {
    const run = start();
    await printed(run, at);
    run.child.kill(signal);

    expect(await run.end).toEqual({ code: null, signal });
    await expectNothingLeft();
    expect(await readState(stateFiles(directory))).toBeUndefined();
  });

  it("with --detach stays up, lets a secret be rotated again, and ends by --down", async () => {
    const starting = start("--detach");
    const started = await starting.end;
    const state = await readState(stateFiles(directory));
    const second = start("--detach");
    const refused = await second.end;
    const rotating = start("rotate");
    const rotated = await rotating.end;
    const downs = [await start("--down").end, await start("--down").end];

    expect({ ...started, output: starting.output() }).toMatchObject({ code: 0 });
    expect(state).toMatchObject({
      environment: { AWS_ENDPOINT_URL: expect.stringMatching(/^http:/) },
      outputs: { RegistryTableName: expect.any(String) },
      kubeconfigs: { tokyo: expect.any(String), virginia: expect.any(String) },
    });
    expect(refused.code).toBe(1);
    expect(second.output()).toContain(`it is up already, as process ${state?.pid}`);
    expect({ ...rotated, output: rotating.output() }).toMatchObject({ code: 0 });
    expect(rotating.output().match(/has it after/g)).toHaveLength(2);
    expect(downs.map(({ code }) => code)).toEqual([0, 0]);
    await expectNothingLeft();
  });
});
