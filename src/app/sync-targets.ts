/**
 * Use case: brings the targets of a batch of requests to what their sources say (PROTOCOL, One target). This file splits the batch by
 * cluster and puts the outcomes together; the parts are gather, pass, write, finish and announce.
 */
import { RelayError } from "../core/errors.ts";
import type { SyncRequest } from "../core/model.ts";
import type { ClusterRecord, LoadedRegistration } from "../core/ports.ts";
import { createConfinement, type RequireConfinement } from "./confinement.ts";
import type { Leave, Openings, SyncOutcome, SyncTargets } from "./outcome.ts";
import { pruneTarget } from "./prune-target.ts";
import { closeAccount, runJobs } from "./sync-cluster.ts";
import { outcomeOf, recordFailure } from "./sync-failure.ts";
import { codeOf, createJob, isOurs, type Job, nameOf, type SyncDeps } from "./sync-job.ts";
import type { Account, PassWorld } from "./sync-pass.ts";
import { createReads, type Reads } from "./sync-reads.ts";
import { openWritingSession } from "./sync-session.ts";

export type { SyncDeps } from "./sync-job.ts";

const NO_OPENINGS: Openings = new Map();

type Outcomes = Map<SyncRequest, SyncOutcome>;

/** Never rejects by what one request, registration, reference or cluster does: each failure is an outcome of its own requests. */
export function createSyncTargets(deps: SyncDeps): SyncTargets {
  const requireConfinement = createConfinement(deps);
  return async (requests, deadline, openings = NO_OPENINGS, leave) => {
    const outcomes: Outcomes = new Map();
    const failAll = (of: readonly SyncRequest[], error: unknown): void => {
      deps.log.error("sync of a batch failed", { code: codeOf(error), name: nameOf(error), requests: of.length });
      for (const request of of) if (!outcomes.has(request)) outcomes.set(request, outcomeOf(deps, request, error, undefined));
    };
    const byCluster = Map.groupBy(requests, ({ cluster }) => cluster);
    try {
      const { registrations, clusters } = await deps.registry.load(requests, [...byCluster.keys()]);
      const notices = requests.flatMap(({ notice }) => notice ?? []);
      const reads = createReads(deps, notices, openings, leave);
      const parts = [...byCluster].map(async ([cluster, ofCluster]) => {
        try {
          const part = { deps, requireConfinement, reads, registrations, deadline, outcomes, leave };
          await syncPart(part, ofCluster, clusters.get(cluster));
        } catch (error) {
          failAll(ofCluster, error);
        }
      });
      await Promise.all(parts);
    } catch (error) {
      failAll(requests, error);
    }
    return requests.map((request) => outcomes.get(request) ?? { kind: "done", request });
  };
}

interface Part {
  readonly deps: SyncDeps;
  readonly requireConfinement: RequireConfinement;
  readonly reads: Reads;
  readonly registrations: ReadonlyMap<string, LoadedRegistration>;
  readonly deadline: number;
  readonly outcomes: Outcomes;
  readonly leave: Leave | undefined;
}

/** The requests of one cluster. */
async function syncPart(part: Part, requests: readonly SyncRequest[], record: ClusterRecord | undefined): Promise<void> {
  const { deps, reads, deadline, outcomes } = part;
  const account: Account = { done: [], moves: [], failures: [] };
  const syncs = requests.filter(({ prune }) => prune === undefined);
  const jobs = jobsOf(part, syncs);
  if (record === undefined) return refuseUnknown(part, requests, jobs);

  const session = openWritingSession({ ...deps, requireConfinement: part.requireConfinement }, record, deadline);
  const world: PassWorld = { deps, session, reads, account, deadline, leave: part.leave };
  const prunes = requests.flatMap((request) => {
    const { prune } = request;
    return prune === undefined ? [] : [pruneTarget(world, request, prune).then((outcome) => outcomes.set(request, outcome))];
  });
  await Promise.all([runJobs(world, jobs), ...prunes]);
  for (const job of jobs) for (const [request, outcome] of job.outcomes) outcomes.set(request, outcome);
  await closeAccount(world);
}

/** Nothing is owed to a registration that is gone, or whose target another has. */
function jobsOf({ reads, registrations, outcomes }: Part, requests: readonly SyncRequest[]): readonly Job[] {
  const jobs: Job[] = [];
  for (const [id, ofRegistration] of Map.groupBy(requests, ({ registration }) => registration)) {
    const loaded = registrations.get(id);
    if (loaded === undefined || !isOurs(loaded)) for (const request of ofRegistration) outcomes.set(request, { kind: "done", request });
    else jobs.push(createJob(loaded, ofRegistration, reads.mark()));
  }
  return jobs;
}

async function refuseUnknown({ deps, outcomes }: Part, requests: readonly SyncRequest[], jobs: readonly Job[]): Promise<void> {
  const error = new RelayError("ClusterUnknown", requests[0]?.cluster ?? "");
  for (const request of requests) outcomes.set(request, outcomeOf(deps, request, error, undefined));
  const now = deps.clock.now();
  await Promise.all(jobs.map(({ loaded }) => recordFailure(deps, loaded.registration, { step: "load", error }, now)));
}
