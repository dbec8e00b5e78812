/** What is installed is what was locked, byte for byte; and the lockfile is read as Node finds packages. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { dependenciesOf, packageOfFile, readLockfile, runtimePackages } from "../../../scripts/supply-chain/lockfile.ts";

const ROOT = join(import.meta.dirname, "../../..");

describe("package-lock.json", () => {
  it("has the hash of every tarball, on every platform, and no source but the registry", async () => {
    const { "": _project, ...packages } = await readLockfile(ROOT);
    const entries = Object.entries(packages);

    expect(entries.length).toBeGreaterThan(400);
    expect(entries.filter(([, { integrity, inBundle }]) => inBundle !== true && integrity?.startsWith("sha512-") !== true)).toEqual([]);
    expect(entries.filter(([, { link }]) => link === true)).toEqual([]);
    expect(entries.filter(([, { resolved }]) => resolved !== undefined && !resolved.startsWith("https://registry.npmjs.org/"))).toEqual([]);
  });

  it("is of exact versions, and lets just the named packages run a script when they are installed", () => {
    const { dependencies, devDependencies, allowScripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Readonly<
      Record<string, Readonly<Record<string, unknown>>>
    >;

    expect(Object.entries({ ...dependencies, ...devDependencies }).filter(([, of]) => !/^\d+\.\d+\.\d+$/.test(String(of)))).toEqual([]);
    expect(allowScripts).toEqual({ node: true, esbuild: true, "@parcel/watcher": false });
  });
});

it.each([
  { what: "Python's requirements of the emulator", file: "src/local/ministack-requirements.txt", least: 10 },
  { what: "Python's requirements of cfn-lint", file: "scripts/supply-chain/cfn-lint-requirements.txt", least: 8 },
])("$what are pinned by version and hash", ({ file, least }) => {
  const text = readFileSync(join(ROOT, file), "utf8").replaceAll("\\\n", " ");
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));

  expect(lines.length).toBeGreaterThanOrEqual(least);
  expect(lines.filter((line) => !/^[\w.-]+==[\w.]+ (?:; [^;]+?)?(?:\s*--hash=sha256:[0-9a-f]{64})+\s*$/.test(line))).toEqual([]);
});

describe("the lockfile's reader", () => {
  const packages = {
    "": { dependencies: { a: "1", "@x/b": "1" }, devDependencies: { c: "1" } },
    "node_modules/a": { dependencies: { d: "1" }, optionalDependencies: { elsewhere: "1" } },
    "node_modules/a/node_modules/d": { dependencies: { e: "1" } },
    "node_modules/@x/b": { dependencies: { d: "2" }, peerDependencies: { e: "1" } },
    "node_modules/c": { dependencies: { f: "1" } },
    "node_modules/d": {},
    "node_modules/e": { dependencies: { a: "1" } },
    "node_modules/f": {},
  };

  it.each([
    ["node_modules/a", ["node_modules/a/node_modules/d"]],
    ["node_modules/@x/b", ["node_modules/d", "node_modules/e"]],
    ["node_modules/a/node_modules/d", ["node_modules/e"]],
    ["", ["node_modules/@x/b", "node_modules/a"]],
  ])("finds what %s gets: the nearest", (path, want) => {
    expect(dependenciesOf(packages, path)).toEqual(want);
  });

  it("leaves development out, and is not caught in a circle", () => {
    expect([...runtimePackages(packages)].toSorted()).toEqual([
      "node_modules/@x/b",
      "node_modules/a",
      "node_modules/a/node_modules/d",
      "node_modules/d",
      "node_modules/e",
    ]);
  });

  it.each([
    ["node_modules/a/lib/index.js", "node_modules/a"],
    ["node_modules/@x/b/index.js", "node_modules/@x/b"],
    ["node_modules/a/node_modules/@x/b/c.js", "node_modules/a/node_modules/@x/b"],
    ["src/core/model.ts", undefined],
  ])("knows whose %s is", (file, want) => {
    expect(packageOfFile(file)).toBe(want);
  });
});
