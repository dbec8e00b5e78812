/** One invocation of register: a run of the use case, then an answer to CloudFormation, or another invocation that goes on. */
import type { ConfigPlace } from "../../src/adapters/aws/config-object.ts";
import type { BoundLog } from "../../src/adapters/log.ts";
import type { createRegister } from "../../src/app/register.ts";
import { placeConfig } from "../../src/core/config/deployment.ts";
import { isRelayError } from "../../src/core/errors.ts";
import type { Millis, ResolvedConfig } from "../../src/core/model.ts";
import type { Clock } from "../../src/core/ports.ts";
import { createHandler, type LambdaHandler, logFailure } from "../middleware.ts";
import { type Answer, parseResourceEvent, type ResourceEvent, type SendAnswer, wantedConfig } from "./custom-resource.ts";

export interface RegisterHandlerDeps {
  readonly log: BoundLog;
  readonly clock: Clock;
  readonly readConfig: (place: ConfigPlace) => Promise<ResolvedConfig>;
  readonly register: ReturnType<typeof createRegister>;
  /** Invokes this function again with the event, and does not wait for it. */
  readonly invokeSelf: (event: ResourceEvent) => Promise<void>;
  readonly sendAnswer: SendAnswer;
}

const MAX_CONTINUATIONS = 200;
/** CloudFormation waits for an hour: the answer must come before, whatever it is. */
const LONGEST_REGISTRATION_MS = 50 * 60_000;
/** A new policy takes some seconds to be effective everywhere, and the first deployment meets that: half a minute of tries covers it. */
const MAX_FAILURES = 5;
const FIRST_PAUSE_MS = 1_000;
/** A page of writes that was begun at the deadline, and the answer with its tries. */
const MARGIN_MS = 60_000;

/**
 * Work that is not finished in time goes on in the next invocation; the diff is made again there. A failure that may pass is tried
 * again the same way; one that can't pass, and one that stays, is answered as FAILED, in our own words. Deletion of the stack
 * leaves all targets and the registry as they are.
 */
export function createRegisterHandler(deps: RegisterHandlerDeps): LambdaHandler<void> {
  return createHandler({
    name: "register",
    log: deps.log,
    clock: deps.clock,
    marginMs: MARGIN_MS,
    parse: parseResourceEvent,
    async handle(event, deadline) {
      const { continuation = 0, failures = 0, startedAt = deps.clock.now() } = event;
      const answer = await answerOrGoOn(deps, { ...event, continuation, failures, startedAt }, deadline);
      if (answer !== undefined) await deps.sendAnswer(event, answer);
    },
  });
}

interface StartedEvent extends ResourceEvent {
  readonly continuation: number;
  readonly failures: number;
  readonly startedAt: Millis;
}

/** @returns nothing where another invocation will answer */
async function answerOrGoOn(deps: RegisterHandlerDeps, event: StartedEvent, deadline: Millis): Promise<Answer | undefined> {
  if (event.RequestType === "Delete") return { status: "SUCCESS" };
  try {
    const { place, own } = wantedConfig(event);
    const config = placeConfig(await deps.readConfig(place), own);
    const { kind, ...counts } = await deps.register(config, Math.min(deadline, lastMoment(event)));
    deps.log.info("registered", { kind, ...counts, continuation: event.continuation });
    if (kind === "finished") return { status: "SUCCESS", data: { ...counts } };
    return await goOn(
      deps,
      { ...event, failures: 0 },
      "registration did not finish in time; deploy again, and it goes on where it stopped",
    );
  } catch (error) {
    logFailure(deps.log, error);
    return await tryAgain(deps, event, error);
  }
}

async function tryAgain(deps: RegisterHandlerDeps, event: StartedEvent, error: unknown): Promise<Answer | undefined> {
  const reason = reasonOf(error);
  // AccessDenied too: a policy that was just made may not be effective yet.
  const mayPass = !isRelayError(error) || error.policy === "retry" || error.code === "AccessDenied";
  if (!mayPass || event.failures >= MAX_FAILURES) return { status: "FAILED", reason };
  try {
    await deps.clock.sleep(FIRST_PAUSE_MS * 2 ** event.failures);
    return await goOn(deps, { ...event, failures: event.failures + 1 }, reason);
  } catch (again) {
    logFailure(deps.log, again);
    return { status: "FAILED", reason };
  }
}

async function goOn(deps: RegisterHandlerDeps, event: StartedEvent, otherwise: string): Promise<Answer | undefined> {
  const mayGoOn = event.continuation < MAX_CONTINUATIONS && deps.clock.now() < lastMoment(event);
  if (!mayGoOn) return { status: "FAILED", reason: otherwise };
  await deps.invokeSelf({ ...event, continuation: event.continuation + 1 });
  return undefined;
}

function lastMoment({ startedAt }: StartedEvent): Millis {
  return startedAt + LONGEST_REGISTRATION_MS;
}

/** Our own text only (rule 4). */
function reasonOf(error: unknown): string {
  return isRelayError(error) ? error.message : "an unexpected failure; the function's log names its place";
}
