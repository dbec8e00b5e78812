/** The clock learns from the answers of a real SDK client, errors included. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { DynamoDBClient, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { systemClock, tellsTime } from "../../../src/adapters/system-clock.ts";

const AHEAD_MS = 240_000;

describe("the system's clock", () => {
  let status = 200;
  const server = createServer((_request, response) => {
    response.writeHead(status, { date: new Date(Date.now() + AHEAD_MS).toUTCString(), "content-type": "application/x-amz-json-1.0" });
    response.end(status === 200 ? '{"TableNames":[]}' : '{"__type":"AccessDeniedException"}');
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterAll(() => {
    server.close();
  });

  it.each([403, 200])("is put right by an answer with status %i", async (given) => {
    status = given;
    const client = tellsTime(
      new DynamoDBClient({
        endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        region: "eu-west-1",
        credentials: { accessKeyId: "a", secretAccessKey: "b" },
        maxAttempts: 1,
      }),
    );
    await client.send(new ListTablesCommand({})).catch(() => undefined);
    client.destroy();

    const earliest = systemClock.now();
    const truth = Date.now() + AHEAD_MS;
    const latest = systemClock.latest();
    expect(earliest).toBeLessThanOrEqual(truth);
    expect(earliest).toBeGreaterThan(truth - 10_000);
    expect(latest).toBeGreaterThanOrEqual(truth);
    expect(Math.abs(systemClock.uptime() - Date.now())).toBeLessThan(60_000);
  });
});
