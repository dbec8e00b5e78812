/** The one middy stack: binds the log, computes the deadline, parses the event, and lets no foreign error's text out (rule 4). */
import createStack from "@middy/core";
import type { Context } from "aws-lambda";
import type { BoundLog } from "../src/adapters/log.ts";
import { isRelayError } from "../src/core/errors.ts";
import type { Millis } from "../src/core/model.ts";
import type { Clock, Log, LogFields } from "../src/core/ports.ts";
import { errorName } from "../src/core/remote-calls.ts";
import { EnvironmentError } from "./environment.ts";
import { placeOf } from "./places.ts";

export interface HandlerOptions<Event, Result> {
  readonly name: string;
  readonly log: BoundLog;
  readonly clock: Pick<Clock, "uptime">;
  readonly parse: (event: unknown) => Event;
  /** Begins nothing new after `deadline`, by the clock's `uptime`: what is under way then still ends before the function's time-out. */
  readonly handle: (event: Event, deadline: Millis) => Promise<Result>;
  /** Kept for what is under way at the deadline; never more than a third of the time that there is. @default 15000 */
  readonly marginMs?: number;
}

type LambdaContext = Pick<Context, "awsRequestId" | "getRemainingTimeInMillis">;

export type LambdaHandler<Result> = (event: unknown, context: LambdaContext) => Promise<Result>;

/** A look at the target, a read, an apply and a record that just began: 10 s for the slowest of them, and some for the others. */
const MARGIN_MS = 15_000;

interface Parsed<Event> {
  readonly event: Event;
  readonly deadline: Millis;
}

/** Wraps a handler: every line of the log carries the request id, and whatever it throws is logged once, and leaves the function as an error of ours. */
export function createHandler<Event, Result>(options: HandlerOptions<Event, Result>): LambdaHandler<Result> {
  const { name, log, clock, parse, handle } = options;

  // Middy's early time-out is off: it would answer while writes are still under way. The use cases keep to the deadline.
  const stack = createStack<unknown, Result>(
    async (given: unknown) => handle((given as Parsed<Event>).event, (given as Parsed<Event>).deadline),
    {
      timeoutEarlyInMillis: 0,
    },
  )
    .before((request) => {
      const remaining = request.context.getRemainingTimeInMillis();
      const deadline = clock.uptime() + remaining - Math.min(options.marginMs ?? MARGIN_MS, remaining / 3);
      const parsed: Parsed<Event> = { event: parse(request.event), deadline };
      request.event = parsed;
    })
    .onError((request) => {
      logFailure(log, request.error);
      // Set, not thrown: middy would hang the foreign error on what is thrown here, as its cause.
      request.error = reported(request.error);
    });
  return async (event, context) =>
    log.bind({ function: name, requestId: context.awsRequestId }, async () => stack(event, context as Context));
}

/** A classified failure by its code and facts; a bug by its name and place only, since its message may quote anything. */
export function logFailure(log: Log, error: unknown): void {
  log.error("failed", failureFields(error));
}

/** What of any failure may be told. */
export function failureFields(error: unknown): LogFields {
  if (isRelayError(error)) {
    const { service, operation, status, reason, requestId } = error.remote ?? {};
    // Our own text, and the subject is a name.
    return {
      code: error.code,
      subject: error.subject,
      error: error.message,
      service,
      operation,
      status,
      reason,
      remoteRequestId: requestId,
    };
  }
  if (error instanceof EnvironmentError) return { code: "Environment", reason: error.message };
  return { code: "Unclassified", name: errorName(error), place: placeOf(error) };
}

/** Lambda writes the thrown error's message and stack to the log, and to the on-failure destination. */
function reported(error: unknown): Error {
  if (isRelayError(error) || error instanceof EnvironmentError) return error;
  const safe = new Error(`unclassified failure: ${errorName(error) ?? "unknown"}`);
  safe.name = "Unclassified";
  delete safe.stack;
  return safe;
}
