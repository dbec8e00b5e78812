/** The real parts for integration tests: each comes up at its first use in a test file and stops after the file's last test. */
import { afterAll } from "@jest/globals";
import { type ApiServer, startApiServer as bringUpApiServer } from "../../src/local/api-server.ts";
import { type MiniStack, startMiniStack } from "../../src/local/ministack.ts";

// Jest gives each test file its own copy of this module, so that these live as long as one file's tests.
let apiServer: Promise<ApiServer> | undefined;
let aws: Promise<MiniStack> | undefined;

afterAll(async () => {
  // A part that never came up has nothing to stop, and its failure is the test's.
  const parts = await Promise.allSettled([apiServer, aws]);
  await Promise.all(parts.map(async (part) => (part.status === "fulfilled" ? part.value?.stop() : undefined)));
});

/** This test file's API server; call it in `beforeAll`. Tests share it: each takes its own namespace. */
export function startApiServer(): Promise<ApiServer> {
  return (apiServer ??= bringUpApiServer());
}

/** This test file's AWS emulator; call it in `beforeAll`. Tests share it: each takes its own names. */
export function startAws(): Promise<MiniStack> {
  return (aws ??= startMiniStack());
}
