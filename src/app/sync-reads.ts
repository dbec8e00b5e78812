/** Reads of references that a batch shares, as far as rule 1 lets them be shared. */
import { queryKey } from "../core/find/find.ts";
import { type ChangeNotice, type Millis, type Propagation, type Reference, type ReferenceKey, referenceKey } from "../core/model.ts";
import type { Registry, SecretQuery, SourceAnswer } from "../core/ports.ts";
import { listingBounds } from "../core/sync/freshness.ts";
import { type ObserveDeps, type Observed, observeReference } from "./observe-reference.ts";
import type { Leave, Openings } from "./outcome.ts";

/** A moment in the order of this batch's reads. */
export type Mark = number;

export interface Reads {
  /** To be taken once a target's version and registration are known: only reads that begin after it may decide a write. */
  mark(): Mark;
  /** The reference's answer by a read that began after `after`: one that is under way or done, else a new one. */
  observe(reference: Reference, after: Mark): Promise<Observed>;
  /** One version by its id; immutable, so that any read of the batch will do. */
  version(reference: Reference, versionId: string): Promise<SourceAnswer>;
  /**
   * The names that a listing shows: one listing for all that ask for the same in this batch. It only proposes what to read, so that any
   * listing of the batch will do; `asOf` says what it certainly knows of.
   */
  list(query: SecretQuery): Promise<Listing>;
  /** The propagations that were open after this answer was read. */
  openPropagations(observed: Observed): Promise<readonly Propagation[]>;
}

export interface ReadsDeps extends ObserveDeps {
  readonly registry: ObserveDeps["registry"] & Pick<Registry, "openPropagations">;
}

export interface Listing {
  readonly names: readonly string[];
  readonly asOf: Millis;
}

/** `notices` are all of the batch; `openings` says whose propagations nobody opened yet, and `leave` whether those may be that the store does not show. */
export function createReads(deps: ReadsDeps, notices: readonly ChangeNotice[], openings: Openings, leave?: Leave): Reads {
  const begun = new Map<ReferenceKey, { readonly at: Mark; readonly observed: Promise<Observed> }>();
  const versions = new Map<string, Promise<SourceAnswer>>();
  const open = new WeakMap<Observed, Promise<readonly Propagation[]>>();
  const listings = new Map<string, Promise<Listing>>();
  let reads: Mark = 0;
  return {
    mark: () => reads,

    observe(reference, after) {
      const key = referenceKey(reference);
      const last = begun.get(key);
      if (last !== undefined && last.at > after) return last.observed;
      reads += 1;
      const concerning = notices.filter((notice) => notice.reference === key);
      const expected = openings.get(key);
      const observed = observeReference(deps, reference, concerning, expected === undefined ? undefined : { expected, leave });
      begun.set(key, { at: reads, observed });
      return observed;
    },

    version(reference, versionId) {
      const key = JSON.stringify([referenceKey(reference), versionId]);
      const known = versions.get(key) ?? deps.provider.readVersion(reference, versionId);
      versions.set(key, known);
      return known;
    },

    list(query) {
      const key = queryKey(query);
      const known = listings.get(key) ?? listOnce(deps, query);
      listings.set(key, known);
      return known;
    },

    openPropagations(observed) {
      const known = open.get(observed) ?? deps.registry.openPropagations(observed.reference);
      open.set(observed, known);
      return known;
    },
  };
}

async function listOnce({ provider, clock, bounds }: ReadsDeps, query: SecretQuery): Promise<Listing> {
  const asOf = clock.now() - listingBounds(query.provider, bounds).visibilityMs;
  return { names: await provider.list(query), asOf };
}
