/** A store's retrySettings: so many tries of a call, and no more, by a real SDK client. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { createSecretsManager, secretsManagerClients } from "../../../../src/adapters/providers/secretsmanager.ts";
import type { Reference, StoreRetry } from "../../../../src/core/model.ts";
import { clientOptions } from "../../../../src/core/remote-calls.ts";

describe("retrySettings", () => {
  let calls = 0;
  const server = createServer((_request, response) => {
    calls += 1;
    response.writeHead(400, { "content-type": "application/x-amz-json-1.1" });
    response.end('{"__type":"ThrottlingException"}');
  });
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => {
    calls = 0;
  });

  const provider = createSecretsManager(
    secretsManagerClients((region) => ({
      ...clientOptions(region),
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      credentials: { accessKeyId: "a", secretAccessKey: "b" },
    })),
  );
  const reference = (retry: StoreRetry | undefined): Reference => ({
    provider: "SecretsManager",
    account: "111122223333",
    region: "eu-west-1",
    key: "shop/db",
    version: "stage/AWSCURRENT",
    retry,
  });

  it.each([
    { retry: { maxRetries: 0 }, tries: 1 },
    { retry: { maxRetries: 1, intervalMs: 1 }, tries: 2 },
    { retry: { maxRetries: 4, intervalMs: 1 }, tries: 5 },
    { retry: { intervalMs: 1 }, tries: 3 },
    { retry: { maxRetries: 1_000, intervalMs: 1 }, tries: 11 },
  ])("$retry: $tries tries", async ({ retry, tries }) => {
    await expect(provider.read(reference(retry))).rejects.toMatchObject({ code: "StoreThrottled" });

    expect(calls).toBe(tries);
  });
});
