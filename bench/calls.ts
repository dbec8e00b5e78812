/** What one rotation to a thousand targets costs in calls to each service, and what a month of a thousand registrations does. */

import { createClusterExternalSecrets } from "../src/app/cluster-external-secrets.ts";
import { createOnSecretChange } from "../src/app/on-secret-change.ts";
import { settlePropagation } from "../src/app/propagation.ts";
import { createReconcile } from "../src/app/reconcile.ts";
import { createRefreshAll } from "../src/app/refresh-all.ts";
import { createSyncTargets } from "../src/app/sync-targets.ts";
import type { SyncRequest } from "../src/core/model.ts";
import type { Clock, Queue } from "../src/core/ports.ts";
import { parseSecretChange } from "../src/core/secret-change.ts";
import type { CleanUpStack } from "../src/local/stop-on-exit.ts";
import { put } from "../test/support/registrations.ts";
import { addCounts, awsCalls, type CallCounts, countsOf, countsText } from "./call-log.ts";
import { type Parts, quietLog, registrationSpec, startParts } from "./parts.ts";
import { exactly, type Report } from "./report.ts";
import { labelUpdated, rotationsApart } from "./secret-event.ts";
import { batchesOf, createSyncAll, syncRequest } from "./sync-invocations.ts";

const TARGETS = 1_000;
const ROTATIONS_A_MONTH = 100;
const MINUTES_A_MONTH = 30 * 24 * 60;
/** A target is looked at once in this time; the schedule runs every minute. */
const DRIFT_MINUTES = 10;
const SECRET = "bench/calls";
/** Store reads of External Secrets Operator for one rotation of 1,000 targets at a refreshInterval of 30 s, in a run that was measured. */
const POLLED_READS_A_ROTATION = 1_297;
const POLLS_A_MONTH = (MINUTES_A_MONTH * 60) / 30;

export async function calls(stack: CleanUpStack): Promise<Report> {
  const parts = await startParts(stack, 1);
  const { rotate, idle } = await prepare(parts);
  // The first one finds HEAD empty.
  await rotate();
  const rotation = await rotate();
  const swept = await idle();
  const empty = await idle(0);
  const reads = (counts: CallCounts) =>
    Object.entries(counts).reduce((sum, [name, count]) => sum + (name.startsWith("secretsmanager") ? count : 0), 0);
  const runs = MINUTES_A_MONTH - MINUTES_A_MONTH / DRIFT_MINUTES;
  const month = addCounts(
    times(rotation, ROTATIONS_A_MONTH),
    times(swept, MINUTES_A_MONTH / DRIFT_MINUTES),
    times(empty, runs),
    // What is due is spread over the ten minutes, so that each run reads the secret, and not only one in ten.
    { "secretsmanager GetSecretValue": runs * reads(swept) },
  );
  return {
    name: "calls",
    about: `One rotation of one secret with ${TARGETS.toLocaleString("en-US")} targets in one cluster, by on-secret-change, the queue's messages and the sync handler, against the emulator; and a month of it: ${ROTATIONS_A_MONTH} rotations, and reconcile every minute with each target looked at every ${DRIFT_MINUTES} minutes, computed from the counted calls.`,
    figures: [
      {
        what: "store reads of one rotation ÷ those of polling every 30 s",
        unit: "x",
        value: exactly(reads(rotation) / POLLED_READS_A_ROTATION),
        goal: { atMost: 0.01 },
      },
      {
        what: "store reads of a month ÷ those of polling every 30 s",
        unit: "x",
        value: exactly(reads(month) / (TARGETS * POLLS_A_MONTH)),
        goal: { atMost: 0.01 },
      },
      { what: "store reads of one rotation", unit: "calls", value: exactly(reads(rotation)) },
      { what: "calls to AWS of one rotation", unit: "calls", value: exactly(awsCalls(rotation)) },
      { what: "store reads of a month", unit: "calls", value: exactly(reads(month)) },
      { what: "calls to AWS of a month", unit: "calls", value: exactly(awsCalls(month)) },
      { what: "store reads of a month by polling", unit: "calls", value: exactly(TARGETS * POLLS_A_MONTH) },
    ],
    notes: [
      `one rotation: ${countsText(rotation)}`,
      `one look at all ${TARGETS.toLocaleString("en-US")} targets by reconcile: ${countsText(swept)}`,
      `a run of reconcile with nothing due: ${countsText(empty)}`,
      `a month: ${countsText(month)}`,
      "Lambda's own polling of the queue is not counted; `SendMessageBatch` holds up to 200 requests",
    ],
  };
}

interface Deployment {
  readonly rotate: () => Promise<CallCounts>;
  /** A run of reconcile, so many minutes after the last one. @default past every due time */
  readonly idle: (minutes?: number) => Promise<CallCounts>;
}

async function prepare(parts: Parts): Promise<Deployment> {
  const { registry, queue, putSecret } = parts;
  const clock = rotationsApart(parts.deps.clock);
  const deps = { ...parts.deps, clock };
  await putSecret(SECRET, "first");
  const requests: SyncRequest[] = [];
  for (let index = 0; index < TARGETS; index += 1) {
    requests.push(syncRequest(await put(registry, registrationSpec("cluster-0", `target-${index}`, SECRET), Date.now())));
  }
  const sync = createSyncTargets(deps);
  await sync(requests, Date.now() + 300_000);
  const syncAll = createSyncAll(deps);

  const sent: SyncRequest[] = [];
  const watched: Queue = {
    async send(given, options) {
      sent.push(...given);
      await queue.send(given, options);
    },
  };
  const onSecretChange = createOnSecretChange({ ...deps, queue: watched, log: quietLog, sync, fastPathTargets: 20 });
  let value = 0;
  let aheadMs = 0;
  return {
    rotate: async () => {
      value += 1;
      clock.nextRotation();
      const versionId = await putSecret(SECRET, `value-${value}`);
      const parsed = parseSecretChange(labelUpdated(SECRET, versionId, clock.now()));
      if (parsed.kind !== "change") throw new Error("the event was ignored");
      parts.calls.take();
      await onSecretChange(parsed.change, Date.now() + 60_000, `event-${value}`);
      await syncAll(batchesOf(sent.splice(0)));
      return countsOf(parts.calls.take());
    },
    idle: async (minutes = DRIFT_MINUTES + 1) => {
      aheadMs += minutes * 60_000;
      const later: Clock = { ...clock, now: () => clock.now() + aheadMs };
      const own = { ...deps, clock: later, queue: watched, workerLifetimeMs: 90_000 };
      const clusterExternalSecrets = createClusterExternalSecrets({ ...own, loadRefresh: async () => createRefreshAll(own) });
      const run = createReconcile({
        ...own,
        clusterExternalSecrets,
        settlePropagation: async (propagation) => settlePropagation(own, propagation),
      });
      parts.calls.take();
      await run(later.uptime() + 300_000);
      if (sent.length > 0) throw new Error(`${sent.length} requests by a run with nothing to do`);
      return countsOf(parts.calls.take());
    },
  };
}

function times(counts: CallCounts, factor: number): CallCounts {
  return Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, Math.round(count * factor)]));
}
