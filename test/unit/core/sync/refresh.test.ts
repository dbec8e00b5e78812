/** When a registration is due again, and which keep their versions. */
import { describe, expect, it } from "@jest/globals";
import type { Registration } from "../../../../src/core/model.ts";
import type { TargetView } from "../../../../src/core/ports.ts";
import { CLUSTER_LABEL, fieldManager, stampAnnotation } from "../../../../src/core/sync/ownership.ts";
import {
  dueAfterPark,
  dueAfterRetry,
  heldUntil,
  isFrozen,
  keepsVersions,
  nextDue,
  showsOwnWork,
} from "../../../../src/core/sync/refresh.ts";
import { aSpec, type SpecOptions } from "../../../support/registrations.ts";

const T = 1_800_000_000_000;
const MINUTE = 60_000;

function registration(options: SpecOptions, applied?: number): Registration {
  const facts = { id: "tokyo/app/db", generation: 7, phase: "live", registeredAt: T, rev: 1, applied: {} } as const;
  const status = { state: "Pending", since: T, failures: 0 } as const;
  return { ...facts, status, spec: aSpec(options), ...(applied === undefined ? {} : { appliedGeneration: applied }) };
}

describe("refresh", () => {
  it.each([
    { options: {}, frozen: false },
    { options: { refreshIntervalMs: 0 }, frozen: true },
    { options: { refreshPolicy: "OnChange" }, frozen: true },
    { options: { refreshPolicy: "CreatedOnce" }, frozen: true },
  ] as const)("calls $options frozen: $frozen", ({ options, frozen }) => {
    expect(isFrozen(aSpec(options))).toBe(frozen);
  });

  it.each([
    { name: "follows the store otherwise", options: {}, applied: 7, keeps: false },
    { name: "OnChange before its first sync", options: { refreshPolicy: "OnChange" }, applied: undefined, keeps: false },
    { name: "OnChange once synced", options: { refreshPolicy: "OnChange" }, applied: 7, keeps: true },
    { name: "OnChange with a new generation", options: { refreshPolicy: "OnChange" }, applied: 6, keeps: false },
    { name: "CreatedOnce with a new generation", options: { refreshPolicy: "CreatedOnce" }, applied: 6, keeps: true },
    { name: "interval 0 with a new generation", options: { refreshIntervalMs: 0 }, applied: 6, keeps: true },
    { name: "interval 0 before its first sync", options: { refreshIntervalMs: 0 }, applied: undefined, keeps: false },
  ] as const)("$name: keeps its versions is $keeps", ({ options, applied, keeps }) => {
    expect(keepsVersions(registration(options, applied), T)).toBe(keeps);
  });

  describe("with sync windows", () => {
    // T is 8:00 UTC.
    const syncWindows = { kind: "allow", windows: [{ schedule: "5 8 * * *", durationMs: MINUTE }] } as const;
    const of = (options: SpecOptions, applied?: number) => {
      const found = registration(options, applied);
      return { ...found, spec: { ...found.spec, syncWindows } };
    };

    it.each([
      { name: "closed", options: {}, applied: 7, now: T, held: T + 5 * MINUTE },
      { name: "open", options: {}, applied: 7, now: T + 5 * MINUTE, held: undefined },
      { name: "closed, but never synced", options: {}, applied: undefined, now: T, held: undefined },
      { name: "closed, but changed", options: {}, applied: 6, now: T, held: undefined },
      { name: "closed, but frozen anyway", options: { refreshPolicy: "OnChange" }, applied: 7, now: T, held: undefined },
    ] as const)("is held while they are $name until $held", ({ options, applied, now, held }) => {
      const found = of(options, applied);

      expect(heldUntil(found, now)).toBe(held);
      expect(keepsVersions(found, now)).toBe(held !== undefined || "refreshPolicy" in options);
    });

    it("is due no later than they open", () => {
      const due = (now: number) => nextDue(of({}).spec, now, { driftIntervalMs: 10 * MINUTE }, 0) - T;

      expect([due(T - 20 * MINUTE), due(T), due(T + 5 * MINUTE)]).toEqual([-10 * MINUTE, 5 * MINUTE, 15 * MINUTE]);
    });
  });

  it.each([
    { name: "the drift interval", options: {}, dueIn: 10 },
    { name: "its own shorter interval", options: { refreshIntervalMs: 2 * MINUTE }, dueIn: 2 },
    { name: "the drift interval when frozen", options: { refreshIntervalMs: 0 }, dueIn: 10 },
  ])("is due after $name, up to a tenth earlier", ({ options, dueIn }) => {
    const due = (random: number) => nextDue(aSpec(options), T, { driftIntervalMs: 10 * MINUTE }, random) - T;

    expect([due(0), due(0.5)]).toEqual([dueIn * MINUTE, dueIn * MINUTE * 0.95]);
  });

  it.each([
    { refreshIntervalMs: 5_000, minutes: 1 },
    { refreshIntervalMs: 5 * MINUTE, minutes: 5 },
    { refreshIntervalMs: 60 * MINUTE, minutes: 15 },
    { refreshIntervalMs: 0, minutes: 15 },
  ])("is due $minutes min after it was parked, with refreshInterval $refreshIntervalMs ms", ({ refreshIntervalMs, minutes }) => {
    expect(dueAfterPark(aSpec({ refreshIntervalMs }), T) - T).toBe(minutes * MINUTE);
  });

  it("is due 5 min after its message should have come back", () => {
    expect(dueAfterRetry(T) - T).toBe(5 * MINUTE);
  });

  describe("showsOwnWork", () => {
    const of = registration({}, 7);
    const own = { manager: fieldManager(of.id), operation: "Apply", keys: ["password"] } as const;
    const view: TargetView = {
      uid: "u",
      resourceVersion: "1",
      labels: { [CLUSTER_LABEL]: "tokyo" },
      annotations: { [stampAnnotation(of.id)]: "7.hash" },
      dataKeys: [own],
      deleting: false,
      immutableBy: [],
    };
    it.each([
      { name: "all of it", change: {}, shows: true },
      { name: "another generation's stamp", change: { annotations: { [stampAnnotation(of.id)]: "77.hash" } }, shows: false },
      { name: "no stamp", change: { annotations: {} }, shows: false },
      { name: "no cluster label", change: { labels: {} }, shows: false },
      { name: "a key of another", change: { dataKeys: [own, { manager: "human", operation: "Update", keys: ["x"] }] }, shows: false },
      { name: "its key taken", change: { dataKeys: [] }, shows: false },
    ] as const)("is $shows of $name", ({ change, shows }) => {
      expect(showsOwnWork({ ...view, ...change }, of)).toBe(shows);
    });
  });
});
