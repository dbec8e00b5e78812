/** Licences are read as SPDX means them, and one that the policy doesn't have is found, whoever brings it. */
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { EXCEPTIONS, isPermissive, licenceFaults } from "../../../scripts/supply-chain/licence-policy.ts";
import { type LockedPackages, readLockfile } from "../../../scripts/supply-chain/lockfile.ts";

const ROOT = join(import.meta.dirname, "../../..");

describe("isPermissive", () => {
  it.each([
    ["MIT", true],
    ["GPL-3.0-or-later", false],
    ["(MIT OR GPL-3.0-or-later)", true],
    ["GPL-2.0 OR BSD-3-Clause", true],
    ["MIT AND GPL-2.0", false],
    ["MIT AND ISC", true],
    // AND binds more closely.
    ["MIT OR GPL-2.0 AND GPL-3.0", true],
    ["(MIT OR GPL-2.0) AND GPL-3.0", false],
    ["GPL-2.0 AND MIT OR GPL-3.0", false],
    ["", false],
    ["UNLICENSED", false],
    ["SEE LICENSE IN LICENSE.md", false],
    ["(MIT", false],
    ["MIT)", false],
    ["MIT ISC", false],
    ["GPL-2.0 WITH Classpath-exception-2.0", false],
  ])("%s: %s", (expression, want) => {
    expect(isPermissive(expression)).toBe(want);
  });
});

const EXCEPTION = { tool: { licence: "AGPL-3.0-or-later", reason: "a test's" } };

describe("licenceFaults", () => {
  const tool = { version: "1.0.0", license: "AGPL-3.0-or-later" };
  it.each<{ readonly what: string; readonly packages: LockedPackages; readonly want: readonly RegExp[] }>([
    {
      what: "nothing wrong: an exception for development alone",
      packages: { "": { devDependencies: { tool: "1.0.0" } }, "node_modules/tool": tool },
      want: [],
    },
    {
      what: "a licence that is not on the list",
      packages: {
        "": { dependencies: { a: "1.0.0" }, devDependencies: { tool: "1.0.0" } },
        "node_modules/a": { version: "1.0.0", license: "SSPL-1.0" },
        "node_modules/tool": tool,
      },
      want: [/^a 1\.0\.0 .*SSPL-1\.0 is not on the list$/],
    },
    {
      what: "no licence",
      packages: { "": {}, "node_modules/a": { version: "1.0.0" }, "node_modules/tool": tool },
      want: [/^a 1\.0\.0 .*no licence/],
    },
    {
      what: "an exception that a runtime dependency brings, through another",
      packages: {
        "": { dependencies: { a: "1.0.0" } },
        "node_modules/a": { version: "1.0.0", license: "MIT", dependencies: { tool: "^1.0.0" } },
        "node_modules/a/node_modules/tool": tool,
      },
      want: [/^tool 1\.0\.0 .*for development only/],
    },
    {
      what: "an excepted package that changed its licence",
      packages: { "": {}, "node_modules/tool": { version: "2.0.0", license: "BUSL-1.1" } },
      want: [/^tool 2\.0\.0 .*BUSL-1\.1 is not on the list$/, /^tool: the exception is of no use$/],
    },
    { what: "an exception without its package", packages: { "": {} }, want: [/^tool: the exception is of no use$/] },
  ])("$what", ({ packages, want }) => {
    expect(licenceFaults(packages, EXCEPTION)).toEqual(want.map((line) => expect.stringMatching(line)));
  });

  it("finds nothing in this project", async () => {
    expect(licenceFaults(await readLockfile(ROOT), EXCEPTIONS)).toEqual([]);
  });
});

describe("npm run licences", () => {
  it("names a planted licence, and ends with 1", async () => {
    const folder = await mkdtemp(join(tmpdir(), "secret-relay-licences-"));
    const packages = { ...(await readLockfile(ROOT)), "node_modules/planted": { version: "1.2.3", license: "SSPL-1.0" } };
    await writeFile(join(folder, "package-lock.json"), JSON.stringify({ lockfileVersion: 3, packages }));
    const run = (...args: readonly string[]) =>
      spawnSync(process.execPath, ["scripts/supply-chain/licences.ts", ...args], { cwd: ROOT, encoding: "utf8" });

    const [planted, own] = [run(folder), run()];

    expect([planted.status, planted.stderr]).toEqual([1, "planted 1.2.3 (node_modules/planted): SSPL-1.0 is not on the list\n"]);
    expect([own.status, own.stderr]).toEqual([0, ""]);
    await rm(folder, { recursive: true });
  });
});
