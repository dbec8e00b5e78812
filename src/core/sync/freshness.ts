/**
 * What counts as current: PROTOCOL's asOf, HEAD and need as pure arithmetic on intervals.
 *
 * A fact about a version is an interval [asOf, since]: the version was current at some moment in it. Two facts about two
 * versions are ordered only when their intervals do not touch; everything else is "not proven newer".
 */
import type { AppliedVersion, ChangeNotice, Head, Millis, PropagationId, ProviderKind, ReferenceKey } from "../model.ts";

/** The visibility bound D and the margin for clocks that disagree (PROTOCOL, Words). */
export interface FreshnessBounds {
  /** For so long after a change may a read still give the older answer. @default 60000 */
  readonly visibilityMs: number;
  /** How far the relay's clock may run behind the store's. @default 250 */
  readonly clockMarginMs: number;
}

export const DEFAULT_BOUNDS: FreshnessBounds = { visibilityMs: 60_000, clockMarginMs: 250 };

/** EventBridge's `time` has whole seconds: the change lies within [at, at + 999]. */
const NOTICE_PRECISION_MS = 999;

/** One read of a reference, with when it was made by the relay's clock. */
export interface Observation {
  readonly reference: ReferenceKey;
  readonly versionId: string;
  /** The version's creation time (or DeletedDate); 0 where the store tells none. */
  readonly createdAt: Millis;
  readonly startedAt: Millis;
  readonly endedAt: Millis;
}

/** Whether the notice speaks of this very version of this reference. */
export function names(notice: ChangeNotice | undefined, reference: ReferenceKey, versionId: string): notice is ChangeNotice {
  return notice?.reference === reference && notice.versionId === versionId;
}

/**
 * The latest moment at which the answer was certainly current, no earlier than: the version's creation, the start of the read
 * less D, and the notice's time if it names this version. A creation time ahead of the read (a clock that disagrees) is cut to
 * the read's end: nobody can have been current later than it was seen.
 */
export function asOf(read: Observation, notice: ChangeNotice | undefined, bounds: FreshnessBounds): Millis {
  const created = Math.min(read.createdAt, read.endedAt + bounds.clockMarginMs);
  const lagged = read.startedAt - bounds.visibilityMs;
  const announced = names(notice, read.reference, read.versionId) ? notice.at : 0;
  return Math.max(created, lagged, announced);
}

/** What a read offers to HEAD: it certainly was current at a moment in [asOf, since]. */
export function candidate(
  read: Observation,
  notice: ChangeNotice | undefined,
  bounds: FreshnessBounds,
): { readonly versionId: string; readonly asOf: Millis; readonly since: Millis } {
  return { versionId: read.versionId, asOf: asOf(read, notice, bounds), since: read.endedAt + bounds.clockMarginMs };
}

/**
 * How a notice of HEAD's own version lifts HEAD: a later tenure of the same version must fence off what came between. Both ends
 * only grow, so a late notice of an earlier tenure changes nothing. `undefined`: nothing to write.
 */
export function lift(
  head: Head,
  notice: ChangeNotice | undefined,
  reference: ReferenceKey,
): { readonly asOf: Millis; readonly since: Millis } | undefined {
  if (!names(notice, reference, head.versionId)) return undefined;
  const lifted = { asOf: Math.max(head.asOf, notice.at), since: Math.max(head.since, notice.at + NOTICE_PRECISION_MS) };
  return lifted.asOf === head.asOf && lifted.since === head.since ? undefined : lifted;
}

/** Whether HEAD knows of the very change: whoever moved HEAD there, or lifted it, has opened the change's propagation. */
export function holds(head: Head, change: { readonly versionId: string; readonly at: Millis }): boolean {
  return head.versionId === change.versionId && head.since >= change.at;
}

/** What HEAD says of a candidate; the same rule that the registry's conditional write applies. */
export function compare(
  head: Head | undefined,
  offered: { readonly versionId: string; readonly asOf: Millis },
): "first" | "same" | "newer" | "not proven newer" {
  if (head === undefined) return "first";
  if (head.versionId === offered.versionId) return "same";
  return offered.asOf > head.since ? "newer" : "not proven newer";
}

/** The moment that a message must get past: the latest at which the announced change can have happened. */
export function needOf(notice: ChangeNotice): Millis {
  return notice.at + NOTICE_PRECISION_MS;
}

/**
 * Whether a reference's answer serves a request: it is the notice's own version, or certainly current after the need. A notice
 * speaks only of its own reference; without one (a new registration, a verify) the need concerns every reference.
 */
export function serves(
  answer: { readonly reference: ReferenceKey; readonly versionId: string; readonly asOf: Millis },
  request: { readonly notice?: ChangeNotice | undefined; readonly need: Millis },
): boolean {
  const { notice, need } = request;
  if (notice !== undefined && notice.reference !== answer.reference) return true;
  if (names(notice, answer.reference, answer.versionId)) return answer.asOf >= notice.at;
  return answer.asOf > need;
}

/**
 * What a registration's record says of a propagation: `done` with its very version, `superseded` by a later one, undefined while
 * neither is certain. Another version is later only past the whole second that the change lies in: two may share it.
 */
export function passed(applied: AppliedVersion | undefined, { versionId, at }: PropagationId): "done" | "superseded" | undefined {
  if (applied === undefined) return undefined;
  if (applied.versionId === versionId) return applied.asOf >= at ? "done" : undefined;
  return applied.asOf > at + NOTICE_PRECISION_MS ? "superseded" : undefined;
}

/** A listing of Secrets Manager may lack what the last five minutes brought: its API reference, ListSecrets. Parameter Store says nothing. */
const LISTING_LAG_MS: Readonly<Record<ProviderKind, number>> = { SecretsManager: 300_000, ParameterStore: 0 };

/** The visibility bound of a listing: for so long after a change may it still show what was before. */
export function listingBounds(provider: ProviderKind, bounds: FreshnessBounds): FreshnessBounds {
  return { ...bounds, visibilityMs: Math.max(bounds.visibilityMs, LISTING_LAG_MS[provider]) };
}

/** From when on any read, however it lags, gets past the need: so looking again always ends. */
export function settledAfter(need: Millis, bounds: FreshnessBounds): Millis {
  return need + bounds.visibilityMs + 1;
}
