/** CloudFormation gets exactly one answer, whatever happens; and the work goes on where a run's time ended. */
import { describe, expect, it } from "@jest/globals";
import { createSendAnswer, type ResourceEvent } from "../../../functions/register/custom-resource.ts";
import { createRegisterHandler } from "../../../functions/register/registration.ts";
import { RelayError } from "../../../src/core/errors.ts";
import type { ResolvedConfig } from "../../../src/core/model.ts";
import { createManualClock } from "../../support/fakes/manual-clock.ts";
import { captureLog, lambdaContext } from "../../support/invocations.ts";
import { aSpec } from "../../support/registrations.ts";

const T = 1_800_000_000_000;
const CANARY = "canary-7f3a91";
const COUNTS = { added: 1, changed: 2, removed: 3, unchanged: 4, clusters: 5 };
const spec = aSpec();
const config: ResolvedConfig = { clusters: [], registrations: [{ ...spec, store: { ...spec.store, account: "", region: "" } }] };
const event = {
  RequestType: "Create",
  ResponseURL: `https://answers.example/stack?signature=${CANARY}`,
  StackId: "arn:aws:cloudformation:eu-central-1:999988887777:stack/secret-relay/1",
  RequestId: "request",
  LogicalResourceId: "Config",
  ResourceType: "Custom::SecretRelayConfig",
  ResourceProperties: { ServiceToken: "arn", ConfigBucket: "assets", ConfigKey: "config.json", ConfigHash: "h" },
};

interface Faults {
  readonly readConfig?: Error | undefined;
  readonly register?: Error | undefined;
  readonly invokeSelf?: Error | undefined;
  readonly unfinished?: boolean;
}

function setUp(faults: Faults = {}) {
  const clock = createManualClock(T);
  const captured = captureLog(clock);
  const answers: { Status: string; Reason?: string; PhysicalResourceId: string; Data?: unknown }[] = [];
  const continued: ResourceEvent[] = [];
  const runs: { config: ResolvedConfig; deadline: number }[] = [];
  const handler = createRegisterHandler({
    log: captured.log,
    clock,
    async readConfig(place) {
      if (faults.readConfig !== undefined) throw faults.readConfig;
      expect(place).toEqual({ bucket: "assets", key: "config.json" });
      return config;
    },
    async register(given, deadline) {
      runs.push({ config: given, deadline });
      if (faults.register !== undefined) throw faults.register;
      return { kind: faults.unfinished === true ? "unfinished" : "finished", ...COUNTS };
    },
    async invokeSelf(next) {
      if (faults.invokeSelf !== undefined) throw faults.invokeSelf;
      continued.push(next);
    },
    sendAnswer: createSendAnswer(clock, async (_url, init) => {
      answers.push(JSON.parse(new TextDecoder().decode(init?.body as Uint8Array)));
      return new Response(null, { status: 200 });
    }),
  });
  const handle = async (given: unknown) => handler(given, lambdaContext(900_000));
  return { ...captured, clock, answers, continued, runs, handle };
}

/** Feeds a function's own invocations back to it, as Lambda does, until there is none. */
async function runAll({ handle, continued, clock }: ReturnType<typeof setUp>, first: unknown, eachMs = 0): Promise<number> {
  let rounds = 1;
  await handle(first);
  for (let next = continued.shift(); next !== undefined; next = continued.shift()) {
    clock.advance(eachMs);
    rounds += 1;
    await handle(JSON.parse(JSON.stringify(next)));
  }
  return rounds;
}

