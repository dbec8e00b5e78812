/**
 * Gathers conditional changes that come close together into transactions, so that many records cost few calls. Each change still has
 * its own condition and its own outcome: one that fails takes no other with it.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { isRelayError } from "../../core/errors.ts";
import type { Change, Outcome, Table } from "./table.ts";

/** More in a transaction make it likelier to meet another writer, and it takes longer. */
const MOST_CHANGES = 25;
/** Calls under way at once: enough that one which hangs holds up nobody, and few enough not to flood a table that is slow. */
const MOST_CALLS = 4;
/** So long a change waits for company while a call is under way: a call that hangs must not hold up those that come after it. */
const LONGEST_WAIT_MS = 50;

interface Waiting {
  readonly change: Change;
  readonly resolve: (outcome: Outcome | Promise<Outcome>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * What comes alone goes at once, by itself, and costs no more than before; what comes while a call is under way goes with the next one.
 * An outcome tells the item only where the condition failed. Two changes of one item, which no transaction takes, fall apart again.
 */
export function createGatheredChanges(table: Pick<Table, "change" | "transact">): (change: Change) => Promise<Outcome> {
  const waiting: Waiting[] = [];
  let underWay = 0;

  const send = async (): Promise<void> => {
    if (underWay === MOST_CALLS || waiting.length === 0) return;
    const sent = waiting.splice(0, MOST_CHANGES);
    underWay += 1;
    await settle(table, sent);
    underWay -= 1;
    void send();
  };

  return (change) =>
    new Promise((resolve, reject) => {
      waiting.push({ change, resolve, reject });
      if (underWay === 0 || waiting.length >= MOST_CHANGES) void send();
      else if (waiting.length === 1) void sleep(LONGEST_WAIT_MS).then(send);
    });
}

/** Never rejects: what goes wrong is the outcome of each change by itself. */
async function settle(table: Pick<Table, "change" | "transact">, given: readonly Waiting[]): Promise<void> {
  let left = given;
  while (left.length > 1) {
    let outcomes: "written" | readonly Outcome[];
    try {
      outcomes = await table.transact(left.map(({ change }) => change));
    } catch (error) {
      // One that the table can't take may be to blame, and by itself each finds out; a table that does not answer fails them all.
      if (isFaultOfOne(error)) break;
      for (const { reject } of left) reject(error);
      return;
    }
    if (outcomes === "written") {
      for (const { resolve } of left) resolve({ isWritten: true, item: undefined });
      return;
    }
    // All or nothing: whose condition holds was not written either, and goes again without the others.
    for (const [index, { resolve }] of left.entries()) {
      const outcome = outcomes[index];
      if (outcome?.isWritten === false) resolve(outcome);
    }
    left = left.filter((_, index) => outcomes[index]?.isWritten !== false);
  }
  const changed = left.map(({ change, resolve }) => {
    const outcome = table.change(change);
    resolve(outcome);
    return outcome;
  });
  // Who asked gets its failure; here it only counts that the call has ended.
  await Promise.allSettled(changed);
}

function isFaultOfOne(error: unknown): boolean {
  return isRelayError(error) && ["ValidationException", "TransactionCanceledException"].includes(error.remote?.reason ?? "");
}
