/** Who is woken by a change, how fresh their read must be, and which way the requests go. */
import { describe, expect, it } from "@jest/globals";
import { createOnSecretChange } from "../../../src/app/on-secret-change.ts";
import type { Openings, SyncOutcome, SyncTargets } from "../../../src/app/outcome.ts";
import { RelayError } from "../../../src/core/errors.ts";
import { type RemoteRef, referenceKey, type SyncRequest } from "../../../src/core/model.ts";
import type { SecretChange } from "../../../src/core/secret-change.ts";
import { DEFAULT_BOUNDS } from "../../../src/core/sync/freshness.ts";
import { referencesOf } from "../../../src/core/sync/references.ts";
import { createManualClock } from "../../support/fakes/manual-clock.ts";
import { createMemoryLog, createMemoryQueue } from "../../support/fakes/memory-outlets.ts";
import { createMemoryRegistry } from "../../support/fakes/memory-registry.ts";
import { createMemorySource } from "../../support/fakes/memory-source.ts";
import { ACCOUNT, aCluster, aSpec, put, REGION, type SpecOptions } from "../../support/registrations.ts";

const T = 1_800_000_000_000;
const ARN = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:shop/db-AbCdEf`;
const moved: SecretChange = { kind: "label moved", arn: ARN, name: "shop/db", label: "AWSCURRENT", versionId: "v2", at: T };
const KEY = `SecretsManager|${ACCOUNT}|${REGION}|stage/AWSCURRENT|shop/db`;

/** A world in which sync answers what `answer` says; by default all is done. */
async function world(specs: readonly SpecOptions[], answer?: (request: SyncRequest) => SyncOutcome, fastPathTargets = 20) {
  const registry = createMemoryRegistry();
  const queue = createMemoryQueue();
  const log = createMemoryLog();
  const clock = createManualClock(T + 2_000);
  for (const options of specs) await put(registry, aSpec(options), T - 900_000);
  const synced: SyncRequest[] = [];
  const openedBySync: Openings[] = [];
  const sync: SyncTargets = async (requests, _deadline, openings = new Map()) => {
    synced.push(...requests);
    openedBySync.push(openings);
    return requests.map((request) => answer?.(request) ?? { kind: "done", request });
  };
  const onChange = createOnSecretChange({
    registry,
    queue,
    log,
    clock,
    sync,
    fastPathTargets,
    provider: createMemorySource(clock),
    bounds: DEFAULT_BOUNDS,
  });
  const handle = (change: SecretChange, deadline = T + 60_000) => onChange(change, deadline, "event-1");
  return { registry, queue, log, clock, synced, openedBySync, handle };
}

describe("on-secret-change", () => {
  it("wakes nobody for a secret that nobody reads, and opens nothing", async () => {
    const { registry, queue, synced, handle } = await world([{ key: "other" }]);

    expect(await handle(moved)).toEqual({ targets: 0, path: "none" });
    expect([...synced, ...queue.sent]).toEqual([]);
    expect(await registry.unfinishedPropagations(10)).toEqual([]);
  });

  it("tells a cluster that the secret with its credentials changed, and wakes nobody for it", async () => {
    const { registry, queue, synced, handle } = await world([{ key: "other" }]);
    await registry.putCluster(aCluster("tokyo", { kubeconfigSecretName: "shop/db" }));
    await registry.putCluster(aCluster("virginia"));
    const noticed = async () => (await registry.clusters()).map(({ credentials }) => credentials);

    expect(await handle({ ...moved, label: "AWSPREVIOUS", versionId: "v1" })).toEqual({ targets: 0, path: "none" });
    expect(await noticed()).toEqual([undefined, undefined]);
    expect(await handle(moved)).toEqual({ targets: 0, path: "none" });
    expect(await noticed()).toEqual([{ versionId: "v2", at: T }, undefined]);
    expect([...synced, ...queue.sent]).toEqual([]);
  });

  it("wakes all who read the secret although the clusters could not be told, and has the event delivered again", async () => {
    const { registry, synced, handle } = await world([{}]);
    registry.noticeCredentials = async () => {
      throw new RelayError("RegistryUnavailable", "registry");
    };

    await expect(handle(moved)).rejects.toMatchObject({ code: "RegistryUnavailable" });
    expect(synced).toHaveLength(1);
  });

  it("syncs few targets at once, with the notice of their own reference and what is to be opened, and sees it open in the end", async () => {
    const { registry, queue, synced, openedBySync, handle } = await world([
      { name: "a" },
      { name: "b", cluster: "virginia" },
      { name: "c", key: "x" },
    ]);

    expect(await handle(moved)).toEqual({ targets: 2, path: "fast" });
    const notice = { reference: KEY, versionId: "v2", at: T };
    expect(synced).toEqual([
      {
        registration: "tokyo/app/a",
        cluster: "tokyo",
        target: "tokyo/app/a",
        need: T + 999,
        event: "event-1",
        verify: false,
        attempt: 0,
        notice,
      },
      {
        registration: "virginia/app/b",
        cluster: "virginia",
        target: "virginia/app/b",
        need: T + 999,
        event: "event-1",
        verify: false,
        attempt: 0,
        notice,
      },
    ]);
    expect(openedBySync).toEqual([new Map([[KEY, 2]])]);
    expect(await registry.openPropagations(KEY)).toMatchObject([{ versionId: "v2", at: T, openedAt: T + 2_000, expected: 2 }]);
    expect(queue.sent).toEqual([]);
  });

  it("sends many targets to the queue", async () => {
    const { queue, synced, handle } = await world([{ name: "a" }, { name: "b" }, { name: "c" }], undefined, 2);

    expect(await handle(moved)).toEqual({ targets: 3, path: "queue" });
    expect(synced).toEqual([]);
    expect(queue.sent.map(({ request, delayMs }) => [request.registration, delayMs])).toEqual([
      ["tokyo/app/a", 0],
      ["tokyo/app/b", 0],
      ["tokyo/app/c", 0],
    ]);
  });

  it("opens the propagation before the queue can wake anybody", async () => {
    const { registry, queue, handle } = await world([{ name: "a" }, { name: "b" }], undefined, 1);
    const openAtSend: number[] = [];
    const send = queue.send.bind(queue);
    queue.send = async (requests, options) => {
      openAtSend.push((await registry.openPropagations(KEY)).length);
      return send(requests, options);
    };

    await handle(moved);

    expect(openAtSend).toEqual([1]);
  });

  it.each([
    { name: "the sync leaves", answer: (request: SyncRequest): SyncOutcome => ({ kind: "again", request, delayMs: 0 }) },
    {
      name: "the sync breaks on",
      answer: (): SyncOutcome => {
        throw new RelayError("RegistryUnavailable", "table");
      },
    },
  ])("opens the propagation before it sends what $name", async ({ answer }) => {
    const { registry, queue, handle } = await world([{ name: "a" }], answer);
    const openAtSend: number[] = [];
    queue.send = async () => {
      openAtSend.push((await registry.openPropagations(KEY)).length);
    };

    await handle(moved);

    expect(openAtSend).toEqual([1]);
  });

  it("sends few targets to the queue where no time is left", async () => {
    const { queue, synced, handle } = await world([{ name: "a" }]);

    expect(await handle(moved, T + 2_000)).toEqual({ targets: 1, path: "queue" });
    expect(synced).toEqual([]);
    expect(queue.sent).toHaveLength(1);
  });

  it("queues what the fast path leaves, with its delay, and counts a failed attempt", async () => {
    const { queue, handle } = await world([{ name: "a" }, { name: "b" }, { name: "c" }], (request) => {
      if (request.registration.endsWith("a")) return { kind: "done", request };
      if (request.registration.endsWith("b")) return { kind: "again", request: { ...request, need: T + 5_000 }, delayMs: 60_000 };
      return { kind: "retry", request, delayMs: 3_000, code: "ClusterUnreachable" };
    });

    await handle(moved);

    expect(queue.sent.map(({ request, delayMs }) => [request.registration, request.need, request.attempt, delayMs])).toEqual([
      ["tokyo/app/b", T + 5_000, 0, 60_000],
      ["tokyo/app/c", T + 999, 1, 3_000],
    ]);
  });

  it("queues everything where the sync itself breaks", async () => {
    const { queue, log, handle } = await world([{ name: "a" }, { name: "b" }], () => {
      throw new RelayError("RegistryUnavailable", "table");
    });

    await handle(moved);

    expect(queue.sent).toHaveLength(2);
    expect(log.lines).toMatchObject([{ level: "warn", fields: { code: "RegistryUnavailable" } }]);
  });

  it("throws where the queue does not take what is owed, so that the event comes again", async () => {
    const { queue, handle } = await world([{ name: "a" }], undefined, 0);
    queue.failure = new RelayError("QueueUnavailable", "queue");

    await expect(handle(moved)).rejects.toMatchObject({ code: "QueueUnavailable" });
  });

  it("throws where what the fast path left can't be queued", async () => {
    const { queue, handle } = await world([{ name: "a" }], (request) => ({ kind: "again", request, delayMs: 0 }));
    queue.failure = new RelayError("QueueUnavailable", "queue");

    await expect(handle(moved)).rejects.toMatchObject({ code: "QueueUnavailable" });
  });

  it("finds the readers by name, by ARN and by the ARN without its random end", async () => {
    const partial = ARN.slice(0, -"-AbCdEf".length);
    const { registry, synced, handle } = await world([{ name: "a" }, { name: "b", key: ARN }, { name: "c", key: partial }]);

    await handle(moved);

    const keyed = (key: string) => referenceKey({ ...(referencesOf(aSpec())[0] ?? fail()), key });
    expect(new Map(synced.map(({ registration, notice }) => [registration, notice?.reference]))).toEqual(
      new Map([
        ["tokyo/app/a", KEY],
        ["tokyo/app/b", keyed(ARN)],
        ["tokyo/app/c", keyed(partial)],
      ]),
    );
    expect(await registry.unfinishedPropagations(10)).toMatchObject([{ expected: 1 }, { expected: 1 }, { expected: 1 }]);
  });

  it("wakes readers of AWSPREVIOUS without a notice, and expects none of them", async () => {
    const { registry, synced, handle } = await world([{ name: "a" }, { name: "old", version: "AWSPREVIOUS" }]);

    await handle(moved);

    expect(synced.map(({ registration, need, notice }) => [registration, need, notice !== undefined])).toEqual([
      ["tokyo/app/a", T + 999, true],
      ["tokyo/app/old", T + 999, false],
    ]);
    expect(await registry.unfinishedPropagations(10)).toMatchObject([{ reference: KEY, expected: 1 }]);
  });

  it("leaves readers of other labels and of pinned versions alone", async () => {
    const { handle } = await world([
      { name: "a", version: "BLUE" },
      { name: "b", version: "uuid/v1" },
    ]);

    expect(await handle(moved)).toEqual({ targets: 0, path: "none" });
  });

  it("wakes readers of every version where the secret itself changed, and opens no propagation", async () => {
    const { registry, synced, handle } = await world([{ name: "a" }, { name: "b", version: "uuid/v1" }, { name: "c", version: "BLUE" }]);

    expect(await handle({ kind: "secret changed", arn: ARN, name: "shop/db", at: T })).toEqual({ targets: 3, path: "fast" });
    expect(synced).toHaveLength(3);
    expect(synced.every(({ notice, need, verify }) => notice === undefined && need === T + 999 && !verify)).toBe(true);
    expect(await registry.unfinishedPropagations(10)).toEqual([]);
  });

  it("does no harm when the same event comes twice", async () => {
    const { registry, handle } = await world([{ name: "a" }]);
    await handle(moved);
    await registry.closePropagation({ reference: KEY, versionId: "v2", at: T }, { expected: 1, done: 1, superseded: 0, closedAt: T });
    await registry.markAnnounced({ reference: KEY, versionId: "v2", at: T }, T);

    await handle(moved);

    expect(await registry.unfinishedPropagations(10)).toEqual([]);
  });

  it("opens no second propagation where HEAD took the version before the event came", async () => {
    const { registry, synced, handle } = await world([{ name: "a" }]);
    await registry.advanceHead(KEY, { versionId: "v2", since: T + 1_500, asOf: T + 300 }, { at: T + 300, openedAt: T + 1_500 });

    await handle(moved);

    expect(await registry.openPropagations(KEY)).toMatchObject([{ at: T + 300 }]);
    expect(synced).toHaveLength(1);
  });

  it("opens one for a return of a version that HEAD knows from an earlier time", async () => {
    const { registry, handle } = await world([{ name: "a" }]);
    await registry.advanceHead(KEY, { versionId: "v2", since: T - 500_000, asOf: T - 500_000 });

    await handle(moved);

    expect(await registry.openPropagations(KEY)).toMatchObject([{ versionId: "v2", at: T, expected: 1 }]);
  });
});

describe("a change of a parameter", () => {
  const arn = `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter/shop/db`;
  const store = { kind: "SecretStore", name: "p", provider: "ParameterStore", account: ACCOUNT, region: REGION } as const;
  const READERS: Readonly<Record<string, Partial<RemoteRef>>> = {
    latest: {},
    labelled: { version: "live" },
    pinned: { version: "3" },
    tagged: { metadataPolicy: "Fetch" },
    other: { key: "/shop/other" },
    arn: { key: arn },
  };

  it.each([
    // Whoever names it by its ARN has a parameter of another partition of the index.
    { kind: "parameter came or went", want: ["arn", "labelled", "latest", "pinned", "tagged"] },
    { kind: "parameter updated", want: ["arn", "latest"] },
    { kind: "parameter labelled", want: ["labelled"] },
    { kind: "parameter tags changed", want: ["tagged"] },
  ] as const)("wakes, when the $kind, whom that concerns: $want", async ({ kind, want }) => {
    const { registry, synced, handle } = await world([]);
    for (const [name, ref] of Object.entries(READERS)) {
      const spec = aSpec({ name });
      await put(registry, { ...spec, store, data: [{ secretKey: "a", remoteRef: { key: "/shop/db", ...ref } }] }, T - 900_000);
    }

    await handle({ kind, arn, name: "/shop/db", at: T });

    expect(synced.map(({ registration }) => registration).toSorted()).toEqual(want.map((name) => `tokyo/app/${name}`));
    expect(synced.every(({ notice, need }) => notice === undefined && need === T + 999)).toBe(true);
  });

  it("wakes by an event of the account that a role reads, and by no other account's", async () => {
    const { registry, synced, handle } = await world([]);
    const account = "222222222222";
    const role = `arn:aws:iam::${account}:role/reader`;
    const access = { id: "reader", base: { kind: "function" }, roles: [{ arn: role }] } as const;
    const spec = aSpec({ key: "/shop/db" });
    await put(registry, { ...spec, store: { ...store, account, access } }, T - 900_000);

    await handle({ kind: "parameter updated", arn, name: "/shop/db", at: T });
    expect(synced).toEqual([]);
    await handle({ kind: "parameter updated", arn: arn.replace(ACCOUNT, account), name: "/shop/db", at: T });
    expect(synced).toHaveLength(1);
  });
});

describe("a change of a secret's tags", () => {
  it("wakes those whose value they are, and nobody else", async () => {
    const { registry, synced, handle } = await world([{ name: "value" }]);
    const spec = aSpec({ name: "tags" });
    await put(registry, { ...spec, data: [{ secretKey: "a", remoteRef: { key: "shop/db", metadataPolicy: "Fetch" } }] }, T - 900_000);

    await handle({ kind: "tags changed", arn: ARN, name: "shop/db", at: T });

    expect(synced.map(({ registration }) => registration)).toEqual(["tokyo/app/tags"]);
  });
});

describe("a moved label", () => {
  it("wakes a reader of AWSPREVIOUS with AWSCURRENT, one of a custom stage by its own, and one of a version id by none", async () => {
    const specs = ["AWSPREVIOUS", "blue", "uuid/v1"].map((version) => ({ name: version.toLowerCase().replace("/", "-"), version }));
    const { synced, handle } = await world(specs);

    await handle(moved);
    expect(synced.map(({ registration }) => registration)).toEqual(["tokyo/app/awsprevious"]);
    await handle({ ...moved, label: "blue" });
    expect(synced.map(({ registration }) => registration)).toEqual(["tokyo/app/awsprevious", "tokyo/app/blue"]);
  });
});

function fail(): never {
  throw new Error("a spec without references");
}
