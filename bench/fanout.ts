/** One secret to many targets through the sync handler, against a bare loop of the same conditional applies at the same concurrency. */
import { setTimeout } from "node:timers/promises";
import { concurrently } from "../src/app/concurrently.ts";
import { REQUESTS_IN_A_MESSAGE } from "../src/core/messages.ts";
import type { Registration } from "../src/core/model.ts";
import { referenceKey } from "../src/core/model.ts";
import type { Registry } from "../src/core/ports.ts";
import { needOf } from "../src/core/sync/freshness.ts";
import { referencesOf } from "../src/core/sync/references.ts";
import type { CleanUpStack } from "../src/local/stop-on-exit.ts";
import { createMemoryRegistry } from "../test/support/fakes/memory-registry.ts";
import { put } from "../test/support/registrations.ts";
import { type BareCluster, type BareTarget, createBareCluster } from "./bare-cluster.ts";
import { type Call, type CallCounts, countsOf, countsText } from "./call-log.ts";
import { CONCURRENCY, type Parts, registrationSpec, startParts } from "./parts.ts";
import { type Figure, medianOf, type Report, spreadOf } from "./report.ts";
import { provenNewer } from "./secret-event.ts";
import { BATCH_SIZE, batchesOf, createSyncAll, MAX_INVOCATIONS, type SyncAll, syncRequest } from "./sync-invocations.ts";

/** So many that a figure tells a hundredth or two: the two cores' neighbours make single rounds differ by a third. */
const ROUNDS = 15;
/** Of them also with the emulator's table, which has no goal and takes most of the time. */
const TABLE_ROUNDS = 5;
/** Rounds that don't count: connections are opened, and only after some ten thousand targets is hardly any code compiled anew. */
const WARM_UP = 3;
const TARGETS = 1_000;
const CLUSTERS = 4;
const SECRET = "bench/fanout";
/** A cluster's targets are so many invocations, each a function instance with connections of its own. */
const INSTANCES = TARGETS / (BATCH_SIZE * REQUESTS_IN_A_MESSAGE);
const CONNECTIONS = INSTANCES * CONCURRENCY;

/** What one new version of the secret took. */
interface Rotation {
  readonly ms: number;
  /** Until the last target has the value; the rest of `ms` is records, counting and announcing. */
  readonly appliedMs: number;
  readonly counts: CallCounts;
  readonly busyMs: Readonly<Record<string, number>>;
}

/**
 * The rotations of one round, by contender: so many that there are as many applies on one API server as on several. The time that an API
 * server takes for a thousand applies swings by half from one rotation to the next, and single ones would be compared by luck.
 */
interface Round {
  readonly bareMs: number[];
  readonly memory: Rotation[];
  readonly table: Rotation[];
}

