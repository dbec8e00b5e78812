/** Columns and ages as people read them. */
import { describe, expect, it } from "@jest/globals";
import { formatAge, formatTable } from "../../../src/cli/output-table.ts";

describe("formatTable", () => {
  it("pads every column but the last, and measures cells before they are painted", () => {
    const table = formatTable(
      ["NAME", "STATE", "ERROR"],
      [
        ["a", "Synced", ""],
        ["longer", "Error", "x y"],
      ],
      (cell, column) => (column === "STATE" ? `<${cell}>` : cell),
    );

    expect(table).toBe("NAME    STATE   ERROR\na       <Synced>\nlonger  <Error>   x y\n");
  });
});

describe("formatAge", () => {
  it.each([
    [-5, "0s"],
    [119_999, "119s"],
    [120_000, "2m"],
    [135_000, "2m15s"],
    [600_000, "10m"],
    [7_200_000, "2h"],
    [7_260_000, "2h1m"],
    [36_000_000, "10h"],
    [172_800_000, "2d"],
    [180_000_000, "2d2h"],
    [864_000_000, "10d"],
  ])("writes %s ms as %s", (ms, want) => {
    expect(formatAge(ms)).toBe(want);
  });
});
