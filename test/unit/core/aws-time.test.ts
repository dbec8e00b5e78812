/** What a process knows of AWS's time: never later than it is, never earlier, and its own while nothing speaks against it. */
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { createAwsTime } from "../../../src/core/aws-time.ts";

const T = 1_800_000_000_000;
const wholeSecond = (at: number): number => Math.floor(at / 1000) * 1000;

/** An answer that was made at `at` by AWS's time, for a process that is `lateMs` behind. */
function answer(at: number, lateMs: number, onItsWay = 5) {
  return { date: wholeSecond(at), askedAt: at - lateMs - onItsWay, answeredAt: at - lateMs + onItsWay };
}

describe("AWS's time", () => {
  it("is the process's own before anything is told, and while the clocks may agree", () => {
    const time = createAwsTime(250);
    time.learn(answer(T + 400, 0));
    time.learn(answer(T + 1_700, 200));

    expect(time.earliest(T + 2_000)).toBe(T + 2_000);
    expect(time.latest(T + 2_000)).toBe(T + 2_000);
  });

  it("is told by one answer, to a second", () => {
    const time = createAwsTime(250);
    const late = 180_000;
    time.learn(answer(T + 400, late));

    expect(time.earliest(T + 400 - late)).toBeLessThanOrEqual(T + 400);
    expect(time.latest(T + 400 - late)).toBeGreaterThanOrEqual(T + 400);
    expect(time.latest(T - late) - time.earliest(T - late)).toBeLessThan(1_050);
  });

  it("is told closer by answers of other parts of a second", () => {
    const time = createAwsTime(250);
    for (const at of [T + 20, T + 980, T + 1_990, T + 3_010]) time.learn(answer(at, -420_000));

    expect(time.latest(T + 423_010) - time.earliest(T + 423_010)).toBeLessThan(120);
  });

  it("is learnt anew where the clock was set, and believed again where it was set right", () => {
    const time = createAwsTime(250);
    time.learn(answer(T, 60_000));
    time.learn(answer(T + 1_000, -60_000));
    expect(time.earliest(T + 61_000)).toBeLessThanOrEqual(T + 1_000);
    expect(time.latest(T + 61_000)).toBeGreaterThanOrEqual(T + 1_000);
    time.learn(answer(T + 2_000, 0));

    expect(time.earliest(T + 3_000)).toBe(T + 3_000);
  });

  it("never leaves out the true time, however far a clock is off, and however long answers take", () => {
    const answers = fc.array(fc.record({ after: fc.integer({ min: 0, max: 5_000 }), way: fc.integer({ min: 0, max: 3_000 }) }), {
      minLength: 1,
    });
    fc.assert(
      fc.property(fc.integer({ min: -600_000, max: 600_000 }), answers, (lateMs, all) => {
        const time = createAwsTime(250);
        let now = T;
        for (const { after, way } of all) {
          now += after;
          time.learn({ date: wholeSecond(now), askedAt: now - way - lateMs, answeredAt: now + way - lateMs });
          now += way;
          const isTrusted = time.earliest(now - lateMs) === now - lateMs;
          // Believed as it is, it may be off by the margin and by what an answer can't show.
          const margin = isTrusted ? Math.abs(lateMs) : 0;
          expect(time.earliest(now - lateMs)).toBeLessThanOrEqual(now + margin);
          expect(time.latest(now - lateMs)).toBeGreaterThanOrEqual(now - margin);
          if (isTrusted) expect(Math.abs(lateMs)).toBeLessThanOrEqual(250 + 999 + 2 * Math.max(...all.map((one) => one.way)));
        }
      }),
    );
  });
});
