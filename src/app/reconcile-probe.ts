/** Looks at many targets for drift without reading a value, so that one dead or slow cluster delays no other (rule 7). */
import { isRelayError } from "../core/errors.ts";
import type { KnownTarget, Millis, Registration, RegistrationId } from "../core/model.ts";
import type { Clock, Cluster, ClusterRecord, Clusters, Log } from "../core/ports.ts";
import { concurrently } from "./concurrently.ts";

export interface ProbeDeps {
  readonly clusters: Clusters;
  readonly log: Log;
  readonly clock: Pick<Clock, "now" | "uptime">;
}

/**
 * Which of these registrations' targets nobody wrote since the registry remembered them. What can't be asked, or not before
 * `until`, is left out; it never throws.
 */
export type DriftProbe = (
  record: ClusterRecord,
  registrations: readonly Registration[],
  until: Millis,
) => Promise<ReadonlySet<RegistrationId>>;

/** After these the rest of the cluster is not asked in this run; anything else concerns one target or namespace. */
const CLUSTER_FAULTS = [
  "ClusterAccessDenied",
  "ClusterAddressRefused",
  "ClusterCredentials",
  "ClusterNotFound",
  "ClusterNotReady",
  "ClusterThrottled",
  "ClusterUnauthorized",
  "ClusterUnknown",
  "ClusterUnreachable",
  "RoleNotAssumed",
];

type Look = (registration: Registration) => Promise<KnownTarget | undefined>;

/** The probe of one run: what it learns of a cluster, and lists of namespaces, last as long as the run. */
export function createDriftProbe({ clusters, log, clock }: ProbeDeps): DriftProbe {
  const failing = new Set<string>();
  const answering = new Set<string>();
  const looks = new Map<string, Look>();

  const lookAt = async ({ spec, credentials }: ClusterRecord): Promise<Look> => {
    const connected = looks.get(spec.name) ?? lookOf(await clusters.connect(spec, credentials), spec.drift);
    looks.set(spec.name, connected);
    return connected;
  };

  return async (record, registrations, until) => {
    const { name, concurrency } = record.spec;
    const untouched = new Set<RegistrationId>();
    const fail = (error: unknown): void => {
      const code = isRelayError(error) ? error.code : "Unclassified";
      if (CLUSTER_FAULTS.includes(code)) failing.add(name);
      if (code === "ClusterUnauthorized") clusters.forget(name);
      log.warn("target not looked at", { cluster: name, code });
    };
    const probe = async (registration: Registration): Promise<void> => {
      if (failing.has(name) || clock.uptime() >= until) return;
      try {
        const look = await lookAt(record);
        const seen = await look(registration);
        answering.add(name);
        if (seen !== undefined && isSame(seen, registration.known)) untouched.add(registration.id);
      } catch (error) {
        // Whoever could not be asked goes to a sync, which finds the cause and records it.
        fail(error);
      }
    };

    if (record.breaker.openUntil > clock.now()) return untouched;
    // One alone until the cluster answers: a dead one costs the run one time-out, not as many as it has connections.
    const trial = answering.has(name) ? [] : registrations.slice(0, 1);
    await concurrently(trial, 1, probe);
    await concurrently(registrations.slice(trial.length), concurrency, probe);
    return untouched;
  };
}

function lookOf(cluster: Cluster, drift: ClusterRecord["spec"]["drift"]): Look {
  if (drift === "probe") {
    return async ({ spec }) => {
      const view = await cluster.look({ cluster: spec.cluster, namespace: spec.namespace, name: spec.target.name });
      return view === "missing" ? undefined : view;
    };
  }
  const lists = new Map<string, Promise<ReadonlyMap<string, KnownTarget>>>();
  return async ({ spec }) => {
    const list = lists.get(spec.namespace) ?? listOf(cluster, spec.namespace);
    lists.set(spec.namespace, list);
    return (await list).get(spec.target.name);
  };
}

async function listOf(cluster: Cluster, namespace: string): Promise<ReadonlyMap<string, KnownTarget>> {
  const found = new Map<string, KnownTarget>();
  for await (const { name, uid, resourceVersion } of cluster.list(namespace)) found.set(name, { uid, resourceVersion });
  return found;
}

function isSame(seen: KnownTarget, known: KnownTarget | undefined): boolean {
  return seen.uid === known?.uid && seen.resourceVersion === known.resourceVersion;
}
