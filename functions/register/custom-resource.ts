/** CloudFormation's side of a custom resource: what it asks, and the answer that it waits for. */
import * as z from "zod/mini";
import { RelayError } from "../../src/core/errors.ts";
import type { Clock } from "../../src/core/ports.ts";
import { errorName } from "../../src/core/remote-calls.ts";

/** The same for ever: another one would make CloudFormation delete the "old" resource. */
const PHYSICAL_RESOURCE_ID = "secret-relay-config";

const filled = z.string().check(z.minLength(1));

// Loose: the function hands the whole event to itself, to go on where its time ended.
const event = z.looseObject({
  RequestType: z.enum(["Create", "Update", "Delete"]),
  // A credential: whoever has it may answer. Never log it.
  ResponseURL: z.string().check(z.regex(/^https?:\/\//)),
  StackId: filled,
  RequestId: filled,
  LogicalResourceId: filled,
  PhysicalResourceId: z.optional(z.string()),
  ResourceProperties: z.optional(z.unknown()),
  /** How often the function has invoked itself; ours. */
  continuation: z.optional(z.int().check(z.gte(0))),
  /** Tries in a row that ended in an error; ours. */
  failures: z.optional(z.int().check(z.gte(0))),
  /** When the first of these invocations began, in milliseconds; ours. */
  startedAt: z.optional(z.number()),
});

export type ResourceEvent = z.output<typeof event>;

/** @throws EventMalformed where there is not even somebody to answer */
export function parseResourceEvent(given: unknown): ResourceEvent {
  const parsed = event.safeParse(given);
  if (parsed.success) return parsed.data;
  const fields = new Set(parsed.error.issues.map(({ path }) => path.join(".")));
  throw new RelayError("EventMalformed", "register", { detail: `missing or malformed: ${[...fields].join(", ")}` });
}

const properties = z.object({ ConfigBucket: filled, ConfigKey: filled });
const stackArn = /^arn:[\w-]+:cloudformation:([a-z\d-]+):(\d{12}):stack\//;

/** What the event asks for: the config object, and the account and region that it is deployed to. @throws EventMalformed */
export function wantedConfig({ ResourceProperties, StackId }: ResourceEvent) {
  const parsed = properties.safeParse(ResourceProperties);
  const [, region, account] = stackArn.exec(StackId) ?? [];
  if (!parsed.success || region === undefined || account === undefined) {
    throw new RelayError("EventMalformed", "register", { detail: "missing or malformed: ConfigBucket, ConfigKey or StackId" });
  }
  const { ConfigBucket: bucket, ConfigKey: key } = parsed.data;
  return { place: { bucket, key }, own: { account, region } };
}

export type Answer =
  | { readonly status: "SUCCESS"; readonly data?: Readonly<Record<string, number>> }
  | { readonly status: "FAILED"; readonly reason: string };

export type SendAnswer = (to: ResourceEvent, answer: Answer) => Promise<void>;

const MAX_TRIES = 5;
const FIRST_PAUSE_MS = 500;
/** CloudFormation takes 4 KB in all. */
const LONGEST_REASON = 1_000;

/** PUTs answers to the event's ResponseURL. @throws AnswerNotTaken where CloudFormation took none of several tries */
export function createSendAnswer(clock: Pick<Clock, "sleep">, send: typeof fetch = fetch): SendAnswer {
  return async ({ ResponseURL, StackId, RequestId, LogicalResourceId, PhysicalResourceId }, answer) => {
    const body = JSON.stringify({
      Status: answer.status,
      Reason: answer.status === "FAILED" ? answer.reason.slice(0, LONGEST_REASON) : undefined,
      PhysicalResourceId: PhysicalResourceId ?? PHYSICAL_RESOURCE_ID,
      StackId,
      RequestId,
      LogicalResourceId,
      Data: answer.status === "SUCCESS" ? answer.data : undefined,
    });
    for (let attempt = 1; ; attempt += 1) {
      const failure = await put(send, ResponseURL, body);
      if (failure === undefined) return;
      if (attempt === MAX_TRIES) {
        throw new RelayError("AnswerNotTaken", LogicalResourceId, { detail: `CloudFormation took no answer: ${failure}` });
      }
      await clock.sleep(FIRST_PAUSE_MS * 2 ** attempt);
    }
  };
}

/** @returns what failed, without the URL, or undefined */
async function put(send: typeof fetch, url: string, body: string): Promise<string | undefined> {
  try {
    // Bytes, not text: text would get a content type, which is no part of what CloudFormation signed.
    const answer = await send(url, { method: "PUT", body: new TextEncoder().encode(body), signal: AbortSignal.timeout(10_000) });
    return answer.ok ? undefined : `status ${answer.status}`;
  } catch (error) {
    return errorName(error) ?? "unknown";
  }
}
