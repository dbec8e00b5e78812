/** REG, TARGET and REF items: who is registered, who owns a target, and who must be woken by a reference. */
import { randomUUID } from "node:crypto";
import type { Interest, NameRule, Reference, Registration } from "../../core/model.ts";
import { ANY_VERSION, isMeant, parseReferenceKey, referenceKey, registrationId } from "../../core/model.ts";
import type { FindInterest, LoadedRegistration, Registry } from "../../core/ports.ts";
import { clusterRecords } from "./clusters.ts";
import { changeAll, foundChanges, foundItemKeys, foundLines, ruleLines } from "./found-items.ts";
import { createGatheredChanges } from "./gathered-changes.ts";
import { referencesOf, registrationOf, writing } from "./items.ts";
import {
  breakerKey,
  clusterKey,
  clusterPartition,
  duePartitions,
  findPartition,
  type ItemKey,
  REGISTRATION_SHARDS,
  REGISTRY_TABLE,
  referenceItemKeys,
  referencePartition,
  registrationKey,
  targetItemKey,
} from "./keys.ts";
import type { Change, Item, Table } from "./table.ts";
import { entombed, leftBehind, ownsTarget, recorded, registered, targetOf } from "./transitions.ts";

type Part = Pick<
  Registry,
  "load" | "interests" | "findRules" | "ofCluster" | "due" | "record" | "putRegistration" | "entomb" | "dropTombstone" | "owner"
>;

const PAGE_SIZE = 100;

const keyText = ({ pk, sk }: ItemKey): string => JSON.stringify([pk, sk]);

