/** What the demonstration waits for is what the config says: which targets, and what they shall hold. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { expectedTargets, readLocalConfig } from "../../../src/cli/local/expected-targets.ts";
import { ROTATED_SAMPLE, SAMPLE_NAMES, sampleValue } from "../../../src/cli/local/samples.ts";

const PLACE = { account: "000000000000", region: "us-east-1" };

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

describe("expectedTargets", () => {
  it("knows for the sample config which targets a rotation reaches, and their data", async () => {
    const config = await readLocalConfig(resolve("config"), PLACE);
    const values = new Map([
      ["shop/database", JSON.stringify({ username: "ann", password: "p1" })],
      ["shop/payment", JSON.stringify({ apiKey: "k1" })],
    ]);

    const all = await expectedTargets(config, values);
    const rotated = await expectedTargets(config, values, ["shop/database"]);

    const database = { username: base64("ann"), password: base64("p1") };
    expect(Object.fromEntries(rotated)).toEqual({ "tokyo/app-shop/database": database, "virginia/app-shop/database": database });
    expect([...all.keys()].toSorted()).toEqual([
      "tokyo/app-shop/database",
      "tokyo/app-shop/payment",
      "virginia/app-shop/database",
      "virginia/app-shop/payment",
    ]);
  });

  it("leaves out what reads a secret that is no sample", async () => {
    const config = await readLocalConfig(resolve("config"), PLACE);

    expect((await expectedTargets(config, new Map([["shop/payment", "{}"]]))).size).toBe(2);
    expect((await expectedTargets(config, new Map([["other", "{}"]]))).size).toBe(0);
  });
});

describe("readLocalConfig", () => {
  it("shows a mistake with its place", async () => {
    const folder = await mkdtemp(join(tmpdir(), "local-config-"));
    try {
      await mkdir(join(folder, "clusters"));
      await writeFile(
        join(folder, "clusters/tokyo.yaml"),
        "apiVersion: secret-relay.dev/v1alpha1\nkind: Clutser\nmetadata: { name: tokyo }\n",
      );

      await expect(readLocalConfig(folder, PLACE)).rejects.toThrow("clusters/tokyo.yaml:2:");
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe("sampleValue", () => {
  it("is another one each time, for each sample", () => {
    for (const name of SAMPLE_NAMES) expect(sampleValue(name)).not.toBe(sampleValue(name));
    expect(SAMPLE_NAMES).toContain(ROTATED_SAMPLE);
  });

  it("refuses a name that is no sample's", () => {
    expect(() => sampleValue("clusters/tokyo")).toThrow("clusters/tokyo is no sample secret");
  });
});
