/** The command line as a whole: usage errors, help, and what a bug shows. */
import { describe, expect, it } from "@jest/globals";
import { runCli } from "./run-cli.ts";

describe("a command line that is wrong", () => {
  it.each([
    { args: ["validat"], want: ["unknown command 'validat'", "Did you mean validate?"] },
    { args: ["status", "--clustr", "tokyo"], want: ["unknown option '--clustr'", "Did you mean --cluster?"] },
    { args: ["permissions", "-o", "yaml"], want: ["'yaml' is invalid", "table, json"] },
    { args: ["permissions", "--outputt", "json"], want: ["unknown option '--outputt'", "Did you mean --output?"] },
    { args: ["permissions", "-c", "grantTags=a=b"], want: ["'grantTags=a=b' is invalid", "kmsKeyArns, tracing", "grantTag"] },
    { args: ["permissions", "-c", "grantTag"], want: ["it must be key=value"] },
    { args: ["permissions", "a", "b"], want: ["too many arguments"] },
    { args: ["status", "-o", "yaml"], want: ["'yaml' is invalid", "table, json"] },
    { args: ["render", "-f", "a"], want: ["--values <file>"] },
    { args: ["render", "-f", "a", "--values", "b", "--name", "shop"], want: ["NAMESPACE/NAME"] },
    { args: ["validate", "a", "b"], want: ["too many arguments"] },
    { args: ["local", "rotate", "--al"], want: ["unknown option '--al'"] },
    { args: [], want: ["Usage: secret-relay"] },
  ])("ends with 2 and says what is wrong: $args", async ({ args, want }) => {
    const { status, stdout, stderr } = await runCli(args);

    expect(status).toBe(2);
    expect(stdout).toBe("");
    for (const part of want) expect(stderr).toContain(part);
  });
});

describe("help", () => {
  it("lists the commands on stdout and ends with 0", async () => {
    const { status, stdout } = await runCli(["--help"]);

    expect(status).toBe(0);
    expect(stdout).toMatch(/validate .*render .*status .*permissions /s);
  });

  it("prints the version of the package", async () => {
    expect(await runCli(["--version"])).toEqual({ status: 0, stdout: "0.1.0\n", stderr: "" });
  });
});
