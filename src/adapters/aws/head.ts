/** HEAD and PROPAGATION items: what is known to be current, and how far a change has come. */
import { randomUUID } from "node:crypto";
import { RelayError } from "../../core/errors.ts";
import type { Head, Propagation, PropagationId } from "../../core/model.ts";
import type { HeadAdvance, Opening, Registry } from "../../core/ports.ts";
import { compare } from "../../core/sync/freshness.ts";
import { expiry, headKey, PROPAGATION_INDEX_KEY, propagationKey, propagationPartition, REGISTRY_TABLE } from "./keys.ts";
import type { Change, Item, Table } from "./table.ts";

const MAX_TRIES = 16;
/** Longer than an event is delivered: a day by EventBridge, four by the sync queue. Without its propagation it would open another one. */
const REPEATED_FOR_DAYS = 7;

function headOf(item: Item | undefined): Head | undefined {
  if (item === undefined) return undefined;
  return { versionId: String(item["versionId"]), since: Number(item["since"]), asOf: Number(item["asOf"]), rev: Number(item["rev"]) };
}

function propagationOf(item: Item): Propagation {
  return {
    reference: String(item["reference"]),
    versionId: String(item["versionId"]),
    at: Number(item["at"]),
    openedAt: Number(item["openedAt"]),
    expected: Number(item["expected"] ?? 0),
    done: Number(item["done"] ?? 0),
    superseded: Number(item["superseded"] ?? 0),
    phase: item["phase"] === "closed" ? "closed" : "open",
    announced: item["announced"] === true,
  };
}

type Opened = Pick<Opening, "openedAt" | "expected">;

function opened({ reference, versionId, at }: PropagationId, { openedAt, expected }: Opened): Item {
  return {
    reference,
    versionId,
    at,
    openedAt,
    phase: "open",
    announced: false,
    duepk: PROPAGATION_INDEX_KEY,
    duesk: openedAt,
    ...(expected === undefined ? {} : { expected }),
  };
}

/** Where there is none yet. Shorter than `openingUnlessClosed` by a function call for each attribute. */
function openingNew(id: PropagationId, facts: Opened): Change {
  return { key: propagationKey(id), set: opened(id, facts), condition: "attribute_not_exists(#pk)" };
}

/** Idempotent: what is there stays. A closed one must not return to the index, nor an announced one be announced again. */
function openingUnlessClosed(id: PropagationId, facts: Opened): Change {
  return {
    key: propagationKey(id),
    setOnce: opened(id, facts),
    condition: "attribute_not_exists(#pk) OR #phase = :open",
    values: { open: "open" },
  };
}

type Part = Pick<
  Registry,
  | "head"
  | "advanceHead"
  | "refreshHead"
  | "openPropagation"
  | "openPropagations"
  | "unfinishedPropagations"
  | "countPropagation"
  | "closePropagation"
  | "markAnnounced"
>;

