/** All that a pass reads of the stores: the registration's own references, and what its find rules find (PROTOCOL, Finds). */
import { findPlaces } from "../core/find/find.ts";
import { type Millis, type ReferenceKey, type Registration, referenceKey, type SyncRequest, UNAPPLIED } from "../core/model.ts";
import type { Registry } from "../core/ports.ts";
import type { SecretMap } from "../core/source/merge.ts";
import { type FreshnessBounds, listingBounds } from "../core/sync/freshness.ts";
import { referencesOf } from "../core/sync/references.ts";
import { type Candidate, readMembers } from "./find-members.ts";
import type { Observed } from "./observe-reference.ts";
import type { Mark, Reads } from "./sync-reads.ts";

/** What a request may have to get past: an answer, or a listing. */
export interface Answered {
  readonly reference: ReferenceKey;
  readonly versionId: string;
  readonly asOf: Millis;
  readonly lookAgainPast?: Millis | undefined;
  /** Tags that keep a rule from finding this secret: what an event told of it is not served until they are fresh. */
  readonly denies?: ReferenceKey | undefined;
  /** A listing, and by when any of it has seen what is now. */
  readonly listedWithin?: FreshnessBounds | undefined;
}

export interface Sources {
  /** What is written and recorded: no more than what is there, of what a rule finds. */
  readonly observed: readonly Observed[];
  /** All that was asked for. */
  readonly answered: readonly Answered[];
  /** @default the registration has no find rules */
  readonly found?: ReadonlyMap<number, SecretMap> | undefined;
}

export interface SourceReads {
  /** Only reads that begin after it. */
  readonly after: Mark;
  /** For whom. */
  readonly requests: readonly SyncRequest[];
  readonly bounds: FreshnessBounds;
  /** No listing is asked for: what is neither told of nor remembered is not found. @default false */
  readonly isUnlisted?: boolean;
}

/** @throws as Reads, TooManyFound */
export async function readSources(
  reads: Reads,
  registration: Registration,
  { after, requests, bounds, isUnlisted = false }: SourceReads,
): Promise<Sources> {
  const observe = (reference: Parameters<Reads["observe"]>[0]) => reads.observe(reference, after);
  const [reference, ...others] = referencesOf(registration.spec);
  // Most registrations have one: to wait for all of one takes four promises more than to wait for it.
  const isOne = reference !== undefined && others.length === 0;
  const observed = isOne ? [await observe(reference)] : await Promise.all(referencesOf(registration.spec).map(observe));
  if (findPlaces(registration.spec).length === 0) return { observed, answered: observed };

  const listings: Answered[] = [];
  const list: Parameters<typeof readMembers>[0]["list"] = async (query) => {
    const { names, asOf } = await reads.list(query);
    listings.push({ reference: "", versionId: "", asOf, listedWithin: listingBounds(query.provider, bounds) });
    return names;
  };
  const { applied, appliedGeneration, generation, spec, status } = registration;
  // A rule that found nothing has nothing to be applied.
  const isSynced = appliedGeneration === generation || status.state === "Synced";
  const { values, candidates } = await readMembers({ observe, list }, spec, {
    applied,
    told: requests.flatMap(({ notice, candidate }) => [notice?.reference ?? [], candidate ?? []].flat()),
    // What was synced since it was registered remembers all that its target holds; what came since, its own event tells.
    isListed: !isUnlisted && (!isSynced || requests.some(({ notice, candidate }) => notice === undefined && candidate === undefined)),
  });
  return {
    observed: unique([...observed, ...candidates.flatMap(heldOf)]),
    answered: [...observed, ...candidates.flatMap(answeredOf), ...listings],
    found: values,
  };
}

/** What is there and has the tags is held. What is absent gives no key, and needs no memory: HEAD knows of its absence. */
function heldOf({ tags, value }: Candidate): readonly Observed[] {
  if (value?.answer.kind !== "present") return [];
  return tags === undefined ? [value] : [value, tags];
}

function answeredOf({ reference, tags, value }: Candidate): readonly Answered[] {
  const asked = value === undefined ? [] : [value];
  if (tags === undefined) return asked;
  return value === undefined ? [{ ...tags, denies: reference }] : [...asked, tags];
}

function unique(observed: readonly Observed[]): readonly Observed[] {
  return [...new Map(observed.map((one) => [one.reference, one])).values()];
}

/**
 * Remembers what was found for the first time, before any of it is written: a worker whose listing lags, and that sees the target with
 * it, must know of it then (rule 1). Nothing is written where nothing is new.
 */
export async function remember(
  registry: Pick<Registry, "record">,
  registration: Registration,
  { observed, found }: Sources,
): Promise<Registration | "lost"> {
  if (found === undefined) return registration;
  const own = new Set(referencesOf(registration.spec).map(referenceKey));
  const news = observed.filter(({ reference }) => !own.has(reference) && registration.applied[reference] === undefined);
  if (news.length === 0) return registration;
  const added = Object.fromEntries(news.map(({ reference }) => [reference, UNAPPLIED]));
  return registry.record(registration, { applied: { ...registration.applied, ...added } });
}
