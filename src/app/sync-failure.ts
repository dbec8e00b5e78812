/** What becomes of a registration whose pass failed: a status that somebody sees, and a later try where the cause may pass (rule 2). */
import { isRelayError, type RelayError } from "../core/errors.ts";
import type { Millis, Registration, RegistrationStatus, SyncRequest, SyncStep } from "../core/model.ts";
import { retryDelay } from "../core/sync/backoff.ts";
import { dueAfterPark, dueAfterRetry } from "../core/sync/refresh.ts";
import type { SyncOutcome } from "./outcome.ts";
import { codeOf, type Failure, nameOf, type SyncDeps } from "./sync-job.ts";

/** A failure that is news, for the event. */
export interface FailureNews {
  readonly registration: Registration;
  readonly step: SyncStep;
  readonly error: RelayError;
  readonly isRetried: boolean;
}

/** After a breaker's time they come back spread over so much. */
const JITTER_MS = 5_000;

type FailureDeps = Pick<SyncDeps, "registry" | "clock" | "log">;

/** The outcome of a request whose registration failed. `openUntil`: the cluster is not tried before. */
export function outcomeOf(
  { clock }: Pick<SyncDeps, "clock">,
  request: SyncRequest,
  error: unknown,
  openUntil: Millis | undefined,
): SyncOutcome {
  if (isRelayError(error) && error.policy === "park") return { kind: "done", request };
  const wait = openUntil === undefined ? 0 : openUntil - clock.now() + Math.round(clock.random() * JITTER_MS);
  return { kind: "retry", request, delayMs: Math.max(retryDelay(request.attempt, clock.random()), wait), code: codeOf(error) };
}

/**
 * Records the failure. `lost`: the registration was written by somebody else meanwhile, who may know better. A bug leaves the status
 * as it is, and only its name is logged: its message may hold anything.
 * @param retryAt when the message of the failed request comes back; reconcile keeps out of its way until then
 */
export async function recordFailure(
  { registry, clock, log }: FailureDeps,
  registration: Registration,
  { step, error }: Failure,
  retryAt: Millis,
): Promise<"lost" | FailureNews | undefined> {
  if (!isRelayError(error)) {
    log.error("sync failed by a fault of its own", { registration: registration.id, step, name: nameOf(error) });
    return undefined;
  }
  const now = clock.now();
  const before = registration.status;
  const isKnown = before.state === "Error" && before.error?.code === error.code && before.error.step === step;
  const isRetried = error.policy !== "park";
  // A dead cluster fails all its registrations again and again: the same status is written only to keep reconcile away.
  const isQuiet = isKnown && error.code === "ClusterUnreachable" && (registration.dueAt ?? 0) > retryAt;
  if (!isQuiet) {
    const status: RegistrationStatus = {
      state: "Error",
      since: isKnown ? before.since : now,
      ...(before.syncedAt === undefined ? {} : { syncedAt: before.syncedAt }),
      error: { code: error.code, step, message: error.message },
      failures: before.failures + 1,
      ...(before.heldUntil === undefined ? {} : { heldUntil: before.heldUntil }),
    };
    const dueAt = isRetried ? dueAfterRetry(retryAt) : dueAfterPark(registration.spec, now);
    try {
      if ((await registry.record(registration, { status, dueAt })) === "lost") return "lost";
    } catch (failure) {
      // The first failure is what counts; that it could not be recorded either is seen here.
      log.error("failure not recorded", { registration: registration.id, code: codeOf(failure), name: nameOf(failure) });
    }
    log.warn("sync failed", { registration: registration.id, step, code: error.code });
  }
  return isKnown ? undefined : { registration, step, error, isRetried };
}
