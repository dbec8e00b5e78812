/** How the functions call out, on the wire: time-outs that end a call, and the answer that CloudFormation takes. */
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ListQueuesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { createSendAnswer } from "../../../functions/register/custom-resource.ts";
import { createMessageVisibility } from "../../../src/adapters/aws/sqs-queue.ts";
import { systemClock } from "../../../src/adapters/system-clock.ts";
import { clientOptions } from "../../../src/core/remote-calls.ts";

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let server: Server;
let seen: Seen[];
const address = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      seen.push({ method: request.method, url: request.url, headers: request.headers, body });
      // Whatever else is asked of the queue is never answered.
      if (request.url?.startsWith("/answers") === true) response.end();
      if (request.headers["x-amz-target"] === "AmazonSQS.ListQueues") response.end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
beforeEach(() => {
  seen = [];
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe("a service that never answers", () => {
  it("is given up after the time-out", async () => {
    const credentials = { accessKeyId: "111122223333", secretAccessKey: "test" };
    const client = new SQSClient({ ...clientOptions("eu-west-1"), maxAttempts: 1, endpoint: address(), credentials });
    const startedAt = Date.now();

    const change = createMessageVisibility(client, `${address()}/111122223333/sync`)("handle", 1);

    await expect(change).rejects.toMatchObject({ code: "QueueUnavailable", remote: { reason: "TimeoutError" } });
    expect(Date.now() - startedAt).toBeGreaterThan(4_500);
    expect(seen).toHaveLength(1);
  });
});

describe("a call to AWS", () => {
  it("is copied for no log", async () => {
    const credentials = { accessKeyId: "111122223333", secretAccessKey: "test" };
    const copy = jest.fn((text: unknown) => text);
    const call = async (options: object): Promise<void> => {
      const client = new SQSClient({ region: "eu-west-1", ...options, endpoint: address(), credentials });
      client.middlewareStack.add(
        (next, context) => {
          Object.assign(context, { inputFilterSensitiveLog: copy, outputFilterSensitiveLog: copy });
          return next;
        },
        { step: "initialize", priority: "high" },
      );
      await client.send(new ListQueuesCommand({ QueueNamePrefix: "a" }));
    };

    await call(clientOptions());
    expect(copy).not.toHaveBeenCalled();
    // Else this shows nothing: the SDK makes its copies elsewhere by now.
    await call({});
    expect(copy).toHaveBeenCalledTimes(2);
  });
});

describe("the answer to CloudFormation", () => {
  it("is one PUT with a length and without a content type, which its signature knows nothing of", async () => {
    const event = {
      RequestType: "Create",
      ResponseURL: `${address()}/answers/stack?Signature=s%2Fx`,
      StackId: "arn:aws:cloudformation:eu-west-1:111122223333:stack/secret-relay/1",
      RequestId: "r",
      LogicalResourceId: "Config",
    } as const;

    await createSendAnswer(systemClock)(event, { status: "SUCCESS", data: { added: 1 } });

    expect(seen).toEqual([
      { method: "PUT", url: "/answers/stack?Signature=s%2Fx", headers: expect.anything(), body: expect.stringContaining('"SUCCESS"') },
    ]);
    expect(seen[0]?.headers["content-type"]).toBeUndefined();
    expect(seen[0]?.headers["content-length"]).toBe(String(seen[0]?.body.length));
  });
});