/** The registry's calls on registrations. */
export function createRegistrations(table: Table): Part {
  const releasing = (of: Registration): Change => ({
    key: targetItemKey(targetOf(of.spec)),
    drop: true,
    condition: "attribute_not_exists(#pk) OR #owner = :id",
    values: { id: of.id },
  });
  const gathered = createGatheredChanges(table);
  /** A later life's reference carries a later generation, and is not removed by a late hand. */
  const forget = (keys: readonly ItemKey[], generation: number) =>
    changeAll(
      table,
      keys.map((key) => ({
        key,
        drop: true,
        condition: "attribute_not_exists(#pk) OR #generation <= :generation",
        values: { generation },
      })),
    );
  const linesOf = (id: string, references: readonly Reference[]) => references.flatMap((one) => referenceItemKeys(one, id));
  const ownersOf = (items: readonly Item[]) =>
    new Map(items.filter(({ sk }) => sk === "TARGET").map((item) => [String(item["target"]), String(item["owner"])]));

  return {
    async load(wanted, clusters) {
      const keys = [
        ...wanted.flatMap((one) => [registrationKey(one.registration), targetItemKey(one.target)]),
        ...clusters.flatMap((name) => [clusterKey(name), breakerKey(name)]),
      ];
      const unique = new Map(keys.map((key) => [JSON.stringify([key.pk, key.sk]), key]));
      const items = await table.batchGet([...unique.values()]);
      const found = items.filter(({ sk }) => String(sk).startsWith("REG#")).map(registrationOf);
      const asked = new Set(wanted.map(({ target }) => target));
      // A message may name the target of an older spec.
      const missed = new Set(found.map(({ spec }) => targetOf(spec)).filter((target) => !asked.has(target)));
      const owners = ownersOf([...items, ...(await table.batchGet([...missed].map(targetItemKey)))]);
      const registrations = found.map((registration): readonly [string, LoadedRegistration] => {
        const owner = ownsTarget(registration.spec) ? owners.get(targetOf(registration.spec)) : undefined;
        return [registration.id, owner === undefined ? { registration } : { registration, owner }];
      });
      return { registrations: new Map(registrations), clusters: clusterRecords(items) };
    },
    async *interests(references) {
      const asked = Map.groupBy(references, referencePartition);
      const seen = new Set<string>();
      const interestsOf = (page: readonly Item[], wanted: readonly Reference[]): readonly Interest[] =>
        page.flatMap(({ id, cluster, target, reference }) => {
          const held = parseReferenceKey(String(reference));
          const wantsAny = wanted.some(({ version }) => version === ANY_VERSION);
          // An exact key where a version is asked for: a name that ends like an ARN shares its partition with another secret.
          if (!wantsAny && !wanted.some((one) => isMeant(one, held))) return [];
          const line = JSON.stringify(wantsAny ? [id, ANY_VERSION] : [id, held.version, held.identity]);
          if (seen.has(line)) return [];
          seen.add(line);
          return [{ registration: String(id), cluster: String(cluster), target: String(target), reference: String(reference) }];
        });
      const partitions = [...asked].map(([pk, wanted]) => ({ pages: table.query(pk)[Symbol.asyncIterator](), wanted }));
      // The first pages at once: where there are several partitions, they are nearly always all.
      const firsts = await Promise.all(partitions.map(({ pages }) => pages.next()));
      for (const [index, { pages, wanted }] of partitions.entries()) {
        for (let page = firsts[index]; page?.done === false; page = await pages.next()) {
          const interests = interestsOf(page.value, wanted);
          if (interests.length > 0) yield interests;
        }
      }
    },
    async *findRules(source) {
      for await (const page of table.query(findPartition(source))) yield page.map(findInterestOf);
    },
    async *ofCluster(cluster) {
      const shards = Array.from({ length: REGISTRATION_SHARDS }, async (_, shard) => {
        const found: Registration[] = [];
        for await (const page of table.query(clusterPartition(cluster, shard))) found.push(...page.map(registrationOf));
        return found;
      });
      const all = (await Promise.all(shards)).flat().toSorted((a, b) => (a.id < b.id ? -1 : 1));
      for (let from = 0; from < all.length; from += PAGE_SIZE) yield all.slice(from, from + PAGE_SIZE);
    },
    async due(before, limit) {
      const { name } = REGISTRY_TABLE.dueIndex;
      const shards = await Promise.all(duePartitions().map((pk) => table.queryDue({ name, pk, before, limit })));
      return shards
        .flat()
        .toSorted((a, b) => Number(a["duesk"]) - Number(b["duesk"]))
        .slice(0, limit)
        .map((item) => ({ registration: String(item["id"]), cluster: String(item["cluster"]), target: String(item["target"]) }));
    },
    async record(loaded, change) {
      const next = recorded(loaded, change);
      const token = randomUUID();
      const { before, after } = foundChanges(loaded, change);
      await changeAll(table, before);
      const { isWritten, item } = await gathered(writing(next, loaded, token));
      if (!isWritten && item?.["token"] !== token) return "lost";
      await changeAll(table, after);
      return next;
    },
    async putRegistration(put) {
      const id = registrationId(put.spec);
      const { previous, references, generation } = put;
      const item = await table.get(registrationKey(id));
      const now = item === undefined ? undefined : registrationOf(item);
      if (now?.rev !== previous?.rev || now?.generation !== previous?.generation) return "lost";
      const target = targetOf(put.spec);
      const lines = references.flatMap((reference) =>
        referenceItemKeys(reference, id).map((key) => ({
          key,
          set: { id, cluster: put.spec.cluster, target, reference: referenceKey(reference), version: reference.version, generation },
          condition: "attribute_not_exists(#pk) OR #generation <= :generation",
          values: { generation },
        })),
      );
      const next = registered(put);
      await changeAll(table, [...lines, ...ruleLines(put.spec, generation), ...foundLines(next)]);
      const token = randomUUID();
      const isOwner = ownsTarget(put.spec);
      const left = leftBehind(put);
      const wasOwner = now?.phase === "live" && ownsTarget(now.spec);
      const outcome = await table.transact([
        writing(next, previous, token, references),
        ...(isOwner
          ? [
              {
                key: targetItemKey(target),
                set: { owner: id, target },
                condition: "attribute_not_exists(#pk) OR #owner = :id",
                values: { id },
              },
            ]
          : []),
        ...(wasOwner && !(isOwner && targetOf(now.spec) === target) ? [releasing(now)] : []),
        ...(left === undefined ? [] : [writing(left, undefined, token)]),
      ]);
      if (outcome !== "written" && outcome[0]?.item?.["token"] !== token) return outcome[0]?.isWritten === true ? "conflict" : "lost";
      const kept = new Set([...linesOf(id, references), ...foundItemKeys(next)].map(keyText));
      const old = item === undefined || now === undefined ? [] : [...linesOf(id, referencesOf(item)), ...foundItemKeys(now)];
      await forget(
        old.filter((key) => !kept.has(keyText(key))),
        generation,
      );
      return next;
    },
    async entomb(loaded, generation, at) {
      const next = entombed(loaded, generation, at);
      const token = randomUUID();
      const frees = loaded.phase === "live" && ownsTarget(loaded.spec) ? [releasing(loaded)] : [];
      const outcome = await table.transact([writing(next, loaded, token), ...frees]);
      return outcome === "written" || outcome[0]?.item?.["token"] === token ? next : "lost";
    },
    async dropTombstone(id, generation) {
      const key = registrationKey(id);
      const item = await table.get(key);
      const now = item === undefined ? undefined : registrationOf(item);
      if (item === undefined || now?.phase !== "tombstone" || now.generation !== generation) return false;
      const dropped = await table.change({
        key,
        drop: true,
        condition: "attribute_not_exists(#pk) OR (#phase = :tombstone AND #generation = :generation)",
        values: { tombstone: "tombstone", generation },
      });
      if (!dropped.isWritten) return false;
      await forget([...linesOf(id, referencesOf(item)), ...foundItemKeys(now)], generation);
      return true;
    },
    async owner(target) {
      const item = await table.get(targetItemKey(target));
      return item === undefined ? undefined : String(item["owner"]);
    },
  };
}

function findInterestOf({ id, cluster, target, rule }: Item): FindInterest {
  const registration = String(id);
  return { registration, cluster: String(cluster), target: String(target), rule: JSON.parse(String(rule)) as NameRule };
}
