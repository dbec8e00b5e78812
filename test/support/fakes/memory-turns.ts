/** The Registry's claims of turns in memory: passes the same contract suite as the table. */
import type { Registry } from "../../../src/core/ports.ts";

interface Held {
  readonly opensAt: number;
  readonly versions: string | undefined;
  /** What the reads of the next turn must get past. */
  readonly owed: number;
  readonly waits?: { readonly at: number; readonly by: string } | undefined;
}

export function memoryTurns(): Pick<Registry, "claimTurn"> {
  const turns = new Map<string, Held>();
  return {
    async claimTurn(registration, { by, need, now, quietMs, versions }) {
      const held = turns.get(registration);
      const next = { opensAt: now + quietMs, versions: versions ?? held?.versions };
      const isQuiet = held !== undefined && held.opensAt > now && held.opensAt <= now + quietMs;
      if (held === undefined || (!isQuiet && held.owed <= need)) {
        turns.set(registration, { ...next, owed: 0 });
        return { kind: "now" };
      }
      if (versions !== undefined && versions !== held.versions) {
        turns.set(registration, { ...held, ...next });
        return { kind: "now" };
      }
      if (!isQuiet) return { kind: "later", at: now, isOurs: true, need: held.owed };

      const { opensAt: at } = held;
      const waits = held.waits?.at === at ? held.waits : { at, by: by[0] ?? "" };
      const owed = Math.max(need, held.owed);
      turns.set(registration, { ...held, owed, waits });
      return { kind: "later", at, isOurs: by.includes(waits.by), need: owed };
    },
  };
}
