/** docs/threat-model.md can't rot: each threat has a control and tests, and whatever it names is there. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";

const TEXT = readFileSync("docs/threat-model.md", "utf8");

interface Threat {
  readonly section: string;
  readonly threat: string;
  readonly control: string;
  readonly tests: readonly string[];
}

const cellsOf = (row: string): readonly string[] =>
  row
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());

/** The rows of every table that has the column `shown by`. */
function readThreats(text: string): readonly Threat[] {
  return text.split(/^## /m).flatMap((part) => {
    const [section = "", ...lines] = part.split("\n");
    const rows = lines.filter((line) => line.startsWith("|")).map(cellsOf);
    if (rows[0]?.[2] !== "shown by") return [];
    return rows.slice(2).map(([threat = "", control = "", tests = ""]) => ({
      section,
      threat,
      control,
      tests: [...tests.matchAll(/`([^`]+)`/g)].map(([, path = ""]) => path),
    }));
  });
}

const THREATS = readThreats(TEXT);

describe("the threat model", () => {
  it("has every section, with threats in it", () => {
    expect([...new Set(THREATS.map(({ section }) => section))]).toEqual([
      "A compromised cluster",
      "The relay's identity in a cluster",
      "A compromised source account",
      "Confused deputy",
      "Forged, replayed and malformed events",
      "Malicious manifests and configs",
      "Poisoned cluster credentials",
      "Leaks",
      "A stolen role, the supply chain, CI",
    ]);
    expect(THREATS.length).toBeGreaterThan(40);
  });

  it.each(THREATS)("has a control and tests that exist: $threat", ({ control, tests }) => {
    expect(control).not.toBe("");
    expect(tests.length).toBeGreaterThan(0);
    expect(tests.filter((path) => !path.startsWith("test/") || !existsSync(path))).toEqual([]);
  });

  it("links to what is there", () => {
    const links = [...TEXT.matchAll(/\]\(([^)#]+)\)/g)].map(([, link = ""]) => link);

    expect(links.length).toBeGreaterThan(2);
    expect(links.filter((link) => !existsSync(join("docs", link)))).toEqual([]);
  });

  it.each([
    "## X\n\n| threat | control | shown by |\n| --- | --- | --- |\n| a | | `test/unit/threat-model.test.ts` |\n",
    "## X\n\n| threat | control | shown by |\n| --- | --- | --- |\n| a | b | |\n",
    "## X\n\n| threat | control | shown by |\n| --- | --- | --- |\n| a | b | `test/unit/nowhere.test.ts` |\n",
  ])("would not pass with %j", (text) => {
    const [threat] = readThreats(text);

    const isWhole = threat?.control !== "" && (threat?.tests.length ?? 0) > 0 && threat?.tests.every((path) => existsSync(path));
    expect(isWhole).toBe(false);
  });
});