export async function fanout(stack: CleanUpStack): Promise<Report> {
  const parts = await startParts(stack, CLUSTERS);
  await parts.putSecret(SECRET, "first");
  const memory = createMemoryRegistry();
  for (const spec of parts.specs) await memory.putCluster(spec);
  const figures: Figure[] = [];
  const notes: string[] = [];
  const bare = await Promise.all(parts.specs.map(({ name }) => createBareLoop(parts, name)));

  for (const clusters of [1, CLUSTERS]) {
    const names = parts.specs.slice(0, clusters).map(({ name }) => name);
    const inMemory = await createFanOut(parts, memory, "memory", names);
    const inTable = await createFanOut(parts, parts.registry, "table", names);
    const inBareLoop = async (): Promise<number> => timed(() => Promise.all(bare.slice(0, clusters).map((loop) => loop())));
    const bareAndMemory = [
      async (round: Round) => round.bareMs.push(await inBareLoop()),
      async (round: Round) => round.memory.push(await inMemory()),
    ];
    const turns = CLUSTERS / clusters;
    const rounds: Round[] = [];
    for (let number = -WARM_UP; number < ROUNDS; number += 1) {
      const round: Round = { bareMs: [], memory: [], table: [] };
      for (let turn = 0; turn < turns; turn += 1) {
        // Each time the other one first: what one leaves to the API server to clear away is felt by the next.
        const isBareFirst = (number + turn) % 2 === 0;
        for (const contender of isBareFirst ? bareAndMemory : bareAndMemory.toReversed()) await contender(round);
      }
      if (number < 0) continue;
      const tableTurns = number < TABLE_ROUNDS ? turns : 0;
      for (let turn = 0; turn < tableTurns; turn += 1) round.table.push(await inTable());
      rounds.push(round);
    }
    const targets = clusters * TARGETS;
    const what = `${targets.toLocaleString("en-US")} targets on ${clusters === 1 ? "one API server" : `${clusters} API servers`}`;
    const perSecond = (list: readonly number[]) => (targets * list.length * 1000) / sumOf(list);
    const withTable = rounds.slice(0, TABLE_ROUNDS);
    const figure = (name: string, unit: string, of: (round: Round) => number, goal?: Figure["goal"], among = rounds): Figure => ({
      what: `${what}: ${name}`,
      unit,
      value: spreadOf(among.map(of)),
      goal,
    });
    const ratio = (of: (round: Round) => readonly Rotation[]) => (round: Round) => sumOf(round.bareMs) / sumOf(timesOf(of(round)));
    const inMemoryOf = (round: Round) => round.memory;
    const inTableOf = (round: Round) => round.table;
    figures.push(
      figure("throughput ÷ bare, registry in memory", "x", ratio(inMemoryOf), { atLeast: 0.9 }),
      figure("throughput ÷ bare, registry in the emulator", "x", ratio(inTableOf), undefined, withTable),
      figure("bare applies", "/s", ({ bareMs }) => perSecond(bareMs)),
      figure("registry in memory", "/s", (round) => perSecond(timesOf(round.memory))),
      figure("registry in the emulator", "/s", (round) => perSecond(timesOf(round.table)), undefined, withTable),
    );
    const last = withTable.at(-1)?.table.at(-1);
    const share = (of: (round: Round) => readonly Rotation[]) =>
      `${Math.round(100 * medianOf(rounds.flatMap(of).map(({ appliedMs, ms }) => appliedMs / ms)))} %`;
    notes.push(
      `${what}: calls of one fan-out: ${countsText(last?.counts ?? {})}`,
      `${what}: the last target has the value after ${share(inMemoryOf)} of the time with the registry in memory, ${share(inTableOf)} with the emulator's`,
      `${what}: time in calls of one fan-out in the emulator, added up: ${busyText(last?.busyMs ?? {})} in ${Math.round(last?.ms ?? 0)} ms`,
    );
  }
  return {
    name: "fanout",
    about: `One new version of one secret to all of its targets: up to ${MAX_INVOCATIONS} invocations of the sync handler beside each other in one process, with batches as the queue gives them, until the last invocation has ended. Bare: the same conditional applies by node:https. Both with ${CONNECTIONS} kept-alive connections to each API server, ${CONCURRENCY} of each invocation; ${ROUNDS} rounds (${TABLE_ROUNDS} with the emulator's registry) of ${(CLUSTERS * TARGETS).toLocaleString("en-US")} applies each, by turns.`,
    figures,
    notes,
  };
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function timesOf(rotations: readonly Rotation[]): readonly number[] {
  return rotations.map(({ ms }) => ms);
}

/** An event tells its second alone: of two in one second, the relay would look first which is the newer one. */
async function nextSecond(): Promise<void> {
  await setTimeout(1_000 - (Date.now() % 1_000));
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  await nextSecond();
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** Registers the targets, creates them, and then brings a new version to all of them each time. */
async function createFanOut(
  parts: Parts,
  registry: Registry,
  prefix: string,
  clusters: readonly string[],
): Promise<() => Promise<Rotation>> {
  const deps = { ...parts.deps, registry };
  const names = clusters.flatMap((cluster) =>
    Array.from({ length: TARGETS }, (_, index) => ({ cluster, name: targetName(prefix, clusters.length, index) })),
  );
  const key = `${SECRET}-${prefix}-${clusters.length}`;
  await parts.putSecret(key, "first");
  const registrations = await concurrently(names, 32, ({ cluster, name }) =>
    put(registry, registrationSpec(cluster, name, key), Date.now()),
  );
  const syncAll = createSyncAll(deps, parts.connectClusters);
  await syncAll(batchesOf(registrations.map((one) => syncRequest(one))));
  let rotation = 0;
  return async () => {
    rotation += 1;
    return rotate({ parts, registry, registrations, syncAll }, key, `value-${rotation}`);
  };
}

/** Of one length for all contenders: what a longer object takes would be taken for the contender's. */
function targetName(contender: string, clusters: number, index: number): string {
  return `${contender.padEnd("memory".length, "x")}-${clusters}-${index}`;
}

interface FanOut {
  readonly parts: Parts;
  readonly registry: Registry;
  readonly registrations: readonly Registration[];
  readonly syncAll: SyncAll;
}

async function rotate({ parts, registry, registrations, syncAll }: FanOut, key: string, value: string): Promise<Rotation> {
  await nextSecond();
  const versionId = await parts.putSecret(key, value);
  const at = provenNewer(Date.now());
  const [first] = registrations.flatMap(({ spec }) => referencesOf(spec));
  if (first === undefined) throw new Error("registrations without a reference");
  const notice = { reference: referenceKey(first), versionId, at };
  // What on-secret-change and the queue do before the sync function is called.
  await registry.openPropagation(notice, { openedAt: Date.now(), expected: registrations.length });
  const batches = batchesOf(registrations.map((one) => syncRequest(one, { notice, need: needOf(notice) })));
  parts.calls.take();
  const startedAt = performance.now();
  await syncAll(batches);
  const ms = performance.now() - startedAt;
  const calls = parts.calls.take();
  const applies = calls.filter(({ operation }) => operation === "apply");
  if (applies.length !== registrations.length) throw new Error(`${applies.length} applies for ${registrations.length} targets`);
  return {
    ms,
    appliedMs: Math.max(...applies.map(({ endedAt }) => endedAt)) - startedAt,
    counts: countsOf(calls),
    busyMs: busyOf(calls),
  };
}

function busyOf(calls: readonly Call[]): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const { service, operation, startedAt, endedAt } of calls) {
    const name = `${service} ${operation}`;
    sums[name] = (sums[name] ?? 0) + endedAt - startedAt;
  }
  return sums;
}

function busyText(busyMs: Readonly<Record<string, number>>): string {
  return Object.entries(busyMs)
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, ms]) => `${name} ${Math.round(ms)} ms`)
    .join(", ");
}

/** Applies to as many targets of its own in one cluster. */
async function createBareLoop(parts: Parts, cluster: string): Promise<() => Promise<void>> {
  const bare: BareCluster = await createBareCluster(parts.kubeconfigs.get(`clusters/${cluster}`) ?? "", CONNECTIONS);
  const names = Array.from({ length: TARGETS }, (_, index) => targetName("bare", 0, index));
  const targets: BareTarget[] = [...(await concurrently(names, CONCURRENCY, (name) => bare.create(name)))];
  const numbered = [...names.entries()];
  let round = 0;
  return async () => {
    round += 1;
    await concurrently(numbered, CONNECTIONS, async ([index, name]) => {
      const target = targets[index];
      if (target !== undefined) targets[index] = await bare.apply(name, target, `value-${round}`);
    });
  };
}
