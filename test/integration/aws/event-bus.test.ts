/** Our events as a rule of EventBridge sees them, and what the bus does with a client that takes half of them. */

import {
  CreateEventBusCommand,
  EventBridgeClient,
  type PutEventsCommandInput,
  PutRuleCommand,
  PutTargetsCommand,
} from "@aws-sdk/client-eventbridge";
import { CreateQueueCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { createEventBus } from "../../../src/adapters/aws/event-bus.ts";
import type { RelayEvent } from "../../../src/core/ports.ts";
import { createManualClock } from "../../support/fakes/manual-clock.ts";
import { startAws } from "../../support/local-parts.ts";

const CANARY = "canary-7f3a91";

function synced(cluster: string, count: number, target = "db"): RelayEvent {
  const registrations = Array.from({ length: count }, (_, index) => {
    return { namespace: "app", name: `db-${index}`, target, versions: { "shop/db": "v2" }, action: "applied" };
  });
  return { type: "Secret Synced", detail: { cluster, registrations } };
}

const failed: RelayEvent = {
  type: "Secret Sync Failed",
  detail: {
    cluster: "tokyo",
    failures: [{ namespace: "app", name: "db", target: "db", step: "apply", code: "Forbidden", message: "Forbidden: …", retried: false }],
  },
};

const propagated: RelayEvent = {
  type: "Secret Propagated",
  detail: {
    provider: "SecretsManager",
    account: "111122223333",
    region: "eu-west-1",
    key: "shop/db",
    versionId: "v2",
    changedAt: "2026-11-24T04:00:00.000Z",
    expected: 2,
    done: 2,
    superseded: 0,
    closedAt: "2026-11-24T04:00:02.000Z",
  },
};

describe("event bus", () => {
  let events: EventBridgeClient;
  let sqs: SQSClient;

  beforeAll(async () => {
    const { endpoint, region, account } = await startAws();
    const options = { endpoint, region, credentials: { accessKeyId: account, secretAccessKey: "test" } };
    events = new EventBridgeClient(options);
    sqs = new SQSClient(options);
  });

  /** A bus with a rule for our source, and what has come through it. */
  async function subscribe(name: string) {
    await events.send(new CreateEventBusCommand({ Name: name }));
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }));
    const EventPattern = JSON.stringify({ source: ["secret-relay"] });
    await events.send(new PutRuleCommand({ Name: "ours", EventBusName: name, EventPattern }));
    await events.send(
      new PutTargetsCommand({ Rule: "ours", EventBusName: name, Targets: [{ Id: "queue", Arn: Attributes?.["QueueArn"] ?? "" }] }),
    );
    return async (count: number) => {
      const seen: { readonly source: string; readonly "detail-type": string; readonly detail: unknown }[] = [];
      for (let waits = 0; seen.length < count && waits < 10; waits += 1) {
        const command = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 });
        const { Messages = [] } = await sqs.send(command);
        seen.push(...Messages.map(({ Body }) => JSON.parse(Body ?? "")));
      }
      return seen.map((event) => ({ source: event.source, type: event["detail-type"], detail: event.detail }));
    };
  }

  it("brings each event to a rule, under our source and with its type", async () => {
    const received = await subscribe("relay-events");

    await createEventBus(events, "relay-events", createManualClock(0)).publish([synced("tokyo", 2), failed, propagated]);

    const seen = await received(3);
    const expected = [synced("tokyo", 2), failed, propagated].map((event) => ({ source: "secret-relay", ...event }));
    expect(seen).toHaveLength(3);
    expect(seen).toEqual(expect.arrayContaining(expected));
  });

  it("splits an event that is too long for one entry", async () => {
    const received = await subscribe("relay-long");

    await createEventBus(events, "relay-long", createManualClock(0)).publish([synced("tokyo", 3_000, "t".repeat(200))]);

    const seen = await received(4);
    const details = seen.map(({ detail }) => detail as { readonly cluster: string; readonly registrations: readonly { name: string }[] });
    const names = details.flatMap(({ registrations }) => registrations.map(({ name }) => name));
    expect(details.length).toBeGreaterThan(1);
    expect(new Set(details.map(({ cluster }) => cluster))).toEqual(new Set(["tokyo"]));
    expect(names.toSorted()).toEqual(Array.from({ length: 3_000 }, (_, index) => `db-${index}`).toSorted());
  });

  it("throws BusUnavailable where EventBridge does not answer", async () => {
    const options = { endpoint: "http://127.0.0.1:1", region: "us-east-1", credentials: { accessKeyId: "1", secretAccessKey: "t" } };
    const bus = createEventBus(new EventBridgeClient({ ...options, maxAttempts: 1 }), "relay", createManualClock(0));

    await expect(bus.publish([failed])).rejects.toMatchObject({ code: "BusUnavailable", subject: "relay" });
  });
});

/** Takes the entries that `takes` names; the emulator takes all. */
function halfHearted(takes: (type: string, call: number) => boolean) {
  const calls: PutEventsCommandInput[] = [];
  const client = {
    async send({ input }: { readonly input: PutEventsCommandInput }) {
      calls.push(input);
      const Entries = input.Entries?.map(({ DetailType }) =>
        takes(DetailType ?? "", calls.length) ? { EventId: "e" } : { ErrorCode: "ThrottlingException", ErrorMessage: CANARY },
      );
      return { FailedEntryCount: Entries?.filter(({ ErrorCode }) => ErrorCode !== undefined).length, Entries };
    },
  } as unknown as Pick<EventBridgeClient, "send">;
  return { client, calls };
}

describe("a call that is not taken as a whole", () => {
  it("is made again with what was not taken", async () => {
    const { client, calls } = halfHearted((type, call) => call === 2 || type !== "Secret Sync Failed");

    await createEventBus(client, "relay", createManualClock(0)).publish([synced("tokyo", 1), failed, propagated]);

    expect(calls.map(({ Entries }) => Entries?.map(({ DetailType }) => DetailType))).toEqual([
      ["Secret Synced", "Secret Sync Failed", "Secret Propagated"],
      ["Secret Sync Failed"],
    ]);
  });

  it("ends in BusUnavailable, without a foreign text", async () => {
    const { client, calls } = halfHearted(() => false);

    const publish = createEventBus(client, "relay", createManualClock(0)).publish([failed]);

    await expect(publish).rejects.toMatchObject({ code: "BusUnavailable" });
    await expect(publish).rejects.not.toThrow(CANARY);
    expect(calls).toHaveLength(4);
  });
});

describe("what one call holds", () => {
  it("is at most ten entries and 256 KB", async () => {
    const { client, calls } = halfHearted(() => true);
    const many = Array.from({ length: 25 }, (_, index) => synced(`cluster-${index}`, 400));

    await createEventBus(client, "relay", createManualClock(0)).publish(many);

    const sizes = calls.map(({ Entries = [] }) => Entries.reduce((sum, { Detail }) => sum + Buffer.byteLength(Detail ?? ""), 0));
    expect(calls.flatMap(({ Entries }) => Entries ?? [])).toHaveLength(25);
    expect(Math.max(...calls.map(({ Entries }) => Entries?.length ?? 0))).toBeLessThanOrEqual(10);
    expect(Math.max(...sizes)).toBeLessThan(256_000);
    expect(Math.max(...sizes)).toBeGreaterThan(100_000);
  });

  it("is nothing where nothing happened", async () => {
    const { client, calls } = halfHearted(() => true);

    await createEventBus(client, "relay", createManualClock(0)).publish([]);

    expect(calls).toEqual([]);
  });
});
