/**
 * The judge stands outside: it sees the true history of the store, the config and what each Secret held at each moment. Each data
 * key of a Secret is a register, and every write to it must fit the store's history. It never looks into the relay's own records.
 */
import type { Millis } from "../../src/core/model.ts";
import type { Tenure } from "../support/fakes/memory-source.ts";
import type { Sight } from "./ground.ts";
import { FOREIGN_KEY, FOREIGN_LABEL, isShared, labelOf, SECRETS, type Wish } from "./setup.ts";

export type Fault =
  | "stale"
  | "lost"
  | "blanked"
  | "foreign keys touched"
  | "pruned target back"
  | "claimed falsely"
  | "never claimed"
  | "endless"
  | "fault of its own";

export class Violation extends Error {
  readonly fault: Fault;
  constructor(fault: Fault, text: string) {
    super(`${fault}: ${text}`);
    this.name = "Violation";
    this.fault = fault;
  }
}

/** A config and the time in which it may have been in effect: from the begin of its run to the end of a later one's. */
export interface ConfigEra {
  readonly config: readonly Wish[];
  readonly from: Millis;
  until: Millis;
  /** When its run had done all that it had to do; infinite where it did not get so far. */
  endsAt: Millis;
  /** When its run said that it had. */
  endedAt: Millis;
}

/** One write of the relay, as the API server saw it. */
export interface Write {
  readonly target: string;
  /** The field manager; that of a delete is nobody's. */
  readonly manager: string;
  readonly writerStartedAt: Millis;
  readonly before: Sight | undefined;
  readonly after: Sight | undefined;
}

/** A time during which a register held a version, as far as the relay wrote it: a person's edit is drift, and ends none. */
export interface Period {
  readonly versionId: string;
  readonly from: Millis;
  until: Millis;
}

interface Register {
  /** The earliest tenure that can explain what it holds; nothing older may follow. */
  floor: number;
  /** The field manager that wrote it last. */
  writer: string;
  readonly periods: Period[];
}

interface TargetRecord {
  readonly registers: Map<string, Register>;
  /** Times at which there was no Secret; the last is open while there is none. */
  readonly missing: { readonly from: Millis; until: Millis }[];
  wroteAt: Millis;
  /** Whose writes the last ones were, and when the write before them was: a take-over is several, by what was loaded before the first. */
  turn: { readonly by: string; readonly wroteAt: Millis };
  isWrittenOnce: boolean;
}

export const ABSENT = "absent";
const ALWAYS = Number.POSITIVE_INFINITY;

export interface JudgeDeps {
  readonly managerOf: (wish: Wish) => string;
  readonly now: () => Millis;
  readonly history: (secret: string) => readonly Tenure[];
  readonly eras: readonly ConfigEra[];
  readonly seen?: ReadonlyMap<string, TargetRecord> | undefined;
}

export interface Judge {
  /** @throws Violation */
  wrote(write: Write): void;
  /** Somebody else created or deleted it. */
  existed(target: string, exists: boolean): void;
  /** Every time a register of the target held something by the relay's hand. */
  periods(target: string, secret: string): readonly Period[];
  wasWritten(target: string): boolean;
  /** Whether there was no Secret at some moment since then. */
  wasMissing(target: string, since: Millis): boolean;
  /** All that it has seen, for another judge to begin with. */
  copy(): ReadonlyMap<string, TargetRecord>;
}

