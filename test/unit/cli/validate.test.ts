/** `validate`: which folder it takes, what it prints, and how it ends. */
import { describe, expect, it } from "@jest/globals";
import { clusterFile, secretFile, storeFile } from "../core/config/gen.ts";
import { runCli } from "./run-cli.ts";

const GOOD = [clusterFile(), clusterFile({ name: "virginia" }), storeFile(), secretFile()];

function below(folder: string, files: readonly { readonly path: string; readonly text: string }[]): Record<string, string> {
  return Object.fromEntries(files.map(({ path, text }) => [`${folder}/${path}`, text]));
}

describe("validate", () => {
  it.each([
    { name: "the path", args: ["mine"], files: below("mine", GOOD), folder: "mine" },
    {
      name: "cdk.json's context key",
      args: [],
      files: { ...below("conf/relay", GOOD), "cdk.json": '{"context":{"config":"conf/relay"}}' },
      folder: "conf/relay",
    },
    { name: "config where cdk.json has no such key", args: [], files: { ...below("config", GOOD), "cdk.json": "{}" }, folder: "config" },
    { name: "config where there is no cdk.json", args: [], files: below("config", GOOD), folder: "config" },
  ])("takes the folder of $name, and sums up what it registers", async ({ args, files, folder }) => {
    expect(await runCli(["validate", ...args], { files })).toEqual({
      status: 0,
      stdout: `${folder} is valid: 2 clusters, 2 registrations\nCLUSTER   REGISTRATIONS\ntokyo     1\nvirginia  1\n`,
      stderr: "",
    });
  });

  it("prints every mistake of every file with its place, and what would be right", async () => {
    const files = below("config", [
      clusterFile({ globs: "aps/**/*.yaml" }),
      storeFile(),
      secretFile("  data: [{ secretKey: a, remoteRef: { key: k } }]\n  refreshIntervall: 1h"),
    ]);

    const { status, stdout, stderr } = await runCli(["validate"], { files });

    expect(status).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toBe(`apps/shop.yaml:7:3: unknown field spec.refreshIntervall
    refreshIntervall: 1h
    ^
  did you mean refreshInterval?
clusters/tokyo.yaml:6:15: spec.manifests[0] matches no file
    manifests: ["aps/**/*.yaml"]
                ^
  the nearest file is apps/shop.yaml; globs start at the config folder
error: 2 mistakes in config
`);
  });

  it.each([
    { name: "missing folder", args: ["nowhere"], files: {}, want: "error: there is no config folder nowhere\n" },
    { name: "missing default folder", args: [], files: {}, want: "error: there is no config folder config\n" },
    { name: "file", args: ["a.yaml"], files: { "a.yaml": "" }, want: "error: a.yaml is a file; name the config folder that holds it\n" },
    {
      name: "folder without config files",
      args: ["docs"],
      files: { "docs/a.txt": "" },
      want: "error: docs holds no file that ends in .yaml, .yml or .json\n",
    },
    { name: "broken cdk.json", args: [], files: { "cdk.json": "{" }, want: "error: cdk.json is no valid JSON\n" },
    {
      name: "config key of another type",
      args: [],
      files: { "cdk.json": '{"context":{"config":7}}' },
      want: 'error: cdk.json: the context key "config" must be a path\n',
    },
  ])("ends with 1 and one clear line: $name", async ({ args, files, want }) => {
    expect(await runCli(["validate", ...args], { files })).toEqual({ status: 1, stdout: "", stderr: want });
  });

  it("warns where no Cluster would be left", async () => {
    const { status, stderr } = await runCli(["validate", "config"], { files: below("config", [storeFile()]) });

    expect(status).toBe(0);
    expect(stderr).toContain("no Cluster in config");
  });
});