/** The registry's calls on HEAD and PROPAGATION. */
export function createHeads(table: Table): Part {
  const contended = (subject: string) => new RelayError("RegistryUnavailable", subject, { detail: "too many writers at once" });
  const moving = (reference: string, seen: Head | undefined, next: Omit<Head, "rev">, token: string): Change => ({
    key: headKey(reference),
    set: { ...next, rev: (seen?.rev ?? 0) + 1, token },
    condition: seen === undefined ? "attribute_not_exists(#pk)" : "#rev = :rev",
    ...(seen === undefined ? {} : { values: { rev: seen.rev } }),
  });

  return {
    head: async (reference) => headOf(await table.get(headKey(reference))),
    async advanceHead(reference, candidate, opens) {
      const { versionId, since, asOf } = candidate;
      const token = randomUUID();
      const answer = (item: Item | undefined): HeadAdvance => {
        const head = headOf(item);
        if (head === undefined) throw contended(reference);
        // Our own earlier try, whose answer got lost.
        if (item?.["token"] === token) return { kind: "moved" };
        return { kind: head.versionId === versionId ? "same" : "other", head };
      };
      // Read and write at once: the item comes back where it was not written. The condition is what `compare` says.
      const move: Change = {
        key: headKey(reference),
        set: { versionId, since, asOf, token },
        add: { rev: 1 },
        condition: "attribute_not_exists(#pk) OR (#versionId <> :versionId AND #since < :asOf)",
        values: { versionId, asOf },
      };
      if (opens === undefined) {
        const { isWritten, item } = await table.change(move);
        return isWritten ? { kind: "moved" } : answer(item);
      }
      if (opens.expected === undefined) {
        // Without an event HEAD seldom moves, and a transaction costs twice and meets others: so only where a read says that it will.
        const item = await table.get(headKey(reference));
        const isNewer = ["first", "newer"].includes(compare(headOf(item), candidate));
        if (!isNewer) return answer(item);
      }
      const ids = [...new Set([opens.at, opens.otherwiseAt ?? opens.at])].map((at) => ({ reference, versionId, at }));
      const openings = ids.map((id) => openingUnlessClosed(id, opens));
      // What an event tells of is opened by whoever reads first, and mostly is new then.
      const [first] = ids;
      if (opens.expected !== undefined && first !== undefined) openings.unshift(openingNew(first, opens));
      for (const opening of openings) {
        const outcome = await table.transact([move, opening]);
        if (outcome === "written") return { kind: "moved" };
        if (outcome[0]?.isWritten === false) return answer(outcome[0].item);
      }
      const { isWritten, item } = await table.change(move);
      return isWritten ? { kind: "moved" } : answer(item);
    },
    async refreshHead(reference, versionId, atLeast) {
      for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
        const seen = headOf(await table.get(headKey(reference)));
        if (seen?.versionId !== versionId) return;
        const next = { versionId, asOf: Math.max(seen.asOf, atLeast.asOf), since: Math.max(seen.since, atLeast.since) };
        if (next.asOf === seen.asOf && next.since === seen.since) return;
        if ((await table.change(moving(reference, seen, next, randomUUID()))).isWritten) return;
      }
      throw contended(reference);
    },

    async openPropagation(id, facts) {
      await table.change(openingUnlessClosed(id, facts));
    },
    async openPropagations(reference) {
      const open: Propagation[] = [];
      for await (const page of table.query(propagationPartition(reference))) {
        open.push(...page.map(propagationOf).filter(({ phase }) => phase === "open"));
      }
      return open.toSorted((a, b) => a.at - b.at);
    },
    async unfinishedPropagations(limit) {
      const { name } = REGISTRY_TABLE.dueIndex;
      return (await table.queryDue({ name, pk: PROPAGATION_INDEX_KEY, limit })).map(propagationOf);
    },
    async countPropagation(id, add) {
      const token = randomUUID();
      const { item } = await table.change({
        key: propagationKey(id),
        add,
        set: { token },
        // The token keeps a try of ours, made again after a lost answer, from counting twice.
        condition: "#phase = :open AND (attribute_not_exists(#token) OR #token <> :token)",
        values: { open: "open", token },
      });
      return item === undefined ? undefined : propagationOf(item);
    },
    async closePropagation(id, { expected, done, superseded, closedAt }) {
      const token = randomUUID();
      const { isWritten, item } = await table.change({
        key: propagationKey(id),
        set: { expected, done, superseded, closedAt, phase: "closed", token },
        condition: "#phase = :open",
        values: { open: "open" },
      });
      return isWritten || item?.["token"] === token;
    },
    async markAnnounced(id, now) {
      await table.change({
        key: propagationKey(id),
        // Out of the index for want of a sort key; the partition of its own keeps a late second opening out of sight too.
        // What is open is looked for among all of the reference, so the table must not keep every change that there ever was.
        set: { announced: true, duepk: "ANNOUNCED", ...expiry(now, REPEATED_FOR_DAYS) },
        remove: ["duesk"],
        condition: "#phase = :closed",
        values: { closed: "closed" },
      });
    },
  };
}
