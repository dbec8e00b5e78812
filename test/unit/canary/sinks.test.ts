/** Every sink keeps what it gets and the verdict looks at all of it: a leak that is planted in any of them is found, and an idle sink is told. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { canary } from "../../support/canary/canary.ts";
import { RUN_FOLDER } from "../../support/canary/run-folder.ts";
import { openSink, record, recordFile, SINKS, type SinkName } from "../../support/canary/sinks.ts";
import { faultsOf, judgeRun } from "../../support/canary/verdict.ts";

const NAMES = Object.keys(SINKS) as SinkName[];
const ALWAYS_USED = NAMES.filter((name) => SINKS[name].isAlwaysUsed);
let outer: string | undefined;
let folder: string;

beforeEach(() => {
  outer = process.env[RUN_FOLDER];
  folder = mkdtempSync(join(tmpdir(), "secret-relay-sinks-"));
  process.env[RUN_FOLDER] = folder;
});

afterEach(() => {
  if (outer === undefined) delete process.env[RUN_FOLDER];
  else process.env[RUN_FOLDER] = outer;
  rmSync(folder, { recursive: true });
});

const fillAll = (): void => {
  for (const name of NAMES) record(name, "nothing to see");
};

describe.each(NAMES)("the sink %s", (sink) => {
  it.each([
    { how: "a record", leak: (value: string) => record(sink, `x=${value}`) },
    { how: "a file", leak: (value: string) => recordFile(sink, Buffer.from(`x=${value}`)) },
    {
      how: "two chunks of a stream",
      leak: (value: string) => {
        const write = openSink(sink);
        write(`x=${value.slice(0, 4)}`);
        openSink(sink)("of another stream");
        write(value.slice(4, 8));
      },
    },
  ])("shows a leak in $how", ({ leak }) => {
    fillAll();
    canary("another");
    leak(canary("planted"));

    const verdict = judgeRun(folder);

    expect(verdict.leaks).toEqual([expect.objectContaining({ sink, label: "planted", spelling: "" })]);
    expect(faultsOf(verdict, false)).toEqual([expect.stringContaining(`the sink "${sink}": planted, in the clear`)]);
  });
});

describe("the verdict", () => {
  it("is good where every sink was used and is clean", () => {
    fillAll();
    canary("unseen");

    const verdict = judgeRun(folder);

    expect(verdict).toMatchObject({ canaries: 1, leaks: [], unused: [] });
    expect(faultsOf(verdict, true)).toEqual([]);
  });

  it.each(ALWAYS_USED)("is bad where a whole run left the sink %s empty, and only then", (idle) => {
    for (const name of NAMES) if (name !== idle) record(name, "nothing to see");
    canary("unseen");

    expect(faultsOf(judgeRun(folder), true)).toEqual([expect.stringContaining(`"${idle}" got nothing`)]);
    expect(faultsOf(judgeRun(folder), false)).toEqual([]);
  });

  it("is bad where a whole run made no canary", () => {
    fillAll();

    expect(faultsOf(judgeRun(folder), true)).toEqual(["no test made a canary"]);
  });

  it("never holds the value", () => {
    const value = canary("planted");
    record("log", value);

    expect(JSON.stringify(judgeRun(folder))).not.toContain(JSON.stringify(value).slice(1, 9));
  });

  it("finds a leak that lies across the pieces of a large file", () => {
    const value = canary("planted");
    recordFile("template", Buffer.concat([Buffer.alloc(8 * 1024 * 1024 - 4, 0x20), Buffer.from(value.slice(0, 8))]));

    expect(judgeRun(folder).leaks).toEqual([expect.objectContaining({ sink: "template" })]);
  });
});
