/** What becomes of a Secret under each policy: vectors of ESO's semantics, by the real use cases on a real API server. */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type LocalCluster, startLocalCluster } from "../../support/local-cluster.ts";
import { outcomeOfPolicy, readPolicyVectors } from "../../support/policy-vectors.ts";
import { policyWorld } from "../../support/policy-world.ts";

const VECTORS = await readPolicyVectors();
const namespaceOf = (index: number): string => `policy-${index}`;

describe("test/vectors/policies.yaml", () => {
  let local: LocalCluster;
  beforeAll(async () => {
    local = await startLocalCluster("tokyo", [...VECTORS.map((_, index) => namespaceOf(index)), "marks"]);
  });
  afterAll(async () => {
    await local.stop();
  });

  it("holds at least 80 vectors, each of another name and with an expectation", () => {
    expect(VECTORS.length).toBeGreaterThanOrEqual(80);
    expect(new Set(VECTORS.map(({ name }) => name)).size).toBe(VECTORS.length);
    expect(VECTORS.filter((vector) => !("secret" in vector))).toEqual([]);
  });

  it.each(VECTORS.map((vector, index) => ({ ...vector, index })))("$name", async ({ index, ...vector }) => {
    const { secret, state, error, held, open } = vector;
    const want = {
      secret,
      ...(state && { state }),
      ...(error && { error }),
      ...(held && { held }),
      ...(open === undefined ? {} : { open }),
    };

    expect(await outcomeOfPolicy(local, namespaceOf(index), vector)).toEqual(want);
  });

  it("marks whose a Secret is as ESO does, and tells nothing of its data by a plain hash", async () => {
    const world = await policyWorld(local, { namespace: "marks" });
    world.put("db", "p1");
    await world.register([{}]);

    const { labels, annotations } = (await world.secret("db"))?.metadata ?? {};
    const sha3 = (text: string): string => createHash("sha3-224").update(text).digest("hex");

    expect(labels?.["reconcile.external-secrets.io/created-by"]).toBe(sha3("marks/db"));
    const hash = annotations?.["reconcile.external-secrets.io/data-hash"];
    expect(hash).toMatch(/^[-\w]{22}$/);
    expect(hash).not.toBe(sha3("map[password:[112 49]]"));
  });
});
