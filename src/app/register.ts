/** Use case: brings the registry to what the config wants, in pages, and wakes the syncs and prunes that follow from it. */
import { diffRegistrations, isSameJson } from "../core/config/diff.ts";
import { RelayError } from "../core/errors.ts";
import type { Millis, Registration, RegistrationId, ResolvedConfig } from "../core/model.ts";
import { registrationId } from "../core/model.ts";
import type { Clock, Log, Queue, Registry } from "../core/ports.ts";
import type { ClusterExternalSecrets } from "./cluster-external-secrets.ts";
import { concurrently, pagesOf } from "./concurrently.ts";
import { announceRegistered, createRegistrar, targetOf, type Wanted } from "./register-writes.ts";

export interface RegisterDeps {
  readonly registry: Registry;
  readonly queue: Queue;
  readonly log: Log;
  readonly clock: Pick<Clock, "now" | "latest" | "uptime">;
  /** A prune waits for so long, so that no worker that began before it can still write. */
  readonly workerLifetimeMs: number;
  readonly clusterExternalSecrets: Pick<ClusterExternalSecrets, "register">;
}

/** Counts are of this run alone: a run that goes on where another stopped finds the other's work unchanged. */
interface RegisterResult {
  readonly kind: "finished" | "unfinished";
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  readonly unchanged: number;
  /** Clusters of the config. */
  readonly clusters: number;
}

const PAGE_SIZE = 25;
const CONCURRENCY = 8;

type Register = (config: ResolvedConfig, deadline: Millis) => Promise<RegisterResult>;

/**
 * Level-triggered: the diff is made again by each run, so a run that ends early or dies is resumed by calling it again. Begins no
 * page after `deadline`; what it wrote but could not announce to the queue is found by reconcile. Until a run has finished no target is
 * pruned: what is nobody's meanwhile may be for another registration of the config.
 * @throws OwnedByRegistration, naming the registrations, after everything else is done; RegistryUnavailable
 */
export function createRegister(deps: RegisterDeps): Register {
  const { registry, clock } = deps;
  return async (config, deadline) => {
    const generation = await registry.beginRun();
    const gone = await registerClusters(registry, config);
    const existing = await registrationsOf(registry, [...config.clusters.map(({ name }) => name), ...gone]);
    const ids = new Set(config.registrations.map(registrationId));
    const diff = diffRegistrations(
      config.registrations,
      existing.filter((one) => !isLeftToItsMaker(one, config, ids)),
    );
    const registrar = createRegistrar(deps, { generation, config, existing });
    const count = { added: 0, changed: 0, removed: 0 };
    const result = (kind: RegisterResult["kind"]): RegisterResult => ({
      kind,
      ...count,
      unchanged: diff.unchanged.length,
      clusters: config.clusters.length,
    });

    // Removals first, so that their targets are free for who takes them over.
    for (const page of pagesOf(diff.removed, PAGE_SIZE)) {
      if (clock.uptime() >= deadline) return result("unfinished");
      const requests = await concurrently(page, CONCURRENCY, (registration) => registrar.remove(registration));
      await announceRegistered(deps, requests.flat());
      count.removed += page.length;
    }

    // Before the config's own, so that what it gives up is free for them; what they take by name is theirs already.
    const registerAll = () => deps.clusterExternalSecrets.register(config.clusterExternalSecrets ?? [], ids, deadline);
    const haveAll = await registerAll();
    if (clock.uptime() >= deadline) return result("unfinished");

    const tombstones = new Map(existing.filter(({ phase }) => phase === "tombstone").map((one) => [one.id, one]));
    const changed: Wanted[] = diff.changed.map(({ before, spec }) => ({ kind: "changed", spec, before }));
    const added: Wanted[] = diff.added.map((spec) => ({ kind: "added", spec, before: tombstones.get(registrationId(spec)) }));
    let waiting = [...changed, ...added];
    // Each ring has one of the changed in it, so more breaks than that are a conflict that no pass mends.
    let breaksLeft = changed.length;
    while (waiting.length > 0) {
      const conflicts: Wanted[] = [];
      for (const page of pagesOf(waiting, PAGE_SIZE)) {
        if (clock.uptime() >= deadline) return result("unfinished");
        const outcomes = await concurrently(page, CONCURRENCY, async (one) => ({ one, requests: await registrar.put(one) }));
        await announceRegistered(
          deps,
          outcomes.flatMap(({ requests }) => (requests === "conflict" ? [] : requests)),
        );
        for (const { one, requests } of outcomes) {
          if (requests === "conflict") conflicts.push(one);
          else count[one.kind] += 1;
        }
      }
      // Whose target is still held by one that comes later in this pass gets it in the next; a ring of them is broken at one place.
      if (conflicts.length === waiting.length) {
        if (breaksLeft === 0 || !(await registrar.breakRing(conflicts))) throw await conflictOf(registry, conflicts);
        breaksLeft -= 1;
      }
      waiting = conflicts;
    }
    // Once more, before the run ends: what it wants may have been freed by one that moved on, or by another of them.
    if (!haveAll) await registerAll();
    if (clock.uptime() >= deadline) return result("unfinished");
    await dropEmptyClusters(registry, gone);
    await registry.endRun(generation);
    return result("finished");
  };
}

/** Made by a ClusterExternalSecret that the config has, and not by the config itself. */
function isLeftToItsMaker({ id, spec }: Registration, config: ResolvedConfig, ids: ReadonlySet<RegistrationId>): boolean {
  const { cluster, clusterExternalSecret: maker } = spec;
  if (maker === undefined || ids.has(id)) return false;
  return (config.clusterExternalSecrets ?? []).some((one) => one.cluster === cluster && one.name === maker);
}

/** Before any registration, so that no sync finds its cluster unknown. @returns those that the config has no more */
async function registerClusters(registry: Registry, config: ResolvedConfig): Promise<readonly string[]> {
  const records = await registry.clusters();
  const known = new Map(records.map((record) => [record.spec.name, record]));
  const stale = config.clusters.filter((spec) => {
    const record = known.get(spec.name);
    return record === undefined || record.isRetired === true || record.isOutdated === true || !isSameJson(record.spec, spec);
  });
  await concurrently(stale, CONCURRENCY, (spec) => registry.putCluster(spec));
  const wanted = new Set(config.clusters.map(({ name }) => name));
  const gone = [...known.keys()].filter((name) => !wanted.has(name));
  await concurrently(gone, CONCURRENCY, (name) => registry.retireCluster(name));
  return gone;
}

async function registrationsOf(registry: Registry, clusters: readonly string[]): Promise<readonly Registration[]> {
  const found: Registration[] = [];
  for (const cluster of clusters) for await (const page of registry.ofCluster(cluster)) found.push(...page);
  return found;
}

/** The record of a cluster is needed to prune in it, so it goes last: now, by reconcile, or by a later run. */
async function dropEmptyClusters(registry: Registry, gone: readonly string[]): Promise<void> {
  for (const name of gone) {
    const left = await registrationsOf(registry, [name]);
    if (left.length === 0) await registry.removeCluster(name);
  }
}

async function conflictOf(registry: Registry, conflicts: readonly Wanted[]): Promise<RelayError> {
  const described = await concurrently(conflicts, CONCURRENCY, async ({ spec }) => {
    const target = targetOf(spec);
    return `${registrationId(spec)} wants ${target}, which belongs to ${(await registry.owner(target)) ?? "another"}`;
  });
  const first = conflicts[0];
  return new RelayError("OwnedByRegistration", first === undefined ? "config" : registrationId(first.spec), {
    detail: described.join("; "),
  });
}
