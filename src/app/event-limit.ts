/**
 * How often events may wake the readers of a secret. An event is a hint that anybody may repeat or invent: what it brings nothing new for is
 * done once in a quiet time, however many come; what is new is never held up, since a look at the store tells it.
 */
import { isRelayError } from "../core/errors.ts";
import { findPlaces, memberReference, memberTagsReference } from "../core/find/find.ts";
import {
  type ChangeNotice,
  type Millis,
  parseReferenceKey,
  type Reference,
  type ReferenceKey,
  type RegistrationSpec,
  referenceKey,
  type SyncRequest,
} from "../core/model.ts";
import type { Log, Registry } from "../core/ports.ts";
import { latestMoment, type SecretChange } from "../core/secret-change.ts";
import { QUIET_MS } from "../core/sync/backoff.ts";
import { holds } from "../core/sync/freshness.ts";
import { firstReference, referencesOf } from "../core/sync/references.ts";
import { type ObserveDeps, type Observed, observeReference } from "./observe-reference.ts";
import type { Openings } from "./outcome.ts";

export interface EventLimitDeps extends ObserveDeps {
  readonly registry: ObserveDeps["registry"] & Pick<Registry, "load" | "head" | "claimWake" | "claimLaterWake">;
  readonly log: Log;
  readonly clock: ObserveDeps["clock"];
}

/** Events tell whole seconds: a wake at a moment looks past all events that came before it. */
const PAST_MS = 1_000;

/** The secret and what of it changed, as far as the event says: events of one source wake the same readers. */
export function wakeSource(change: SecretChange): string {
  const first = firstReference(change);
  return first === undefined ? change.kind : referenceKey(first);
}

/**
 * What an event may say. Nothing can have changed at a moment that is still to come: an event of the future would hold for newer than
 * whatever comes until then, so of such a one only the hint is left that somebody should look, now. `latest`: AWS's time is no later; a second
 * more is allowed, since no one says how the bus rounds its own.
 */
export function plausible(change: SecretChange, latest: Millis): SecretChange {
  if (change.at <= latest + 1000) return change;
  const at = Math.floor(latest / 1000) * 1000;
  if (change.kind !== "label moved") return { ...change, at };
  const { arn, name } = change;
  return { kind: "secret changed", arn, name, at };
}

/** What is asked for by one event: a request, and which reference of it the event concerns. */
export interface Asked {
  readonly request: SyncRequest;
  readonly reference: ReferenceKey;
}

/**
 * Whether a look at the store shows what nobody knew: a version that HEAD had to move to. It opens the propagation of a notice that the
 * store confirms. What can't be read shows nothing new.
 */
export async function bringsNews(deps: EventLimitDeps, asked: readonly Asked[], openings: Openings): Promise<boolean> {
  const ofReference = [...Map.groupBy(asked, ({ reference }) => reference)];
  const first = ofReference.flatMap(([, [one]]) => (one === undefined ? [] : [one]));
  const { registrations } = await deps.registry.load(
    first.map(({ request }) => request),
    [],
  );
  const looks = first.flatMap(({ reference, request }) => {
    const spec = registrations.get(request.registration)?.registration.spec;
    const references = spec === undefined ? [] : readable(spec, reference, request.notice === undefined);
    return references.map(async (one) => looksNew(deps, one, request.notice, openings.get(reference) ?? 0));
  });
  // Of a registration that is gone meanwhile nothing is to be read: the others of its secret may be there, and are woken.
  const seen = looks.length === 0 ? [true] : await Promise.all(looks);
  return seen.includes(true);
}

async function looksNew(deps: EventLimitDeps, reference: Reference, notice: ChangeNotice | undefined, expected: number): Promise<boolean> {
  const { registry, clock, log } = deps;
  const key = referenceKey(reference);
  try {
    const before = await registry.head(key);
    const observed: Observed = await observeReference(deps, reference, notice === undefined ? [] : [notice]);
    // A notice that names another version than the store shows may be invented: to open what it tells of would fill the table.
    const isConfirmed = notice !== undefined && notice.versionId === observed.versionId;
    if (isConfirmed && (before === undefined || !holds(before, notice))) {
      await registry.openPropagation(notice, { openedAt: clock.now(), expected });
    }
    return before?.versionId !== observed.versionId;
  } catch (error) {
    if (!isRelayError(error)) throw error;
    log.warn("look for news failed", { code: error.code, reference: key });
    return false;
  }
}

/** The reference with the credentials that this registration reads it by; `isAny`: whatever it reads of that secret. */
function readable(spec: RegistrationSpec, key: ReferenceKey, isAny: boolean): readonly Reference[] {
  const { key: name } = parseReferenceKey(key);
  const found = findPlaces(spec).flatMap(({ store }) => [memberReference(store, name), memberTagsReference(store, name)]);
  const all = new Map([...referencesOf(spec), ...found].map((one) => [referenceKey(one), one]));
  const named = all.get(key);
  if (!isAny || named === undefined) return named === undefined ? [] : [named];
  const isSameSecret = (one: Reference) => one.provider === named.provider && one.account === named.account && one.region === named.region;
  return [...all.values()].filter((one) => one.key === name && isSameSecret(one));
}

/**
 * What is sent in place of requests that brought nothing new: one look, past all events that come until then. Of those that it covers the
 * notices are gone: what they tell is found by what the store shows, as if their events had been lost (docs/protocol.md, What remains).
 */
export interface Later {
  readonly requests: readonly SyncRequest[];
  readonly delayMs: Millis;
}

/**
 * Undefined where another event's look covers this one. So every look is for all readers of the secret, those that this event left nothing
 * owing to as well: the events that it covers may owe them something. `held`: whose own notice is still to be served, too.
 */
export async function laterLook(
  { registry, clock }: EventLimitDeps,
  change: SecretChange,
  { asked, held }: { readonly asked: readonly Asked[]; readonly held: readonly SyncRequest[] },
  by: string,
): Promise<Later | undefined> {
  const now = clock.now();
  const { at, isOurs } = await registry.claimLaterWake(wakeSource(change), { by, now, quietMs: QUIET_MS });
  const need = Math.max(at + PAST_MS, latestMoment(change));
  if (!isOurs && need === at + PAST_MS) return undefined;
  const requests = asked.flatMap(({ request }): readonly SyncRequest[] => {
    const { notice, ...rest } = request;
    if (notice === undefined) return [{ ...rest, need }];
    // The store may not show yet what its own notice tells. What a rule found by it is found by the look.
    const look = { ...rest, need, candidate: notice.reference };
    return held.includes(request) ? [request, look] : [look];
  });
  return { requests, delayMs: Math.max(0, at - now) };
}
