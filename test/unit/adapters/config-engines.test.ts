/** The config that register reads brings the engines of what it holds: a write of a find rule asks which of the known secrets it may find. */
import { describe, expect, it } from "@jest/globals";
import { createConfigReader } from "../../../src/adapters/aws/config-object.ts";
import { matchesName } from "../../../src/core/find/find.ts";
import type { RegistrationSpec } from "../../../src/core/model.ts";
import { aCluster, aSpec } from "../../support/registrations.ts";

const place = { bucket: "assets", key: "config.json" };
const rule = { provider: "SecretsManager", nameRegexp: "^shop/" } as const;

async function readConfigOf(registration: RegistrationSpec): Promise<void> {
  const text = JSON.stringify({ clusters: [aCluster("tokyo")], registrations: [registration] });
  const client = { send: async () => ({ Body: { transformToString: async () => text } }) } as unknown as Parameters<
    typeof createConfigReader
  >[0];
  const unused = () => Promise.reject(new Error("it has no ClusterExternalSecret"));
  expect((await createConfigReader(client, unused)(place)).registrations).toHaveLength(1);
}

// The order counts: what is loaded stays.
describe("a config", () => {
  it("without a regular expression brings no engine", async () => {
    await readConfigOf(aSpec());

    expect(() => matchesName(rule, "shop/db")).toThrow("without its engine");
  });

  it("with one brings it", async () => {
    await readConfigOf({ ...aSpec(), dataFrom: [{ find: { nameRegexp: "^shop/" } }] });

    expect([matchesName(rule, "shop/db"), matchesName(rule, "other")]).toEqual([true, false]);
  });
});
