/**
 * The checked-in list of rights that the functions use, by the test file that shows it (test/vectors/iam-rights.json). Each file proves
 * its own part of it, so that the list holds whatever the order in which files run, and a unit test compares the list with the grants.
 * A file whose calls depend on the real clock, as end-to-end tests' do, has no part of its own; only that each of them is allowed.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "@jest/globals";
import { usedRights } from "./replay.ts";

const FILE = join(import.meta.dirname, "../../vectors/iam-rights.json");

/** Rights as `Sync secretsmanager:GetSecretValue`, by test file. */
export function recordedRights(): Readonly<Record<string, readonly string[]>> {
  return JSON.parse(readFileSync(FILE, "utf8")) as Record<string, readonly string[]>;
}

/**
 * To be asked last in a test file: rights were used, whatever is listed for the file among them; and of a file with a part, all are listed.
 * RECORD_IAM_RIGHTS=1 writes the file's part anew, instead.
 */
export function expectRecordedRights(file: string): void {
  const recorded = recordedRights();
  const used = [...usedRights].toSorted();
  if (process.env["RECORD_IAM_RIGHTS"] === "1") {
    writeFileSync(FILE, `${JSON.stringify({ ...recorded, [file]: used }, undefined, 2)}\n`);
    return;
  }
  expect(used.length).toBeGreaterThan(0);
  if (recorded[file] === undefined) return;
  expect(used).toEqual(expect.arrayContaining([...recorded[file]]));
  const listed = new Set(Object.values(recorded).flat());
  expect(used.filter((right) => !listed.has(right))).toEqual([]);
}
