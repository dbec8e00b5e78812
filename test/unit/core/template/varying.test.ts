/** What does not say that it varies is the same whatever the time and the chance: else a target would be written at every look. */
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "@jest/globals";
import type { Environment } from "../../../../src/core/template/function-table.ts";
import { prepareTargetTemplate, renderTargetTemplate } from "../../../../src/core/template/target-template.ts";
import { isTemplateError } from "../../../../src/core/template/template-error.ts";

interface Vectors {
  readonly sets: readonly Readonly<Record<string, string>>[];
  readonly vectors: readonly { readonly template: string; readonly data: number }[];
}

const { sets, vectors } = JSON.parse(await readFile("test/vectors/template.json", "utf8")) as Vectors;

function environmentAt(nowMs: number, byte: number): Environment {
  let drawn = byte;
  return { nowMs, randomBytes: (count) => Uint8Array.from({ length: count }, () => (drawn = (drawn * 31 + 7) % 251)) };
}

const ONE = environmentAt(1_700_000_000_000, 3);
const OTHER = environmentAt(1_912_345_678_901, 101);
const PLAIN = { mergePolicy: "Replace", data: {}, labels: {}, annotations: {}, templateFrom: [] } as const;

async function render(data: Readonly<Record<string, string>>, fetched: Readonly<Record<string, string>>, environment: Environment) {
  const prepared = await prepareTargetTemplate({ ...PLAIN, data });
  const bytes = new Map(Object.entries(fetched).map(([key, value]) => [key, Buffer.from(value)] as const));
  const { varying, data: rendered } = renderTargetTemplate(prepared, bytes, environment);
  return { isVarying: varying !== undefined, text: Buffer.from(rendered.get("key") ?? []).toString("base64") };
}

describe("a rendering that does not vary", () => {
  it("is the same at another time and with another chance", async () => {
    const differences = [];
    let same = 0;
    for (const { template, data } of vectors) {
      try {
        const first = await render({ key: template }, sets[data] ?? {}, ONE);
        if (first.isVarying) continue;
        const second = await render({ key: template }, sets[data] ?? {}, OTHER);
        if (first.text === second.text) same += 1;
        else differences.push(template);
      } catch (error) {
        if (!isTemplateError(error)) throw error;
      }
    }

    expect(differences).toEqual([]);
    expect(same).toBeGreaterThan(vectors.length / 3);
  });

  it.each([
    "{{ now }}",
    '{{ date "2006" "no time" }}',
    "{{ randAlphaNum 8 }}",
    "{{ uuidv4 }}",
    '{{ shuffle "abcdef" }}',
    '{{ bcrypt "x" }}',
    '{{ htpasswd "a" "x" }}',
    '{{ encryptAES "key" "x" }}',
    '{{ genPrivateKey "ed25519" }}',
    '{{ (genSelfSignedCert "a" nil nil 1).Cert }}',
  ])("is none of %s", async (template) => {
    expect((await render({ key: template }, {}, ONE)).isVarying).toBe(true);
  });

  it("tells the labels and annotations that vary from those that do not", async () => {
    const prepared = await prepareTargetTemplate({
      ...PLAIN,
      labels: { fixed: "x", chance: "{{ randNumeric 4 }}" },
      annotations: { at: "{{ now }}", fixed: "{{ .a }}" },
    });
    const { varying } = renderTargetTemplate(prepared, new Map([["a", Buffer.from("b")]]), ONE);

    expect(varying).toEqual({ labels: new Set(["chance"]), annotations: new Set(["at"]) });
  });
});
