/** Every handler's stack: deadline, log, and no foreign text on the way out. */
import { describe, expect, it } from "@jest/globals";
import { EnvironmentError, numberOf, textOf } from "../../../functions/environment.ts";
import { createHandler } from "../../../functions/middleware.ts";
import { once } from "../../../functions/runtime.ts";
import { RelayError } from "../../../src/core/errors.ts";
import { createManualClock } from "../../support/fakes/manual-clock.ts";
import { captureLog, lambdaContext } from "../../support/invocations.ts";

const T = 1_800_000_000_000;
const CANARY = "canary-7f3a91";

function setUp(handle: (event: string, deadline: number) => Promise<string>, marginMs?: number) {
  const clock = createManualClock(T);
  const captured = captureLog(clock);
  const parse = (event: unknown) => {
    if (typeof event !== "string") throw new RelayError("EventMalformed", "test");
    return event.toUpperCase();
  };
  const options = { name: "test", log: captured.log, clock, parse, handle };
  return { ...captured, handler: createHandler(marginMs === undefined ? options : { ...options, marginMs }) };
}

async function thrownBy(work: () => Promise<unknown>): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

describe("the middleware", () => {
  it("hands the parsed event on, and gives back what the handler answers", async () => {
    const { handler } = setUp(async (event) => `${event}!`);

    expect(await handler("hello", lambdaContext())).toBe("HELLO!");
  });

  it("lets a handler answer nothing", async () => {
    const clock = createManualClock(T);
    const { log } = captureLog(clock);
    const handler = createHandler<undefined, void>({ name: "test", log, clock, parse: () => undefined, handle: async () => undefined });

    expect(await handler({}, lambdaContext())).toBeUndefined();
  });

  it.each([
    { name: "15 s before the end", remaining: 60_000, margin: undefined, want: T + 45_000 },
    { name: "by the margin of its own", remaining: 900_000, margin: 60_000, want: T + 840_000 },
    { name: "a third before the end of a short time", remaining: 9_000, margin: undefined, want: T + 6_000 },
  ])("sets the deadline $name", async ({ remaining, margin, want }) => {
    const deadlines: number[] = [];
    const { handler } = setUp(async (event, deadline) => {
      deadlines.push(deadline);
      return event;
    }, margin);

    await handler("x", lambdaContext(remaining));

    expect(deadlines).toEqual([want]);
  });

  it("puts the function's name and the request id on every line that is written on the way", async () => {
    const clock = createManualClock(T);
    const { log, lines } = captureLog(clock);
    const handle = async () => {
      await clock.sleep(1);
      log.info("seen");
    };
    const handler = createHandler<undefined, void>({ name: "test", log, clock, parse: () => undefined, handle });

    await Promise.all([handler({}, lambdaContext()), handler({}, { ...lambdaContext(), awsRequestId: "request-2" })]);
    log.info("after");

    expect(lines().map((line) => [line["message"], line["function"], line["requestId"]])).toEqual([
      ["seen", "test", "request-1"],
      ["seen", "test", "request-2"],
      ["after", undefined, undefined],
    ]);
  });

  it("logs a classified failure by its code and facts, and throws it as it is", async () => {
    const remote = { service: "dynamodb", operation: "Query", status: 503, reason: "ServiceUnavailable", requestId: "remote-1" };
    const failure = new RelayError("RegistryUnavailable", "the table", { remote });
    const { handler, lines } = setUp(async () => {
      throw failure;
    });

    expect(await thrownBy(async () => handler("x", lambdaContext()))).toBe(failure);
    const { requestId: _own, ...facts } = remote;
    expect(lines()).toEqual([
      expect.objectContaining({
        level: "ERROR",
        code: "RegistryUnavailable",
        subject: "the table",
        error: failure.message,
        ...facts,
        remoteRequestId: "remote-1",
      }),
    ]);
  });

  it("classifies what the parser throws", async () => {
    const { handler, lines } = setUp(async (event) => event);

    expect(await thrownBy(async () => handler({ canary: CANARY }, lambdaContext()))).toMatchObject({ code: "EventMalformed" });
    expect(lines()).toEqual([expect.objectContaining({ code: "EventMalformed", requestId: "request-1" })]);
  });

  it("logs a bug by its name and place only, and throws nothing of its text", async () => {
    const { handler, lines, text } = setUp(async () => {
      const error = new TypeError(`can't read ${CANARY}`, { cause: new Error(CANARY) });
      throw Object.assign(error, { input: CANARY });
    });

    const thrown = await thrownBy(async () => handler("x", lambdaContext()));

    expect(lines()).toEqual([
      expect.objectContaining({
        code: "Unclassified",
        name: "TypeError",
        place: expect.stringMatching(/^functions\/middleware\.test\.ts:\d+:\d+$/),
      }),
    ]);
    expect(text()).not.toContain(CANARY);
    expect(thrown).toMatchObject({ name: "Unclassified", message: "unclassified failure: TypeError" });
    const everything = JSON.stringify(thrown, [...Object.getOwnPropertyNames(thrown), "stack", "cause", "originalError"]);
    expect(everything).not.toContain(CANARY);
  });

  it("survives somebody who throws no error", async () => {
    const { handler, text } = setUp(async () => {
      // oxlint-disable-next-line typescript/only-throw-error -- foreign code may do it
      throw CANARY;
    });

    expect(await thrownBy(async () => handler("x", lambdaContext()))).toMatchObject({ message: "unclassified failure: unknown" });
    expect(text()).not.toContain(CANARY);
  });

  it("names a mistake of the environment, in the log and to the caller", async () => {
    const { handler, lines } = setUp(async () => textOf({}, "REGISTRY_TABLE"));

    const thrown = await thrownBy(async () => handler("x", lambdaContext()));

    expect(thrown).toBeInstanceOf(EnvironmentError);
    expect(lines()).toEqual([expect.objectContaining({ code: "Environment", reason: "environment variable REGISTRY_TABLE is missing" })]);
  });
});

describe("the environment", () => {
  it("gives texts and whole numbers, and defaults where it may", () => {
    expect(textOf({ A: "x" }, "A")).toBe("x");
    expect(numberOf({ A: "0" }, "A", 5)).toBe(0);
    expect(numberOf({}, "A", 5)).toBe(5);
  });

  it.each(["", "-1", "1.5", "1e3", CANARY])("refuses %p as a number, and names the variable only", (value) => {
    const read = () => numberOf({ A: value }, "A");

    expect(read).toThrow(/environment variable A is/);
    expect(read).not.toThrow(CANARY);
  });
});

describe("once", () => {
  it("composes a single time, also for those who ask at once", async () => {
    let composed = 0;
    const get = once(() => (composed += 1));

    expect(await Promise.all([get(), get(), get()])).toEqual([1, 1, 1]);
  });

  it("tries again after a failure", async () => {
    let composed = 0;
    const get = once(() => {
      composed += 1;
      if (composed === 1) throw new Error("not yet");
      return composed;
    });

    await expect(get()).rejects.toThrow("not yet");
    expect(await get()).toBe(2);
  });
});
