/** Faults that have a name: each is a cell of the matrix, or goes beyond it, and shows how it is got over, not only that it is. */
import { PutSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { encodeMessages } from "../../../src/core/messages.ts";
import { type Registration, registrationId, targetKey } from "../../../src/core/model.ts";
import type { AwsCall, AwsFault } from "../../support/aws-fault-proxy.ts";
import { expectConvergence, expectNeverOlder, expectSilence } from "../../support/faults/cell.ts";
import type { Planted } from "../../support/faults/gate.ts";
import { type ClusterName, type FaultParts, NAMESPACE, startFaultParts } from "../../support/faults/parts.ts";
import { STORIES, type Story, type StoryName } from "../../support/faults/stories.ts";
import { createWorld, valueOf, type World } from "../../support/faults/world.ts";
import { lambdaContext } from "../../support/invocations.ts";
import { loaded, put } from "../../support/registrations.ts";

let parts: FaultParts;

beforeAll(async () => {
  parts = await startFaultParts();
});
afterAll(() => parts?.stop(), 60_000);

/** The story with this fault, up to its end; what the test asks of it lies between. */
async function tell(name: StoryName, planted: Planted, ask: (world: World) => Promise<void> | void): Promise<void> {
  const story: Story = STORIES[name];
  const world = await createWorld(parts, story.options);
  try {
    await story.prepare?.(parts, world);
    world.gate.forget();
    world.gate.plant(planted);
    await story.happen(parts, world);
    expect(world.gate.hits).toBeGreaterThan(0);
    await ask(world);
    world.gate.plant(undefined);
    await expectConvergence(parts, world, story);
    await expectSilence(world, story);
  } finally {
    await world.close();
  }
}

const count = ({ gate }: World, row: string): number => gate.seen.filter((call) => call.row === row).length;

const altered = (fault: (call: AwsCall) => AwsFault, row: string, times = 1): Planted => ({
  row,
  fault: { kind: "aws error", fault },
  times,
});

describe("one's own success, unheard", () => {
  it("409 after it: an apply whose answer was lost is found done by a look, and is not made again", async () => {
    await tell("rotation", { row: "apply", fault: { kind: "after" }, times: 2 }, async (world) => {
      await world.delivery.run(world.clock.now() + 60_000);

      expect(world.writes.filter(({ value }) => value === valueOf("v2"))).toHaveLength(2);
      expect(count(world, "look")).toBeGreaterThan(0);
    });
  });

  it("5xx after the commit: the same", async () => {
    const fault = { kind: "cluster error", fault: { kind: "answer", status: 500, reason: "InternalError", isAfterEffect: true } } as const;
    await tell("rotation", { row: "apply", fault, times: 2 }, (world) => {
      expect(world.writes.filter(({ value }) => value === valueOf("v2"))).toHaveLength(2);
    });
  });

  it("a condition that fails since the SDK tried again: the record counts as made, and nothing is looked at or read again", async () => {
    await tell("rotation", { row: "UpdateItem REG", fault: { kind: "after" }, times: 1 }, async (world) => {
      expect(count(world, "UpdateItem REG")).toBe(3);
      expect(count(world, "look") + count(world, "list")).toBe(0);
      expect(count(world, "GetSecretValue")).toBe(1);
      expect((await world.registrations()).map(({ status }) => status.state)).toEqual(["Synced", "Synced"]);
    });
  });
});

describe("half of what was asked", () => {
  it("UnprocessedKeys of BatchGetItem: the rest is asked for again, and nobody is taken for gone", async () => {
    const half = ({ input }: AwsCall): AwsFault => {
      const [entry] = Object.entries(input["RequestItems"] as Record<string, { Keys: unknown[] }>);
      const [table, wanted] = entry ?? ["", { Keys: [] }];
      const keys = wanted.Keys;
      const middle = Math.ceil(keys.length / 2);
      const request = (some: readonly unknown[]) => ({ [table]: { ...wanted, Keys: some } });
      return {
        kind: "alter",
        input: { ...input, RequestItems: request(keys.slice(0, middle)) },
        answer: (body) => ({ ...body, UnprocessedKeys: request(keys.slice(middle)) }),
      };
    };
    await tell("rotation by queue", altered(half, "BatchGetItem REG"), async (world) => {
      expect(await Promise.all([world.read("tokyo"), world.read("virginia")])).toEqual([valueOf("v2"), valueOf("v2")]);
    });
  });

  it("a half-failed SendMessageBatch: only what was not taken is sent again", async () => {
    const sent: number[] = [];
    const half = ({ input }: AwsCall): AwsFault => {
      const entries = input["Entries"] as readonly { readonly Id: string }[];
      sent.push(entries.length);
      const failed = entries.slice(1).map(({ Id }) => ({ Id, Code: "InternalError", SenderFault: false }));
      return { kind: "alter", input: { ...input, Entries: entries.slice(0, 1) }, answer: (body) => ({ ...body, Failed: failed }) };
    };
    await tell("rotation by queue", altered(half, "SendMessageBatch", 2), () => {
      expect(sent).toEqual([2, 1]);
    });
  });

  it("a half-failed PutEvents: the entry that was not taken is put again", async () => {
    const failed = { ErrorCode: "InternalFailure", ErrorMessage: "planted by the test" };
    const none = ({ input }: AwsCall): AwsFault => {
      const entries = input["Entries"] as readonly unknown[];
      return { kind: "alter", answer: () => ({ FailedEntryCount: entries.length, Entries: entries.map(() => failed) }) };
    };
    await tell("rotation", altered(none, "PutEvents", 1), (world) => {
      // Two clusters and the propagation, and one of them twice.
      expect(count(world, "PutEvents")).toBe(4);
    });
  });
});

interface Crowd {
  readonly world: World;
  readonly names: readonly string[];
  readonly records: readonly unknown[];
  readonly states: () => Promise<readonly (string | undefined)[]>;
}

/** More registrations of one cluster, never synced yet, and a message for them. */
async function crowd(cluster: ClusterName, size: number): Promise<Crowd> {
  const world = await createWorld(parts);
  const base = world.spec(cluster);
  const names = Array.from({ length: size }, (_, index) => `${world.id}-${index}`);
  const registered: Registration[] = [];
  for (const name of names) {
    registered.push(await put(world.registry, { ...base, name, target: { ...base.target, name } }, world.clock.now()));
  }
  const requests = registered.map(({ id, spec }) => {
    const target = targetKey({ cluster, namespace: NAMESPACE, name: spec.target.name });
    return { registration: id, cluster, target, need: 0, verify: false, attempt: 0 };
  });
  const records = encodeMessages(requests).map(({ body }, index) => {
    return { messageId: `${index}`, receiptHandle: "none", body, attributes: { ApproximateReceiveCount: "1" } };
  });
  const states: Crowd["states"] = () =>
    Promise.all(
      names.map(async (name) => {
        const found = await loaded(world.registry, registrationId({ cluster, namespace: NAMESPACE, name }));
        return found?.status.state;
      }),
    );
  return { world, names, records, states };
}

describe("a batch", () => {
  it("outlives its cluster's credentials: 401 in the middle, new ones in the secret, and all is written by the same batch", async () => {
    const { world, names, records, states } = await crowd("tokyo", 12);
    const proxy = world.proxies.tokyo;
    const passing = proxy.fault;
    const kubeconfigReads = () => count(world, "GetSecretValue of a kubeconfig");
    const before = kubeconfigReads();
    let calls = 0;
    // The API server knows the old credentials no more; whoever has read the secret again has those that it knows.
    proxy.fault = async (call) => {
      calls += 1;
      if (calls === 9) {
        const renewed = { SecretId: `clusters/${world.id}/tokyo`, SecretString: `# renewed\n${proxy.kubeconfig}` };
        await parts.clients.secretsManager.send(new PutSecretValueCommand(renewed));
      }
      const isKnown = calls < 9 || kubeconfigReads() > before;
      return isKnown ? passing?.(call) : { kind: "answer", status: 401, reason: "Unauthorized" };
    };

    const ending = await world.work((functions) => functions.sync({ Records: records }, lambdaContext()));

    expect(ending).toEqual({ kind: "answered", value: { batchItemFailures: [] } });
    expect(await states()).toEqual(names.map(() => "Synced"));
    await world.close();
  });

  it("outlives the function's own credentials: ExpiredTokenException in the middle ends in a status, and the rest is done when they are new", async () => {
    const { world, names, records, states } = await crowd("tokyo", 4);
    world.gate.plant({
      row: "UpdateItem REG",
      fault: { kind: "aws error", fault: { kind: "error", status: 400, name: "ExpiredTokenException" } },
    });
    await world.work((functions) => functions.sync({ Records: records }, lambdaContext()));
    world.gate.plant(undefined);

    await world.delivery.run(world.clock.now() + 660_000);

    expect(await states()).toEqual(names.map(() => "Synced"));
    expect(new Set(world.writes.map(({ name }) => name)).size).toBe(names.length + 1);
    expectNeverOlder(world);
    await world.close();
  });

  it("is redelivered while the first is still worked on: both end, and each target is written once", async () => {
    const { world, names, records, states } = await crowd("tokyo", 4);
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let isFirst = true;
    const before = world.proxies.tokyo.fault;
    world.proxies.tokyo.fault = async (call) => {
      if (isFirst && call.method === "PATCH" && !call.path.includes("dryRun")) {
        isFirst = false;
        await held;
      }
      return before?.(call);
    };
    const work = () => world.work((functions) => functions.sync({ Records: records }, lambdaContext()));

    const first = work();
    const second = await work();
    release();

    expect([await first, second].map(({ kind }) => kind)).toEqual(["answered", "answered"]);
    await world.delivery.run(world.clock.now() + 660_000);
    expect(await states()).toEqual(names.map(() => "Synced"));
    const ofCrowd = world.writes.filter(({ name }) => names.includes(name));
    expect(ofCrowd.map(({ name }) => name).toSorted()).toEqual([...names].toSorted());
    await world.close();
  });

  it("meets its function's time limit: what was begun is finished, what was not is asked for again", async () => {
    const { world, names, records, states } = await crowd("tokyo", 12);
    const before = world.proxies.tokyo.fault;
    let applies = 0;
    world.proxies.tokyo.fault = async (call) => {
      // The fifth takes the rest of the time.
      if (call.method === "PATCH" && !call.path.includes("dryRun") && ++applies === 5) world.clock.advanceTo(world.clock.now() + 50_000);
      return before?.(call);
    };

    const ending = await world.work((functions) => functions.sync({ Records: records }, lambdaContext(60_000)));

    expect(ending).toEqual({ kind: "answered", value: { batchItemFailures: [] } });
    const synced = (await states()).filter((state) => state === "Synced").length;
    expect([synced >= 5, synced < names.length]).toEqual([true, true]);
    expect(count(world, "SendMessageBatch")).toBe(1);
    await world.delivery.run(world.clock.now() + 5_000);
    expect(await states()).toEqual(names.map(() => "Synced"));
    expect(world.writes.filter(({ name }) => names.includes(name))).toHaveLength(names.length);
    await world.close();
  });
});
