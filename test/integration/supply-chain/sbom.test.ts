/** The bills of materials of this project: what they hold is what is in the bundles, and each run writes the same text. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { bundleHandler, HANDLER_NAMES } from "../../../infra/handler-code.ts";

const ROOT = join(import.meta.dirname, "../../..");

interface Bill {
  readonly serialNumber: string;
  readonly metadata: {
    readonly component: {
      readonly components?: readonly { readonly name: string; readonly hashes: readonly { readonly content: string }[] }[];
    };
  };
  readonly components: readonly {
    readonly "bom-ref": string;
    readonly group?: string;
    readonly name: string;
    readonly purl: string;
    readonly hashes?: unknown;
  }[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

describe("npm run sbom", () => {
  let folder: string;
  let texts: Readonly<Record<string, string>>;
  let bills: Readonly<Record<string, Bill>>;

  function run(into: string): Readonly<Record<string, string>> {
    const { status, stderr } = spawnSync(process.execPath, ["scripts/supply-chain/sbom.ts", into], { cwd: ROOT, encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
    return Object.fromEntries(readdirSync(into).map((file) => [file.replace(".cdx.json", ""), readFileSync(join(into, file), "utf8")]));
  }

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "secret-relay-sbom-"));
    texts = run(join(folder, "one"));
    bills = Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, JSON.parse(text) as Bill]));
  });

  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  const packagesOf = (name: string) => (bills[name]?.components ?? []).map((of) => [of.group, of.name].filter(Boolean).join("/"));

  it("writes one bill for each function, and one for the command line", () => {
    expect(Object.keys(bills).toSorted()).toEqual([...HANDLER_NAMES, "secret-relay"].toSorted());
  });

  it("lists what a bundle holds, and nothing that it does not", () => {
    const sync = packagesOf("sync");

    expect(sync).toEqual(expect.arrayContaining(["@aws-sdk/client-secrets-manager", "@middy/core", "yaml", "re2js"]));
    // Types only, tools, and tests' packages.
    for (const absent of ["@kubernetes/client-node", "aws-cdk-lib", "commander", "typescript", "@cloud-copilot/iam-simulate"]) {
      expect(sync).not.toContain(absent);
    }
    for (const own of ["@aws-sdk/client-s3", "zod"]) {
      expect(packagesOf("register")).toContain(own);
      expect(sync).not.toContain(own);
    }
  });

  it("has the hash of each file of the bundle", () => {
    const want = Object.fromEntries(
      [...bundleHandler("sync").files].map(([name, contents]) => [name, createHash("sha256").update(contents).digest("hex")]),
    );

    const got = bills["sync"]?.metadata.component.components ?? [];
    expect(Object.fromEntries(got.map(({ name, hashes }) => [name, hashes[0]?.content]))).toEqual(want);
    expect(got.map(({ name }) => name)).toEqual(Object.keys(want).toSorted());
  });

  it("names, for the command line, all that a user installs and no tool of development", () => {
    const all = packagesOf("secret-relay");

    expect(all).toEqual(expect.arrayContaining(["aws-cdk-lib", "commander", "zod", "yaml", "@esbuild/darwin-arm64"]));
    for (const absent of ["typescript", "jest", "@biomejs/biome", "@cloud-copilot/iam-simulate"]) expect(all).not.toContain(absent);
  });

  it("refers to nothing that is not in it, and says no place twice", () => {
    for (const { components, dependencies } of Object.values(bills)) {
      const refs = components.map((of) => of["bom-ref"]);
      expect(new Set(refs).size).toBe(refs.length);
      expect(dependencies.flatMap(({ dependsOn }) => dependsOn).filter((ref) => !refs.includes(ref))).toEqual([]);
      expect(dependencies.slice(1).map(({ ref }) => ref)).toEqual(refs);
    }
  });

  it("writes the same text each time", () => {
    expect(run(join(folder, "two"))).toEqual(texts);
  });
});
