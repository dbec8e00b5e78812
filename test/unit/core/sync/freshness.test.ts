/** The arithmetic of what counts as current, with the schedules that broke simpler rules. */
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { ChangeNotice, Head } from "../../../../src/core/model.ts";
import { asOf, candidate, compare, DEFAULT_BOUNDS, lift, needOf, serves, settledAfter } from "../../../../src/core/sync/freshness.ts";

const REFERENCE = "SecretsManager|000000000000|us-east-1|stage/AWSCURRENT|shop/db";
const T = 1_800_000_000_000;
const bounds = DEFAULT_BOUNDS;
const read = (versionId: string, startedAt: number, createdAt = 0) => ({
  reference: REFERENCE,
  versionId,
  createdAt,
  startedAt,
  endedAt: startedAt + 20,
});
const notice = (versionId: string, at: number): ChangeNotice => ({ reference: REFERENCE, versionId, at });
const head = (versionId: string, from: number, since: number): Head => ({ versionId, asOf: from, since, rev: 1 });

describe("asOf", () => {
  it.each([
    { name: "a read alone is trusted only up to D before its start", given: asOf(read("v1", T), undefined, bounds), want: T - 60_000 },
    { name: "a version can't be current before it was created", given: asOf(read("v1", T, T - 5_000), undefined, bounds), want: T - 5_000 },
    {
      name: "a notice of the version read lifts it to the notice's time",
      given: asOf(read("v1", T, T - 5_000), notice("v1", T - 1_000), bounds),
      want: T - 1_000,
    },
    {
      name: "a notice of another version says nothing of this one",
      given: asOf(read("v1", T, T - 5_000), notice("v2", T - 1_000), bounds),
      want: T - 5_000,
    },
    {
      name: "a creation time in the future is cut to the end of the read",
      given: asOf(read("v1", T, T + 600_000), undefined, bounds),
      want: T + 20 + 250,
    },
  ])("$name", ({ given, want }) => {
    expect(given).toBe(want);
  });
});

describe("compare", () => {
  it("takes the first version ever seen", () => {
    expect(compare(undefined, candidate(read("v1", T), undefined, bounds))).toBe("first");
  });

  it("does not let a lagging read of the older version back after HEAD moved on", () => {
    const moved = head("v2", T - 1_000, T + 270);

    expect(compare(moved, candidate(read("v1", T + 30_000, T - 900_000), undefined, bounds))).toBe("not proven newer");
  });

  it("lets a roll-back through when its notice names the old version", () => {
    const moved = head("v2", T - 1_000, T + 270);

    expect(compare(moved, candidate(read("v1", T + 30_000, T - 900_000), notice("v1", T + 29_000), bounds))).toBe("newer");
  });

  it("lets a roll-back through without any notice once D has passed", () => {
    const moved = head("v2", T - 1_000, T + 270);

    expect(compare(moved, candidate(read("v1", T + 60_271, T - 900_000), undefined, bounds))).toBe("newer");
  });

  it("does not let the lagging newer version back after the roll-back", () => {
    const rolledBack = head("v1", T + 29_000, T + 30_270);

    expect(compare(rolledBack, candidate(read("v2", T + 31_000, T - 1_000), undefined, bounds))).toBe("not proven newer");
  });

  it("orders two versions only if every moment of one lies after every moment of the other", () => {
    const interval = fc.tuple(fc.nat(1_000_000), fc.nat(1_000_000)).map(([a, b]) => ({ asOf: Math.min(a, b), since: Math.max(a, b) }));
    fc.assert(
      fc.property(interval, interval, (a, b) => {
        const newer = compare(head("a", a.asOf, a.since), { versionId: "b", asOf: b.asOf }) === "newer";
        const back = compare(head("b", b.asOf, b.since), { versionId: "a", asOf: a.asOf }) === "newer";

        expect(newer && back).toBe(false);
      }),
    );
  });
});

describe("lift", () => {
  it("raises HEAD for a later tenure of its own version, to the end of the notice's second", () => {
    expect(lift(head("v1", T, T + 270), notice("v1", T + 40_000), REFERENCE)).toEqual({ asOf: T + 40_000, since: T + 40_999 });
  });

  it("never lowers HEAD for a late notice of an earlier tenure", () => {
    expect(lift(head("v1", T, T + 270), notice("v1", T - 40_000), REFERENCE)).toBeUndefined();
  });

  it("leaves HEAD alone when the notice names another version", () => {
    expect(lift(head("v1", T, T + 270), notice("v2", T + 40_000), REFERENCE)).toBeUndefined();
  });
});

describe("serves", () => {
  const request = { notice: notice("v3", T), need: needOf(notice("v3", T)) };
  const answer = (versionId: string, at: number) => ({ reference: REFERENCE, versionId, asOf: at });

  it.each([
    { name: "the notice's own version at its time", given: answer("v3", T), want: true },
    { name: "a later version that overtook it", given: answer("v4", T + 2_000), want: true },
    { name: "a lagging version that merely looks newer", given: answer("v2", T - 1), want: false },
    { name: "another version within the notice's own second", given: answer("v2", T + 500), want: false },
    { name: "a reference the notice does not speak of", given: { ...answer("v1", 0), reference: "other" }, want: true },
  ])("$name: $want", ({ given, want }) => {
    expect(serves(given, request)).toBe(want);
  });

  it("demands every reference to get past the registration's time where there is no notice", () => {
    expect(serves(answer("v1", T), { need: T })).toBe(false);
    expect(serves(answer("v1", T + 1), { need: T })).toBe(true);
  });

  it("ends: whatever a read shows D after the need serves", () => {
    const late = read("v1", settledAfter(request.need, bounds));

    expect(serves(answer("v1", asOf(late, undefined, bounds)), request)).toBe(true);
  });
});
