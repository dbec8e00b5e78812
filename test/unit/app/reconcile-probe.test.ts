/** How reconcile asks clusters for drift: one dead, slow or forbidding cluster delays no other. */
import { describe, expect, it } from "@jest/globals";
import { RelayError } from "../../../src/core/errors.ts";
import { reconcileWorld, T } from "../../support/reconcile-world.ts";

describe("reconcile of clusters", () => {
  it("lists a namespace once where the cluster grants it", async () => {
    const { at, calls, run, sent, synced } = await reconcileWorld({ cluster: { drift: "list" } });
    for (const name of ["a", "b", "c"]) await synced({ name });
    at("tokyo").writeByHand("app", "b", "kubectl", { x: "y" });
    at("tokyo").deleteByHand("app", "c");

    expect(await run()).toMatchObject({ intact: 1, enqueued: 2 });
    expect(calls).toEqual(["tokyo list"]);
    expect(sent()).toEqual(["sync tokyo/app/b", "sync tokyo/app/c"]);
  });

  it("asks a dead cluster once, wakes its syncs, and finds the other one intact", async () => {
    const { at, calls, log, run, sent, synced } = await reconcileWorld();
    for (const name of ["a", "b", "c"]) await synced({ name });
    for (const name of ["a", "b", "c"]) await synced({ name, cluster: "virginia" });
    const { before } = at("tokyo");
    at("tokyo").before = (operation, name) => {
      void before?.(operation, name);
      throw new RelayError("ClusterUnreachable", "tokyo");
    };

    expect(await run()).toMatchObject({ due: 6, intact: 3, enqueued: 3 });
    expect(calls.filter((call) => call.startsWith("tokyo"))).toEqual(["tokyo look"]);
    expect(sent()).toEqual(["sync tokyo/app/a", "sync tokyo/app/b", "sync tokyo/app/c"]);
    expect(log.lines).toMatchObject([{ fields: { cluster: "tokyo", code: "ClusterUnreachable" } }]);
  });

  it("does not ask a cluster whose breaker is open", async () => {
    const { registry, calls, run, synced } = await reconcileWorld();
    await synced();
    await registry.setBreaker("tokyo", { failures: 3, openUntil: T + 10_000 });

    expect(await run()).toMatchObject({ enqueued: 1, intact: 0 });
    expect(calls).toEqual([]);
  });

  it("does not wait for a slow cluster beyond a page's share of time", async () => {
    const { at, clock, calls, run, synced } = await reconcileWorld({ cluster: { concurrency: 1 } });
    for (const name of ["a", "b", "c", "d"]) await synced({ name });
    at("tokyo").before = (operation) => {
      calls.push(`tokyo ${operation}`);
      clock.advance(9_000);
    };

    expect(await run()).toMatchObject({ intact: 2, enqueued: 2 });
    expect(calls).toEqual(["tokyo look", "tokyo look"]);
  });

  it("looks at the others where one target is forbidden", async () => {
    const { at, run, sent, synced } = await reconcileWorld();
    for (const name of ["a", "b", "c"]) await synced({ name });
    at("tokyo").before = (_operation, name) => {
      if (name === "a") throw new RelayError("Forbidden", "tokyo/app/a");
    };

    expect(await run()).toMatchObject({ intact: 2, enqueued: 1 });
    expect(sent()).toEqual(["sync tokyo/app/a"]);
  });

  it("forgets credentials that the API server refused", async () => {
    const { at, forgotten, run, synced } = await reconcileWorld();
    await synced();
    at("tokyo").before = () => {
      throw new RelayError("ClusterUnauthorized", "tokyo");
    };

    await run();

    expect(forgotten).toEqual(["tokyo"]);
  });

  it("leaves it to a sync where no connection can be made", async () => {
    const { clusters, run, sent, synced } = await reconcileWorld();
    await synced();
    clusters.connect = async () => {
      throw new RelayError("ClusterCredentials", "tokyo");
    };

    expect(await run()).toMatchObject({ enqueued: 1 });
    expect(sent()).toEqual(["sync tokyo/app/db"]);
  });

  it("drops a retired cluster once nothing is left in it", async () => {
    const { registry, run, synced } = await reconcileWorld();
    const registration = await synced({ cluster: "virginia" });
    const tomb = await registry.entomb(registration, 9, T);
    if (tomb === "lost") throw new Error("lost");
    await registry.retireCluster("virginia");

    await run();
    expect((await registry.clusters()).map(({ spec }) => spec.name)).toEqual(["tokyo", "virginia"]);
    await registry.dropTombstone(registration.id, 9);
    await run();
    expect((await registry.clusters()).map(({ spec }) => spec.name)).toEqual(["tokyo"]);
  });
});
