/** Use case: a secret changed; wakes everyone who reads it, at once where they are few and by queue where they are many. */
import { isRelayError } from "../core/errors.ts";
import { type Interest, type Millis, parseReferenceKey, type Reference, type ReferenceKey, type SyncRequest } from "../core/model.ts";
import type { Clock, Queue, Registry } from "../core/ports.ts";
import { latestMoment, type SecretChange } from "../core/secret-change.ts";
import { QUIET_MS } from "../core/sync/backoff.ts";
import { holds } from "../core/sync/freshness.ts";
import { changeReferences, labelMoveReferences } from "../core/sync/references.ts";
import { type Asked, bringsNews, type EventLimitDeps, laterLook, plausible, wakeSource } from "./event-limit.ts";
import { findHits } from "./find-hits.ts";
import type { Openings, SyncTargets } from "./outcome.ts";
import { type Resend, resends, sendAll } from "./settle-messages.ts";

export interface OnSecretChangeDeps extends EventLimitDeps {
  readonly registry: EventLimitDeps["registry"] & Pick<Registry, "interests" | "findRules" | "noticeCredentials">;
  readonly queue: Queue;
  readonly clock: EventLimitDeps["clock"] & Pick<Clock, "uptime">;
  readonly sync: SyncTargets;
  /** Up to so many requests are synced at once; more go to the queue. */
  readonly fastPathTargets: number;
}

interface Dispatched {
  /** Registrations that the event concerns. */
  readonly targets: number;
  /** `later`: nothing new, so that they are looked at when the quiet time ends; `covered`: another event's look does that. */
  readonly path: "none" | "fast" | "queue" | "later" | "covered";
}

type OnSecretChange = (change: SecretChange, deadline: Millis, eventId: string) => Promise<Dispatched>;

/**
 * Level-triggered (rule 3): the event says whom to wake and how fresh their read must be, never what to write. Doing it twice does
 * no harm. It throws where not all requests reached a sync or the queue, so that whoever delivered the event delivers it again (rule 2).
 */
export function createOnSecretChange(deps: OnSecretChangeDeps): OnSecretChange {
  const dispatch = createDispatch(deps);
  return async (told, deadline, eventId) => {
    const toldOf = await wokenBy(deps, told, eventId);
    // Only now: what time it is, the first answer of AWS says (ADR 12).
    const change = plausible(told, deps.clock.latest());
    const woken = change === told ? toldOf : await wokenBy(deps, change, eventId);
    try {
      return await dispatch(change, woken, deadline, eventId);
    } finally {
      // After it: whoever reads the secret gets it no later for this. Whichever of the two fails, the event comes again.
      await noticeCredentials(deps, change);
    }
  };
}

/** Nobody is woken: each connection that is used after it looks at the secret itself. */
async function noticeCredentials({ registry, log }: OnSecretChangeDeps, change: SecretChange): Promise<void> {
  if (change.kind !== "label moved" || change.label !== "AWSCURRENT") return;
  const { name, versionId, at } = change;
  const clusters = await registry.noticeCredentials(name, { versionId, at });
  if (clusters.length > 0) log.info("credentials of clusters changed", { key: name, clusters: clusters.length });
}

type Dispatch = (change: SecretChange, woken: Woken, deadline: Millis, eventId: string) => Promise<Dispatched>;

function createDispatch(deps: OnSecretChangeDeps): Dispatch {
  const { registry, queue, clock, fastPathTargets } = deps;
  return async (change, { asked, openings }, deadline, eventId) => {
    const targets = new Set(asked.map(({ request }) => request.registration)).size;
    if (targets === 0) return { targets, path: "none" };
    const open = async () => (change.kind === "label moved" ? openPropagations(deps, openings, change) : undefined);
    const leave = onceAsked(() => registry.claimWake(wakeSource(change), { by: eventId, now: clock.now(), quietMs: QUIET_MS }));
    const lookLater = async (held: readonly SyncRequest[]): Promise<Dispatched> => {
      const later = await laterLook(deps, change, { asked, held }, eventId);
      if (later === undefined) return { targets, path: "covered" };
      await open();
      await queue.send(later.requests, { delayMs: later.delayMs });
      return { targets, path: "later" };
    };

    if (asked.length <= fastPathTargets && clock.uptime() < deadline) {
      const held = await syncNow(deps, { asked, openings }, { open, deadline, leave });
      return held.length === 0 ? { targets, path: "fast" } : lookLater(held);
    }
    if (!(await leave.ask()) && !(await bringsNews(deps, asked, openings))) return lookLater(requestsOf(asked));
    // Before anybody is woken, so that no record slips past it.
    await open();
    await queue.send(requestsOf(asked), { delayMs: 0 });
    return { targets, path: "queue" };
  };
}

interface AskedOnce {
  ask(): Promise<boolean>;
  /** Undefined where nobody asked. @throws what asking threw */
  answer(): Promise<boolean | undefined>;
}

function onceAsked(ask: () => Promise<boolean>): AskedOnce {
  let asked: Promise<boolean> | undefined;
  return { ask: () => (asked ??= ask()), answer: async () => asked };
}

async function wokenBy(deps: OnSecretChangeDeps, change: SecretChange, event: string): Promise<Woken> {
  return change.kind === "label moved" ? wokenByMove(deps, change, event) : wokenByChange(deps, change, event);
}

