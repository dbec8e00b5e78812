/** What a cold start has to load: each bundle within its budget, and with the SDK in it. */
import { describe, expect, it } from "@jest/globals";
import { bundleHandler, HANDLER_NAMES, startBytes } from "../../infra/handler-code.ts";

/** npm run bench -- init says what they are, and what importing them costs. */
const BUDGET_BYTES = 800_000;

describe("bundles", () => {
  it.each(HANDLER_NAMES)("%s is within its budget, with EKS's client in a file that is loaded by need", (name) => {
    const bundle = bundleHandler(name);
    const bytes = startBytes(bundle);

    expect(bytes).toBeLessThanOrEqual(BUDGET_BYTES);
    expect(bytes).toBeGreaterThan(100_000);
    expect([...bundle.keys()].filter((file) => /^eks-client-\w+\.mjs$/.test(file))).toHaveLength(1);
  });
});
