/** The judge's last word, once everything has come to rest: lost values, pruned targets, and what was claimed of propagations. */
import { type Millis, registrationId, targetKey } from "../../src/core/model.ts";
import { CLUSTER_LABEL } from "../../src/core/sync/ownership.ts";
import type { Tenure } from "../support/fakes/memory-source.ts";
import type { Sight } from "./ground.ts";
import { ABSENT, Violation } from "./judge.ts";
import { CLUSTER, isShared, labelOf, TARGETS, type Wish } from "./setup.ts";
import type { World } from "./world.ts";

/** A version that comes back so soon after it went may be announced once for both. */
const INDISTINCT_MS = 2_000;

/** @throws Violation where a target does not hold what the store shows now, or holds something that nobody wants any more */
export async function judgeTargets(world: World): Promise<void> {
  const config = world.eras.at(-1)?.config ?? [];
  for (const target of TARGETS) {
    const seen = await world.ground.see(target);
    const wishes = config.filter((wish) => wish.target === target);
    for (const wish of wishes) {
      const suspicion = judgeWish(world, wish, seen);
      if (suspicion !== undefined && !(await showsFailure(world, wish))) throw suspicion;
    }
    if (wishes.length === 0 && seen !== undefined) judgeUnwished(world, target, seen);
  }
}

/** A prune deletes under Owner; else it takes the relay's marks away. */
function judgeUnwished({ judge }: World, target: string, seen: Sight): void {
  if (seen.labels[CLUSTER_LABEL] === undefined || !judge.wasWritten(target)) return;
  throw new Violation("pruned target back", `${target} is still there, though nobody wants it: ${JSON.stringify(seen.data)}`);
}

/** @returns what only a status that tells of a failure excuses. @throws Violation */
function judgeWish({ source, edited }: World, wish: Wish, seen: Sight | undefined): Violation | undefined {
  const { target, secrets, creationPolicy, deletionPolicy, finds } = wish;
  // Another controller's Secret is left alone, with a status; an Orphan's drift is not repaired; a Merge waits for its Secret.
  if (seen?.controller !== undefined && !isShared(wish)) return undefined;
  if (creationPolicy === "Merge" && seen === undefined) return undefined;
  if (creationPolicy === "Orphan" && edited.has(target)) return undefined;
  const wanted = new Map(secrets.map((secret) => [secret, source.history(secret).at(-1)?.versionId ?? ABSENT]));
  const absent = [...wanted.values()].filter((versionId) => versionId === ABSENT).length;
  // Under Retain an absent secret is an error with a status, and nothing is written.
  if (deletionPolicy === "Retain" && (finds === true ? absent === secrets.length : absent > 0)) return undefined;
  if (absent === secrets.length && deletionPolicy === "Delete") {
    if (creationPolicy !== "Owner" || seen === undefined || seen.labels[CLUSTER_LABEL] === undefined) return undefined;
    // What an earlier registration wrote is not deleted by the next one, which never wrote it; but its status must say so.
    return new Violation("lost", `${target} is still there after its secrets were deleted: ${JSON.stringify(seen.data)}`);
  }
  const lost = (): Violation =>
    new Violation("lost", `${target} holds ${JSON.stringify(seen?.data)}, the store shows ${[...wanted].join(" ")}`);
  if (seen === undefined) throw lost();
  if (seen.labels[labelOf(wish)] !== String(wish.tint)) throw new Violation("lost", `${target} has not the labels of its registration`);
  for (const [secret, versionId] of wanted) {
    // A key that a person wrote over is that person's where others may hold keys: without a value it is not taken back.
    if (versionId === ABSENT && isShared(wish) && edited.has(target)) continue;
    if (seen.data[secret] !== (versionId === ABSENT ? undefined : `${secret}/${versionId}`)) throw lost();
  }
  const isExact = Object.keys(seen.data).length === secrets.length - absent;
  if (!isShared(wish) && !isExact) throw lost();
  return undefined;
}

/** What a person sees who looks at the registration. */
async function showsFailure({ parts, ground }: World, { name, target }: Wish): Promise<boolean> {
  const at = { cluster: CLUSTER, namespace: ground.namespace };
  const id = registrationId({ ...at, name });
  const { registrations } = await parts.registry.load([{ registration: id, target: targetKey({ ...at, name: target }) }], []);
  return registrations.get(id)?.registration.status.state === "Error";
}

/** Which tenure a claim speaks of: the first of its version that had not ended before. */
function tenureOf(history: readonly Tenure[], versionId: string, at: Millis): number {
  return history.findIndex((one, index) => one.versionId === versionId && (history[index + 1]?.from ?? Number.POSITIVE_INFINITY) > at);
}

