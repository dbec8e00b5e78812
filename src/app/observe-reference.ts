/**
 * Reads one remote secret and settles with HEAD what may be written of it (PROTOCOL, One target). A value that is not proven
 * newer than what the system knows is never handed out: HEAD's own version is fetched by its id instead.
 */
import { isRelayError, RelayError } from "../core/errors.ts";
import { type ChangeNotice, type Head, type Millis, type Reference, type ReferenceKey, referenceKey } from "../core/model.ts";
import type { Clock, Registry, SecretProvider, SourceAnswer } from "../core/ports.ts";
import { candidate, type FreshnessBounds, lift, names, needOf } from "../core/sync/freshness.ts";

export interface ObserveDeps {
  readonly provider: SecretProvider;
  readonly registry: Pick<Registry, "advanceHead" | "refreshHead">;
  readonly clock: Pick<Clock, "now">;
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
}

/**
 * Must be called after the target's version is known: a value read before it could be older than the target's (rule 1).
 * @throws what SecretProvider and Registry throw; SourceLagging where HEAD's version can't be fetched by its id.
 */
export async function observeReference(deps: ObserveDeps, reference: Reference, notices: readonly ChangeNotice[]): Promise<Observed> {
  const { provider, registry, clock, bounds } = deps;
  const key = referenceKey(reference);
  const startedAt = clock.now();
  const answer = await provider.read(reference);
  const endedAt = clock.now();
  const { versionId, createdAt } = answer;
  // Of several events in a batch only those of this very version say anything of it, and the latest says most.
  const notice = notices.filter((one) => names(one, key, versionId)).toSorted((a, b) => b.at - a.at)[0];
  const offered = candidate({ reference: key, versionId, createdAt, startedAt, endedAt }, notice, bounds);

  // The event opened the propagation of its own version already; a version that nobody announced is opened by who moves HEAD. So is
  // one that is proven current after the event's time: it may have gone and come back since, which that event did not announce.
  const isAnnounced = notice !== undefined && offered.asOf <= needOf(notice);
  const opens = isAnnounced ? undefined : { at: offered.asOf, openedAt: endedAt };
  const advance = await registry.advanceHead(key, offered, opens);
  switch (advance.kind) {
    case "moved":
      return { reference: key, versionId, answer, asOf: offered.asOf };
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
