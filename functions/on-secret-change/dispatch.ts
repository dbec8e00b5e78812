/** An event of the bus → the use case, the failure queue, or nothing. */
import { randomUUID } from "node:crypto";
import type { BoundLog } from "../../src/adapters/log.ts";
import type { createOnSecretChange } from "../../src/app/on-secret-change.ts";
import { isRelayError } from "../../src/core/errors.ts";
import { type FailureLetter, failureLetter } from "../../src/core/failure-letter.ts";
import type { Clock } from "../../src/core/ports.ts";
import { type ParsedEvent, parseSecretChange } from "../../src/core/secret-change.ts";
import { createHandler, type LambdaHandler } from "../middleware.ts";

export interface OnSecretChangeDeps {
  readonly log: BoundLog;
  readonly clock: Pick<Clock, "uptime">;
  /** Asked for at the first event that tells of a change. */
  readonly onSecretChange: () => Promise<ReturnType<typeof createOnSecretChange>>;
  readonly sendLetter: (letter: FailureLetter) => Promise<void>;
}

type ReadEvent = (ParsedEvent & { readonly eventId: string }) | { readonly kind: "malformed"; readonly letter: FailureLetter };

/**
 * A malformed event is done once its letter is in the failure queue: trying it again would change nothing. Everything else that
 * fails is thrown, so that Lambda tries again, and hands the event to the on-failure destination in the end (rule 2).
 */
export function createOnSecretChangeHandler({ log, clock, onSecretChange, sendLetter }: OnSecretChangeDeps): LambdaHandler<void> {
  return createHandler({
    name: "on-secret-change",
    log,
    clock,
    parse: readEvent,
    async handle(event, deadline) {
      switch (event.kind) {
        case "ignored":
          log.info("event ignored", { reason: event.reason });
          return;
        case "refused":
          // Seen by whoever looks for it, but no error: nothing was asked for, and trying again would change nothing.
          log.warn("event refused", { reason: event.reason });
          return;
        case "malformed": {
          const { code, reason, id } = event.letter;
          log.error("event malformed", { code, reason, eventId: id });
          return sendLetter(event.letter);
        }
        case "change": {
          const handleChange = await onSecretChange();
          const { targets, path } = await handleChange(event.change, deadline, event.eventId);
          log.info("change dispatched", { key: event.change.name, kind: event.change.kind, targets, path });
        }
      }
    },
  });
}

function readEvent(event: unknown): ReadEvent {
  try {
    return { ...parseSecretChange(event), eventId: eventIdOf(event) };
  } catch (error) {
    if (isRelayError(error)) return { kind: "malformed", letter: failureLetter(event, error) };
    throw error;
  }
}

/** The bus gives each event its id, the same at each delivery; what comes without one is another event each time. */
function eventIdOf(event: unknown): string {
  const id = typeof event === "object" && event !== null && "id" in event ? event.id : undefined;
  return typeof id === "string" && /^[\w-]{1,100}$/.test(id) ? id : randomUUID();
}
