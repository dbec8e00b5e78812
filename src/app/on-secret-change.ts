/** Use case: a secret changed; wakes everyone who reads it, at once where they are few and by queue where they are many. */
import { isRelayError } from "../core/errors.ts";
import { type Interest, type Millis, parseReferenceKey, type Reference, type ReferenceKey, type SyncRequest } from "../core/model.ts";
import type { Clock, Log, Queue, Registry } from "../core/ports.ts";
import { latestMoment, type SecretChange } from "../core/secret-change.ts";
import { holds } from "../core/sync/freshness.ts";
import { changeReferences, labelMoveReferences } from "../core/sync/references.ts";
import { findHits } from "./find-hits.ts";
import type { Openings, SyncTargets } from "./outcome.ts";
import { type Resend, resends, sendAll } from "./settle-messages.ts";

export interface OnSecretChangeDeps {
  readonly registry: Pick<Registry, "interests" | "findRules" | "head" | "openPropagation" | "noticeCredentials">;
  readonly queue: Queue;
  readonly log: Log;
  readonly clock: Pick<Clock, "now" | "uptime">;
  readonly sync: SyncTargets;
  /** Up to so many requests are synced at once; more go to the queue. */
  readonly fastPathTargets: number;
}

interface Dispatched {
  /** Registrations that were woken. */
  readonly targets: number;
  readonly path: "none" | "fast" | "queue";
}

type OnSecretChange = (change: SecretChange, deadline: Millis) => Promise<Dispatched>;

/**
 * Level-triggered (rule 3): the event says whom to wake and how fresh their read must be, never what to write. Doing it twice does
 * no harm. It throws where not all requests reached a sync or the queue, so that whoever delivered the event delivers it again (rule 2).
 */
export function createOnSecretChange(deps: OnSecretChangeDeps): OnSecretChange {
  return async (change, deadline) => {
    try {
      return await dispatch(deps, change, deadline);
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

async function dispatch(deps: OnSecretChangeDeps, change: SecretChange, deadline: Millis): Promise<Dispatched> {
  const { requests, openings } = change.kind === "label moved" ? await wokenByMove(deps, change) : await wokenByChange(deps, change);
  const open = async () => (change.kind === "label moved" ? openPropagations(deps, openings, change) : undefined);
  const targets = new Set(requests.map(({ registration }) => registration)).size;
  if (targets === 0) return { targets, path: "none" };
  if (requests.length <= deps.fastPathTargets && deps.clock.uptime() < deadline) {
    await syncNow(deps, { requests, openings }, open, deadline);
    return { targets, path: "fast" };
  }
  // Before anybody is woken, so that no record slips past it.
  await open();
  await deps.queue.send(requests, { delayMs: 0 });
  return { targets, path: "queue" };
}

interface Woken {
  readonly requests: readonly SyncRequest[];
  /** The references that the change names, with how many expect it. */
  readonly openings: Openings;
}

/**
 * What fails or does not fit the time goes to the queue, all of it where the sync itself broke. The sync opens the propagations as it
 * reads, which saves two round trips before the value is in the cluster; what it did not read is opened after it, and before the queue
 * wakes anybody.
 */
async function syncNow(
  { sync, queue, log }: OnSecretChangeDeps,
  { requests, openings }: Woken,
  open: () => Promise<void>,
  deadline: Millis,
): Promise<void> {
  let left: readonly Resend[];
  try {
    left = resends(await sync(requests, deadline, openings));
  } catch (error) {
    // Whatever broke, its cause is tried again by the queue, which counts attempts and ends in the dead-letter queue.
    log.warn("fast path failed", { code: isRelayError(error) ? error.code : "Unclassified", requests: requests.length });
    left = requests.map((request) => ({ request, delayMs: 0 }));
  }
  await open();
  await sendAll(queue, left);
}

type LabelMoved = Extract<SecretChange, { kind: "label moved" }>;

/**
 * Readers of the moved label get the notice, so that the announced version serves them at once. Readers of AWSPREVIOUS are only
 * concerned: the event does not name their version. Who reads both gets both requests, each with a need of its own.
 */
async function wokenByMove(deps: OnSecretChangeDeps, change: LabelMoved): Promise<Woken> {
  const [interests, hits] = await Promise.all([interestsIn(deps, labelMoveReferences(change)), findHits(deps.registry, change)]);
  const isNamed = ({ reference }: Interest) => parseReferenceKey(reference).version === `stage/${change.label}`;
  const readers = interests.filter(isNamed);
  const lineOf = ({ registration, reference }: Interest) => JSON.stringify([registration, reference]);
  const known = new Set(readers.map(lineOf));
  const found = hits.filter((hit) => !known.has(lineOf(hit)));
  const named = [...readers, ...found];
  const concerned = interests.filter((interest) => !isNamed(interest));
  const { versionId, at } = change;
  const requests = [
    ...named.map((interest) => {
      const notice = { reference: interest.reference, versionId, at };
      return { ...requestFor(interest, latestMoment(change)), notice };
    }),
    ...concerned.map((interest) => requestFor(interest, latestMoment(change))),
  ];
  const openings = new Map<ReferenceKey, number>();
  // Whom the tags may turn away is not expected: it joins when it finds the secret.
  const expected = [...readers, ...found.filter(({ isByTags }) => !isByTags)];
  for (const { reference } of expected) openings.set(reference, (openings.get(reference) ?? 0) + 1);
  return { requests, openings };
}

/** Each registration once: a request without a notice is served only when all that it reads is fresh. */
async function wokenByChange(deps: OnSecretChangeDeps, change: Exclude<SecretChange, LabelMoved>): Promise<Woken> {
  const [interests, hits] = await Promise.all([interestsIn(deps, changeReferences(change)), findHits(deps.registry, change)]);
  const need = latestMoment(change);
  const requests = new Map(interests.map((interest) => [interest.registration, requestFor(interest, need)]));
  for (const hit of hits) requests.set(hit.registration, { ...requestFor(hit, need), candidate: hit.reference });
  return { requests: [...requests.values()], openings: new Map() };
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

function requestFor({ registration, cluster, target }: Interest, need: Millis): SyncRequest {
  return { registration, cluster, target, need, verify: false, attempt: 0 };
}
