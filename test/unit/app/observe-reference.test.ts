/** What may be written of a reference, under lag, roll-back and late notices. The store is scripted: the real one can't be made to lag. */
import { describe, expect, it } from "@jest/globals";
import { observeReference } from "../../../src/app/observe-reference.ts";
import { RelayError } from "../../../src/core/errors.ts";
import { type ChangeNotice, type Head, type Reference, referenceKey } from "../../../src/core/model.ts";
import type { SecretProvider, SourceAnswer } from "../../../src/core/ports.ts";
import { SecretValue } from "../../../src/core/secret-value.ts";
import { DEFAULT_BOUNDS } from "../../../src/core/sync/freshness.ts";
import { createMemoryRegistry } from "../../support/fakes/memory-registry.ts";

const reference: Reference = { provider: "SecretsManager", account: "1", region: "us-east-1", key: "shop/db", version: "stage/AWSCURRENT" };
const KEY = referenceKey(reference);
const T = 1_800_000_000_000;

const version = (versionId: string, createdAt: number): SourceAnswer => ({
  kind: "present",
  versionId,
  createdAt,
  value: new SecretValue(versionId),
});
const notice = (versionId: string, at: number): ChangeNotice => ({ reference: KEY, versionId, at });

function world(shown: SourceAnswer, byId: readonly SourceAnswer[] = []) {
  const registry = createMemoryRegistry();
  let now = T;
  const provider: SecretProvider = {
    read: async () => shown,
    readVersion: async (_, versionId) => {
      const found = byId.find((answer) => answer.versionId === versionId);
      if (found === undefined) throw new RelayError("VersionMissing", reference.key);
      return found;
    },
    list: async () => [],
    currentVersions: async () => new Map(),
  };
  const clock = { now: () => now, latest: () => now };
  const observe = (...given: readonly ChangeNotice[]) =>
    observeReference({ provider, registry, clock, bounds: DEFAULT_BOUNDS }, reference, given);
  const observeOpening = (expected: number, ...given: readonly ChangeNotice[]) =>
    observeReference({ provider, registry, clock, bounds: DEFAULT_BOUNDS }, reference, given, { expected });
  const show = (answer: SourceAnswer, at: number) => {
    shown = answer;
    now = at;
  };
  return { registry, observe, observeOpening, show };
}

