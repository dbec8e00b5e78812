/**
 * One ClusterExternalSecret: finds its namespaces, registers where one is new or changed, entombs where one is meant no more. What it is
 * about to make is written down first, on condition of what it was read as: a deployment that comes between is never overwritten, and
 * whatever is made is known to have been.
 */
import type { ClusterExternalSecretRecord, ClusterExternalSecretStatus, NamespaceFailure } from "../core/cluster-external-secret-record.ts";
import { type FoundNamespaces, isMadeBy, madeId, type NamespacePlan, planNamespaces } from "../core/config/namespace-plan.ts";
import { isRelayError, type RelayError } from "../core/errors.ts";
import { findPlaces } from "../core/find/find.ts";
import { type Millis, type Registration, type RegistrationId, registrationId, type SyncRequest, targetKey } from "../core/model.ts";
import type { Clock, Log, Queue, Registry } from "../core/ports.ts";
import { referencesOf } from "../core/sync/references.ts";
import { concurrently } from "./concurrently.ts";
import { announceRegistered, createFinders, type Finders, pruneRequest, requestsAfterPut, targetOf } from "./register-writes.ts";
import { OutOfTime } from "./sync-session.ts";

export interface RefreshDeps {
  readonly registry: Registry;
  readonly queue: Queue;
  readonly log: Log;
  readonly clock: Pick<Clock, "now" | "latest">;
  readonly workerLifetimeMs: number;
}

/** Where it is refreshed. */
export interface RefreshPlace {
  /** @throws RelayError where nothing is known of any namespace; OutOfTime */
  readonly find: () => Promise<FoundNamespaces>;
  readonly allowedNamespaces: readonly string[];
  /** Ids of the config's own ExternalSecrets, as far as the registry may not have them yet. */
  readonly taken: ReadonlySet<RegistrationId>;
}

/** After what may pass by itself: a cluster that is silent, a sync that recorded meanwhile, a worker that died in the middle. */
const SOON_MS = 60_000;
/** Syncs record the same registrations meanwhile, each once. */
const MAX_TRIES = 3;
const CONCURRENCY = 8;
const MAX_FAILURES = 100;

/** @throws RegistryUnavailable */
export async function refreshNamespaces(deps: RefreshDeps, place: RefreshPlace, first: ClusterExternalSecretRecord): Promise<void> {
  let record = first;
  for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
    const found = await findOrSay(deps, place, record);
    if (found === undefined) return;
    const existing = await load(deps.registry, record, found);
    const { taken, allowedNamespaces } = place;
    const plan = planNamespaces(record.spec, found, { existing, taken, allowedNamespaces });
    const claimed = await claim(deps, record, plan);
    if (claimed === "lost") return;
    record = claimed;
    const done = await carryOut(deps, plan);
    const isLast = tries === MAX_TRIES;
    if (!done.hasLost || isLast) {
      await conclude(deps, record, { plan, done, existing: existing.filter(({ id }) => !taken.has(id)) });
      return;
    }
  }
}

/** What the registry has under the ids that are wanted or were made. */
async function load(
  registry: RefreshDeps["registry"],
  { spec, made }: ClusterExternalSecretRecord,
  found: FoundNamespaces,
): Promise<readonly Registration[]> {
  const ids = new Set([...found.matching.map((namespace) => madeId(spec, namespace)), ...made.map((one) => `${spec.cluster}/${one}`)]);
  const wanted = [...ids].map((registration) => {
    const [cluster = "", namespace = "", name = ""] = registration.split("/");
    return { registration, target: targetKey({ cluster, namespace, name }) };
  });
  if (wanted.length === 0) return [];
  const { registrations } = await registry.load(wanted, []);
  return [...registrations.values()].map(({ registration }) => registration);
}

/** Nothing is known, so nothing changes but what the status says. */
async function findOrSay(
  deps: RefreshDeps,
  place: RefreshPlace,
  record: ClusterExternalSecretRecord,
): Promise<FoundNamespaces | undefined> {
  // What is retired means no namespace any more, whatever its cluster says.
  if (record.retiredAt !== undefined) return { matching: [], unsure: new Map() };
  try {
    return await place.find();
  } catch (error) {
    if (error instanceof OutOfTime) return undefined;
    if (!isRelayError(error)) throw error;
    await say(deps, record, error);
    return undefined;
  }
}

async function say({ registry, clock, log }: RefreshDeps, record: ClusterExternalSecretRecord, error: RelayError): Promise<void> {
  const { spec, status } = record;
  log.warn("namespaces not known", { cluster: spec.cluster, kind: "ClusterExternalSecret", name: spec.name, code: error.code });
  const now = clock.now();
  const isSame = status.state === "Unknown" && status.error?.code === error.code;
  const next: ClusterExternalSecretStatus = {
    ...status,
    state: "Unknown",
    since: isSame ? status.since : now,
    error: { code: error.code, message: error.message },
  };
  await registry.writeClusterExternalSecret({ ...record, status: next, dueAt: now + Math.min(spec.refreshMs, SOON_MS) }, record);
}