export function createJudge({ managerOf, now, history, eras, seen }: JudgeDeps): Judge {
  const targets = new Map(seen);
  const recordOf = (target: string): TargetRecord => {
    const found = targets.get(target);
    if (found !== undefined) return found;
    const made: TargetRecord = {
      registers: new Map(),
      missing: [{ from: 0, until: ALWAYS }],
      wroteAt: 0,
      turn: { by: "", wroteAt: 0 },
      isWrittenOnce: false,
    };
    targets.set(target, made);
    return made;
  };
  const registerOf = (target: TargetRecord, secret: string): Register => {
    const found = target.registers.get(secret);
    if (found !== undefined) return found;
    const made: Register = { floor: 0, writer: "", periods: [] };
    target.registers.set(secret, made);
    return made;
  };

  const existed = (target: string, exists: boolean): void => {
    const { missing } = recordOf(target);
    const last = missing.at(-1);
    const isMissing = last?.until === ALWAYS;
    if (exists && isMissing && last !== undefined) last.until = now();
    if (!exists && !isMissing) missing.push({ from: now(), until: ALWAYS });
  };

  /**
   * A create can't be fenced: who saw the Secret missing may create it after it was made and deleted again in between
   * (docs/correctness.md). Only who began before it was made can have seen that.
   */
  const mayHaveSeenMissing = (target: TargetRecord, since: Millis): boolean =>
    target.missing.slice(0, -1).some(({ until }) => until >= since);

  const holds = (target: string, record: TargetRecord, secret: string, versionId: string, isExcused: boolean): void => {
    const register = registerOf(record, secret);
    const tenures = history(secret);
    const fits = (from: number): number =>
      tenures.findIndex((one, index) => index >= from && one.versionId === versionId && one.from <= now());
    let tenure = fits(register.floor);
    if (tenure < 0 && isExcused) tenure = fits(0);
    if (tenure < 0) {
      const wasNewer = tenures[register.floor]?.versionId ?? "nothing";
      const what = versionId === ABSENT ? "blanked" : "stale";
      throw new Violation(what, `${target} got ${secret} ${versionId}, which was not current since ${wasNewer} that it held`);
    }
    register.floor = tenure;
    const last = register.periods.at(-1);
    if (last !== undefined) last.until = now();
    register.periods.push({ versionId, from: now(), until: ALWAYS });
  };

  /** Whether every config that may have been in effect since then names such a wish. */
  const alwaysWished = (from: Millis, matches: (wish: Wish) => boolean): boolean =>
    eras.every((era) => era.until < from || era.from > now() || era.config.some(matches));

  /** Ever since the last write of another worker. Of a Secret that several share, each one's key is its own: another's wish keeps it not. */
  const isWished = (record: TargetRecord, target: string, secret: string): boolean => {
    const isOf = (wish: Wish): boolean => wish.target === target && wish.secrets.includes(secret);
    if (!alwaysWished(record.turn.wroteAt, isOf)) return false;
    if (alwaysWished(record.turn.wroteAt, (wish) => !isShared(wish))) return true;
    const { writer } = registerOf(record, secret);
    return alwaysWished(record.turn.wroteAt, (wish) => isOf(wish) && managerOf(wish) === writer);
  };

  /**
   * A config is in effect from when its run has ended until a later one's ends. What it wishes is deleted only for want of its secrets,
   * whatever a run has done so far: it may be half done, and made undone by the next.
   */
  const mayDelete = (target: string, { writerStartedAt }: Write): boolean => {
    const first = eras.findLastIndex(({ endedAt }) => endedAt <= writerStartedAt);
    if (first < 0) return true;
    const isOwned = (wish: Wish): boolean => wish.target === target && !isShared(wish) && wish.creationPolicy !== "None";
    const mayFollow = ({ config }: ConfigEra): boolean => config.some((wish) => isOwned(wish) && wish.deletionPolicy === "Delete");
    const since = eras.slice(first);
    const inEffect = since.filter(({ endsAt }) => endsAt <= now());
    return !inEffect.every(({ config }) => config.some(isOwned)) || since.some(mayFollow);
  };

  /** The first wish of any config that has its mark on the Secret. */
  const markedBy = (target: string, { labels }: Sight, matches: (wish: Wish) => boolean): Wish | undefined => {
    for (const { config } of eras) {
      const found = config.find((wish) => wish.target === target && labelOf(wish) in labels && matches(wish));
      if (found !== undefined) return found;
    }
    return undefined;
  };
  /** A manager that takes its mark off holds no key any more: what stays is held by another that has its mark on it, or by nobody. */
  const released = (record: TargetRecord, { target, manager, before, after }: Write): void => {
    const isOf = (wish: Wish): boolean => managerOf(wish) === manager;
    if (before === undefined || after === undefined) return;
    if (markedBy(target, before, isOf) === undefined || markedBy(target, after, isOf) !== undefined) return;
    for (const [secret, register] of record.registers) {
      if (register.writer !== manager) continue;
      const heir = markedBy(target, after, ({ secrets }) => secrets.includes(secret));
      register.writer = heir === undefined ? "" : managerOf(heir);
    }
  };

  return {
    existed,
    periods: (target, secret) => targets.get(target)?.registers.get(secret)?.periods ?? [],
    copy: () => new Map([...targets].map(([name, target]) => [name, copyOf(target)])),
    wasMissing: (target, since) => recordOf(target).missing.some(({ until }) => until >= since),
    wasWritten: (target) => targets.get(target)?.isWrittenOnce === true,

    wrote(write) {
      const { target, manager, writerStartedAt, before, after } = write;
      if (before?.uid === after?.uid && before?.resourceVersion === after?.resourceVersion) return;
      const record = recordOf(target);
      const by = `${manager} ${writerStartedAt}`;
      if (record.turn.by !== by) record.turn = { by, wroteAt: record.wroteAt };
      const isExcused = before === undefined && mayHaveSeenMissing(record, writerStartedAt);
      const wishes = (matches: (wish: Wish) => boolean): boolean =>
        alwaysWished(record.turn.wroteAt, (wish) => wish.target === target && matches(wish));
      for (const secret of SECRETS) {
        const [was, is] = [before?.data[secret], after?.data[secret]];
        if (is !== undefined && is !== was) {
          registerOf(record, secret).writer = manager;
          holds(target, record, secret, versionOf(secret, is), isExcused);
        } else if (is === undefined && was?.startsWith(`${secret}/`) === true && isWished(record, target, secret)) {
          // Who wants it may lose it only because the store lost it, and only where deletionPolicy says so. A rule finds what there is.
          const mayLose = !wishes(
            ({ deletionPolicy, finds, secrets }) => deletionPolicy === "Retain" && finds !== true && secrets.includes(secret),
          );
          if (!mayLose) throw new Violation("blanked", `${target} lost ${secret} under deletionPolicy Retain`);
          holds(target, record, secret, ABSENT, false);
        }
      }
      if (before !== undefined && after === undefined && !mayDelete(target, write)) {
        throw new Violation("blanked", `${target} was deleted under a config that wishes it`);
      }
      released(record, write);
      judgeForeign(target, before, after, wishes);
      existed(target, after !== undefined);
      record.wroteAt = now();
      record.isWrittenOnce = true;
    },
  };
}

