/** The writes of a register run, one registration each: put, entomb, and the requests that must follow. */
import { isSameJson } from "../core/config/diff.ts";
import { isRelayError, RelayError } from "../core/errors.ts";
import { findPlaces } from "../core/find/find.ts";
import {
  leftBehindId,
  type Millis,
  type ReferenceKey,
  type Registration,
  type RegistrationId,
  type RegistrationSpec,
  type ResolvedConfig,
  registrationId,
  type SyncRequest,
  type TargetKey,
  targetKey,
} from "../core/model.ts";
import type { Clock, Log, Queue, Registry } from "../core/ports.ts";
import { referencesOf } from "../core/sync/references.ts";

/** What the config wants of one registration, and what the registry has of it: a live one, a tombstone, or nothing. */
export interface Wanted {
  readonly kind: "added" | "changed";
  readonly spec: RegistrationSpec;
  readonly before: Registration | undefined;
}

export interface Registrar {
  /** Tombstones a registration that the config has no more. @returns the request that prunes its target */
  remove(registration: Registration): Promise<readonly SyncRequest[]>;
  /** Writes a registration. `conflict`: another live one still owns its target. @returns the requests that follow from it */
  put(wanted: Wanted): Promise<readonly SyncRequest[] | "conflict">;
  /**
   * Frees one target of registrations that wait for each other's. @returns false where none of them owns what another wants,
   * so that no further pass would help
   */
  breakRing(conflicts: readonly Wanted[]): Promise<boolean>;
}

export interface RegistrarDeps {
  readonly registry: Pick<Registry, "load" | "putRegistration" | "entomb" | "owner">;
  readonly clock: Pick<Clock, "latest">;
  readonly workerLifetimeMs: number;
}

/** Syncs record the same items meanwhile; each of them makes a write lose at most once. */
const MAX_TRIES = 8;

export function targetOf(spec: RegistrationSpec): TargetKey {
  return targetKey({ cluster: spec.cluster, namespace: spec.namespace, name: spec.target.name });
}

/** The request that prunes a tombstone's target, no earlier than the last worker that may still write it has ended. */
export function pruneRequest(tombstone: Registration, workerLifetimeMs: number): SyncRequest {
  const { id, generation, registeredAt, spec } = tombstone;
  return prune(id, spec, { generation, notBefore: registeredAt + workerLifetimeMs });
}

function prune(registration: RegistrationId, spec: RegistrationSpec, what: NonNullable<SyncRequest["prune"]>): SyncRequest {
  return { registration, cluster: spec.cluster, target: targetOf(spec), need: 0, verify: true, prune: what, attempt: 0 };
}

/** The sync of what was put, and the prune of the target that it left, where it left one. */
export function requestsAfterPut(
  stored: Registration,
  previous: Registration | undefined,
  workerLifetimeMs: number,
): readonly SyncRequest[] {
  const { id, spec, generation, registeredAt } = stored;
  const sync = syncRequest(stored, previous);
  if (previous === undefined || targetOf(previous.spec) === targetOf(spec)) return [sync];
  return [sync, prune(leftBehindId(id, generation), previous.spec, { generation, notBefore: registeredAt + workerLifetimeMs })];
}

/** The registry holds what is owed, due soon: a queue that fails delays it, and fails no deployment. */
export async function announceRegistered(
  { queue, log, clock }: { readonly queue: Queue; readonly log: Log; readonly clock: Pick<Clock, "now"> },
  requests: readonly SyncRequest[],
): Promise<void> {
  const prunes = requests.filter(({ prune: pruned }) => pruned !== undefined);
  const syncs = requests.filter(({ prune: pruned }) => pruned === undefined);
  const latest = Math.max(0, ...prunes.map(({ prune: pruned }) => (pruned?.notBefore ?? 0) - clock.now()));
  try {
    if (syncs.length > 0) await queue.send(syncs, { delayMs: 0 });
    if (prunes.length > 0) await queue.send(prunes, { delayMs: latest });
  } catch (error) {
    if (!isRelayError(error)) throw error;
    log.error("registered, but not enqueued", { code: error.code, requests: requests.length });
  }
}

export interface Run {
  /** Of all that the run writes. */
  readonly generation: number;
  readonly config: ResolvedConfig;
  /** What the registry had before the run. */
  readonly existing: readonly Registration[];
}

