/** Taking a Secret over from ESO on a real API server: never missing, never blank, whoever dies or writes in between. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { Cluster } from "../../../src/core/ports.ts";
import { type Eso, installEso } from "../../support/eso.ts";
import { type LocalCluster, startLocalCluster } from "../../support/local-cluster.ts";
import { type PolicyWorld, policyWorld } from "../../support/policy-world.ts";
import { historyOf } from "../../support/secret-history.ts";

const ESO = "externalsecrets.external-secrets.io/db";

/** Where the relay's worker dies: at its call of this number to the API server, before it takes effect or after it. */
const DEATHS = [1, 2, 3, 4].flatMap((call) => (["before", "after"] as const).map((moment) => ({ call, moment })));
const spaceOf = ({ call, moment }: (typeof DEATHS)[number]): string => `dies-${moment}-${call}`;
const SPACES = ["plain", "equal", "refreshed", "back-again", ...DEATHS.map(spaceOf)];

describe("adoption", () => {
  let local: LocalCluster;
  let eso: Eso;
  beforeAll(async () => {
    local = await startLocalCluster("tokyo", SPACES);
    eso = await installEso(local);
  });
  afterAll(async () => {
    await local.stop();
  });

  /** Looks at the Secret as it is now, and at all that it was since it was ESO's. */
  async function expectAdopted(world: PolicyWorld, namespace: string, since: string): Promise<void> {
    const secret = await world.secret("db");
    const { metadata } = secret ?? {};
    expect(metadata?.ownerReferences ?? []).toEqual([]);
    expect((metadata?.managedFields ?? []).map(({ manager }) => manager)).not.toContain(ESO);
    expect(Object.keys(metadata?.labels ?? {})).not.toContain("from-the-manifest");
    expect(metadata?.labels?.["reconcile.external-secrets.io/managed"]).toBe("true");
    expect(secret?.data).toEqual({ password: Buffer.from("new").toString("base64") });
    expect(await world.status()).toMatchObject({ state: "Synced" });

    const states = await historyOf(local.server, namespace, since, metadata?.resourceVersion ?? "");
    expect(states.length).toBeGreaterThanOrEqual(2);
    const values = states.map(({ type, secret: { data } }) => [type, Buffer.from(data?.["password"] ?? "", "base64").toString()]);
    const isWhole = ([type, value]: readonly string[]): boolean => type === "MODIFIED" && (value === "old" || value === "new");
    expect(values.filter((value) => !isWhole(value))).toEqual([]);
  }

  async function owned(namespace: string, data: Readonly<Record<string, string>>, wrap?: (cluster: Cluster) => Cluster) {
    await eso.own(namespace, "db", data);
    const world = await policyWorld(local, { namespace, adopt: true, wrap });
    const since = (await world.secret("db"))?.metadata?.resourceVersion ?? "";
    world.put("db", "new");
    return { world, since };
  }

  it.each([
    { namespace: "plain", data: { password: "old", extra: "x" } },
    { namespace: "equal", data: { password: "new" } },
  ])("takes a Secret with $data over", async ({ namespace, data }) => {
    const { world, since } = await owned(namespace, data);

    await world.register([{}]);

    await expectAdopted(world, namespace, since);
  });

  it.each(DEATHS)("is finished by the next worker where one dies $moment its call $call", async (death) => {
    const namespace = spaceOf(death);
    let calls = 0;
    const dying = (cluster: Cluster): Cluster => {
      const die = async <T>(work: () => Promise<T>): Promise<T> => {
        calls += 1;
        if (calls !== death.call) return work();
        if (death.moment === "after") await work();
        // No error of the table: nothing of it is recorded, as of a worker that is gone.
        throw new Error("the worker died");
      };
      return {
        ...cluster,
        look: (target) => die(() => cluster.look(target)),
        apply: (manifest, manager, precondition) => die(() => cluster.apply(manifest, manager, precondition)),
        takeOver: (target, manager, seen, adoption) => die(() => cluster.takeOver(target, manager, seen, adoption)),
      };
    };
    const { world, since } = await owned(namespace, { password: "old", extra: "x" }, dying);

    await world.register([{}]);

    expect(calls).toBeGreaterThan(death.call);
    await expectAdopted(world, namespace, since);
  });

  it("is got through although ESO refreshes the Secret in between", async () => {
    let isRefreshed = false;
    const refreshing = (cluster: Cluster): Cluster => ({
      ...cluster,
      async takeOver(target, manager, seen, adoption) {
        if (!isRefreshed) {
          isRefreshed = true;
          await eso.refresh("refreshed", "db", { password: "old", extra: "x" });
        }
        return cluster.takeOver(target, manager, seen, adoption);
      },
    });
    const { world, since } = await owned("refreshed", { password: "old" }, refreshing);

    await world.register([{}]);

    expect(isRefreshed).toBe(true);
    await expectAdopted(world, "refreshed", since);
  });

  it("takes a Secret over again that ESO made its own later", async () => {
    const { world, since } = await owned("back-again", { password: "old" });
    await world.register([{}]);
    await eso.refresh("back-again", "db", { password: "old", extra: "x" });
    world.clock.advance(11 * 60_000);

    await world.reconcile();

    await expectAdopted(world, "back-again", since);
  });
});
