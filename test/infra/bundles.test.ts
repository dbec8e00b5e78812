/** What a cold start has to load: each bundle within its budget, and with the SDK in it. */
import { describe, expect, it } from "@jest/globals";
import { bundleHandler, HANDLER_NAMES, startBytes } from "../../infra/handler-code.ts";

/**
 * npm run bench -- init says what they are, and what importing them costs. The regular expressions (150 KB) and the clients of Parameter
 * Store (79 KB) and STS (18 KB) are in it. A dynamic import of the two clients makes a bundle of one file larger (1,026 KB), not smaller.
 */
const BUDGET_BYTES = 1_000_000;

describe("bundles", () => {
  it.each(HANDLER_NAMES)("%s is within its budget", (name) => {
    const bytes = startBytes(bundleHandler(name));

    expect(bytes).toBeLessThanOrEqual(BUDGET_BYTES);
    expect(bytes).toBeGreaterThan(100_000);
  });
});
