/** One secret to many targets through the sync handler, against a bare loop of the same conditional applies at the same concurrency. */
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
import { BATCH_SIZE, createSyncAll, MAX_INVOCATIONS, type SyncAll, syncRequest } from "./sync-invocations.ts";

const ROUNDS = 7;
const TARGETS = 1_000;
const CLUSTERS = 4;
const SECRET = "bench/fanout";
/** A cluster's targets are so many invocations, each a function instance with connections of its own. */
const INSTANCES = TARGETS / (BATCH_SIZE * REQUESTS_IN_A_MESSAGE);
const CONNECTIONS = INSTANCES * CONCURRENCY;

interface Round {
  readonly ms: number;
  /** Until the last target has the value; the rest of `ms` is records, counting and announcing. */
  readonly appliedMs: number;
  readonly counts: CallCounts;
  readonly busyMs: Readonly<Record<string, number>>;
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
    const rounds: { readonly bareMs: number; readonly memory: Round; readonly table: Round }[] = [];
    const bareRound = async (): Promise<number> => timed(() => Promise.all(bare.slice(0, clusters).map((loop) => loop())));
    // One of each that no round counts: code is compiled, and connections are opened.
    await bareRound();
    await inMemory();
    for (let round = 0; round < ROUNDS; round += 1) {
      rounds.push({ bareMs: await bareRound(), memory: await inMemory(), table: await inTable() });
    }
    const targets = clusters * TARGETS;
    const what = `${targets.toLocaleString("en-US")} targets on ${clusters === 1 ? "one API server" : `${clusters} API servers`}`;
    const perSecond = (ms: number) => (targets / ms) * 1000;
    const figure = (name: string, unit: string, of: (round: (typeof rounds)[number]) => number, goal?: Figure["goal"]): Figure => ({
      what: `${what}: ${name}`,
      unit,
      value: spreadOf(rounds.map(of)),
      goal,
    });
    figures.push(
      figure("throughput ÷ bare, registry in memory", "x", ({ bareMs, memory: of }) => bareMs / of.ms, { atLeast: 0.9 }),
      figure("throughput ÷ bare, registry in the emulator", "x", ({ bareMs, table: of }) => bareMs / of.ms),
      figure("bare applies", "/s", ({ bareMs }) => perSecond(bareMs)),
      figure("registry in memory", "/s", ({ memory: of }) => perSecond(of.ms)),
      figure("registry in the emulator", "/s", ({ table: of }) => perSecond(of.ms)),
    );
    const last = rounds.at(-1);
    const share = (of: (round: (typeof rounds)[number]) => Round) =>
      `${Math.round(100 * medianOf(rounds.map((round) => of(round).appliedMs / of(round).ms)))} %`;
    notes.push(
      `${what}: calls of one fan-out: ${countsText(last?.table.counts ?? {})}`,
      `${what}: the last target has the value after ${share(({ memory: of }) => of)} of the time with the registry in memory, ${share(({ table: of }) => of)} with the emulator's`,
      `${what}: time in calls of one fan-out in the emulator, added up: ${busyText(last?.table.busyMs ?? {})} in ${Math.round(last?.table.ms ?? 0)} ms`,
    );
  }
  return {
    name: "fanout",
    about: `One new version of one secret to all of its targets: up to ${MAX_INVOCATIONS} invocations of the sync handler beside each other in one process, with batches as the queue gives them, until the last invocation has ended. Bare: the same conditional applies by node:https. Both with ${CONNECTIONS} kept-alive connections to each API server, ${CONCURRENCY} of each invocation; ${ROUNDS} rounds, by turns.`,
    figures,
    notes,
  };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** Registers the targets, creates them, and then brings a new version to all of them each time. */
async function createFanOut(parts: Parts, registry: Registry, prefix: string, clusters: readonly string[]): Promise<() => Promise<Round>> {
  const deps = { ...parts.deps, registry };
  const names = clusters.flatMap((cluster) =>
    Array.from({ length: TARGETS }, (_, index) => ({ cluster, name: `${prefix}-${clusters.length}-${index}` })),
  );
  const key = `${SECRET}-${prefix}-${clusters.length}`;
  await parts.putSecret(key, "first");
  const registrations = await concurrently(names, 32, ({ cluster, name }) =>
    put(registry, registrationSpec(cluster, name, key), Date.now()),
  );
  const syncAll = createSyncAll(deps, parts.connectClusters);
  await syncAll(registrations.map((one) => syncRequest(one)));
  let rotation = 0;
  return async () => {
    rotation += 1;
    return rotate({ parts, registry, registrations, syncAll }, key, `value-${rotation}`);
  };
}

interface FanOut {
  readonly parts: Parts;
  readonly registry: Registry;
  readonly registrations: readonly Registration[];
  readonly syncAll: SyncAll;
}

async function rotate({ parts, registry, registrations, syncAll }: FanOut, key: string, value: string): Promise<Round> {
  const versionId = await parts.putSecret(key, value);
  const at = provenNewer(Date.now());
  const [first] = registrations.flatMap(({ spec }) => referencesOf(spec));
  if (first === undefined) throw new Error("registrations without a reference");
  const notice = { reference: referenceKey(first), versionId, at };
  // What on-secret-change does before it sends the messages.
  await registry.openPropagation(notice, { openedAt: Date.now(), expected: registrations.length });
  parts.calls.take();
  const startedAt = performance.now();
  await syncAll(registrations.map((one) => syncRequest(one, { notice, need: needOf(notice) })));
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
  const names = Array.from({ length: TARGETS }, (_, index) => `bare-${index}`);
  const targets: BareTarget[] = [...(await concurrently(names, CONCURRENCY, (name) => bare.create(name)))];
  let round = 0;
  return async () => {
    round += 1;
    await concurrently(names, CONNECTIONS, async (name) => {
      const index = Number(name.slice("bare-".length));
      const target = targets[index];
      if (target !== undefined) targets[index] = await bare.apply(name, target, `value-${round}`);
    });
  };
}