/** The writer of one run. */
export function createRegistrar({ registry, clock, workerLifetimeMs }: RegistrarDeps, { generation, config, existing }: Run): Registrar {
  const finders = createFinders(existing);
  const wanted = new Set(config.registrations.map(registrationId));
  const tombstones = Map.groupBy(
    existing.filter(({ phase }) => phase === "tombstone"),
    ({ spec }) => targetOf(spec),
  );
  /** Their prunes wait for what its owner writes (docs/protocol.md); where it goes or moves on without, nothing else wakes them before reconcile. */
  const othersAt = (target: TargetKey, leftAt: Millis): readonly SyncRequest[] =>
    (tombstones.get(target) ?? []).map((tombstone) => pruneRequest({ ...tombstone, registeredAt: leftAt }, workerLifetimeMs));

  const reload = async (id: RegistrationId, spec: RegistrationSpec): Promise<Registration | undefined> =>
    (await registry.load([{ registration: id, target: targetOf(spec) }], [])).registrations.get(id)?.registration;
  const contended = (id: RegistrationId) => new RelayError("RegistryUnavailable", id, { detail: "too many writers at once" });

  /** As long as it is as `isMeant` says. @returns undefined where it is gone already */
  async function entomb(first: Registration, isMeant = (_now: Registration): boolean => true): Promise<Registration | undefined> {
    let now: Registration | undefined = first;
    for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
      if (now === undefined || now.phase === "tombstone" || !isMeant(now)) return now;
      const entombed = await registry.entomb(now, generation, clock.latest());
      if (entombed !== "lost") {
        finders.left(entombed);
        return entombed;
      }
      now = await reload(first.id, first.spec);
    }
    throw contended(first.id);
  }

  return {
    async remove(registration) {
      const tombstone = await entomb(registration);
      if (tombstone === undefined) return [];
      return [pruneRequest(tombstone, workerLifetimeMs), ...othersAt(targetOf(registration.spec), tombstone.registeredAt)];
    },

    async put({ spec, before }) {
      const id = registrationId(spec);
      let previous = before;
      for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
        const registeredAt = clock.latest();
        const remembered = finders.of(targetOf(spec));
        const references = referencesOf(spec);
        const stored = await registry.putRegistration({ spec, generation, registeredAt, previous, references, remembered });
        if (stored === "conflict") return "conflict";
        if (stored !== "lost") {
          const requests = requestsAfterPut(stored, previous, workerLifetimeMs);
          if (previous === undefined) return requests;
          finders.left(previous);
          const hasMoved = targetOf(previous.spec) !== targetOf(spec);
          return hasMoved ? [...requests, ...othersAt(targetOf(previous.spec), registeredAt)] : requests;
        }
        previous = await reload(id, spec);
        const isDone = previous?.phase === "live" && isSameJson(previous.spec, spec);
        // By another run of the same config, or by a try of ours whose answer got lost; its message may be lost with it.
        if (isDone) return previous === undefined ? [] : [syncRequest(previous, previous)];
      }
      throw contended(id);
    },

    async breakRing(conflicts) {
      for (const { spec } of conflicts) {
        const target = targetOf(spec);
        const owner = await registry.owner(target);
        if (owner === undefined) return true;
        const holder = conflicts.find(({ before }) => before?.id === owner)?.before;
        // Only one that is about to leave the target anyway: the config wants it elsewhere.
        if (holder === undefined || !wanted.has(owner) || targetOf(holder.spec) !== target) continue;
        // Another run of the same config may have moved it on meanwhile.
        await entomb(holder, ({ spec: now }) => targetOf(now) === target);
        return true;
      }
      return false;
    },
  };
}

/**
 * The need is the time of registration: an event may have passed between. The remembered target is a sound fence, since a new
 * generation always moves the resourceVersion; only another creationPolicy needs a look, for who owns the keys decides then, and a
 * target that is immutable and shall no longer be, which can't be told from one that never was.
 */
function syncRequest({ id, spec, registeredAt }: Registration, previous: Registration | undefined): SyncRequest {
  const before = previous?.spec.target;
  const isOtherwiseOwned = before !== undefined && before.creationPolicy !== spec.target.creationPolicy;
  const verify = isOtherwiseOwned || (before?.immutable === true && spec.target.immutable !== true);
  return { registration: id, cluster: spec.cluster, target: targetOf(spec), need: registeredAt, verify, attempt: 0 };
}

export interface Finders {
  /** What those found that have or had the target. */
  of(target: TargetKey): readonly ReferenceKey[];
  /** A registration gave its target up, and no worker of it can remember more from now on. */
  left(registration: Registration): void;
}

/** What registrations with find rules remember, by the targets that they wrote: whoever takes one over must know of it. */
export function createFinders(existing: readonly Registration[]): Finders {
  const found = new Map<TargetKey, Set<ReferenceKey>>();
  const left = ({ spec, applied }: Registration): void => {
    if (findPlaces(spec).length === 0) return;
    const target = targetOf(spec);
    found.set(target, new Set([...(found.get(target) ?? []), ...Object.keys(applied)]));
  };
  for (const registration of existing) left(registration);
  return { of: (target) => [...(found.get(target) ?? [])], left };
}
