/**
 * Foreign errors quote what they were given, so nothing of them but an allow-list may be kept (src/core/remote-calls.ts). Source that reads
 * more of an error than that is listed here with the reason why it may; what is not listed is a mistake.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { nameOf } from "../../src/app/sync-job.ts";

const FOLDERS = ["src/core", "src/app", "src/adapters", "src/cli", "functions", "infra"];

/** Reads an error's own text, or an object of any kind as text. */
const TEXT_OF_ERROR =
  /\b(?:error|failure|caught|again|reason|bug)\??\.(?:message|stack|cause)\b|\bString\((?:error|failure|caught|again)\b/;
/** Hangs one error on another. */
const KEPT_CAUSE = /\bcause\s*[:=](?!=)|\{\s*cause\s*[,}]/;

/** By file, and why each of its lines may. */
const ALLOWED: Readonly<Record<string, string>> = {
  "src/app/sync-announce.ts": "a RelayError: our own text",
  "src/app/sync-failure.ts": "a RelayError: our own text",
  "src/app/find-namespaces.ts": "after isRelayError",
  "src/app/refresh-namespaces.ts": "a RelayError: our own text",
  "src/core/failure-letter.ts": "a RelayError: our own text",
  "src/core/source/rewrite.ts": "after isTemplateError: a place and a fixed phrase",
  "src/core/sync/content.ts": "after isTemplateError: a place and a fixed phrase",
  "src/core/template/evaluate.ts": "a FunctionFault: a fixed phrase",
  "src/core/template/execute.ts": "a FunctionFault: a fixed phrase",
  "src/cli/main.ts": "CommandFailed and RelayError: our own texts; of a bug only the frames of its stack",
  "src/cli/local.ts": "the demonstration's own parts, whose secrets are samples",
  "src/cli/permissions.ts": "a UserMistake: our own text on the context or the config",
  "src/cli/render.ts": "a rendered item's error, which renderItem made of a RelayError",
  "src/cli/render-item.ts": "a RelayError: our own text",
  "src/cli/status.ts": "a status record, which holds a RelayError's text",
  "src/cli/status-namespaces.ts": "a status record, which holds a RelayError's text",
  "functions/middleware.ts": "RelayError and EnvironmentError: our own texts",
  "functions/places.ts": "only places in its stack",
  "functions/register/registration.ts": "after isRelayError",
  "infra/app.ts": "after isUserMistake: our own text",
};

const sources = FOLDERS.flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.startsWith("local/"))
    .map((path) => join(folder, path)),
);

/** Without comments, which speak of errors too. */
const linesOf = (path: string): readonly string[] =>
  readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => !/^\s*(?:\/\/|\/?\*)/.test(line));

describe("no source", () => {
  it("reads an error's text but those that are listed, and each of those does", () => {
    const reading = sources.filter((path) => linesOf(path).some((line) => TEXT_OF_ERROR.test(line)));

    expect(reading.toSorted()).toEqual(Object.keys(ALLOWED).toSorted());
  });

  it("hangs a foreign error on one of ours as its cause", () => {
    const keeping = sources.filter((path) => linesOf(path).some((line) => KEPT_CAUSE.test(line)));

    expect(keeping).toEqual([]);
  });

  it.each([
    "log.error(error.message);",
    "throw new Error(`no: ${error.stack}`);",
    "const text = String(error);",
    "return failure?.message;",
    'throw new Error("x", { cause: error });',
    'throw new Error("x", { cause });',
  ])("would pass with %s", (line) => {
    expect(TEXT_OF_ERROR.test(line) || KEPT_CAUSE.test(line)).toBe(true);
  });
});

describe("the name of a bug", () => {
  it.each([
    { error: new TypeError("text"), want: "TypeError" },
    { error: Object.assign(new Error("text"), { name: "pa55word: x" }), want: "object" },
    { error: { name: { toString: (): string => "a value" } }, want: "object" },
    { error: "a value", want: "string" },
  ])("is $want", ({ error, want }) => {
    expect(nameOf(error)).toBe(want);
  });
});
