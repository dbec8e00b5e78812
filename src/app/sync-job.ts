/** One registration of a batch, with all requests for it: what the parts of a sync hand to each other. */
import { type ErrorCode, isRelayError } from "../core/errors.ts";
import type {
  AppliedVersion,
  Millis,
  ReferenceKey,
  Registration,
  RegistrationId,
  SyncRequest,
  SyncStep,
  TargetKey,
} from "../core/model.ts";
import type { Bus, Clock, Clusters, Hasher, LoadedRegistration, Log, RegistrationChange, Registry, SecretProvider } from "../core/ports.ts";
import { errorName } from "../core/remote-calls.ts";
import { isExclusive, type Seen } from "../core/sync/decide.ts";
import type { FreshnessBounds } from "../core/sync/freshness.ts";
import type { SyncOutcome } from "./outcome.ts";
import type { Mark } from "./sync-reads.ts";
import type { Answered } from "./sync-sources.ts";

export interface SyncDeps {
  readonly registry: Registry;
  readonly provider: SecretProvider;
  readonly clusters: Clusters;
  readonly bus: Bus;
  readonly log: Log;
  readonly clock: Clock;
  readonly hasher: Hasher;
  /** Of templates that ask for chance. @default node:crypto's */
  readonly randomBytes?: ((count: number) => Uint8Array) | undefined;
  readonly bounds: FreshnessBounds;
  readonly timing: { readonly driftIntervalMs: number };
}

/** The requests of a batch for one registration: the work is done once, each request has its own end. */
export interface Job {
  readonly id: RegistrationId;
  readonly target: TargetKey;
  readonly requests: readonly SyncRequest[];
  /** As last loaded. */
  loaded: LoadedRegistration;
  /** Look at the target before anything is believed about it. */
  verify: boolean;
  /** What is loaded must be loaded again before it is used: it decided a pass already. */
  isUsed: boolean;
  /** What decides a write must have been read after this: its target's version was not known before. */
  readAfter: Mark;
  /** Passes that found the target or the record written by somebody else. */
  tries: number;
  /** Quick looks again at a store that lags. */
  looks: number;
  /** Not before this moment. */
  readyAt: Millis;
  /** It brings something new, or is asked for by more than events: nothing limits what is done for it. */
  isFree: boolean;
  /** Its target may be looked at and tried, although nothing is new. */
  hasTurn: boolean;
  /** Looks again at a store that lags are given leave. */
  mayLookAgain: boolean;
  readonly outcomes: Map<SyncRequest, SyncOutcome>;
}

export function createJob(loaded: LoadedRegistration, requests: readonly SyncRequest[], readAfter: Mark): Job {
  const { registration } = loaded;
  return {
    id: registration.id,
    target: requests[0]?.target ?? registration.id,
    requests,
    loaded,
    verify: requests.some((request) => request.verify),
    isUsed: false,
    readAfter,
    tries: 0,
    looks: 0,
    readyAt: 0,
    isFree: requests.some(({ event }) => event === undefined),
    hasTurn: false,
    mayLookAgain: false,
    outcomes: new Map(),
  };
}

/** The requests of a job that have no outcome yet. */
export function unsettled(job: Job): readonly SyncRequest[] {
  return job.requests.filter((request) => !job.outcomes.has(request));
}

/** The requests of a job that are not done yet, whatever outcome they have by now. */
export function owing({ requests, outcomes }: Job): readonly SyncRequest[] {
  return requests.filter((request) => outcomes.get(request)?.kind !== "done");
}

/** Whether there is anything for a sync to do: a tombstone is pruned, and a target that another owns is not ours to write. */
export function isOurs({ registration, owner }: LoadedRegistration): boolean {
  if (registration.phase === "tombstone") return false;
  return !isExclusive(registration.spec.target.creationPolicy) || owner === registration.id;
}

/** What one pass over a registration decides by: the target's version first, and everything else read after it. */
export interface Pass {
  readonly registration: Registration;
  readonly seen: Seen;
}

/** A failure with the step at which it happened. */
export interface Failure {
  readonly step: SyncStep;
  readonly error: unknown;
  /** The answers that it failed with, where all were read. */
  readonly answered?: readonly Answered[] | undefined;
}

/** What was really done to a target, for the events. */
export interface Done {
  readonly registration: Registration;
  readonly action: "created" | "updated" | "deleted" | "released";
  readonly versions: Readonly<Record<ReferenceKey, string>>;
}

/** How a registration's record moved on for one reference. */
export interface Move {
  readonly reference: ReferenceKey;
  /** What was applied before the record; undefined where nothing was. */
  readonly before: AppliedVersion | undefined;
  readonly after: AppliedVersion;
}

/** What a pass wants recorded. */
export interface Result {
  readonly change: RegistrationChange;
  readonly done?: Omit<Done, "registration"> | undefined;
  /** By the registry's word alone: nothing was seen or written, and the record may be left out where nobody would read it. */
  readonly isByWord: boolean;
}

/** The code of a failure for logs and outcomes; a bug has none. */
export function codeOf(error: unknown): ErrorCode | "Unclassified" {
  return isRelayError(error) ? error.code : "Unclassified";
}

/** The name of an error, which alone may be logged of a bug: its message may hold anything, and so may a name that looks like none. */
export function nameOf(error: unknown): string {
  return errorName(error) ?? typeof error;
}

/** Where a pass is, for the failure that may come. */
export interface Trail {
  step: SyncStep;
  answered?: readonly Answered[] | undefined;
}
