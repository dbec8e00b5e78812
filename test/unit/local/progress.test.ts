/** Steps are shown as they go, in their order, and those of a group at the same time. */
import { describe, expect, it } from "@jest/globals";
import { runSteps, type Step } from "../../../src/local/progress.ts";

/** Plain lines, with the times cut out of them. */
function createOutput(): { readonly text: () => string; readonly write: (text: string) => void } {
  let written = "";
  return {
    text: () => written.replaceAll(/\d+\.\d s/g, "T"),
    write: (text) => {
      written += text;
    },
  };
}

function step(title: string, run: Step["run"] = async () => {}): Step {
  return { title, run };
}

describe("runSteps", () => {
  it("shows each step's beginning, what it reports, and its end", async () => {
    const output = createOutput();

    await runSteps([step("First", async (report) => report("half way", 1500)), step("Second")], output);

    expect(output.text()).toBe("First ...\n  First: half way (T)\nFirst: done in T\nSecond ...\nSecond: done in T\n");
  });

  it("runs a group at the same time, and what follows after all of it", async () => {
    const done: string[] = [];
    const meet = Promise.withResolvers<void>();
    const group = [
      step("Waits", async () => {
        await meet.promise;
        done.push("waits");
      }),
      step("Meets", async () => {
        meet.resolve();
        done.push("meets");
      }),
    ];

    await runSteps([group, step("Last", async () => void done.push("last"))], createOutput());

    expect(done).toEqual(["meets", "waits", "last"]);
  });

  it("ends with the first failure, when the rest of its group has ended, and begins nothing after it", async () => {
    const output = createOutput();
    const done: string[] = [];
    const group = [
      step("Fails", () => Promise.reject(new Error("no emulator"))),
      step("Slow", async () => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        done.push("slow");
      }),
    ];

    const running = runSteps([group, step("Never", async () => void done.push("never"))], output);

    await expect(running).rejects.toThrow("no emulator");
    expect(done).toEqual(["slow"]);
    expect(output.text()).toContain("Fails: failed after T\n");
  });
});
