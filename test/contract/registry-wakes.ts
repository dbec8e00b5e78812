/** Contract of the registry's limits of events: who wakes the readers of a secret, and whose turn a target is. */
import { describe, expect, it } from "@jest/globals";
import { referenceKey } from "../../src/core/model.ts";
import type { Registry } from "../../src/core/ports.ts";
import { reference } from "./registry-heads.ts";

/** Who wakes the readers of a secret, and when. */
export function describeWakes(registry: () => Registry): void {
  describe("wakes", () => {
    const claim = (by: string, now: number) => ({ by, now, quietMs: 5_000 });

    it("lets one event wake at once in each quiet time, and that one again", async () => {
      const source = referenceKey(reference());

      expect(await registry().claimWake(source, claim("a", 1_000))).toBe(true);
      expect(await registry().claimWake(source, claim("b", 5_999))).toBe(false);
      expect(await registry().claimWake(source, claim("a", 5_999))).toBe(true);
      expect(await registry().claimWake(referenceKey(reference()), claim("b", 5_999))).toBe(true);
      expect(await registry().claimWake(source, claim("b", 6_000))).toBe(true);
      expect(await registry().claimWake(source, claim("a", 6_001))).toBe(false);
    });

    it("lets one event wake at the end of a quiet time, which begins the next one", async () => {
      const source = referenceKey(reference());
      await registry().claimWake(source, claim("a", 1_000));

      expect(await registry().claimLaterWake(source, claim("b", 2_000))).toEqual({ at: 6_000, isOurs: true });
      expect(await registry().claimLaterWake(source, claim("c", 3_000))).toEqual({ at: 6_000, isOurs: false });
      expect(await registry().claimLaterWake(source, claim("b", 4_000))).toEqual({ at: 6_000, isOurs: true });
      expect(await registry().claimWake(source, claim("d", 7_000))).toBe(false);
      expect(await registry().claimLaterWake(source, claim("d", 7_000))).toEqual({ at: 11_000, isOurs: true });
      expect(await registry().claimWake(source, claim("e", 16_000))).toBe(true);
      expect(await registry().claimLaterWake(source, claim("f", 16_001))).toEqual({ at: 21_000, isOurs: true });
    });

    it("wakes at once at the end of a quiet time that is over, or never was", async () => {
      const source = referenceKey(reference());

      expect(await registry().claimLaterWake(source, claim("a", 1_000))).toEqual({ at: 1_000, isOurs: true });
      expect(await registry().claimLaterWake(source, claim("b", 9_000))).toEqual({ at: 9_000, isOurs: true });
    });

    it("believes no quiet time that is longer than there can be: a clock went wrong", async () => {
      const source = referenceKey(reference());
      await registry().claimWake(source, claim("a", 600_000));
      expect(await registry().claimLaterWake(source, claim("b", 600_000))).toEqual({ at: 605_000, isOurs: true });

      expect(await registry().claimLaterWake(source, claim("c", 1_000))).toEqual({ at: 6_000, isOurs: true });
      expect(await registry().claimWake(source, claim("d", 1_000))).toBe(false);
      await registry().claimWake(source, claim("e", 900_000));
      expect(await registry().claimWake(source, claim("f", 1_000))).toBe(true);
    });

    it("gives one of many at once each of the two", async () => {
      const source = referenceKey(reference());
      const ids = ["a", "b", "c", "d"];

      const now = await Promise.all(ids.map((by) => registry().claimWake(source, claim(by, 1_000))));
      const later = await Promise.all(ids.map((by) => registry().claimLaterWake(source, claim(by, 1_000))));

      expect(now.filter(Boolean)).toHaveLength(1);
      expect(later.map(({ at }) => at)).toEqual([6_000, 6_000, 6_000, 6_000]);
      expect(later.filter(({ isOurs }) => isOurs)).toHaveLength(1);
    });
  });
}

