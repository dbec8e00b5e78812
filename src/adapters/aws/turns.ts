/** TURN items: when an event had a registration's target looked at or tried, so that many events do so only so often. */
import { RelayError } from "../../core/errors.ts";
import type { Registry, Turn } from "../../core/ports.ts";
import { expiry, turnKey } from "./keys.ts";
import type { Item, Table } from "./table.ts";

const MAX_TRIES = 16;

/**
 * `opensAt`: when the next turn is; `waitsBy`: whose event waits for the one at `waitsAt`, which is a turn that is over where it is not
 * `opensAt`; `owed`: what the reads of the next turn must get past.
 */
function factsOf(item: Item | undefined) {
  const numberOf = (name: string) => Number(item?.[name] ?? 0);
  return {
    opensAt: numberOf("opensAt"),
    waitsAt: numberOf("waitsAt"),
    waitsBy: item?.["waitsBy"],
    owed: numberOf("owed"),
    versions: item?.["versions"],
  };
}

const UNCHANGED = "#opensAt = :opensAt AND #waitsAt = :waitsAt AND #owed = :owed";

/** The registry's call on whose turn it is. */
export function createTurns(table: Table): Pick<Registry, "claimTurn"> {
  return {
    async claimTurn(registration, { by, need, now, quietMs, versions }): Promise<Turn> {
      const key = turnKey(registration);
      const next = { opensAt: now + quietMs, versions };
      for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
        const claimed = await table.change({
          key,
          set: { ...next, ...expiry(now), waitsAt: 0, owed: 0 },
          // So far ahead it was set by a clock that went wrong: it must not hold up a target for hours.
          condition: "attribute_not_exists(#pk) OR ((#opensAt <= :now OR #opensAt > :latest) AND #owed <= :need)",
          values: { now, latest: now + quietMs, need },
        });
        if (claimed.isWritten) return { kind: "now" };
        const { opensAt, waitsAt, waitsBy, owed, ...last } = factsOf(claimed.item);
        const unchanged = { key, condition: UNCHANGED, values: { opensAt, waitsAt, owed } };
        if (versions !== undefined && versions !== last.versions) {
          if ((await table.change({ ...unchanged, set: next })).isWritten) return { kind: "now" };
          continue;
        }
        if (opensAt <= now || opensAt > now + quietMs) return { kind: "later", at: now, isOurs: true, need: owed };

        const isAwaited = waitsAt === opensAt;
        const isOurs = !isAwaited || by.includes(String(waitsBy));
        const later: Turn = { kind: "later", at: opensAt, isOurs, need: Math.max(need, owed) };
        if (isAwaited && later.need === owed) return later;
        const waits = isAwaited ? {} : { waitsAt: opensAt, waitsBy: by[0] ?? "" };
        if ((await table.change({ ...unchanged, set: { ...waits, ...expiry(now), owed: later.need } })).isWritten) return later;
      }
      throw new RelayError("RegistryUnavailable", registration, { detail: "too many writers at once" });
    },
  };
}
