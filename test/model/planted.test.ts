/** The table of planted bugs: each is found, by a fixed seed, within the schedules that it took when it was planted. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { PLANTED_BUGS } from "./planted/bugs.ts";

interface Row {
  readonly name: string;
  readonly isFound: boolean;
  readonly runs?: number;
  readonly fault?: string;
}

const MOST_SCHEDULES = 20_000;

describe("planted bugs", () => {
  let rows: readonly Row[] = [];
  beforeAll(async () => {
    // Node's own loader plants them, which jest's does not have.
    const finder = fileURLToPath(new URL("planted/find.ts", import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, ["--max-semi-space-size=64", finder], { maxBuffer: 16 * 1024 * 1024 });
    rows = JSON.parse(stdout) as readonly Row[];
  });

  it("cover every line of the schedules that broke earlier drafts", () => {
    const lines = new Set(PLANTED_BUGS.map(({ line }) => line));

    expect([...lines].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(PLANTED_BUGS.length).toBeGreaterThanOrEqual(20);
  });

  it.each(PLANTED_BUGS.map(({ name, line }) => ({ name, line })))("is found (line $line): $name", ({ name }) => {
    const row = rows.find((one) => one.name === name);

    expect(row).toMatchObject({ isFound: true });
    expect(row?.runs).toBeLessThanOrEqual(MOST_SCHEDULES);
  });
});