/** @throws Violation where a propagation was announced that some expected target never saw, or not with this version */
export function judgeClaims({ published, judge, source, eras, edited }: World): void {
  for (const { at, detail } of published) {
    const { key, versionId, changedAt, done } = detail;
    const history = source.history(key);
    const tenure = tenureOf(history, versionId, Date.parse(changedAt));
    const began = history[tenure]?.from;
    const claim = `${key} ${versionId} of ${changedAt}`;
    if (began === undefined) throw new Violation("claimed falsely", `${claim} was never current`);
    const holders = new Set<string>();
    const wishes = eras.flatMap(({ config }) => config);
    for (const wish of wishes) {
      if (!wish.secrets.includes(key)) continue;
      // An Orphan that a person changed is left as it is, and counts.
      const isLeftAlone = wish.creationPolicy === "Orphan" && edited.has(wish.target);
      const periods = judge.periods(wish.target, key).filter(({ from }) => from <= at);
      const reaches = (index: number, until: Millis) =>
        history.some((one, later) => later >= tenure && one.versionId === periods[index]?.versionId && one.from <= until);
      const hasHeld = periods.some((period) => period.versionId === versionId && period.until >= began);
      if (hasHeld || isLeftAlone) holders.add(wish.name + wish.target);
      const isExpected = wasWishedThroughout(eras, wish, began, at);
      // Absence supersedes, and there may be nothing to be seen of it: a Secret that is kept, or that somebody else deleted.
      if (history.some((one, index) => index >= tenure && one.versionId === ABSENT && one.from <= at)) continue;
      const hasSeen = periods.some(({ until }, index) => reaches(index, Math.min(until, at)));
      // Who never got anything has no Secret to hold it (Merge without one, a controller's).
      if (isExpected && !isLeftAlone && versionId !== ABSENT && periods.length > 0 && !hasSeen)
        throw new Violation("claimed falsely", `${claim}: ${wish.target} never held it`);
    }
    // A Secret that was deleted, or never made, holds absence too.
    if (versionId !== ABSENT && done > holders.size)
      throw new Violation("claimed falsely", `${claim}: ${done} done, ${holders.size} held it`);
  }
}

function wasWishedThroughout(eras: World["eras"], wish: Wish, from: Millis, to: Millis): boolean {
  return eras.every(
    (era) =>
      era.until < from ||
      era.from > to ||
      era.config.some(
        ({ name, target, secrets }) => name === wish.name && target === wish.target && secrets.join() === wish.secrets.join(),
      ),
  );
}

/** Whether a config that may have been in effect since then gave it creationPolicy Merge. */
function mayHaveMerged(eras: World["eras"], { name, target }: Wish, from: Millis): boolean {
  return eras.some(
    ({ until, config }) =>
      until >= from && config.some((wish) => wish.name === name && wish.target === target && wish.creationPolicy === "Merge"),
  );
}

/** @throws Violation where the version that is current now reached its targets, and nobody ever said so */
export async function judgeSilence(
  { published, judge, source, eras, told, ground, scheduler }: World,
  of: "all versions" | "new versions" = "all versions",
): Promise<void> {
  const config = eras.at(-1)?.config ?? [];
  for (const secret of new Set(config.flatMap(({ secrets }) => secrets))) {
    const history = source.history(secret);
    const last = history.length - 1;
    const tenure = history[last];
    if (tenure === undefined || last === 0 || tenure.versionId === ABSENT) continue;
    // A return that no event told may never have been seen as a change at all (PROTOCOL, What remains).
    const isNew = history.findIndex(({ versionId }) => versionId === tenure.versionId) === last;
    if (!isNew && (of === "new versions" || !told.has(`${secret}#${last}`))) continue;
    // Nor can two tenures be told apart whose events tell the same second, or nearly.
    const earlier = history.findLastIndex(({ versionId }, index) => index < last && versionId === tenure.versionId);
    if (!isNew && tenure.from - (history[earlier + 1]?.from ?? 0) < INDISTINCT_MS) continue;
    const wishes = config.filter(
      (wish) => wish.secrets.includes(secret) && wasWishedThroughout(eras, wish, tenure.from - 1, scheduler.now()),
    );
    const readers = config.filter((wish) => wish.secrets.includes(secret));
    const isBroken = readers.some(({ secrets }) => secrets.some((one) => source.history(one).at(-1)?.versionId === ABSENT));
    if (wishes.length === 0 || isBroken || !(await areAllHolding(ground, readers))) continue;
    // A Merge without a Secret is not waited for, and what comes later joins nothing: until the relay writes there, it knows of no other.
    const lastWrite = (target: string) =>
      Math.max(0, ...judge.periods(target, secret).flatMap(({ from }) => (from < tenure.from ? [from] : [])));
    if (readers.some((wish) => mayHaveMerged(eras, wish, tenure.from) && judge.wasMissing(wish.target, lastWrite(wish.target)))) continue;
    if (wishes.some(({ target }) => judge.periods(target, secret).length === 0)) continue;
    // A claim of the version that is made after its return speaks of the return too, whichever time it names.
    const isSaid = published.some(
      ({ at, detail }) => detail.key === secret && detail.versionId === tenure.versionId && (isNew || at >= tenure.from - INDISTINCT_MS),
    );
    if (!isSaid) throw new Violation("never claimed", `${secret} ${tenure.versionId} since ${tenure.from}`);
  }
}

/** Whether each has all of its data, so that none is in an error that keeps a propagation open. */
async function areAllHolding(ground: World["ground"], wishes: readonly Wish[]): Promise<boolean> {
  for (const { target, secrets, creationPolicy } of wishes) {
    const seen = await ground.see(target);
    if (seen === undefined || seen.controller !== undefined || creationPolicy === "Orphan") return false;
    if (!secrets.every((secret) => seen.data[secret] !== undefined)) return false;
  }
  return true;
}
