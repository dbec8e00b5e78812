/** A process that is dead but not collected by its parent counts as dead. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "@jest/globals";
import { isAlive, isGroupAlive } from "../../../src/local/process-state.ts";

describe("isAlive and isGroupAlive", () => {
  const parents: number[] = [];
  afterEach(() => {
    for (const pid of parents.splice(0)) process.kill(pid, "SIGKILL");
  });

  /** A child that leads a group of its own, below a parent that never collects it. */
  async function startUncollected(): Promise<number> {
    const parent = spawn("sh", ["-c", "setsid sleep 60 & echo $!; exec sleep 60"], { stdio: ["ignore", "pipe", "ignore"] });
    parents.push(parent.pid ?? 0);
    const [line] = await once(parent.stdout, "data");
    const child = Number(String(line));
    await eventually(() => isGroupAlive(child));
    return child;
  }

  it("tells a living process from its zombie, which still takes signals", async () => {
    const child = await startUncollected();
    const before = [isAlive(child), isGroupAlive(child)];

    process.kill(child, "SIGKILL");
    await eventually(() => !isAlive(child));

    expect(before).toEqual([true, true]);
    expect(isGroupAlive(child)).toBe(false);
    expect(() => process.kill(-child, 0)).not.toThrow();
  });

  it("knows nothing of a process that never was", () => {
    const never = 2 ** 22 + 1;

    expect([isAlive(never), isGroupAlive(never)]).toEqual([false, false]);
  });
});

/** Ends by the test's own time-out where it never holds. */
async function eventually(holds: () => boolean): Promise<void> {
  while (!holds()) {
    await new Promise((done) => setImmediate(done));
  }
}
