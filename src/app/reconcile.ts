/** Use case: on a schedule, finds what no event told: due refreshes, drift, lost messages, tombstones, open propagations (rule 2). */
import { isRelayError } from "../core/errors.ts";
import { type Millis, type Propagation, type Registration, type RegistrationId, type SyncRequest } from "../core/model.ts";
import type { Clock, Clusters, Log, Queue, RegistrationChange, Registry, SecretProvider } from "../core/ports.ts";
import type { FreshnessBounds } from "../core/sync/freshness.ts";
import { heldUntil, nextDue } from "../core/sync/refresh.ts";
import type { ClusterExternalSecrets } from "./cluster-external-secrets.ts";
import { concurrently, pagesOf } from "./concurrently.ts";
import { findIntact, type JudgeDeps } from "./reconcile-judge.ts";
import { createDriftProbe } from "./reconcile-probe.ts";
import { settlePropagations, WOKEN_HEAD_START_MS } from "./reconcile-propagations.ts";
import { pruneRequest, targetOf } from "./register-writes.ts";
import { sendAll } from "./settle-messages.ts";

export interface ReconcileDeps {
  readonly registry: Registry;
  readonly provider: Pick<SecretProvider, "currentVersions" | "list">;
  readonly clusters: Clusters;
  readonly queue: Queue;
  readonly log: Log;
  readonly clock: Clock;
  readonly bounds: FreshnessBounds;
  readonly clusterExternalSecrets: Pick<ClusterExternalSecrets, "refreshDue">;
  /** Recounts; closes and announces where that is due. */
  readonly settlePropagation: (propagation: Propagation) => Promise<void>;
  readonly timing: { readonly driftIntervalMs: number };
  readonly workerLifetimeMs: number;
}

export interface ReconcileResult {
  /** Registrations that were due. */
  readonly due: number;
  /** Of them: sent to a sync or a prune. */
  readonly enqueued: number;
  /** Of them: seen to be as they shall be. */
  readonly intact: number;
  /** Propagations that were looked at. */
  readonly propagations: number;
  /** ClusterExternalSecrets whose namespaces were asked for. */
  readonly clusterExternalSecrets: number;
}

/** The index answers from several shards, each up to the whole of what is asked for: asking seldom and for much reads least. */
const LIST_SIZE = 800;
const PAGE_SIZE = 100;
/** All of a page: the registry puts records that come together into few calls. */
const CONCURRENCY = PAGE_SIZE;
/** So long a page waits for slow clusters; what they did not answer goes to syncs. */
const PAGE_TIME_MS = 15_000;

/**
 * Writes to no target. A failure of one item, cluster, store or part is logged by its code and concerns it alone; only when a
 * whole part could not even begin does it throw, after the others have run.
 */
export function createReconcile(deps: ReconcileDeps): (deadline: Millis) => Promise<ReconcileResult> {
  return async (deadline) => {
    const [due, propagations, clusters, namespaces] = await Promise.allSettled([
      reconcileDue(deps, deadline),
      settlePropagations(deps, deadline),
      dropRetiredClusters(deps, deadline),
      deps.clusterExternalSecrets.refreshDue(deadline),
    ]);
    if (due.status === "rejected") throw due.reason;
    if (propagations.status === "rejected") throw propagations.reason;
    if (clusters.status === "rejected") throw clusters.reason;
    if (namespaces.status === "rejected") throw namespaces.reason;
    return { ...due.value, propagations: propagations.value, clusterExternalSecrets: namespaces.value };
  };
}

type DueResult = Pick<ReconcileResult, "due" | "enqueued" | "intact">;

async function reconcileDue(deps: ReconcileDeps, deadline: Millis): Promise<DueResult> {
  const { registry, clock } = deps;
  const judge: JudgeDeps = { ...deps, probe: createDriftProbe(deps), shown: new Map(), listed: new Map() };
  const startedAt = clock.now();
  const handled = new Set<RegistrationId>();
  const result = { due: 0, enqueued: 0, intact: 0 };
  let stale = 0;
  while (clock.uptime() < deadline) {
    // The index lags: what this run has dealt with may still be listed, and must not hide what comes after it.
    const limit = LIST_SIZE + stale;
    const listed = await registry.due(startedAt, limit);
    const fresh = listed.filter(({ registration }) => !handled.has(registration));
    stale = listed.length - fresh.length;
    if (fresh.length === 0 && listed.length < limit) break;
    for (const { registration } of fresh) handled.add(registration);
    for (const page of pagesOf(fresh, PAGE_SIZE)) {
      if (clock.uptime() >= deadline) return result;
      const { due, intact, enqueued } = await reconcilePage(deps, judge, { page, startedAt, deadline });
      result.due += due;
      result.intact += intact;
      result.enqueued += enqueued;
    }
  }
  return result;
}

