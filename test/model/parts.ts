/** What stands behind the ports of a world's workers, but for the clusters: fakes in memory, or real adapters. */
import type { SyncRequest } from "../../src/core/model.ts";
import type { Bus, Clock, Hasher, PropagatedDetail, Queue, Registry, SecretProvider } from "../../src/core/ports.ts";
import type { MemorySource } from "../support/fakes/memory-source.ts";
import type { Failure } from "./scheduler.ts";

/** What adapters need of a worker's clock. */
export type PartsClock = Pick<Clock, "now" | "sleep" | "random">;

export interface Parts {
  readonly registry: Registry;
  readonly hasher: Hasher;
  readonly provider: (clock: PartsClock) => SecretProvider;
  readonly queue: (clock: PartsClock) => Queue;
  readonly bus: (clock: PartsClock) => Bus;
  /** Makes a call fail by its service. @default - its effect does not take place, or its answer is lost */
  readonly fail?: ((operation: string, failure: Failure, effect: () => Promise<unknown>) => Promise<unknown>) | undefined;
}

/** The world that they reach into. */
export interface Outside {
  readonly source: MemorySource;
  /** One message of the queue. */
  readonly send: (requests: readonly SyncRequest[], delayMs: number) => void;
  readonly publish: (detail: PropagatedDetail) => void;
  /** Something that is neither the relay's answer nor the world's: a bug. */
  readonly fault: (text: string) => void;
}

const LONGEST_DELAY_S = 900;

export function createMemoryParts(registry: Registry, { source, send, publish }: Outside): Parts {
  const queue: Queue = {
    async send(requests, { delayMs }) {
      // SQS knows whole seconds, holds a message back for a quarter of an hour at most, and takes none that is empty.
      if (requests.length > 0) send(requests, Math.min(LONGEST_DELAY_S, Math.ceil(Math.max(0, delayMs) / 1000)) * 1000);
    },
  };
  const bus: Bus = {
    async publish(events) {
      for (const event of events) if (event.type === "Secret Propagated") publish(event.detail);
    },
  };
  return { registry, hasher, provider: (clock) => source.seenBy(clock), queue: () => queue, bus: () => bus };
}

/** As good as any for values that no adversary chose, and faster than a keyed one. */
const hasher: Hasher = {
  hash(bytes) {
    let hash = 0x811c9dc5;
    for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
    return (hash >>> 0).toString(36);
  },
};
