/** What reconcile does about propagations that no record closed. */
import { describe, expect, it } from "@jest/globals";
import { RelayError } from "../../../src/core/errors.ts";
import { parseReferenceKey, referenceKey } from "../../../src/core/model.ts";
import { referencesOf } from "../../../src/core/sync/references.ts";
import { DRIFT, reconcileWorld, T } from "../../support/reconcile-world.ts";
import { aSpec } from "../../support/registrations.ts";

describe("reconcile of propagations", () => {
  const KEY = referenceKey(referencesOf(aSpec())[0] ?? parseReferenceKey(""));
  const stuck = { reference: KEY, versionId: "v1", at: T - 700_000 };

  it("settles each unfinished one, and isolates one that fails", async () => {
    const { registry, log, settled, recount, run } = await reconcileWorld();
    for (const versionId of ["a", "b", "c"]) {
      await registry.openPropagation({ reference: KEY, versionId, at: T }, { openedAt: T, expected: 1 });
    }
    recount.hook = async ({ versionId }) => {
      if (versionId === "b") throw new RelayError("BusUnavailable", "bus");
    };

    expect(await run()).toMatchObject({ propagations: 2 });
    expect(settled.map(({ versionId }) => versionId).toSorted()).toEqual(["a", "c"]);
    expect(log.lines).toMatchObject([{ level: "warn", fields: { code: "BusUnavailable" } }]);
  });

  it("wakes those that an old one still waits for, once, and nobody else", async () => {
    const { registry, queue, run, synced } = await reconcileWorld();
    const behind = { [KEY]: { versionId: "v0", asOf: stuck.at - 1 } };
    const later = T + DRIFT;
    await registry.record(await synced({ name: "missing" }), { applied: behind, dueAt: later });
    await registry.record(await synced({ name: "past" }), { applied: { [KEY]: { versionId: "v1", asOf: stuck.at } }, dueAt: later });
    await registry.record(await synced({ name: "frozen", refreshPolicy: "CreatedOnce" }), { applied: behind, dueAt: later });
    await registry.record(await synced({ name: "soon" }), { applied: behind, dueAt: T + 60_000 });
    const failing = await synced({ name: "failing" });
    await registry.record(failing, { applied: behind, dueAt: later, status: { ...failing.status, state: "Error" } });
    await registry.openPropagation(stuck, { openedAt: T - 600_000, expected: 4 });

    await run();
    await run();

    expect(queue.sent).toEqual([
      {
        request: {
          registration: "tokyo/app/missing",
          cluster: "tokyo",
          target: "tokyo/app/missing",
          need: stuck.at + 999,
          verify: false,
          attempt: 0,
        },
        delayMs: 0,
      },
    ]);
  });

  it("gives the messages of a young one their time", async () => {
    const { registry, queue, run, synced } = await reconcileWorld();
    await registry.record(await synced(), { applied: {}, dueAt: T + DRIFT });
    await registry.openPropagation({ ...stuck, at: T - 60_000 }, { openedAt: T - 60_000, expected: 1 });

    await run();

    expect(queue.sent).toEqual([]);
  });

  it("wakes nobody for one that the recount closed", async () => {
    const { registry, queue, recount, run, synced } = await reconcileWorld();
    await registry.record(await synced(), { applied: {}, dueAt: T + DRIFT });
    await registry.openPropagation(stuck, { openedAt: T - 600_000, expected: 1 });
    recount.hook = async (propagation) => {
      await registry.closePropagation(propagation, { expected: 0, done: 0, superseded: 0, closedAt: T });
    };

    expect(await run()).toMatchObject({ propagations: 1 });
    expect(queue.sent).toEqual([]);
  });
});