describe("register", () => {
  it.each(["Create", "Update"])("registers on %s the config as placed by the stack, and answers with the counts", async (RequestType) => {
    const { answers, runs, continued, text, handle } = setUp();

    await handle({ ...event, RequestType });

    expect(answers).toEqual([
      {
        Status: "SUCCESS",
        PhysicalResourceId: "secret-relay-config",
        StackId: event.StackId,
        RequestId: "request",
        LogicalResourceId: "Config",
        Data: COUNTS,
      },
    ]);
    expect(runs).toEqual([{ config: expect.anything(), deadline: T + 840_000 }]);
    expect(runs[0]?.config.registrations[0]?.store).toMatchObject({ account: "999988887777", region: "eu-central-1" });
    expect(continued).toEqual([]);
    expect(text()).not.toContain(CANARY);
  });

  it("leaves everything as it is on Delete, and keeps the id that CloudFormation knows", async () => {
    const { answers, runs, handle } = setUp();

    await handle({ ...event, RequestType: "Delete", PhysicalResourceId: "an-older-id", ResourceProperties: {} });

    expect(answers).toEqual([expect.objectContaining({ Status: "SUCCESS", PhysicalResourceId: "an-older-id" })]);
    expect(runs).toEqual([]);
  });

  it("goes on in another invocation where the time ran short, and answers in none but the last", async () => {
    const { answers, continued, handle } = setUp({ unfinished: true });

    await handle(event);

    expect(answers).toEqual([]);
    expect(continued).toEqual([{ ...event, continuation: 1, failures: 0, startedAt: T }]);
  });

  it.each([
    { name: "200 further invocations", eachMs: 0, rounds: 201 },
    { name: "50 minutes", eachMs: 600_000, rounds: 6 },
  ])("gives up after $name, before CloudFormation does", async ({ eachMs, rounds }) => {
    const world = setUp({ unfinished: true });

    expect(await runAll(world, event, eachMs)).toBe(rounds);

    expect(world.answers).toEqual([
      expect.objectContaining({ Status: "FAILED", Reason: expect.stringContaining("did not finish in time") }),
    ]);
  });

  it("answers FAILED at once, in our words, where a retry is of no use", async () => {
    const failure = new RelayError("OwnedByRegistration", "tokyo/app/db", { detail: "it belongs to tokyo/app/other" });
    const { answers, continued, handle } = setUp({ register: failure });

    await handle(event);

    expect(answers).toEqual([expect.objectContaining({ Status: "FAILED", Reason: failure.message })]);
    expect(continued).toEqual([]);
  });

  it.each([
    { name: "an unreachable registry", faults: { register: new RelayError("RegistryUnavailable", "t") }, reason: "RegistryUnavailable" },
    { name: "a right that is not effective yet", faults: { readConfig: new RelayError("AccessDenied", "s3") }, reason: "AccessDenied" },
    { name: "a bug", faults: { register: new TypeError(CANARY) }, reason: "unexpected failure" },
  ])("tries again after $name, then answers FAILED", async ({ faults, reason }) => {
    const world = setUp(faults);

    expect(await runAll(world, event)).toBe(6);

    expect(world.clock.slept).toEqual([1_000, 2_000, 4_000, 8_000, 16_000]);
    expect(world.answers).toEqual([expect.objectContaining({ Status: "FAILED", Reason: expect.stringContaining(reason) })]);
    expect(`${JSON.stringify(world.answers)}${world.text()}`).not.toContain(CANARY);
  });

  it("answers FAILED where it can't invoke itself", async () => {
    const { answers, handle } = setUp({ unfinished: true, invokeSelf: new Error(CANARY) });

    await handle(event);

    expect(answers).toEqual([expect.objectContaining({ Status: "FAILED" })]);
    expect(JSON.stringify(answers)).not.toContain(CANARY);
  });

  it.each([
    { name: "without a config's place", given: { ...event, ResourceProperties: { ConfigBucket: "assets" } } },
    { name: "of a stack without account", given: { ...event, StackId: "arn:aws:cloudformation:eu-central-1::stack/x" } },
  ])("answers FAILED to a request $name", async ({ given }) => {
    const { answers, runs, handle } = setUp();

    await handle(given);

    expect(answers).toEqual([expect.objectContaining({ Status: "FAILED", Reason: expect.stringContaining("EventMalformed") })]);
    expect(runs).toEqual([]);
  });

  it("throws where there is nobody to answer", async () => {
    const { answers, handle } = setUp();

    await expect(handle({ ...event, ResponseURL: "file:///etc/passwd" })).rejects.toMatchObject({ code: "EventMalformed" });
    expect(answers).toEqual([]);
  });
});

describe("the answer to CloudFormation", () => {
  const to = { ...event, RequestType: "Create" } as const;

  it("is sent again until it is taken", async () => {
    const clock = createManualClock(T);
    const statuses = [500, 503, 200];
    let calls = 0;
    const send = createSendAnswer(clock, async () => new Response(null, { status: statuses[calls++] ?? 200 }));

    await send(to, { status: "SUCCESS" });

    expect([calls, clock.slept]).toEqual([3, [1_000, 2_000]]);
  });

  it("gives up after five tries, without showing the URL", async () => {
    const send = createSendAnswer(createManualClock(T), async () => {
      throw new TypeError(`fetch failed: ${to.ResponseURL}`);
    });

    const sending = send(to, { status: "SUCCESS" });

    await expect(sending).rejects.toThrow("CloudFormation took no answer: TypeError");
    await expect(sending).rejects.not.toThrow(CANARY);
  });

  it("stays within CloudFormation's size", async () => {
    const bodies: Uint8Array[] = [];
    const send = createSendAnswer(createManualClock(T), async (_url, init) => {
      bodies.push(init?.body as Uint8Array);
      return new Response(null, { status: 200 });
    });

    await send(to, { status: "FAILED", reason: "r".repeat(10_000) });

    expect(bodies[0]?.byteLength).toBeLessThan(4_096);
  });
});