interface DuePage {
  readonly page: Awaited<ReturnType<Registry["due"]>>;
  readonly startedAt: Millis;
  readonly deadline: Millis;
}

async function reconcilePage(deps: ReconcileDeps, judge: JudgeDeps, { page, startedAt, deadline }: DuePage): Promise<DueResult> {
  const { registry, clock } = deps;
  const names = new Set(page.map(({ cluster }) => cluster));
  const { registrations, clusters } = await registry.load(page, [...names]);
  const loaded = [...registrations.values()].map(({ registration }) => registration);
  const due = loaded.filter(({ dueAt }) => dueAt !== undefined && dueAt < startedAt);
  const live = due.filter(({ phase }) => phase === "live");
  const until = Math.min(deadline, clock.uptime() + PAGE_TIME_MS);
  const found = await findIntact(judge, live, clusters, until);
  const intact = await recordIntact(deps, live, found);
  const enqueued = await wake(
    deps,
    due.filter(({ id }) => !found.has(id)),
  );
  return { due: due.length, intact, enqueued };
}

async function recordIntact(
  deps: ReconcileDeps,
  live: readonly Registration[],
  intact: ReadonlyMap<RegistrationId, Registration["applied"]>,
): Promise<number> {
  const { clock, timing } = deps;
  const recorded = await concurrently(live, CONCURRENCY, async (registration) => {
    const applied = intact.get(registration.id);
    if (applied === undefined) return false;
    const syncedAt = clock.now();
    const { heldUntil: waits, ...known } = registration.status;
    // In a closed sync window nobody asked the store: what waited still does.
    const opensAt = waits === undefined ? undefined : heldUntil(registration, syncedAt);
    const status = { ...known, syncedAt, ...(typeof opensAt === "number" ? { heldUntil: opensAt } : {}) };
    return recordOne(deps, registration, { applied, status, dueAt: nextDue(registration.spec, syncedAt, timing, clock.random()) });
  });
  return recorded.filter(Boolean).length;
}

/**
 * Claims each by the record of its next due time, then sends: a claim that is lost belongs to whoever wrote meanwhile. What is
 * claimed but not sent is due again after the same time.
 */
async function wake(deps: ReconcileDeps, registrations: readonly Registration[]): Promise<number> {
  const { queue, clock, log, workerLifetimeMs } = deps;
  const dueAt = clock.now() + WOKEN_HEAD_START_MS;
  const claimed = await concurrently(registrations, CONCURRENCY, async (registration) =>
    (await recordOne(deps, registration, { dueAt })) ? [requestFor(registration, workerLifetimeMs)] : [],
  );
  const requests = claimed.flat();
  try {
    await sendAll(
      queue,
      requests.map((request) => ({ request, delayMs: (request.prune?.notBefore ?? 0) - clock.now() })),
    );
    return requests.length;
  } catch (error) {
    if (!isRelayError(error)) throw error;
    log.error("due, but not enqueued", { code: error.code, requests: requests.length });
    return 0;
  }
}

/** The need matters only to one whose first message got lost: an event may have passed before it was registered. */
function requestFor(registration: Registration, workerLifetimeMs: number): SyncRequest {
  if (registration.phase === "tombstone") return pruneRequest(registration, workerLifetimeMs);
  const { id, spec, registeredAt } = registration;
  return { registration: id, cluster: spec.cluster, target: targetOf(spec), need: registeredAt, verify: true, attempt: 0 };
}

/** @returns whether this record won; what fails stays due */
async function recordOne({ registry, log }: ReconcileDeps, registration: Registration, change: RegistrationChange): Promise<boolean> {
  try {
    return (await registry.record(registration, change)) !== "lost";
  } catch (error) {
    if (!isRelayError(error)) throw error;
    log.warn("registration not recorded", { registration: registration.id, code: error.code });
    return false;
  }
}

/** What register could not drop yet, since tombstones were left. */
async function dropRetiredClusters({ registry, clock }: ReconcileDeps, deadline: Millis): Promise<void> {
  const retired = (await registry.clusters()).filter(({ isRetired }) => isRetired === true);
  for (const { spec } of retired) {
    if (clock.uptime() >= deadline) return;
    let isEmpty = true;
    for await (const page of registry.ofCluster(spec.name)) isEmpty &&= page.length === 0;
    if (isEmpty) await registry.removeCluster(spec.name);
  }
}
