/** The log writes one JSON line an entry, and only what the allow-list names. */
import { describe, expect, it } from "@jest/globals";
import { createLog } from "../../../src/adapters/log.ts";
import type { LogFields } from "../../../src/core/ports.ts";

function capture(level?: string) {
  const written: string[] = [];
  const log = createLog({ write: (line) => written.push(line), now: () => Date.UTC(2026, 10, 24), level });
  const lines = () => written.map((line) => JSON.parse(line) as Record<string, unknown>);
  return { log, written, lines };
}

describe("log", () => {
  it("writes one line of JSON with time, level, message and fields", () => {
    const { log, written, lines } = capture();

    log.info("batch synced", { requests: 3, cluster: "tokyo\nline", verify: undefined });

    expect(written).toHaveLength(1);
    expect(written[0]?.indexOf("\n")).toBe((written[0]?.length ?? 0) - 1);
    expect(lines()).toEqual([
      { timestamp: "2026-11-24T00:00:00.000Z", level: "INFO", message: "batch synced", requests: 3, cluster: "tokyo\nline" },
    ]);
  });

  it("drops what is not allowed, and says how many", () => {
    const { log, written, lines } = capture();
    const wrong = { password: "canary-1", cluster: { name: "canary-2" }, code: ["canary-3"], target: "a/b/c" } as unknown as LogFields;

    log.error("failed", wrong);

    expect(lines()).toEqual([expect.objectContaining({ level: "ERROR", target: "a/b/c", droppedKeys: 3 })]);
    expect(written.join("")).not.toContain("canary");
  });

  it("cuts texts at 300 characters, the message too", () => {
    const { log, lines } = capture();

    log.warn("m".repeat(1_000), { subject: "s".repeat(301) });

    expect(lines()).toEqual([expect.objectContaining({ message: "m".repeat(300), subject: "s".repeat(300) })]);
  });

  it("carries bound fields on each line of the work, and lets a line's own field win", async () => {
    const { log, lines } = capture();

    await log.bind({ requestId: "r-1", step: "load" }, async () => {
      await Promise.resolve();
      log.bind({ function: "sync" }, () => log.info("one"));
      log.info("two", { step: "apply" });
    });
    log.info("three");

    expect(lines().map(({ requestId, function: name, step }) => [requestId, name, step])).toEqual([
      ["r-1", "sync", "load"],
      ["r-1", undefined, "apply"],
      [undefined, undefined, undefined],
    ]);
  });

  it.each([
    { level: undefined, want: ["INFO", "WARN", "ERROR"] },
    { level: "DEBUG", want: ["DEBUG", "INFO", "WARN", "ERROR"] },
    { level: "warn", want: ["WARN", "ERROR"] },
    { level: "error", want: ["ERROR"] },
    { level: "loud", want: ["INFO", "WARN", "ERROR"] },
  ])("writes from level $level up", ({ level, want }) => {
    const { log, lines } = capture(level);

    for (const each of ["debug", "info", "warn", "error"] as const) log[each]("x");

    expect(lines().map((line) => line["level"])).toEqual(want);
  });
});
