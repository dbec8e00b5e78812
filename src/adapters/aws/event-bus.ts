/** The Bus port over EventBridge: our own events under the source `secret-relay`, in entries and calls of the size that it takes. */
import type { EventBridgeClient, PutEventsRequestEntry } from "@aws-sdk/client-eventbridge";
import { PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { RelayError } from "../../core/errors.ts";
import type { Bus, Clock, RelayEvent } from "../../core/ports.ts";
import { relayError } from "../../core/remote-calls.ts";

const SOURCE = "secret-relay";

/** EventBridge takes 10 entries and 256 KB a call; a target of a rule gets the event with an envelope around it. */
const CALL_SIZE = 10;
const CALL_BYTES = 240_000;

const MAX_TRIES = 4;
const FIRST_PAUSE_MS = 100;

interface Entry {
  readonly type: string;
  readonly detail: string;
}

/**
 * Publishes on `busName`. An event whose list is too long for one entry is split into several, each complete in itself. Entries
 * that EventBridge did not take are tried again; a consumer may see an event twice.
 * @throws BusUnavailable when not all were taken
 */
export function createEventBus(
  client: Pick<EventBridgeClient, "send">,
  busName: string,
  clock: Pick<Clock, "sleep" | "random">,
  maxBytes = CALL_BYTES,
): Bus {
  return {
    async publish(events) {
      const entries = events.flatMap((event) => entriesOf(event, maxBytes));
      for (const call of callsOf(entries, maxBytes)) await put(client, busName, clock, call);
    },
  };
}

function entriesOf(event: RelayEvent, maxBytes: number): readonly Entry[] {
  const detail = JSON.stringify(event.detail);
  const halves = Buffer.byteLength(detail) > maxBytes ? halve(event) : [];
  return halves.length === 0 ? [{ type: event.type, detail }] : halves.flatMap((half) => entriesOf(half, maxBytes));
}

/** Two events that tell together what one does; none where it tells of one thing only. */
function halve(event: RelayEvent): readonly RelayEvent[] {
  switch (event.type) {
    case "Secret Synced":
      return halvesOf(event.detail.registrations).map((registrations) => ({ ...event, detail: { ...event.detail, registrations } }));
    case "Secret Sync Failed":
      return halvesOf(event.detail.failures).map((failures) => ({ ...event, detail: { ...event.detail, failures } }));
    case "Secret Propagated":
      return [];
  }
}

function halvesOf<T>(list: readonly T[]): readonly (readonly T[])[] {
  const middle = Math.ceil(list.length / 2);
  return list.length < 2 ? [] : [list.slice(0, middle), list.slice(middle)];
}

function callsOf(entries: readonly Entry[], maxBytes: number): readonly (readonly Entry[])[] {
  const calls: Entry[][] = [];
  let bytes = 0;
  for (const entry of entries) {
    const size = Buffer.byteLength(entry.detail) + entry.type.length + SOURCE.length;
    const call = calls.at(-1);
    if (call === undefined || call.length === CALL_SIZE || bytes + size > maxBytes) {
      calls.push([entry]);
      bytes = size;
    } else {
      call.push(entry);
      bytes += size;
    }
  }
  return calls;
}

async function put(
  client: Pick<EventBridgeClient, "send">,
  busName: string,
  clock: Pick<Clock, "sleep" | "random">,
  entries: readonly Entry[],
): Promise<void> {
  let left: readonly PutEventsRequestEntry[] = entries.map(({ type, detail }) => ({
    EventBusName: busName,
    Source: SOURCE,
    DetailType: type,
    Detail: detail,
  }));
  for (let attempt = 1; ; attempt += 1) {
    const results = await resultsOf(client, busName, left);
    // The answer is in the order of the entries; one without an id was not taken.
    left = left.filter((_, index) => results[index]?.EventId === undefined);
    if (left.length === 0) return;
    if (attempt === MAX_TRIES) throw new RelayError("BusUnavailable", busName, { detail: "some events were not taken" });
    await clock.sleep(FIRST_PAUSE_MS * 2 ** attempt * (0.5 + clock.random() / 2));
  }
}

async function resultsOf(client: Pick<EventBridgeClient, "send">, busName: string, entries: readonly PutEventsRequestEntry[]) {
  try {
    return (await client.send(new PutEventsCommand({ Entries: [...entries] }))).Entries ?? [];
  } catch (error) {
    throw relayError("BusUnavailable", busName, "events", "PutEvents", error);
  }
}
