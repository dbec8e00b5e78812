/** The layering and purity rules hold: planted violations are all reported, so that a slip in the linter's configuration is seen. */
import { spawnSync } from "node:child_process";
import { describe, expect, it } from "@jest/globals";

function lint(path: string): { readonly status: number | null; readonly rules: readonly string[] } {
  const run = spawnSync(process.execPath, ["node_modules/oxlint/bin/oxlint", "--type-aware", "-f", "unix", path], { encoding: "utf8" });
  const rules = run.stdout
    .split("\n")
    .flatMap((line) => /^(?:.*\/)?(\S+\.ts):(\d+):\d+: .*\[Error\/(.+)\]$/.exec(line)?.slice(1, 4).join(" ") ?? []);
  return { status: run.status, rules: rules.toSorted() };
}

describe("the linter", () => {
  it("reports every planted violation of layering and purity", () => {
    const { status, rules } = lint("test/fixtures/architecture");

    expect(status).not.toBe(0);
    expect(rules).toEqual([
      "bus.ts 3 eslint(no-restricted-imports)",
      "bus.ts 4 import(no-cycle)",
      "command.ts 2 eslint(no-restricted-imports)",
      "handler.ts 2 eslint(no-restricted-imports)",
      "handler.ts 3 eslint(no-restricted-imports)",
      "part.ts 2 eslint(no-restricted-imports)",
      "planted.ts 2 eslint(no-restricted-imports)",
      "planted.ts 3 eslint(no-restricted-imports)",
      "planted.ts 4 eslint(no-restricted-imports)",
      "planted.ts 4 import(no-cycle)",
      "planted.ts 7 typescript(no-floating-promises)",
      "planted.ts 8 eslint(no-restricted-globals)",
      "planted.ts 8 eslint(no-restricted-properties)",
      "planted.ts 8 eslint(no-restricted-properties)",
      "planted.ts 9 eslint(no-restricted-globals)",
      "queue.ts 2 eslint(no-restricted-imports)",
      "stack.ts 2 eslint(no-restricted-imports)",
      "use-case.ts 2 eslint(no-restricted-imports)",
      "use-case.ts 4 eslint(no-restricted-globals)",
    ]);
  });
});
