/** The sample config that comes with the project resolves without a mistake. */
import { describe, expect, it } from "@jest/globals";
import { readConfigFiles } from "../../../../src/adapters/config/files.ts";
import { resolveConfig } from "../../../../src/core/config/resolve.ts";
import { registrationId } from "../../../../src/core/model.ts";
import { defaults } from "./gen.ts";

describe("the sample config", () => {
  it("registers both ExternalSecrets in both clusters", async () => {
    const { config, diagnostics } = resolveConfig(await readConfigFiles("config"), defaults);

    expect(diagnostics).toEqual([]);
    expect(config?.registrations.map(registrationId)).toEqual([
      "tokyo/app-shop/database",
      "tokyo/app-shop/payment",
      "virginia/app-shop/database",
      "virginia/app-shop/payment",
    ]);
  });
});
