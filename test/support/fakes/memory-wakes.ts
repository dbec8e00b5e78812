/** The Registry's claims of wakes in memory: passes the same contract suite as the table. */
import type { Registry } from "../../../src/core/ports.ts";

interface Wake {
  readonly quietUntil: number;
  readonly by: string | undefined;
  readonly later?: { readonly at: number; readonly by: string };
}

export function memoryWakes(): Pick<Registry, "claimWake" | "claimLaterWake"> {
  const wakes = new Map<string, Wake>();
  return {
    async claimWake(source, { by, now, quietMs }) {
      const seen = wakes.get(source);
      if (seen !== undefined && seen.quietUntil > now && seen.quietUntil <= now + 2 * quietMs) return seen.by === by;
      wakes.set(source, { quietUntil: now + quietMs, by });
      return true;
    },
    async claimLaterWake(source, { by, now, quietMs }) {
      const seen = wakes.get(source);
      const isPending = seen?.later !== undefined && seen.later.at > now && seen.later.at <= now + quietMs;
      if (seen?.later !== undefined && (isPending || seen.later.by === by)) {
        return { at: seen.later.at, isOurs: seen.later.by === by };
      }
      const at = Math.min(Math.max(seen?.quietUntil ?? 0, now), now + quietMs);
      wakes.set(source, { quietUntil: at + quietMs, by: seen?.by, later: { at, by } });
      return { at, isOurs: true };
    },
  };
}
