/** The workflows run nothing that can change under them, and hold no right that they don't need. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { parse } from "yaml";

const FOLDER = join(import.meta.dirname, "../../../.github/workflows");

interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly "timeout-minutes"?: number;
  readonly steps?: readonly { readonly uses?: string; readonly run?: string; readonly with?: Readonly<Record<string, unknown>> }[];
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly concurrency?: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}

/** What is wrong with a workflow, one line each. */
function faultsOf(text: string): readonly string[] {
  const { on, permissions, concurrency, jobs } = parse(text) as Workflow;
  // In the text, since a comment is no part of the YAML.
  const uses = text.split("\n").filter((line) => /^\s*(?:-\s+)?uses:/.test(line));
  const steps = Object.values(jobs).flatMap((job) => job.steps ?? []);
  const rights = [permissions ?? {}, ...Object.values(jobs).map((job) => job.permissions ?? {})].flatMap((of) => Object.values(of));
  return [
    ...uses
      .filter((line) => !/uses: [\w-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))
      .map((line) => `not pinned: ${line.trim()}`),
    ...(uses.length === steps.filter((step) => step.uses !== undefined).length ? [] : ["a use that is not on a line of its own"]),
    ...(permissions === undefined ? ["no permissions"] : []),
    ...(rights.every((right) => right === "read" || right === "none") ? [] : ["a right to write"]),
    ...("pull_request_target" in on || "workflow_run" in on ? ["runs others' code with this repository's rights"] : []),
    ...(/\$\{\{[^}]*\bsecrets\b/.test(text) ? ["uses a secret"] : []),
    ...(concurrency === undefined ? ["no concurrency"] : []),
    ...Object.entries(jobs).flatMap(([name, job]) => (job["timeout-minutes"] === undefined ? [`${name}: no time-out`] : [])),
    ...steps
      .filter(({ uses: action, with: given }) => action?.startsWith("actions/checkout@") && given?.["persist-credentials"] !== false)
      .map(() => "keeps the token in the checkout"),
    // What a stranger may name (a branch, a title) must not become a part of a command.
    ...steps.filter(({ run }) => run?.includes("${{")).map(() => "an expression in a command"),
  ];
}

const files = readdirSync(FOLDER);
const ci = readFileSync(join(FOLDER, "ci.yml"), "utf8");

describe("the workflows", () => {
  it.each(files)("%s is pinned and has no more rights than it needs", (file) => {
    expect(faultsOf(readFileSync(join(FOLDER, file), "utf8"))).toEqual([]);
  });

  it("run what everybody runs", () => {
    const { jobs } = parse(ci) as Workflow;

    expect(Object.values(jobs).map(({ steps }) => steps?.at(-1)?.run)).toEqual([".ci/run", "npm run audit -- --require-answer"]);
  });

  it.each([
    { what: "a tag", from: /@8e8c\S+ # v6\.0\.1/, to: "@v6", want: /not pinned: .*checkout@v6/ },
    { what: "a short hash", from: /@8e8c483\S+/, to: "@8e8c483", want: /not pinned/ },
    { what: "a hash that does not say its version", from: / # v6\.0\.1/, to: "", want: /not pinned/ },
    { what: "no permissions", from: /permissions:\n.*\n/, to: "", want: /no permissions/ },
    { what: "a right to write", from: /contents: read/, to: "contents: write", want: /a right to write/ },
    { what: "pull_request_target", from: /pull_request:/, to: "pull_request_target:", want: /others' code/ },
    { what: "a secret", from: /\.ci\/run/, to: ".ci/run ${{ secrets.TOKEN }}", want: /uses a secret/ },
    { what: "an expression in a command", from: /\.ci\/run/, to: "echo ${{ github.head_ref }}", want: /an expression/ },
    { what: "a token in the checkout", from: /persist-credentials: false/, to: "fetch-depth: 0", want: /keeps the token/ },
    { what: "no time-out", from: /timeout-minutes: 60\n/, to: "name: check\n", want: /check: no time-out/ },
  ])("are refused for $what", ({ from, to, want }) => {
    const planted = ci.replace(from, to);

    expect(planted).not.toBe(ci);
    expect(faultsOf(planted)).toEqual(expect.arrayContaining([expect.stringMatching(want)]));
  });
});
