/** Who reads a secret, found among more and more registrations; and what registering ten thousand costs. */

import { QueryCommand, TransactWriteItemsCommand } from "@aws-sdk/client-dynamodb";
import { referencePartition } from "../src/adapters/aws/keys.ts";
import { createClusterExternalSecrets } from "../src/app/cluster-external-secrets.ts";
import { concurrently } from "../src/app/concurrently.ts";
import { createRefreshAll } from "../src/app/refresh-all.ts";
import { createRegister } from "../src/app/register.ts";
import type { Reference, Registration } from "../src/core/model.ts";
import { referencesOf } from "../src/core/sync/references.ts";
import type { CleanUpStack } from "../src/local/stop-on-exit.ts";
import { createMemoryQueue } from "../test/support/fakes/memory-outlets.ts";
import { addCounts, type CallCounts, countsOf, countsText } from "./call-log.ts";
import { loadReferences } from "./load-table.ts";
import { heapDuring } from "./memory.ts";
import { clusterSpec, type Parts, quietLog, registrationSpec, startParts } from "./parts.ts";
import { exactly, type Figure, medianOf, type Report, type Spread, spreadOf } from "./report.ts";

const SIZES = [1_000, 10_000, 100_000];
const READERS = 10;
const ROUNDS = 5;
const LOOKUPS = 100;
const WANTED = 10_000;
/** As many as register has under way. */
const REGISTER_CONCURRENCY = 8;
const RUN_MS = 1_800_000;

export async function lookup(stack: CleanUpStack): Promise<Report> {
  const parts = await startParts(stack, 0);
  const figures: Figure[] = [];
  const notes: string[] = [];
  let loaded = 0;
  let smallest: number | undefined;
  for (const size of SIZES) {
    await loadReferences(parts.dynamodb, parts.table, registrationsFrom(loaded, size));
    loaded = size;
    const { ratio, ms } = await lookUp(parts, size);
    smallest ??= ms.median;
    process.stderr.write(`looked up among ${size}: ${ms.median.toFixed(2)} ms, ${ratio.median.toFixed(2)} of a bare query\n`);
    const what = `${size.toLocaleString("en-US")} registrations`;
    figures.push(
      { what: `${what}: look-up ÷ bare query`, unit: "x", value: ratio },
      { what: `${what}: look-up`, unit: "ms", value: ms },
      {
        what: `${what}: look-up ÷ that among ${SIZES[0]?.toLocaleString("en-US")}`,
        unit: "x",
        value: exactly(ms.median / smallest),
        goal: { atMost: 1.5 },
      },
    );
  }
  // Into an empty table of an emulator of its own: this one counts a table's items anew at each write, so that a full one is slow by itself.
  await register(await startParts(stack, 0), figures, notes);
  return {
    name: "lookup",
    about: `The readers of one secret, ${READERS} of them, among all registrations, by the reverse index in the emulator: ${ROUNDS} rounds of ${LOOKUPS} look-ups, by turns with a bare query of the same partition. Then register of ${WANTED.toLocaleString("en-US")} registrations, and once more with nothing changed, in an empty table.`,
    figures,
    notes,
  };
}

function registrationsFrom(from: number, to: number): readonly Registration[] {
  return Array.from({ length: to - from }, (_, index) => {
    const number = from + index;
    const spec = registrationSpec("cluster-0", `target-${number}`, `bench/${Math.floor(number / READERS)}`);
    const id = `cluster-0/${spec.namespace}/${spec.name}`;
    return {
      id,
      generation: 1,
      spec,
      phase: "live",
      registeredAt: 0,
      rev: 1,
      applied: {},
      status: { state: "Pending", since: 0, failures: 0 },
    };
  });
}

async function lookUp({ dynamodb, table, registry }: Parts, size: number): Promise<{ readonly ratio: Spread; readonly ms: Spread }> {
  const referenceTo = (number: number): Reference => {
    const [reference] = referencesOf(registrationSpec("cluster-0", "any", `bench/${number}`));
    if (reference === undefined) throw new Error("a registration without a reference");
    return reference;
  };
  const ratios: number[] = [];
  const medians: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const own: number[] = [];
    const bare: number[] = [];
    for (let index = 0; index < LOOKUPS; index += 1) {
      const reference = referenceTo(Math.floor(((index + 0.5) / LOOKUPS) * (size / READERS)));
      const startedAt = performance.now();
      let found = 0;
      for await (const page of registry.interests([reference])) found += page.length;
      const between = performance.now();
      if (found !== READERS) throw new Error(`${found} readers were found`);
      const query = { TableName: table, ConsistentRead: true, KeyConditionExpression: "pk = :pk" };
      await dynamodb.send(new QueryCommand({ ...query, ExpressionAttributeValues: { ":pk": { S: referencePartition(reference) } } }));
      own.push(between - startedAt);
      bare.push(performance.now() - between);
    }
    // The first round compiles code.
    if (round === 0) continue;
    ratios.push(medianOf(own) / medianOf(bare));
    medians.push(medianOf(own));
  }
  return { ratio: spreadOf(ratios), ms: spreadOf(medians) };
}

async function register(parts: Parts, figures: Figure[], notes: string[]): Promise<void> {
  const { registry, calls, deps } = parts;
  const queue = createMemoryQueue();
  const config = {
    clusters: [clusterSpec("register")],
    registrations: Array.from({ length: WANTED }, (_, index) => registrationSpec("register", `target-${index}`, `register/${index}`)),
  };
  const own = { ...deps, registry, queue, log: quietLog, workerLifetimeMs: 90_000 };
  const run = createRegister({
    ...own,
    clusterExternalSecrets: createClusterExternalSecrets({ ...own, loadRefresh: async () => createRefreshAll(own) }),
  });
  const bareMs = await bareTransactions(parts);
  for (const name of ["register", "register, nothing changed"]) {
    let counts: CallCounts = {};
    calls.take();
    const tidy = (): void => {
      counts = addCounts(counts, countsOf(calls.take()));
    };
    const startedAt = performance.now();
    const { result, samples } = await heapDuring(() => run(config, Date.now() + RUN_MS), tidy);
    const ms = performance.now() - startedAt;
    tidy();
    if (result.kind !== "finished") throw new Error("register did not finish");
    const each = ms / WANTED;
    if (name === "register")
      figures.push({ what: `${name}: a registration ÷ a bare transaction of two items`, unit: "x", value: exactly(each / bareMs) });
    figures.push(
      { what: `${name}: time`, unit: "s", value: exactly(ms / 1_000) },
      { what: `${name}: heap after collection`, unit: "MB", value: spreadOf(samples) },
    );
    notes.push(`${name}: ${countsText(counts)}, ${queue.drain().length} requests to the queue`);
  }
}

/** @returns milliseconds a transaction, with as many under way as register has */
async function bareTransactions({ dynamodb, table }: Parts): Promise<number> {
  const numbers = Array.from({ length: 1_000 }, (_, index) => index);
  const startedAt = performance.now();
  await concurrently(numbers, REGISTER_CONCURRENCY, async (number) => {
    const put = (sk: string) => ({
      Put: { TableName: table, Item: { pk: { S: `BARE#${number}` }, sk: { S: sk }, body: { S: "x".repeat(1_000) } } },
    });
    await dynamodb.send(new TransactWriteItemsCommand({ TransactItems: [put("a"), put("b")] }));
  });
  return (performance.now() - startedAt) / numbers.length;
}
