/** What became of one sync request: the contract between the use cases and whoever drives them (queue, fast path, reconcile). */
import type { ErrorCode } from "../core/errors.ts";
import type { Millis, ReferenceKey, SyncRequest } from "../core/model.ts";

export type SyncOutcome =
  /** Nothing more is owed: served, superseded, refused or parked with a status that says why; or another's look stands for it. */
  | { readonly kind: "done"; readonly request: SyncRequest }
  /**
   * No failure, but not served yet: `request` (its need, verify or prune changed) is to be sent as a new message, and beside it the `look`
   * that stands for the other events that wait for the same turn.
   */
  | { readonly kind: "again"; readonly request: SyncRequest; readonly delayMs: number; readonly look?: SyncRequest | undefined }
  /** It brings nothing new, and was given no leave to look again at what it reads: nothing more was done for it. */
  | { readonly kind: "held"; readonly request: SyncRequest; readonly delayMs: 0 }
  /** The attempt failed for a cause that may pass; the same request is to be tried again. The status says why, but for a bug of ours (Unclassified). */
  | { readonly kind: "retry"; readonly request: SyncRequest; readonly delayMs: number; readonly code: ErrorCode | "Unclassified" };

/** Whether events that bring nothing new may have looks again at a store that does not show what they tell. Never rejects. */
export type Leave = () => Promise<boolean>;

/** For each reference whose notices' propagations are still to be opened: how many registrations are expected. */
export type Openings = ReadonlyMap<ReferenceKey, number>;

/**
 * Syncs or prunes; outcomes are in the order of the requests, one each. It begins nothing new after `deadline` (what was not
 * begun is `again` at once), so that a function ends before its time-out. `openings`: propagations that nobody opened before it was
 * called; each is opened before a record can pass it, but only where its reference is read at all.
 * `leave` is asked before anything is done that no new version calls for.
 */
export type SyncTargets = (
  requests: readonly SyncRequest[],
  deadline: Millis,
  openings?: Openings,
  leave?: Leave,
) => Promise<readonly SyncOutcome[]>;
