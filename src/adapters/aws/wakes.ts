/** WAKE items: when an event woke the readers of a secret, so that many events of one secret wake them only so often. */
import { RelayError } from "../../core/errors.ts";
import type { Registry } from "../../core/ports.ts";
import { expiry, wakeKey } from "./keys.ts";
import type { Item, Table } from "./table.ts";

const MAX_TRIES = 16;

/** The one that runs, and the one after the look that waits for its end. */
const LONGEST_QUIETS = 2;

/** `quietUntil`; whose event began it (`by`); and where one waits for its end: when (`wakesAt`) and whose (`wakesBy`). */
function factsOf(item: Item | undefined) {
  return {
    quietUntil: Number(item?.["quietUntil"] ?? 0),
    by: item?.["by"],
    wakesAt: Number(item?.["wakesAt"] ?? 0),
    wakesBy: item?.["wakesBy"],
  };
}

/** The registry's calls on who is woken when. */
export function createWakes(table: Table): Pick<Registry, "claimWake" | "claimLaterWake"> {
  return {
    async claimWake(source, { by, now, quietMs }) {
      const { isWritten, item } = await table.change({
        key: wakeKey(source),
        set: { quietUntil: now + quietMs, by, ...expiry(now) },
        remove: ["wakesAt", "wakesBy"],
        // So far ahead it was set by a clock that went wrong: it must not silence a secret for hours.
        condition: "attribute_not_exists(#pk) OR #quietUntil <= :now OR #quietUntil > :latest",
        values: { now, latest: now + LONGEST_QUIETS * quietMs },
      });
      return isWritten || factsOf(item).by === by;
    },
    async claimLaterWake(source, { by, now, quietMs }) {
      let seen = factsOf(await table.get(wakeKey(source)));
      for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
        const isPending = seen.wakesAt > now && seen.wakesAt <= now + quietMs;
        if (isPending || seen.wakesBy === by) return { at: seen.wakesAt, isOurs: seen.wakesBy === by };
        const at = Math.min(Math.max(seen.quietUntil, now), now + quietMs);
        const { isWritten, item } = await table.change({
          key: wakeKey(source),
          set: { quietUntil: at + quietMs, wakesAt: at, wakesBy: by, ...expiry(now) },
          condition: "attribute_not_exists(#pk) OR #quietUntil = :seen",
          values: { seen: seen.quietUntil },
        });
        if (isWritten) return { at, isOurs: true };
        seen = factsOf(item);
      }
      throw new RelayError("RegistryUnavailable", source, { detail: "too many writers at once" });
    },
  };
}
