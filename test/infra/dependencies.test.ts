/** What runs in the functions is known: the packages of their bundles by name and hash, no code from texts, and nothing that writes memory down. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { bundleHandler, HANDLER_NAMES } from "../../infra/handler-code.ts";
import { resourcesOf, synthesise, WITHOUT_BUNDLES } from "./template.ts";

/** Whoever adds one has looked at what it does: it runs with the functions' rights, beside the values. AWS's own are one supplier. */
const PACKAGES = [
  "@aws-sdk/*",
  "@aws/lambda-invoke-store",
  "@middy/core",
  "@middy/util",
  "@smithy/*",
  "asn1js",
  "bcryptjs",
  "bowser",
  "mnemonist",
  "node-forge",
  "obliterator",
  "pvtsutils",
  "pvutils",
  "re2js",
  "yaml",
  "zod",
];

interface LockedPackage {
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
}

const LOCK = JSON.parse(readFileSync("package-lock.json", "utf8")) as { readonly packages: Readonly<Record<string, LockedPackage>> };
const { allowScripts } = JSON.parse(readFileSync("package.json", "utf8")) as { readonly allowScripts: Readonly<Record<string, boolean>> };

/** The bundle as text, and the folders of its packages as the lock file names them. */
function inspectBundle(name: (typeof HANDLER_NAMES)[number]): { readonly text: string; readonly folders: readonly string[] } {
  const { files, inputs } = bundleHandler(name);
  const folders = inputs.flatMap((path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []);
  const code = [...files].filter(([file]) => file.endsWith(".mjs")).map(([, contents]) => Buffer.from(contents).toString("utf8"));
  return { text: code.join("\n"), folders: [...new Set(folders)] };
}

const nameOf = (folder: string): string => folder.slice(folder.lastIndexOf("node_modules/") + "node_modules/".length);

describe.each(HANDLER_NAMES)("the bundle of %s", (name) => {
  const { text, folders } = inspectBundle(name);

  it("holds packages of the list only, each under a hash in the lock file", () => {
    const names = new Set(folders.map((folder) => nameOf(folder).replace(/^(@aws-sdk|@smithy)\/.*/, "$1/*")));

    expect([...names].filter((one) => !PACKAGES.includes(one))).toEqual([]);
    for (const folder of folders) expect([folder, LOCK.packages[folder]?.integrity]).toEqual([folder, expect.stringMatching(/^sha512-/)]);
  });

  it("makes no code of texts, and writes no report, heap or profile", () => {
    for (const word of [
      // But for a method of that name.
      /[^.\w$]eval\s*\([^)]*\)(?!\s*\{)/,
      /new Function\b/,
      /node:vm\b/,
      /writeHeapSnapshot|writeReport|node:inspector/,
      /AWS_XRAY|putAnnotation|putMetadata/,
    ])
      expect([word, word.exec(text)?.[0]]).toEqual([word, undefined]);
  });
});

it("only packages that are listed may run a script when they are installed", () => {
  const scripted = Object.entries(LOCK.packages).flatMap(([folder, { hasInstallScript }]) =>
    hasInstallScript === true ? [nameOf(folder)] : [],
  );

  expect(new Set(scripted)).toEqual(new Set(Object.keys(allowScripts)));
});

it("no function's environment lets Node write a report, a heap, a core or a profile, or listen to a debugger", async () => {
  const { template } = await synthesise({ ...WITHOUT_BUNDLES, tracing: "true", logLevel: "debug" });

  const environments = Object.values(resourcesOf(template, "AWS::Lambda::Function")).map(({ Environment }) =>
    JSON.stringify(Environment ?? {}),
  );
  expect(environments).toHaveLength(4);
  for (const environment of environments) {
    expect(environment).toContain('"LOG_LEVEL"');
    // Whatever option it would be: source maps, too, would be read at each cold start.
    expect(environment).not.toMatch(/NODE_|report|heap|inspect|abort-on|prof|TRACE_/i);
  }
});
