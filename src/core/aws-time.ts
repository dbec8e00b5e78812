/**
 * AWS's time in a process whose clock may be wrong: what the `Date` headers of its answers say of the difference. A header has whole
 * seconds and an answer is some time on its way, so each tells an interval; several together tell a narrower one.
 */
import type { Millis } from "./model.ts";

/** One answer: its `Date`, and when it was asked for and had, by the process's clock. */
export interface DatedAnswer {
  readonly date: Millis;
  readonly askedAt: Millis;
  readonly answeredAt: Millis;
}

/** The process's moments as AWS's: `earliest` is never later than it is there, `latest` never earlier. */
export interface AwsTime {
  learn(answer: DatedAnswer): void;
  earliest(at: Millis): Millis;
  latest(at: Millis): Millis;
}

/** A header of whole seconds: the answer was made within [date, date + 999]. */
const PRECISION_MS = 999;
/** How much an interval widens by itself: no clock that runs drifts by a hundredth, but one of a frozen process may be set. */
const DRIFT = 0.01;

interface Difference {
  readonly least: Millis;
  readonly most: Millis;
  readonly at: Millis;
}

const NONE: Difference = { least: 0, most: 0, at: 0 };

/**
 * As long as nothing shows that the clocks differ by more than `marginMs`, they are taken for equal: an interval of a second would cost
 * each of two rotations that follow each other within it the visibility bound.
 */
export function createAwsTime(marginMs: number): AwsTime {
  let known: Difference | undefined;
  let used = NONE;

  return {
    learn({ date, askedAt, answeredAt }) {
      const told = { least: date - answeredAt, most: date + PRECISION_MS - askedAt, at: answeredAt };
      const widened = known === undefined ? undefined : widenedAt(known, answeredAt);
      const both =
        widened === undefined ? told : { ...told, least: Math.max(told.least, widened.least), most: Math.min(told.most, widened.most) };
      // Without anything in common the clock was set meanwhile: the newer word counts.
      known = both.least <= both.most ? both : told;
      used = known.least <= marginMs && known.most >= -marginMs ? NONE : known;
    },
    earliest: (at) => (used === NONE ? at : at + widenedAt(used, at).least),
    latest: (at) => (used === NONE ? at : at + widenedAt(used, at).most),
  };
}

function widenedAt({ least, most, at }: Difference, now: Millis): Difference {
  const drift = Math.max(0, now - at) * DRIFT;
  return { least: least - drift, most: most + drift, at: now };
}