function copyOf(target: TargetRecord): TargetRecord {
  const registers = [...target.registers].map(
    ([secret, register]) => [secret, { ...register, periods: register.periods.map((one) => ({ ...one })) }] as const,
  );
  return { ...target, registers: new Map(registers), missing: target.missing.map((one) => ({ ...one })) };
}

function judgeForeign(
  target: string,
  before: Sight | undefined,
  after: Sight | undefined,
  wishes: (matches: (wish: Wish) => boolean) => boolean,
): void {
  if (before === undefined) return;
  const touched = (what: string): Violation => new Violation("foreign keys touched", `${target}: ${what}`);
  if (after !== undefined && before.labels[FOREIGN_LABEL] !== after.labels[FOREIGN_LABEL]) throw touched("a label of others changed");
  if (before.data[FOREIGN_KEY] !== after?.data[FOREIGN_KEY] && wishes(isShared)) throw touched("a data key of others changed");
  const isExclusive = wishes((wish) => !isShared(wish));
  if (
    before.controller !== undefined &&
    after !== undefined &&
    isExclusive &&
    SECRETS.some((key) => before.data[key] !== after.data[key])
  ) {
    throw touched(`it belongs to ${before.controller}`);
  }
}

/** Values of the model name their secret and version: `s/v2`. */
function versionOf(secret: string, value: string): string {
  if (!value.startsWith(`${secret}/`)) throw new Violation("stale", `key ${secret} got ${value}`);
  return value.slice(secret.length + 1);
}