/** Whose event has a registration's target tried, and when. */
export function describeTurns(registry: () => Registry): void {
  describe("turns", () => {
    let registrations = 0;
    const fresh = (): string => `tokyo/app/turn-${registrations++}`;
    const claim = (by: string, now: number, versions?: string, need = 500) => ({ by: [by], need, now, quietMs: 5_000, versions });
    const now = { kind: "now" };

    it("gives one in each quiet time, each registration its own", async () => {
      const id = fresh();

      expect(await registry().claimTurn(id, claim("a", 1_000))).toEqual(now);
      expect((await registry().claimTurn(id, claim("a", 5_999))).kind).toBe("later");
      expect(await registry().claimTurn(fresh(), claim("a", 5_999))).toEqual(now);
      expect(await registry().claimTurn(id, claim("b", 6_000))).toEqual(now);
      expect((await registry().claimTurn(id, claim("c", 6_001))).kind).toBe("later");
    });

    it("lets one event wait for the next, and knows it again", async () => {
      const id = fresh();
      await registry().claimTurn(id, claim("a", 1_000));
      const later = (isOurs: boolean, at = 6_000) => ({ kind: "later", at, isOurs, need: 500 });

      expect(await registry().claimTurn(id, claim("b", 2_000))).toEqual(later(true));
      expect(await registry().claimTurn(id, claim("c", 3_000))).toEqual(later(false));
      expect(await registry().claimTurn(id, claim("b", 4_000))).toEqual(later(true));
      expect(await registry().claimTurn(id, { ...claim("c", 4_000), by: ["c", "b"] })).toEqual(later(true));
      expect(await registry().claimTurn(id, claim("b", 6_001))).toEqual(now);
      expect(await registry().claimTurn(id, claim("c", 7_000))).toEqual(later(true, 11_001));
      expect(await registry().claimTurn(id, claim("b", 7_000))).toEqual(later(false, 11_001));
    });

    it("owes the latest need of those that wait to whoever has the next one", async () => {
      const id = fresh();
      await registry().claimTurn(id, claim("a", 1_000));
      await registry().claimTurn(id, claim("b", 2_000));

      expect(await registry().claimTurn(id, claim("c", 3_000, undefined, 900))).toEqual({
        kind: "later",
        at: 6_000,
        isOurs: false,
        need: 900,
      });
      expect(await registry().claimTurn(id, claim("b", 3_100))).toEqual({ kind: "later", at: 6_000, isOurs: true, need: 900 });
      expect(await registry().claimTurn(id, claim("b", 6_000))).toEqual({ kind: "later", at: 6_000, isOurs: true, need: 900 });
      expect(await registry().claimTurn(id, claim("d", 6_500))).toEqual({ kind: "later", at: 6_500, isOurs: true, need: 900 });
      expect(await registry().claimTurn(id, claim("b", 6_600, undefined, 900))).toEqual(now);
      expect(await registry().claimTurn(id, claim("e", 11_600))).toEqual(now);
    });

    it("is at once for other versions than those of the last one that knew its own, and still owes what it owed", async () => {
      const id = fresh();
      await registry().claimTurn(id, claim("a", 1_000));

      expect(await registry().claimTurn(id, claim("b", 1_100, "v1"))).toEqual(now);
      expect((await registry().claimTurn(id, claim("c", 1_200, "v1", 900))).kind).toBe("later");
      expect((await registry().claimTurn(id, claim("c", 1_300))).kind).toBe("later");
      expect(await registry().claimTurn(id, claim("d", 1_400, "v2"))).toEqual(now);
      expect(await registry().claimTurn(id, claim("e", 6_400))).toEqual({ kind: "later", at: 6_400, isOurs: true, need: 900 });
      expect(await registry().claimTurn(id, claim("e", 6_400, undefined, 900))).toEqual(now);
      expect((await registry().claimTurn(id, claim("f", 6_500, "v2"))).kind).toBe("later");
      expect(await registry().claimTurn(id, claim("g", 6_600, "v1"))).toEqual(now);
    });

    it("believes no quiet time that is longer than there can be: a clock went wrong", async () => {
      const id = fresh();
      await registry().claimTurn(id, claim("a", 600_000));

      expect(await registry().claimTurn(id, claim("b", 1_000))).toEqual(now);
      expect((await registry().claimTurn(id, claim("c", 1_001))).kind).toBe("later");
    });

    it("is one's of many at once, and one of the others waits", async () => {
      const id = fresh();
      const turns = await Promise.all(["a", "b", "c", "d"].map((by) => registry().claimTurn(id, claim(by, 1_000, "v1"))));

      expect(turns.filter(({ kind }) => kind === "now")).toHaveLength(1);
      expect(turns.filter((turn) => turn.kind === "later" && turn.isOurs)).toHaveLength(1);
    });
  });
}
