/** The relay in front of one target, with events that come as fast as a test sends them, and a queue that gives what is due. */
import { createOnSecretChange } from "../../src/app/on-secret-change.ts";
import { resends } from "../../src/app/settle-messages.ts";
import { createSyncTargets } from "../../src/app/sync-targets.ts";
import type { SyncRequest } from "../../src/core/model.ts";
import type { SecretChange } from "../../src/core/secret-change.ts";
import { createMemoryQueue } from "./fakes/memory-outlets.ts";
import { ACCOUNT, REGION } from "./registrations.ts";
import { relayWorld, type WorldSpec } from "./relay-world.ts";

const arnOf = (name: string): string => `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:${name}-AbCdEf`;
const wholeSecond = (at: number): number => Math.floor(at / 1000) * 1000;

/** The event that a secret's AWSCURRENT moved to this version. */
export const moved = (versionId: string, at: number, name = "shop/db"): SecretChange => ({
  kind: "label moved",
  arn: arnOf(name),
  name,
  label: "AWSCURRENT",
  versionId,
  at: wholeSecond(at),
});

/** The event that something of a secret changed. */
export const touched = (at: number, name = "shop/db"): SecretChange => ({
  kind: "secret changed",
  arn: arnOf(name),
  name,
  at: wholeSecond(at),
});

/** The target holds the first version of each secret, ten minutes ago. */
export async function eventWorld({ fastPathTargets = 20, spec = {} }: { fastPathTargets?: number; spec?: WorldSpec } = {}) {
  const world = await relayWorld();
  const { clock, source, deps } = world;
  const queue = createMemoryQueue();
  const syncTargets = createSyncTargets(deps);
  const onChange = createOnSecretChange({ ...deps, queue, sync: syncTargets, fastPathTargets });
  let events = 0;
  /** Each event as one of its own, unless it says whose delivery it is. */
  const handle = async (change: SecretChange, id = `event-${events++}`) => onChange(change, clock.uptime() + 50, id);
  let due: { readonly at: number; readonly request: SyncRequest }[] = [];
  /** Lets the queue give whatever is due until `moment`, and moves the clock there. */
  const runUntil = async (moment: number): Promise<void> => {
    for (;;) {
      due.push(...queue.drain().map(({ request, delayMs }) => ({ request, at: clock.now() + delayMs })));
      const next = due.filter(({ at }) => at <= moment).toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      const batch = due.filter(({ at }) => at === next.at).map(({ request }) => request);
      due = due.filter(({ at }) => at !== next.at);
      clock.advance(Math.max(0, next.at - clock.now()));
      const outcomes = await syncTargets(batch, clock.uptime() + 50);
      due.push(...resends(outcomes).map(({ request, delayMs }) => ({ request, at: clock.now() + Math.max(1, delayMs) })));
    }
    clock.advance(Math.max(0, moment - clock.now()));
  };
  const registration = await world.synced(spec);
  clock.advance(600_000);
  const rotate = (versionId: string, name = "shop/db") => source.put(name, versionId, `value of ${versionId}`);
  return {
    ...world,
    registration,
    handle,
    runUntil,
    rotate,
    data: () => world.data(registration),
    /** How many requests wait in the queue. */
    waiting: () => due.length,
  };
}