/** Before anything is written elsewhere. Whoever dies after it leaves it due soon. */
async function claim(
  { registry, clock }: RefreshDeps,
  record: ClusterExternalSecretRecord,
  { puts, removed }: NamespacePlan,
): Promise<ClusterExternalSecretRecord | "lost"> {
  if (puts.length === 0 && removed.length === 0) return record;
  const made = new Set([...record.made, ...puts.map(({ spec }) => `${spec.namespace}/${spec.name}`)]);
  return registry.writeClusterExternalSecret({ ...record, made: [...made].toSorted(), dueAt: clock.now() + SOON_MS }, record);
}

interface Done {
  /** Somebody else wrote one of them: not all of the plan was carried out. */
  readonly hasLost: boolean;
  readonly put: readonly RegistrationId[];
  readonly entombed: readonly RegistrationId[];
  readonly failed: readonly NamespaceFailure[];
}

/** Each write is conditional on what the plan was made from, and none is tried again from another. Removals first: they free targets. */
async function carryOut(deps: RefreshDeps, { puts, removed }: NamespacePlan): Promise<Done> {
  const { registry, clock, workerLifetimeMs } = deps;
  if (puts.length === 0 && removed.length === 0) return { hasLost: false, put: [], entombed: [], failed: [] };
  const generation = await registry.nextGeneration();
  const finders = await findersFor(registry, puts);
  const requests: SyncRequest[] = [];
  let hasLost = false;
  const entombed: RegistrationId[] = [];
  await concurrently(removed, CONCURRENCY, async (registration) => {
    const tombstone = await registry.entomb(registration, generation, clock.latest());
    if (tombstone === "lost") hasLost = true;
    else {
      finders.left(tombstone);
      entombed.push(registration.id);
      requests.push(pruneRequest(tombstone, workerLifetimeMs));
    }
  });
  const put: RegistrationId[] = [];
  const failed: NamespaceFailure[] = [];
  await concurrently(puts, CONCURRENCY, async ({ spec, before }) => {
    const registeredAt = clock.latest();
    const references = referencesOf(spec);
    const remembered = finders.of(targetOf(spec));
    const stored = await registry.putRegistration({ spec, generation, registeredAt, previous: before, references, remembered });
    if (stored === "lost") hasLost = true;
    else if (stored === "conflict")
      failed.push({ namespace: spec.namespace, reason: `Secret ${spec.target.name} belongs to another ExternalSecret` });
    else {
      if (before !== undefined) finders.left(before);
      put.push(registrationId(spec));
      requests.push(...requestsAfterPut(stored, before, workerLifetimeMs));
    }
  });
  await announceRegistered(deps, requests);
  return { hasLost, put, entombed, failed };
}

/** Of what is put: whoever has or had its Secret may have found more for it than a listing shows; only who finds too can take that over. */
async function findersFor(registry: RefreshDeps["registry"], puts: NamespacePlan["puts"]): Promise<Finders> {
  const finders = createFinders([]);
  const finding = puts.find(({ spec }) => findPlaces(spec).length > 0);
  if (finding === undefined) return finders;
  for await (const page of registry.ofCluster(finding.spec.cluster)) for (const registration of page) finders.left(registration);
  return finders;
}

interface Carried {
  readonly plan: NamespacePlan;
  readonly done: Done;
  /** Without those that an ExternalSecret of the config is about to take. */
  readonly existing: readonly Registration[];
}

/** Writes down what there is now. A retired one whose last writer has ended is dropped. */
async function conclude(deps: RefreshDeps, record: ClusterExternalSecretRecord, { plan, done, existing }: Carried): Promise<void> {
  const { registry, clock, log, workerLifetimeMs } = deps;
  const { spec, retiredAt } = record;
  const now = clock.now();
  const entombed = new Set(done.entombed);
  const mine = existing.filter((one) => isMadeBy(spec, one) && !entombed.has(one.id)).map(({ id }) => id);
  const live = new Set([...mine, ...done.put]);
  if (retiredAt !== undefined && live.size === 0 && !done.hasLost && now >= retiredAt + workerLifetimeMs) {
    await registry.dropClusterExternalSecret(record);
    return;
  }
  // What was lost may have been made by another.
  const made = done.hasLost ? record.made : [...live].map((id) => id.slice(spec.cluster.length + 1)).toSorted();
  const status = statusOf(record, [...plan.failed, ...done.failed], live, now);
  const dueAt = done.hasLost ? now + SOON_MS : retiredAt === undefined ? now + spec.refreshMs : retiredAt + workerLifetimeMs;
  if (done.put.length > 0 || done.entombed.length > 0) {
    const counts = { added: done.put.length, removed: done.entombed.length, failed: status.failedCount };
    log.info("namespaces refreshed", { cluster: spec.cluster, kind: "ClusterExternalSecret", name: spec.name, ...counts });
  }
  await registry.writeClusterExternalSecret({ ...record, made, status, dueAt }, record);
}

function statusOf(
  { status: before }: ClusterExternalSecretRecord,
  failures: readonly NamespaceFailure[],
  live: ReadonlySet<RegistrationId>,
  now: Millis,
): ClusterExternalSecretStatus {
  const failed = failures.toSorted((a, b) => (a.namespace < b.namespace ? -1 : 1));
  const state = failed.length === 0 ? "Ready" : "PartlyReady";
  return {
    state,
    since: before.state === state ? before.since : now,
    checkedAt: now,
    provisioned: [...live].map((id) => id.split("/")[1] ?? "").toSorted(),
    failed: failed.slice(0, MAX_FAILURES),
    failedCount: failed.length,
  };
}