interface Woken {
  readonly asked: readonly Asked[];
  /** The references that the change names, with how many expect it. */
  readonly openings: Openings;
}

/**
 * What fails or does not fit the time goes to the queue, all of it where the sync itself broke. The sync opens the propagations as it
 * reads, which saves two round trips before the value is in the cluster; what it did not read is opened after it, and before the queue
 * wakes anybody. @returns what brings nothing new, and was given no leave
 */
async function syncNow(
  { sync, queue, log }: OnSecretChangeDeps,
  { asked, openings }: Woken,
  { open, deadline, leave }: { readonly open: () => Promise<void>; readonly deadline: Millis; readonly leave: AskedOnce },
): Promise<readonly SyncRequest[]> {
  const requests = requestsOf(asked);
  let left: readonly Resend[];
  let held: readonly SyncRequest[] = [];
  try {
    const outcomes = await sync(requests, deadline, openings, () => leave.ask().catch(() => false));
    held = outcomes.filter(({ kind }) => kind === "held").map(({ request }) => request);
    left = resends(outcomes.filter(({ kind }) => kind !== "held"));
  } catch (error) {
    // Whatever broke, its cause is tried again by the queue, which counts attempts and ends in the dead-letter queue.
    log.warn("fast path failed", { code: isRelayError(error) ? error.code : "Unclassified", requests: requests.length });
    left = requests.map((request) => ({ request, delayMs: 0 }));
  }
  // Where asking failed nobody has said no: the event is to be delivered again.
  if ((await leave.answer()) !== false) await open();
  await sendAll(queue, left);
  return held;
}

function requestsOf(asked: readonly Asked[]): readonly SyncRequest[] {
  return asked.map(({ request }) => request);
}

type LabelMoved = Extract<SecretChange, { kind: "label moved" }>;

/**
 * Readers of the moved label get the notice, so that the announced version serves them at once. Readers of AWSPREVIOUS are only
 * concerned: the event does not name their version. Who reads both gets both requests, each with a need of its own.
 */
async function wokenByMove(deps: OnSecretChangeDeps, change: LabelMoved, event: string): Promise<Woken> {
  const [interests, hits] = await Promise.all([interestsIn(deps, labelMoveReferences(change)), findHits(deps.registry, change)]);
  const isNamed = ({ reference }: Interest) => parseReferenceKey(reference).version === `stage/${change.label}`;
  const readers = interests.filter(isNamed);
  const lineOf = ({ registration, reference }: Interest) => `${registration} ${reference}`;
  const known = new Set(readers.map(lineOf));
  const found = hits.filter((hit) => !known.has(lineOf(hit)));
  const named = [...readers, ...found];
  const concerned = interests.filter((interest) => !isNamed(interest));
  const { versionId, at } = change;
  const asking = { need: latestMoment(change), event };
  const asked = [
    ...named.map(({ reference, ...who }) => ({ reference, request: { ...requestFor(who, asking), notice: { reference, versionId, at } } })),
    ...concerned.map(({ reference, ...who }) => ({ reference, request: requestFor(who, asking) })),
  ];
  const openings = new Map<ReferenceKey, number>();
  // Whom the tags may turn away is not expected: it joins when it finds the secret.
  const expected = [...readers, ...found.filter(({ isByTags }) => !isByTags)];
  for (const { reference } of expected) openings.set(reference, (openings.get(reference) ?? 0) + 1);
  return { asked, openings };
}

/** Each registration once: a request without a notice is served only when all that it reads is fresh. */
async function wokenByChange(deps: OnSecretChangeDeps, change: Exclude<SecretChange, LabelMoved>, event: string): Promise<Woken> {
  const [interests, hits] = await Promise.all([interestsIn(deps, changeReferences(change)), findHits(deps.registry, change)]);
  const asking = { need: latestMoment(change), event };
  const asked = new Map<string, Asked>();
  for (const { reference, ...who } of interests) asked.set(who.registration, { reference, request: requestFor(who, asking) });
  for (const { reference, ...who } of hits) {
    asked.set(who.registration, { reference, request: { ...requestFor(who, asking), candidate: reference } });
  }
  return { asked: [...asked.values()], openings: new Map() };
}

/**
 * A change that HEAD is known to hold already has one: whoever moved HEAD there without the event opened it, under the time that it
 * could prove. A second one, keyed by the event's time, would announce the same change twice.
 */
async function openPropagations(
  { registry, clock }: OnSecretChangeDeps,
  openings: Openings,
  { versionId, at }: { readonly versionId: string; readonly at: Millis },
): Promise<void> {
  const openedAt = clock.now();
  await Promise.all(
    [...openings].map(async ([reference, expected]) => {
      const head = await registry.head(reference);
      if (head !== undefined && holds(head, { versionId, at })) return;
      await registry.openPropagation({ reference, versionId, at }, { openedAt, expected });
    }),
  );
}

async function interestsIn({ registry }: OnSecretChangeDeps, references: readonly Reference[]): Promise<readonly Interest[]> {
  const found: Interest[] = [];
  if (references.length === 0) return found;
  for await (const page of registry.interests(references)) found.push(...page);
  return found;
}

function requestFor(
  { registration, cluster, target }: Omit<Interest, "reference">,
  asking: { readonly need: Millis; readonly event: string },
): SyncRequest {
  return { registration, cluster, target, ...asking, verify: false, attempt: 0 };
}
