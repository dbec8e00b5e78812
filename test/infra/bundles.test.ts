/** What a cold start has to load: each bundle within its budget, and with the SDK in it; and what minifying must leave as it is. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { type Bundle, bundle, ROOT, startBytes } from "../../infra/bundle.ts";
import { bundleHandler, HANDLER_NAMES, type HandlerName } from "../../infra/handler-code.ts";

/** npm run bench -- init says what they are, and what importing them costs. */
const BUDGET_BYTES = 800_000;

describe("bundles", () => {
  let bundles: ReadonlyMap<HandlerName, Bundle>;

  beforeAll(() => {
    bundles = new Map(HANDLER_NAMES.map((name) => [name, bundleHandler(name)]));
  });

  function bundleOf(name: HandlerName): Bundle {
    const made = bundles.get(name);
    if (made === undefined) throw new Error(`no bundle of ${name}`);
    return made;
  }

  it.each(HANDLER_NAMES)("%s is within its budget, with EKS's client in a file that is loaded by need", (name) => {
    const { files } = bundleOf(name);
    const bytes = startBytes(bundleOf(name));

    expect(bytes).toBeLessThanOrEqual(BUDGET_BYTES);
    expect(bytes).toBeGreaterThan(100_000);
    expect([...files.keys()].filter((file) => /^eks-client-\w+\.mjs$/.test(file))).toHaveLength(1);
  });

  // Each file of its own costs half a millisecond and more.
  it.each(HANDLER_NAMES)("%s begins with two files, the one of which names the other's export", (name) => {
    const { files, startFiles } = bundleOf(name);
    const index = Buffer.from(files.get("index.mjs") ?? []).toString("utf8");

    expect(index.length).toBeLessThan(200);
    const chunk = /from"\.\/(chunk-\w+\.mjs)"/.exec(index)?.[1] ?? "";
    expect(startFiles).toEqual(["index.mjs", chunk]);
    expect(startBytes(bundleOf(name))).toBe(index.length + (files.get(chunk)?.byteLength ?? 0));
    // As the text has it, and not only what esbuild says of it: the one file imports none of the others at once.
    expect(Buffer.from(files.get(chunk) ?? []).toString("utf8")).not.toMatch(/\b(?:from|import)\s*"\.\//);
  });

  it.each(HANDLER_NAMES)("%s begins without what few deployments or few events need", (name) => {
    const parts = [
      "re2js/",
      "node_modules/yaml/",
      "core/source/property.ts",
      "core/template/target-template.ts",
      "client-ssm/",
      "client-eks/",
    ];
    const byNeed = [...parts, "app/refresh-namespaces.ts", name === "register" ? "adapters/kubernetes/send.ts" : "zod/"];

    // Of what none holds, none would begin with it.
    const held = [...bundles.values()].flatMap(({ sources }) => sources);
    expect(byNeed.filter((part) => !held.some((source) => source.includes(part)))).toEqual([]);
    expect(bundleOf(name).startSources.filter((source) => byNeed.some((part) => source.includes(part)))).toEqual([]);
  });

  it("is the same wherever it is made", () => {
    const textsOf = ({ files }: Bundle) => [...files].map(([file, contents]) => [file, Buffer.from(contents).toString("utf8")]);

    expect(JSON.stringify(textsOf(bundleHandler("sync")))).toBe(JSON.stringify(textsOf(bundleOf("sync"))));
  });

  it.each(HANDLER_NAMES)("%s loads whole, what is imported by need too, and asks for no module but its own and Node's", async (name) => {
    const { files } = bundleOf(name);
    const folder = await written(bundleOf(name));
    const modules = [...files.keys()].filter((file) => file.endsWith(".mjs"));
    // Node's require of an unknown module would throw; process.getBuiltinModule, which stands for it, says nothing.
    const script = `
      const { getBuiltinModule } = process;
      const asked = [];
      process.getBuiltinModule = (id) => { asked.push([id, getBuiltinModule(id) !== undefined]); return getBuiltinModule(id); };
      for (const file of ${JSON.stringify(modules)}) await import(${JSON.stringify(`${folder}/`)} + file);
      process.stdout.write(JSON.stringify(asked));`;

    const { status, stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", script], {
      encoding: "utf8",
      env: { AWS_REGION: "us-east-1" },
    });

    expect([status, stderr]).toEqual([0, ""]);
    const asked = JSON.parse(stdout) as readonly (readonly [string, boolean])[];
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter(([, isThere]) => !isThere)).toEqual([]);
    await rm(folder, { recursive: true });
  });

  it("tell where in the sources a bug showed, by the map beside them alone", async () => {
    const contents = `
      import { placeOf } from "./functions/places.ts";
      import { compileRegexp } from "./src/core/text/regexps.ts";
      try { compileRegexp("a"); } catch (error) { console.log(placeOf(error), placeOf(error, "/nowhere")); }`;
    const folder = await written(bundle({ stdin: { contents, resolveDir: ROOT, loader: "ts" } }));

    const { stdout, stderr } = spawnSync(process.execPath, [join(folder, "index.mjs")], { encoding: "utf8", env: {} });

    await rm(folder, { recursive: true });
    const thrown = readFileSync(join(ROOT, "src/core/engine.ts"), "utf8").split("\n");
    const line = thrown.findIndex((text) => text.includes("throw new Error(`${what} came into this process")) + 1;
    expect([stderr, stdout]).toEqual([
      "",
      expect.stringMatching(new RegExp(`^src/core/engine.ts:${line}:\\d+ (?:index|chunk-\\w+).mjs:\\d+:\\d+\n$`)),
    ]);
  });

  // Minifying renames classes, and the logs show an error's name.
  it("hold no error of our own that does not say its name itself", () => {
    const own = bundleOf("sync").sources.filter((file) => !file.includes("node_modules"));
    const classes = own.flatMap((file) => errorClasses(readFileSync(join(import.meta.dirname, "../..", file), "utf8")));

    expect(classes).toEqual(
      expect.arrayContaining([
        { name: "RelayError", said: "RelayError" },
        { name: "OutOfTime", said: "OutOfTime" },
      ]),
    );
    expect(classes.filter(({ name, said }) => said !== name)).toEqual([]);
    expect(errorClasses("export class Planted extends RelayError {\n}\n")).toEqual([{ name: "Planted", said: undefined }]);
  });
});

/** Into a folder of its own, which is the caller's to remove. */
async function written({ files }: Bundle): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "secret-relay-bundle-"));
  for (const [file, contents] of files) await writeFile(join(folder, file), contents);
  return folder;
}

/** The error classes that a source declares, and the name that each gives its instances. */
function errorClasses(source: string) {
  return [...source.matchAll(/^(?:export )?class (\w+) extends \w*(?:Error|Exception|Fault)\b[^]*?^\}/gm)].map(([text, name]) => ({
    name,
    said: /^ {2,4}(?:override readonly |this\.)name = "(\w+)";/m.exec(text)?.[1],
  }));
}