describe("observeReference", () => {
  it("takes the first version seen, moves HEAD to it and opens its propagation", async () => {
    const { registry, observe } = world(version("v1", T - 5_000));

    expect(await observe()).toMatchObject({ versionId: "v1", asOf: T - 5_000 });
    expect(await registry.head(KEY)).toMatchObject({ versionId: "v1", asOf: T - 5_000, since: T + 250 });
    expect(await registry.openPropagations(KEY)).toHaveLength(1);
  });

  it("opens no second propagation for the version that the event announced", async () => {
    const { registry, observe } = world(version("v1", T - 5_000));

    await registry.openPropagation({ reference: KEY, versionId: "v1", at: T - 5_000 }, { openedAt: T - 4_000, expected: 2 });

    await observe(notice("v1", T - 5_000));

    expect(await registry.openPropagations(KEY)).toMatchObject([{ versionId: "v1", at: T - 5_000, openedAt: T - 4_000, expected: 2 }]);
  });

  it("opens a propagation of its own where a late event of an earlier time of the version is all that it knows of", async () => {
    const { registry, observe, show } = world(version("v2", T - 900_000));
    const earlier = { reference: KEY, versionId: "v2", at: T - 500_000 };
    await registry.openPropagation(earlier, { openedAt: T - 500_000, expected: 1 });
    await registry.closePropagation(earlier, { expected: 1, done: 1, superseded: 0, closedAt: T - 499_000 });
    await registry.advanceHead(KEY, { versionId: "v1", since: T - 400_000, asOf: T - 400_000 });
    show(version("v2", T - 900_000), T);

    expect(await observe(notice("v2", T - 500_000))).toMatchObject({ versionId: "v2" });

    expect(await registry.openPropagations(KEY)).toMatchObject([{ versionId: "v2", at: T - 60_000 }]);
  });

  it("opens the announced propagation, for as many as are expected, with HEAD's move where the event left it to the sync", async () => {
    const { registry, observeOpening } = world(version("v1", T - 5_000));

    await observeOpening(3, notice("v1", T - 5_000));

    expect(await registry.head(KEY)).toMatchObject({ versionId: "v1" });
    expect(await registry.openPropagations(KEY)).toMatchObject([{ versionId: "v1", at: T - 5_000, expected: 3 }]);
  });

  it("opens the propagation of an announced version that is overtaken already, beside that of the one that it sees", async () => {
    const { registry, observe, observeOpening, show } = world(version("v1", T - 900_000));
    await observe();
    show(version("v3", T + 5_000), T + 10_000);

    await observeOpening(2, notice("v2", T + 2_000));

    expect((await registry.openPropagations(KEY)).map(({ versionId, at, expected }) => [versionId, at, expected])).toEqual([
      ["v1", T - 60_000, 0],
      ["v2", T + 2_000, 2],
      ["v3", T + 5_000, 0],
    ]);
  });

  it("opens one for a return of HEAD's version, and none for a change that HEAD holds", async () => {
    const { registry, observe, observeOpening, show } = world(version("v1", T - 900_000));
    await observe();
    const opened = async () => (await registry.openPropagations(KEY)).map(({ at }) => at);
    show(version("v1", T - 900_000), T + 50_000);

    await observeOpening(1, notice("v1", T - 10_000));
    expect(await opened()).toEqual([T - 60_000]);
    await observeOpening(1, notice("v1", T + 49_000));
    expect(await opened()).toEqual([T - 60_000, T + 49_000]);
  });

  it("writes HEAD's version, not the lagging one, and asks to look again", async () => {
    const [v1, v2] = [version("v1", T - 900_000), version("v2", T - 1_000)];
    const { observe, show } = world(v2, [v1, v2]);
    await observe();
    show(v1, T + 5_000);

    expect(await observe()).toMatchObject({ versionId: "v2", answer: v2, lookAgainPast: T + 5_000 });
  });

  it("takes a roll-back that the event names, and fences the newer version's lagging reads off", async () => {
    const [v1, v2] = [version("v1", T - 900_000), version("v2", T - 1_000)];
    const { registry, observe, show } = world(v2, [v1, v2]);
    await observe();
    show(v1, T + 5_000);
    expect(await observe(notice("v1", T + 4_000))).toMatchObject({ versionId: "v1" });
    show(v2, T + 6_000);

    expect(await observe()).toMatchObject({ versionId: "v1", answer: v1 });
    expect(await registry.head(KEY)).toMatchObject({ versionId: "v1" } satisfies Partial<Head>);
  });

  it("lifts HEAD when a notice names its version in a later tenure", async () => {
    const { registry, observe, show } = world(version("v1", T - 900_000));
    await observe();
    show(version("v1", T - 900_000), T + 50_000);

    expect(await observe(notice("v1", T + 49_000))).toMatchObject({ asOf: T + 49_000 });
    expect(await registry.head(KEY)).toMatchObject({ asOf: T + 49_000, since: T + 49_999 });
  });

  it("takes of several notices the one that names what the store shows", async () => {
    const { registry, observe } = world(version("v2", T - 900_000));

    expect(await observe(notice("v3", T - 1_000), notice("v2", T - 3_000), notice("v2", T - 9_000))).toMatchObject({ asOf: T - 3_000 });
    expect(await registry.openPropagations(KEY)).toMatchObject([{ versionId: "v2", at: T - 3_000 }]);
  });

  it("lets a lagging NotFound delete nothing: HEAD's version stays what is written", async () => {
    const v1 = version("v1", T - 1_000);
    const { observe, show } = world(v1, [v1]);
    await observe();
    show({ kind: "absent", versionId: "absent", createdAt: 0 }, T + 5_000);

    expect(await observe()).toMatchObject({ versionId: "v1", answer: v1 });
  });

  it("believes absence once D has passed", async () => {
    const v1 = version("v1", T - 1_000);
    const { observe, show } = world(v1, [v1]);
    await observe();
    show({ kind: "absent", versionId: "absent", createdAt: 0 }, T + 60_251);

    expect(await observe()).toMatchObject({ versionId: "absent", answer: { kind: "absent" } });
  });

  it("is SourceLagging, and writes nothing, while HEAD's version can't be fetched", async () => {
    const { observe, show } = world(version("v2", T - 1_000));
    await observe();
    show(version("v1", T - 900_000), T + 5_000);

    await expect(observe()).rejects.toMatchObject({ code: "SourceLagging", policy: "retry" });
  });
});
