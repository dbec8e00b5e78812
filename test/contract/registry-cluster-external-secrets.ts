/** The part of the Registry port's contract that concerns ClusterExternalSecrets. */
import { describe, expect, it } from "@jest/globals";
import type { Registry } from "../../src/core/ports.ts";
import { aClusterExternalSecret } from "../support/registrations.ts";

const EMPTY_STATUS = { state: "Pending", since: 0, provisioned: [], failed: [], failedCount: 0 } as const;

/** ClusterExternalSecrets with what they made. */
export function describeClusterExternalSecrets(registry: () => Registry): void {
  describe("ClusterExternalSecrets", () => {
    const aRecord = (name: string, dueAt: number) => ({
      spec: aClusterExternalSecret({ cluster: "contract", name }),
      made: [],
      status: EMPTY_STATUS,
      dueAt,
    });
    const mine = async () => (await registry().clusterExternalSecrets()).filter(({ spec }) => spec.cluster === "contract");

    it("lets only who has seen the last write write again, or drop it", async () => {
      const first = await registry().writeClusterExternalSecret(aRecord("one", 900));
      if (first === "lost") throw new Error("lost");
      const second = await registry().writeClusterExternalSecret({ ...first, made: ["app/one"], retiredAt: 7 }, first);
      if (second === "lost") throw new Error("lost");

      expect(await mine()).toEqual([second]);
      expect(second).toMatchObject({ made: ["app/one"], retiredAt: 7 });
      expect(await registry().writeClusterExternalSecret(first, first)).toBe("lost");
      expect(await registry().writeClusterExternalSecret(first)).toBe("lost");
      expect(await registry().dropClusterExternalSecret(first)).toBe(false);
      expect(await registry().dropClusterExternalSecret(second)).toBe(true);
      expect(await mine()).toEqual([]);
      expect(await registry().writeClusterExternalSecret(second, second)).toBe("lost");
    });

    it("tells which are due, oldest first", async () => {
      for (const [name, dueAt] of [
        ["a", -90],
        ["b", -100],
        ["c", -80],
      ] as const) {
        await registry().writeClusterExternalSecret(aRecord(name, dueAt));
      }

      const due = await registry().dueClusterExternalSecrets(-80, 10);

      expect(due.map(({ spec }) => spec.name)).toEqual(["b", "a"]);
      expect(await registry().dueClusterExternalSecrets(-80, 1)).toHaveLength(1);
    });
  });
}
