/** What a cold start has to load: each bundle within its budget, and with the SDK in it. */
import { describe, expect, it } from "@jest/globals";
import { bundleHandler, HANDLER_NAMES } from "../../infra/handler-code.ts";

/** npm run bench -- init says what they are, and what importing them costs. */
const BUDGET_BYTES = 800_000;

describe("bundles", () => {
  it.each(HANDLER_NAMES)("%s is within its budget", (name) => {
    const bundle = bundleHandler(name);

    expect(bundle.get("index.mjs")?.byteLength).toBeLessThanOrEqual(BUDGET_BYTES);
    expect(bundle.get("index.mjs")?.byteLength).toBeGreaterThan(100_000);
  });
});
