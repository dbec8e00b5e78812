/** cfn-lint looks: the synthesised templates are clean, and a planted mistake in one of them is found. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { findTemplates, lintTemplates } from "../../../scripts/supply-chain/cfn-lint.ts";
import { synthesise, WITHOUT_BUNDLES } from "../../infra/template.ts";

type Resources = Record<string, { readonly Type: string; Properties: Record<string, unknown>; Metadata?: unknown }>;

let folder: string;
let outdir: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "secret-relay-lint-test-"));
  ({ outdir } = await synthesise(WITHOUT_BUNDLES));
});

afterAll(async () => {
  for (const each of [folder, outdir]) await rm(each, { recursive: true });
});

/** The stack's template, changed, in a folder of its own. */
async function planted(name: string, change: (resources: Resources) => void): Promise<readonly string[]> {
  const template = JSON.parse(await readFile(join(outdir, "secret-relay.template.json"), "utf8")) as { readonly Resources: Resources };
  change(template.Resources);
  await mkdir(join(folder, name));
  await writeFile(join(folder, name, "a.template.json"), JSON.stringify(template));
  return findTemplates(join(folder, name));
}

function every(resources: Resources, type: string) {
  const found = Object.values(resources).filter(({ Type }) => Type === type);
  if (found.length === 0) throw new Error(`no ${type}`);
  return found;
}

describe("lintTemplates", () => {
  it("finds nothing in the stack's template", async () => {
    expect(await lintTemplates(await findTemplates(outdir))).toEqual({ isClean: true, output: "" });
  }, 600_000);

  it.each([
    {
      what: "a property that there is not",
      rule: /E3002 .*VisibilityTimeOut/,
      change: (all: Resources) => {
        for (const { Properties } of every(all, "AWS::SQS::Queue")) Properties["VisibilityTimeOut"] = 30;
      },
    },
    {
      what: "a runtime that there is not",
      rule: /E3030 .*nodejs25/,
      change: (all: Resources) => {
        for (const { Properties } of every(all, "AWS::Lambda::Function")) Properties["Runtime"] = "nodejs25.x";
      },
    },
    {
      what: "a dependency said twice, were it not acknowledged beside the function",
      rule: /W3005/,
      change: (all: Resources) => {
        for (const of of every(all, "AWS::Lambda::Function")) delete of.Metadata;
      },
    },
  ])(
    "finds $what",
    async ({ what, rule, change }) => {
      const { isClean, output } = await lintTemplates(await planted(what, change));

      expect(isClean).toBe(false);
      expect(output).toMatch(rule);
    },
    600_000,
  );

  it("refuses a folder in which there is nothing to check", async () => {
    await mkdir(join(folder, "empty"));

    await expect(findTemplates(join(folder, "empty"))).rejects.toThrow("no *.template.json in");
  });
});
