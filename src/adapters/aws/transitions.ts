/** How a registration changes by each write of the registry: pure, so that every implementation stores the same. */
import { findPlaces, nameIn, nameRuleOf } from "../../core/find/find.ts";
import type { Millis, Registration, RegistrationSpec, TargetKey } from "../../core/model.ts";
import { leftBehindId, registrationId, targetKey, UNAPPLIED } from "../../core/model.ts";
import type { FindInterest, PutRegistration, RegistrationChange } from "../../core/ports.ts";

/** Whether registrations of this spec own their target alone. */
export function ownsTarget(spec: RegistrationSpec): boolean {
  return spec.target.creationPolicy === "Owner" || spec.target.creationPolicy === "Orphan";
}

export function targetOf(spec: RegistrationSpec): TargetKey {
  return targetKey({ cluster: spec.cluster, namespace: spec.namespace, name: spec.target.name });
}

/** The lines of the index of find rules that a spec needs, in the order of its rules. */
export function findInterests(spec: RegistrationSpec): readonly FindInterest[] {
  const facts = { registration: registrationId(spec), cluster: spec.cluster, target: targetOf(spec) };
  return findPlaces(spec).map((place) => ({ ...facts, rule: nameRuleOf(place) }));
}

/**
 * What stays applied. A spec with find rules also remembers what an earlier life found, or another registration that had its target:
 * the target may hold that yet, and a listing that lags must not drop it.
 */
function appliedAfter({ previous, spec, remembered = [] }: PutRegistration, kept: Registration | undefined): Registration["applied"] {
  const places = findPlaces(spec);
  if (places.length === 0) return kept?.applied ?? {};
  const known = [...Object.keys(previous?.applied ?? {}), ...remembered];
  const mayFind = known.filter((reference) => places.some((place) => nameIn(place, reference) !== undefined));
  return { ...Object.fromEntries(mayFind.map((reference) => [reference, UNAPPLIED])), ...kept?.applied };
}

/** For so long reconcile leaves what was just registered to the message that register sent for it. */
const MESSAGE_HEAD_START_MS = 120_000;

/**
 * The registration after a put. What is known of the target survives only where a live registration keeps its target: a
 * tombstone's may be pruned by now. It is due soon, so that reconcile finds it where its message is lost (rule 2).
 */
export function registered(put: PutRegistration): Registration {
  const { previous, spec, generation, registeredAt } = put;
  const kept = previous?.phase === "live" && targetOf(previous.spec) === targetOf(spec) ? previous : undefined;
  return {
    id: registrationId(spec),
    generation,
    spec,
    phase: "live",
    registeredAt,
    rev: (previous?.rev ?? 0) + 1,
    ...(kept?.known === undefined ? {} : { known: kept.known }),
    ...(kept?.appliedGeneration === undefined ? {} : { appliedGeneration: kept.appliedGeneration }),
    applied: appliedAfter(put, kept),
    status: {
      state: "Pending",
      since: registeredAt,
      ...(kept?.status.syncedAt === undefined ? {} : { syncedAt: kept.status.syncedAt }),
      failures: 0,
    },
    dueAt: registeredAt + MESSAGE_HEAD_START_MS,
  };
}

/** The registration as a tombstone: due soon, for the same reason. */
export function entombed(loaded: Registration, generation: number, at: Millis): Registration {
  return { ...loaded, generation, phase: "tombstone", registeredAt: at, rev: loaded.rev + 1, dueAt: at + MESSAGE_HEAD_START_MS };
}

/** The tombstone of the target that a put leaves, where it leaves one: in the same transaction, so that no target is forgotten. */
export function leftBehind(put: PutRegistration): Registration | undefined {
  const { previous, spec, generation, registeredAt } = put;
  if (previous === undefined || targetOf(previous.spec) === targetOf(spec)) return undefined;
  return { ...entombed(previous, generation, registeredAt), id: leftBehindId(previous.id, generation), rev: 1 };
}

/** The registration after a record: absent keys of the change stay, `null` removes. */
export function recorded(loaded: Registration, { known, appliedGeneration, applied, status, dueAt }: RegistrationChange): Registration {
  const next: { -readonly [Key in keyof Registration]: Registration[Key] } = { ...loaded, rev: loaded.rev + 1 };
  // One by one: a spread for each takes several times as long, and each target of a fan-out is recorded.
  if (known === null) delete next.known;
  else if (known !== undefined) next.known = known;
  if (appliedGeneration !== undefined) next.appliedGeneration = appliedGeneration;
  if (applied !== undefined) next.applied = applied;
  if (status !== undefined) next.status = status;
  if (dueAt === null) delete next.dueAt;
  else if (dueAt !== undefined) next.dueAt = dueAt;
  return next;
}
