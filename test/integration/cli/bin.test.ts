/** The program itself, from any folder and on any Node: as a process of its own. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { delimiter, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";

const BIN = resolve("bin/secret-relay.js");

/** PATH as a bare machine has it, so that `node` is the one that is installed there. */
const BARE_PATH = (process.env["PATH"] ?? "")
  .split(delimiter)
  .filter((folder) => !folder.includes("node_modules"))
  .join(delimiter);

const NODES = [
  { name: "this project's Node", command: process.execPath, flags: [] },
  // It can't strip types, just as an older one: the project's own Node takes over.
  { name: "a Node that can't strip types", command: process.execPath, flags: ["--no-strip-types"] },
  // Whatever runs npm on this machine; this project's own where there is no other.
  { name: "the machine's Node", command: hasNode() ? "node" : process.execPath, flags: [] },
];

function hasNode(): boolean {
  return spawnSync("node", ["--version"], { env: { PATH: BARE_PATH } }).status === 0;
}

describe("the program", () => {
  it.each(NODES)("validates the sample config from another folder, on $name", ({ command, flags }) => {
    const run = spawnSync(command, [...flags, BIN, "validate", resolve("config")], {
      cwd: tmpdir(),
      env: { PATH: BARE_PATH },
      encoding: "utf8",
    });

    expect(run.stderr).toBe("");
    expect(run.stdout).toContain("is valid: 2 clusters, 4 registrations");
    expect(run.status).toBe(0);
  });

  it.each(NODES)("passes the exit status through, on $name", ({ command, flags }) => {
    const run = spawnSync(command, [...flags, BIN, "validat"], { cwd: tmpdir(), env: { PATH: BARE_PATH }, encoding: "utf8" });

    expect(run.stderr).toContain("Did you mean validate?");
    expect(run.status).toBe(2);
  });

  it.each(NODES)("passes its input on, and what comes of it back, on $name", ({ command, flags }) => {
    const run = spawnSync(command, [...flags, BIN, "render", "-f", "-", "--values", "/dev/null"], {
      env: { PATH: BARE_PATH },
      encoding: "utf8",
      input: "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: { name: one }\nspec: {}\n",
    });

    expect(run.stderr).toContain("stdin:4:1: spec has neither data nor dataFrom");
    expect(run.stdout).toBe("# default/one: keep: InvalidManifest\n");
    expect(run.status).toBe(1);
  });

  it.each(NODES)("ends with all its processes by the signal that it gets, on $name", async ({ command, flags }) => {
    const child = spawn(command, [...flags, BIN, "render", "-f", "-", "--values", "/dev/null"], {
      env: { PATH: BARE_PATH },
      stdio: ["pipe", "pipe", "pipe"],
    });
    // Without an end to its input it waits; by now both processes are up.
    await sleep(1_500);
    child.kill("SIGTERM");

    // "close" comes when nobody holds its output any more.
    expect(await once(child, "close")).toEqual([null, "SIGTERM"]);
  });

  it("runs by npx from the checkout", () => {
    const [command, ...args] = "npx --no-install secret-relay --version".split(" ");
    const run = spawnSync(command ?? "", args, { encoding: "utf8" });

    expect(run.stdout).toBe("0.1.0\n");
    expect(run.status).toBe(0);
  });
});
