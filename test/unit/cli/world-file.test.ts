/** The values file: what it may say, and that its mistakes are told without a line of it. */
import { describe, expect, it } from "@jest/globals";
import { readWorld } from "../../../src/cli/world-file.ts";

function versionsIn(text: string): unknown {
  const read = readWorld({ path: "world.yaml", text });
  if (!("world" in read)) throw new Error(JSON.stringify(read.diagnostics));
  return Object.fromEntries(
    [...(read.world.remote.get("SecretsManager") ?? [])].map(([key, versions]) => [
      key,
      versions.map(({ id, stages, value }) => [id, stages, Buffer.from(value).toString("latin1")]),
    ]),
  );
}

function mistakesIn(text: string): readonly string[] {
  const read = readWorld({ path: "world.yaml", text });
  if ("world" in read) return [];
  return read.diagnostics.map(
    ({ line, column, lineText, message, hint }) => `${line}:${column} ${lineText}${message}${hint === undefined ? "" : ` | ${hint}`}`,
  );
}

describe("remote secrets of a values file", () => {
  it.each([
    { name: "text", entry: '"v"', want: [["current", ["AWSCURRENT"], "v"]] },
    { name: "value", entry: "{ value: v, tags: { a: b } }", want: [["current", ["AWSCURRENT"], "v"]] },
    { name: "binary", entry: "{ binary: /wA= }", want: [["current", ["AWSCURRENT"], "\u00ff\u0000"]] },
    {
      name: "versions",
      entry: "{ versions: [{ id: b, stages: [AWSCURRENT, blue], value: new }, { id: a, stages: [AWSPREVIOUS], value: old }] }",
      want: [
        ["b", ["AWSCURRENT", "blue"], "new"],
        ["a", ["AWSPREVIOUS"], "old"],
      ],
    },
    {
      name: "value beside older versions",
      entry: "{ value: new, versions: [{ id: 1, value: old }] }",
      want: [
        ["current", ["AWSCURRENT"], "new"],
        ["1", [], "old"],
      ],
    },
    {
      name: "value that is listed once more",
      entry: "{ value: new, versions: [{ id: b, stages: [AWSCURRENT], value: new }] }",
      want: [["b", ["AWSCURRENT"], "new"]],
    },
  ])("are versions with stages: $name", ({ entry, want }) => {
    expect(versionsIn(`SecretsManager: { app/db: ${entry} }`)).toEqual({ "app/db": want });
  });

  it("may be JSON, and an empty file is an empty world", () => {
    expect(versionsIn('{\n\t"SecretsManager": {"a": "b"}\n}')).toEqual({ a: [["current", ["AWSCURRENT"], "b"]] });
    expect(versionsIn("")).toEqual({});
  });
});

describe("a values file with a mistake", () => {
  it.each([
    { text: "SecretManager: { a: CANARY }", want: ["1:1 unknown field SecretManager | did you mean SecretsManager?"] },
    { text: "namespace: {}", want: ["1:1 unknown field namespace | did you mean namespaces?"] },
    {
      text: "SecretsManager:\n  a.b/c: { vlaue: CANARY }",
      want: ['2:12 SecretsManager["a.b/c"]: unknown field vlaue | did you mean value?'],
    },
    {
      text: "SecretsManager:\n  a: { versions: [{ id: x, stage: [s], value: CANARY }] }",
      want: ['2:28 SecretsManager["a"]: unknown field versions[0].stage | did you mean stages?'],
    },
    { text: "SecretsManager: { a: 42 }", want: ['1:22 SecretsManager["a"] must be a text or a mapping | put it in quotes'] },
    { text: "SecretsManager: [CANARY]", want: ["1:1 SecretsManager must be a mapping"] },
    { text: "CANARY", want: ["1:1 the document must be a mapping"] },
    { text: "SecretsManager: { a: { value: 42 } }", want: ['1:31 SecretsManager["a"]: value must be a string | put it in quotes'] },
    { text: 'SecretsManager: { a: { binary: "CANARY!" } }', want: ['1:32 SecretsManager["a"]: binary: this is no base64'] },
    { text: "SecretsManager: { a: {} }", want: ['1:19 SecretsManager["a"] needs a value, binary or versions'] },
    {
      text: "SecretsManager: { a: { value: CANARY, binary: QQ== } }",
      want: ['1:19 SecretsManager["a"] needs exactly one of value and binary'],
    },
    {
      text: "SecretsManager: { a: { versions: [{ id: x }] } }",
      want: ['1:35 SecretsManager["a"].versions[0] needs exactly one of value and binary'],
    },
    {
      text: "SecretsManager: { a: { value: CANARY, versions: [{ id: x, stages: [AWSCURRENT], value: CANARY2 }] } }",
      want: ['1:50 SecretsManager["a"].versions[0]: stage AWSCURRENT is on another version already'],
    },
    {
      text: "SecretsManager: { a: { versions: [{ id: x, value: a }, { id: x, value: b }] } }",
      want: ['1:62 SecretsManager["a"].versions[1]: id x is given twice'],
    },
    { text: "secrets: { database: { a: CANARY } }", want: ["1:12 secrets names each by namespace/name, not database"] },
    { text: "secrets: { app/db: { a: 1 } }", want: ['1:25 secrets["app/db"]: a must be a string | put it in quotes'] },
    { text: "configMaps: { app/db: [CANARY] }", want: ['1:15 configMaps["app/db"]: this must be a mapping'] },
    { text: "namespaces: { app: { team: 1 } }", want: ['1:28 namespaces["app"]: team must be a string | put it in quotes'] },
    { text: "SecretsManager: {}\n---\nSecretsManager: {}", want: ["3:1 a values file has one document | join the two"] },
    {
      text: 'SecretsManager: { a: "CANARY',
      want: [
        "1:29 a character is missing here",
        "1:29 the indentation does not fit | indent the fields of one mapping by the same number of spaces",
      ],
    },
  ])("is refused with its place, and none of its lines: $text", ({ text, want }) => {
    const mistakes = mistakesIn(text);

    expect(mistakes).toEqual(want);
    expect(mistakes.join()).not.toContain("CANARY");
  });
});
