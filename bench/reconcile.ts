/** Ten thousand registrations with nothing to do, and then one in a hundred drifted: what reconcile calls, holds and has written. */
import { createClusterExternalSecrets } from "../src/app/cluster-external-secrets.ts";
import { settlePropagation } from "../src/app/propagation.ts";
import { createReconcile, type ReconcileResult } from "../src/app/reconcile.ts";
import { createRefreshAll } from "../src/app/refresh-all.ts";
import { createSyncTargets } from "../src/app/sync-targets.ts";
import type { Registration, SyncRequest } from "../src/core/model.ts";
import type { Clock, Queue } from "../src/core/ports.ts";
import type { CleanUpStack } from "../src/local/stop-on-exit.ts";
import { createMemoryRegistry } from "../test/support/fakes/memory-registry.ts";
import { put } from "../test/support/registrations.ts";
import { createBareCluster } from "./bare-cluster.ts";
import { addCounts, awsCalls, type CallCounts, countsOf, countsText } from "./call-log.ts";
import { loadRegistrations } from "./load-table.ts";
import { heapDuring } from "./memory.ts";
import { type Parts, registrationSpec, startParts } from "./parts.ts";
import { exactly, type Report, spreadOf } from "./report.ts";
import { batchesOf, createSyncAll, syncRequest } from "./sync-invocations.ts";

const REGISTRATIONS = 10_000;
const SECRETS = 100;
const DRIFTED = REGISTRATIONS / 100;
/** Past every due time that a run or a sync sets. */
const LATER_MS = 11 * 60_000;
const RUN_MS = 600_000;

export async function reconcile(stack: CleanUpStack): Promise<Report> {
  const parts = await startParts(stack, 1);
  const registrations = await prepare(parts);

  const idle = await runReconcile(parts, LATER_MS);
  await drift(parts, registrations);
  const mending = await runReconcile(parts, 2 * LATER_MS);
  const mended = await countApplies(parts, mending.sent);
  const again = await runReconcile(parts, 3 * LATER_MS);

  const growth = (heap: readonly number[]) => Math.max(...heap) - (heap[0] ?? 0);
  return {
    name: "reconcile",
    about: `${REGISTRATIONS.toLocaleString("en-US")} synced registrations of ${SECRETS} secrets on one real API server and the emulator, all due: a run with nothing to do, a run after ${DRIFTED} of the targets were edited by hand, and one after the syncs that it asked for.`,
    figures: [
      { what: "nothing to do: targets written", unit: "", value: exactly(writes(idle.counts)), goal: { atMost: 0 } },
      { what: "nothing to do: registrations seen intact", unit: "", value: exactly(idle.result.intact), goal: { atLeast: REGISTRATIONS } },
      { what: "nothing to do: heap after collection", unit: "MB", value: spreadOf(idle.heap) },
      { what: "nothing to do: growth of the heap", unit: "MB", value: exactly(growth(idle.heap)), goal: { atMost: 16 } },
      { what: "nothing to do: calls to AWS a registration", unit: "calls", value: exactly(awsCalls(idle.counts) / REGISTRATIONS) },
      { what: "1 % drifted: asked to sync", unit: "", value: exactly(mending.sent.length), goal: { atMost: DRIFTED } },
      { what: "1 % drifted: targets written by those syncs", unit: "", value: exactly(mended), goal: { atLeast: DRIFTED } },
      { what: "after it: asked to sync", unit: "", value: exactly(again.sent.length), goal: { atMost: 0 } },
    ],
    notes: [
      `nothing to do: ${countsText(idle.counts)}, in ${(idle.ms / 1000).toFixed(1)} s`,
      `1 % drifted: ${countsText(mending.counts)}`,
      "looks are dry-run applies, since the relay's identity may read nothing; with `drift: list` they would be 20 pages",
      "the targets were made by the sync with the registry in memory, and their registrations loaded into the table: the runs are with the real adapters alone",
    ],
  };
}

async function prepare(parts: Parts): Promise<readonly Registration[]> {
  const memory = createMemoryRegistry();
  const [cluster] = parts.specs;
  if (cluster === undefined) throw new Error("no cluster came up");
  await memory.putCluster(cluster);
  for (let index = 0; index < SECRETS; index += 1) await parts.putSecret(`bench/${index}`, "first");
  const made: Registration[] = [];
  for (let index = 0; index < REGISTRATIONS; index += 1) {
    made.push(await put(memory, registrationSpec(cluster.name, `target-${index}`, `bench/${index % SECRETS}`), Date.now()));
  }
  const sync = createSyncTargets({ ...parts.deps, registry: memory });
  await sync(
    made.map((one) => syncRequest(one)),
    Date.now() + RUN_MS,
  );
  const registrations: Registration[] = [];
  for await (const page of memory.ofCluster(cluster.name)) registrations.push(...page);
  const failed = registrations.filter(({ status }) => status.state !== "Synced");
  if (failed.length > 0) throw new Error(`${failed.length} targets were not created`);
  await loadRegistrations(parts.dynamodb, parts.table, registrations);
  return registrations;
}

interface Run {
  readonly result: ReconcileResult;
  readonly counts: CallCounts;
  readonly heap: readonly number[];
  readonly sent: readonly SyncRequest[];
  readonly ms: number;
}

/** A run by a clock that is ahead, so that what was recorded is due. */
async function runReconcile(parts: Parts, aheadMs: number): Promise<Run> {
  const { deps, calls, queue } = parts;
  const clock: Clock = { ...deps.clock, now: () => Date.now() + aheadMs };
  const sent: SyncRequest[] = [];
  const watched: Queue = {
    async send(requests, options) {
      sent.push(...requests);
      await queue.send(requests, options);
    },
  };
  const own = { ...deps, clock, queue: watched, workerLifetimeMs: 90_000 };
  const clusterExternalSecrets = createClusterExternalSecrets({ ...own, loadRefresh: async () => createRefreshAll(own) });
  const run = createReconcile({
    ...own,
    clusterExternalSecrets,
    settlePropagation: async (propagation) => settlePropagation(own, propagation),
  });
  calls.take();
  let counts: CallCounts = {};
  const startedAt = performance.now();
  const { result, samples } = await heapDuring(
    () => run(clock.now() + RUN_MS),
    () => {
      counts = addCounts(counts, countsOf(calls.take()));
    },
  );
  const ms = performance.now() - startedAt;
  return { result, counts: addCounts(counts, countsOf(calls.take())), heap: samples, sent, ms };
}

/** Somebody edits one in a hundred: another manager takes the value over. */
async function drift(parts: Parts, registrations: readonly Registration[]): Promise<void> {
  const bare = await createBareCluster(parts.kubeconfigs.get("clusters/cluster-0") ?? "", 1);
  for (const { spec, known } of registrations.filter((_, index) => index % (REGISTRATIONS / DRIFTED) === 0)) {
    if (known !== undefined) await bare.apply(spec.target.name, known, "by hand");
  }
}

async function countApplies(parts: Parts, requests: readonly SyncRequest[]): Promise<number> {
  parts.calls.take();
  await createSyncAll(parts.deps)(batchesOf(requests));
  const calls = parts.calls.take();
  return new Set(calls.filter(({ operation }) => operation === "apply")).size;
}

function writes(counts: CallCounts): number {
  return (counts["kubernetes apply"] ?? 0) + (counts["kubernetes remove"] ?? 0);
}
