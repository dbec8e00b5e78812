/**
 * Reads one remote secret and settles with HEAD what may be written of it (PROTOCOL, One target). A value that is not proven
 * newer than what the system knows is never handed out: HEAD's own version is fetched by its id instead.
 */
import { isRelayError, RelayError } from "../core/errors.ts";
import { type ChangeNotice, type Head, type Millis, type Reference, type ReferenceKey, referenceKey } from "../core/model.ts";
import type { Clock, Opening, Registry, SecretProvider, SourceAnswer } from "../core/ports.ts";
import { candidate, type FreshnessBounds, holds, lift, names } from "../core/sync/freshness.ts";
import type { Leave } from "./outcome.ts";

export interface ObserveDeps {
  readonly provider: SecretProvider;
  readonly registry: Pick<Registry, "advanceHead" | "refreshHead" | "openPropagation">;
  readonly clock: Pick<Clock, "now" | "latest">;
  readonly bounds: FreshnessBounds;
}

/** What may be written of a reference. */
export interface Observed {
  readonly reference: ReferenceKey;
  readonly versionId: string;
  readonly answer: SourceAnswer;
  /** A moment at which this version was certainly current, no later than the read's end. */
  readonly asOf: Millis;
  /**
   * Set where the store showed another version that is not proven newer: it may be a lagging answer or a roll-back that nobody
   * announced, so the message must look again and get past this moment.
   */
  readonly lookAgainPast?: Millis | undefined;
  /** HEAD had to move: nobody knew of this version. */
  readonly isNew?: true;
}

/** Notices whose propagations nobody opened yet. */
export interface Unopened {
  /** So many registrations. */
  readonly expected: number;
  /** Asked where the store confirms nothing of what a notice tells. @default always given */
  readonly leave?: Leave | undefined;
}

/**
 * Must be called after the target's version is known: a value read before it could be older than the target's (rule 1).
 * `unopened`: nobody opened the propagations of these notices yet. They are open before the
 * answer is given out, so that no record slips past one: that of HEAD's new version in the very transaction that moves HEAD, which
 * costs no round trip of its own.
 * @throws what SecretProvider and Registry throw; SourceLagging where HEAD's version can't be fetched by its id.
 */
export async function observeReference(
  deps: ObserveDeps,
  reference: Reference,
  notices: readonly ChangeNotice[],
  unopened?: Unopened,
): Promise<Observed> {
  const { provider, registry, clock, bounds } = deps;
  const key = referenceKey(reference);
  const startedAt = clock.now();
  const answer = await provider.read(reference);
  const endedAt = clock.latest();
  const { versionId, createdAt } = answer;
  // Of several events in a batch only those of this very version say anything of it, and the latest says most.
  const notice = notices.filter((one) => names(one, key, versionId)).toSorted((a, b) => b.at - a.at)[0];
  const offered = candidate({ reference: key, versionId, createdAt, startedAt, endedAt }, notice, bounds);

  const advance = await registry.advanceHead(key, offered, openingOf(notice, offered.asOf, endedAt, unopened?.expected));
  if (unopened !== undefined) {
    const opened = advance.kind === "moved" ? notice : undefined;
    const head = advance.kind === "moved" ? undefined : advance.head;
    await openOthers(registry, notices, { ...unopened, opened, head, openedAt: endedAt });
  }
  switch (advance.kind) {
    case "moved":
      return { reference: key, versionId, answer, asOf: offered.asOf, isNew: true };
    case "same": {
      const lifted = lift(advance.head, notice, key);
      if (lifted !== undefined) await registry.refreshHead(key, versionId, lifted);
      return { reference: key, versionId, answer, asOf: Math.max(offered.asOf, advance.head.asOf, lifted?.asOf ?? 0) };
    }
    case "other":
      return {
        reference: key,
        versionId: advance.head.versionId,
        answer: await answerOfHead(provider, reference, advance.head),
        asOf: advance.head.asOf,
        lookAgainPast: endedAt,
      };
  }
}

/**
 * What moves HEAD opens the propagation of its version. The event of a notice opened it already, or leaves it to this sync; but a late
 * notice may tell of an earlier time at which the version was current, whose propagation is closed.
 */
function openingOf(notice: ChangeNotice | undefined, asOf: Millis, openedAt: Millis, expected: number | undefined): Opening {
  if (notice === undefined) return { at: asOf, openedAt };
  return { at: notice.at, otherwiseAt: asOf, openedAt, ...(expected === undefined ? {} : { expected }) };
}

/** The announced versions that HEAD was not moved to just now: overtaken, not shown yet, or back after an earlier time. */
async function openOthers(
  registry: Pick<Registry, "openPropagation">,
  notices: readonly ChangeNotice[],
  known: Unopened & {
    readonly opened: ChangeNotice | undefined;
    /** Undefined where it moved just now. */
    readonly head: Head | undefined;
    readonly openedAt: Millis;
  },
): Promise<void> {
  const { opened, head, openedAt, expected, leave } = known;
  const unique = new Map(notices.map((notice) => [`${notice.at} ${notice.versionId}`, notice]));
  const others = [...unique.values()].filter(
    (notice) => (notice.versionId !== opened?.versionId || notice.at !== opened.at) && (head === undefined || !holds(head, notice)),
  );
  if (others.length === 0) return;
  // A notice of another version than HEAD's may be invented: to open all that such ones tell of would fill the table.
  const isDoubtful = others.some(({ versionId }) => head !== undefined && head.versionId !== versionId);
  if (isDoubtful && leave !== undefined && !(await leave())) return;
  await Promise.all(others.map((notice) => registry.openPropagation(notice, { openedAt, expected })));
}

/** HEAD's version is immutable, so a read by its id can't lag into another value; that it can't be found yet can be lag. */
async function answerOfHead(provider: SecretProvider, reference: Reference, head: Head): Promise<SourceAnswer> {
  if (head.versionId === "absent") return { kind: "absent", versionId: "absent", createdAt: 0 };
  const lagging = () => new RelayError("SourceLagging", `${reference.provider} ${reference.key}`);
  try {
    const answer = await provider.readVersion(reference, head.versionId);
    if (answer.kind === "present") return answer;
  } catch (error) {
    if (!isRelayError(error) || error.code !== "VersionMissing") throw error;
  }
  throw lagging();
}
