/** When sync windows let a refresh through, and when they will: ESO's own cases, changes of the clocks, and random windows. */
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { gateAt } from "../../../../src/core/windows/sync-windows.ts";

const HOUR = 3_600_000;
const at = (text: string): number => Date.parse(text);
const nightly = { schedule: "0 22 * * *", durationMs: 2 * HOUR };
const broken = { schedule: "not-a-cron", durationMs: 2 * HOUR };

describe("gateAt", () => {
  it.each([
    { name: "at the window's beginning", now: "2026-06-01T22:00:00Z", open: true },
    { name: "inside of it", now: "2026-06-01T22:30:00Z", open: true },
    { name: "at its end", now: "2026-06-02T00:00:00Z", open: true },
    { name: "a second after its end", now: "2026-06-02T00:00:01Z", open: false },
    { name: "a millisecond after its end", now: "2026-06-02T00:00:00.001Z", open: false },
    { name: "an hour before it", now: "2026-06-01T21:00:00Z", open: false },
    { name: "between two", now: "2026-06-02T03:00:00Z", open: false },
    { name: "inside of the next", now: "2026-06-02T22:30:00Z", open: true },
  ])("$name: an allowed window is open: $open, a denied one the other way round", ({ now, open }) => {
    expect(gateAt({ kind: "allow", windows: [nightly] }, at(now)).isOpen).toBe(open);
    expect(gateAt({ kind: "deny", windows: [nightly] }, at(now)).isOpen).toBe(!open);
  });

  it.each([
    { name: "no sync windows", windows: undefined, open: true },
    { name: "no window among them", windows: { kind: "allow", windows: [] }, open: true },
    { name: "an unreadable schedule alone allows nothing", windows: { kind: "allow", windows: [broken] }, open: false },
    { name: "an unreadable schedule alone denies nothing", windows: { kind: "deny", windows: [broken] }, open: true },
    { name: "an unreadable schedule beside an active window", windows: { kind: "allow", windows: [broken, nightly] }, open: true },
  ] as const)("$name", ({ windows, open }) => {
    expect(gateAt(windows, at("2026-06-01T23:00:00Z")).isOpen).toBe(open);
  });

  it.each([
    {
      name: "allow: the next beginning",
      kind: "allow",
      windows: [nightly],
      now: "2026-06-01T20:00:00Z",
      opensAt: "2026-06-01T22:00:00.000Z",
    },
    {
      name: "allow: the first of several",
      kind: "allow",
      windows: [nightly, { schedule: "30 21 * * *", durationMs: HOUR }],
      now: "2026-06-01T20:00:00Z",
      opensAt: "2026-06-01T21:30:00.000Z",
    },
    {
      name: "deny: the end of the window",
      kind: "deny",
      windows: [nightly],
      now: "2026-06-01T23:00:00Z",
      opensAt: "2026-06-02T00:00:00.001Z",
    },
    {
      name: "deny: the end of windows that go over into each other",
      kind: "deny",
      windows: [nightly, { schedule: "0 0 * * *", durationMs: 3 * HOUR }],
      now: "2026-06-01T23:00:00Z",
      opensAt: "2026-06-02T03:00:00.001Z",
    },
    {
      name: "deny: each minute of every working day",
      kind: "deny",
      windows: [{ schedule: "* * * * 1-5", durationMs: 60_000 }],
      now: "2026-06-01T00:00:00Z",
      opensAt: "2026-06-06T00:00:00.001Z",
    },
    {
      name: "allow: never",
      kind: "allow",
      windows: [{ schedule: "0 0 30 2 *", durationMs: HOUR }],
      now: "2026-06-01T00:00:00Z",
      opensAt: "never",
    },
    { name: "allow: nothing readable", kind: "allow", windows: [broken], now: "2026-06-01T00:00:00Z", opensAt: "never" },
    {
      name: "deny: always",
      kind: "deny",
      windows: [{ schedule: "@every 1h", durationMs: HOUR }],
      now: "2026-06-01T00:00:00Z",
      opensAt: "never",
    },
    // The clocks of Berlin go back from 3:00 to 2:00 at 1:00 UTC, and so 2:30 comes twice.
    {
      name: "allow: the first of two equal wall clocks",
      kind: "allow",
      windows: [{ schedule: "CRON_TZ=Europe/Berlin 30 2 * * *", durationMs: 60_000 }],
      now: "2026-10-25T00:00:00Z",
      opensAt: "2026-10-25T00:30:00.000Z",
    },
    // They go forward from 2:00 to 3:00 at 1:00 UTC, and so there is no 2:30 that day: the library waits for the next.
    {
      name: "allow: a wall clock that is left out",
      kind: "allow",
      windows: [{ schedule: "CRON_TZ=Europe/Berlin 30 2 * * *", durationMs: 60_000 }],
      now: "2026-03-29T00:00:00Z",
      opensAt: "2026-03-30T00:30:00.000Z",
    },
    // A duration is real time: the night of the change has an hour more.
    {
      name: "deny: a window over a change of the clocks",
      kind: "deny",
      windows: [{ schedule: "CRON_TZ=America/New_York 0 22 * * *", durationMs: 8 * HOUR }],
      now: "2026-11-01T03:00:00Z",
      opensAt: "2026-11-01T10:00:00.001Z",
    },
  ] as const)("opens at $opensAt ($name)", ({ kind, windows, now, opensAt }) => {
    const gate = gateAt({ kind, windows }, at(now));

    expect(gate).toEqual({ isOpen: false, opensAt: opensAt === "never" ? "never" : at(opensAt) });
  });

  it("is open at the moment that it names, and closed at each before it", () => {
    const window = fc.record({
      schedule: fc.constantFrom("*/50 * * * *", "5 */3 * * *", "0 9 * * 1-5", "@every 50m", "CRON_TZ=Europe/Berlin 30 2 * * *", "@hourly"),
      durationMs: fc.integer({ min: 0, max: HOUR / 2 }),
    });
    const syncWindows = fc.record({
      kind: fc.constantFrom("allow" as const, "deny" as const),
      windows: fc.array(window, { minLength: 1, maxLength: 3 }),
    });
    const moments = { min: at("2026-10-24T00:00:00Z"), max: at("2026-10-26T00:00:00Z") };

    fc.assert(
      fc.property(syncWindows, fc.integer(moments), fc.double({ min: 0, max: 0.999, noNaN: true }), (given, now, part) => {
        const gate = gateAt(given, now);
        if (gate.isOpen || gate.opensAt === "never") return;
        // A schedule that counts from the moment that is asked about has no beginning of its own.
        const isCounted = given.windows.some(({ schedule }) => schedule.startsWith("@every"));
        expect(gate.opensAt).toBeGreaterThan(now);
        expect(isCounted || gateAt(given, gate.opensAt).isOpen).toBe(true);
        const before = Math.floor(now + (gate.opensAt - now) * part);
        expect(isCounted || !gateAt(given, before).isOpen).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});
