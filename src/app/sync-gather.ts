/** The first half of a pass: which version the targets have, and then, read after it, the registrations and who owns them (rule 1). */
import { RelayError } from "../core/errors.ts";
import { type Registration, type Target, targetKey } from "../core/model.ts";
import type { LoadedRegistration, Registry, TargetView } from "../core/ports.ts";
import { namespaceAllowed } from "../core/sync/guard.ts";
import { type Failure, isOurs, type Job, type Pass } from "./sync-job.ts";
import type { Reads } from "./sync-reads.ts";
import type { ClusterSession } from "./sync-session.ts";

export type Gathered =
  | { readonly kind: "ready"; readonly job: Job; readonly pass: Pass }
  /** Gone, a tombstone, or another's target. */
  | { readonly kind: "not ours"; readonly job: Job }
  /** The registration took another target since: what was looked at is not the one. */
  | { readonly kind: "moved"; readonly job: Job }
  | { readonly kind: "failed"; readonly job: Job; readonly failure: Failure };

interface Looked {
  readonly kind: "seen";
  readonly job: Job;
  readonly target: Target;
  readonly view: TargetView | "missing";
}

/** One answer a job, in any order. Looks at all that need it first, so that one load, and one read of each reference, serve them all. */
export async function gather(
  registry: Pick<Registry, "load">,
  reads: Pick<Reads, "mark">,
  session: ClusterSession,
  jobs: readonly Job[],
): Promise<readonly Gathered[]> {
  const used = jobs.filter((job) => job.isUsed);
  if (used.length > 0) await reload(registry, reads, used);
  const gathered: Gathered[] = [];
  const looking: Promise<Looked | Gathered>[] = [];
  for (const job of jobs) {
    const { loaded } = job;
    const { registration } = loaded;
    if (!isOurs(loaded)) {
      gathered.push({ kind: "not ours", job });
    } else if (registration.spec.target.creationPolicy === "None") {
      // Nothing is ever written, so nothing needs to be known of a target.
      gathered.push({ kind: "ready", job, pass: { registration, seen: { kind: "looked", view: "missing" } } });
    } else if (!needsLook(job, registration) && registration.known !== undefined) {
      gathered.push({ kind: "ready", job, pass: { registration, seen: { kind: "remembered", known: registration.known } } });
    } else {
      looking.push(look(session, job));
    }
  }
  if (looking.length === 0) return gathered;

  const looked: Looked[] = [];
  for (const one of await Promise.all(looking)) {
    if (one.kind === "seen") looked.push(one);
    else gathered.push(one);
  }
  if (looked.length === 0) return gathered;
  const withView = looked.map(({ job }) => job);
  await reload(registry, reads, withView);
  for (const { job, target, view } of looked) {
    const { registration } = job.loaded;
    if (!isOurs(job.loaded)) gathered.push({ kind: "not ours", job });
    else if (targetKey(targetOf(registration)) !== targetKey(target)) gathered.push({ kind: "moved", job });
    else gathered.push({ kind: "ready", job, pass: { registration, seen: { kind: "looked", view } } });
  }
  return gathered;
}

/** Never rejects. */
async function look(session: ClusterSession, job: Job): Promise<Looked | Gathered> {
  const target = targetOf(job.loaded.registration);
  try {
    refuseNamespace(session, target);
    return { kind: "seen", job, target, view: await session.call((cluster) => cluster.look(target)) };
  } catch (error) {
    return { kind: "failed", job, failure: { step: "look", error } };
  }
}

/** An Error says that the registry's word may not hold: a drift that could not be put right must not be called synced by it. */
export function needsLook(job: Job, { known, status }: Registration): boolean {
  return job.verify || known === undefined || status.state === "Error";
}

/** Outside of its allowed namespaces a cluster is not even looked at. */
export function refuseNamespace({ spec }: Pick<ClusterSession, "spec">, target: Target): void {
  if (namespaceAllowed(spec.allowedNamespaces, target.namespace)) return;
  const detail = `no glob of Cluster ${spec.name} matches the namespace ${target.namespace}`;
  throw new RelayError("NamespaceNotAllowed", targetKey(target), { detail });
}

/** One load for all; a registration that is gone since is given as a tombstone would be. */
async function reload(registry: Pick<Registry, "load">, reads: Pick<Reads, "mark">, jobs: readonly Job[]): Promise<void> {
  const wanted = jobs.map(({ id, target }) => ({ registration: id, target }));
  const { registrations } = await registry.load(wanted, []);
  for (const job of jobs) {
    job.loaded = registrations.get(job.id) ?? gone(job.loaded);
    job.isUsed = false;
    job.readAfter = reads.mark();
  }
}

function gone({ registration }: LoadedRegistration): LoadedRegistration {
  return { registration: { ...registration, phase: "tombstone" } };
}

export function targetOf({ spec }: { readonly spec: Registration["spec"] }): Target {
  return { cluster: spec.cluster, namespace: spec.namespace, name: spec.target.name };
}
