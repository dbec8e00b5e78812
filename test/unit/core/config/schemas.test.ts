/** docs/schemas is what the validation's own schemas say: fresh, and of the same opinion. */
import { readdir, readFile } from "node:fs/promises";
import { describe, expect, it } from "@jest/globals";
import { parse } from "yaml";
import * as z from "zod";
import { schemaFiles } from "../../../../scripts/schema-files.ts";
import { clusterFile, clusterSecretFile, secretFile, storeFile } from "./gen.ts";

const FOLDER = "docs/schemas";

async function schemaOf(file: string): Promise<z.ZodType> {
  return z.fromJSONSchema(JSON.parse(await readFile(`${FOLDER}/${file}`, "utf8")));
}

describe("docs/schemas", () => {
  it("holds what npm run docs writes, and nothing else", async () => {
    const wanted = schemaFiles();

    expect((await readdir(FOLDER)).toSorted()).toEqual([...wanted.keys()].toSorted());
    for (const [file, text] of wanted) {
      // As values: the formatter may break lines in another way.
      expect(JSON.parse(await readFile(`${FOLDER}/${file}`, "utf8"))).toEqual(JSON.parse(text));
    }
  });

  it.each([
    { file: "cluster.json", text: clusterFile().text, wrong: (text: string) => text.replace("allow:", "alow:") },
    { file: "cluster.json", text: clusterFile().text, wrong: (text: string) => text.replace("app-*", "app-{a,b}") },
    {
      file: "cluster-secret-store.json",
      text: storeFile().text,
      wrong: (text: string) => text.replace("SecretsManager", "CertificateManager"),
    },
    {
      file: "secret-store.json",
      text: storeFile().text.replace("kind: ClusterSecretStore", "kind: SecretStore"),
      wrong: (text: string) => text.replace("region: eu-west-1", "region: nowhere"),
    },
    {
      file: "cluster-external-secret.json",
      text: clusterSecretFile().text,
      wrong: (text: string) => text.replace("namespaceSelectors", "namespaceSelector"),
    },
    { file: "external-secret.json", text: secretFile().text, wrong: (text: string) => text.replace("secretKey", "secretkey") },
    {
      file: "external-secret.json",
      text: secretFile("  data: []\n  target: { creationPolicy: Owner }").text,
      wrong: (text: string) => text.replace("creationPolicy: Owner", "immutable: maybe"),
    },
  ])("$file takes a right manifest and refuses a wrong one", async ({ file, text, wrong }) => {
    const schema = await schemaOf(file);

    expect(schema.safeParse(parse(text)).error).toBeUndefined();
    expect(schema.safeParse(parse(wrong(text))).success).toBe(false);
  });
});
