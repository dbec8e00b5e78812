/** A run of Jest whose tests all pass fails where a canary lies in a sink, names the place, and never shows the value. */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { expect, it } from "@jest/globals";
import { RUN_FOLDER } from "../../support/canary/run-folder.ts";

it("fails a run that leaks, and says where", () => {
  const { [RUN_FOLDER]: _outer, ...env } = process.env;
  const jest = ["--experimental-vm-modules", "node_modules/jest/bin/jest.js", "--config", "jest.config.json"];
  const args = [...jest, "--testMatch", "<rootDir>/test/fixtures/canary/leaking.test.ts", "--testPathIgnorePatterns", "nothing"];

  const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", env: { ...env, NO_COLOR: "1" } });

  const path = /at \d+ of (\S+)/.exec(stderr)?.[1] ?? "";
  expect(stderr).toContain("1 passed");
  expect(stderr).toMatch(/a secret value got into the sink "log": the planted value, as base64, at \d+ of /);
  expect(status).toBe(1);
  // The records are kept for whoever looks for the leak: here that is nobody.
  expect(path).toContain("secret-relay-canaries-");
  rmSync(dirname(dirname(dirname(path))), { recursive: true });
});
