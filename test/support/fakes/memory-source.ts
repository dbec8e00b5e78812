/**
 * A SecretProvider in memory that knows its true history, and lags as a real store may: a read shows the newest answer, the one
 * before the last change for as long as a test says, or any answer that was true within the visibility bound, read by read.
 */
import { tagsAnswer, tagsOfVersion } from "../../../src/adapters/providers/tags.ts";
import { RelayError } from "../../../src/core/errors.ts";
import { type Millis, type Reference, referenceKey } from "../../../src/core/model.ts";
import type { Clock, SecretProvider, SourceAnswer } from "../../../src/core/ports.ts";
import { SecretValue } from "../../../src/core/secret-value.ts";

export interface MemorySource extends SecretProvider {
  /** A version that no stage shows yet. */
  stage(key: string, versionId: string, value: string): void;
  /** Which version each secret showed, and from when on; `absent` while it was deleted. Oldest first. */
  readonly history: (key: string) => readonly Tenure[];
  /**
   * Which of the answers that were true within `visibilityMs` a read gives: 0 is the newest. Also asked whether a version that is
   * newer than that is found by its id: 0 is yes. Undefined: reads lag only where `lag` says so.
   */
  choose: ((key: string, answers: number) => number) | undefined;
  visibilityMs: number;
  /** Makes `versionId` the version that every stage of `key` shows from now on; the value is text. Gone versions come back too. */
  put(key: string, versionId: string, value: string): void;
  /** A label moves to a version that exists already: a roll-back. */
  moveTo(key: string, versionId: string): void;
  /** Deletes the secret: a proven absence. */
  remove(key: string): void;
  /** Reads of `key` by stage show the answer before the last change until `until`. */
  lag(key: string, until: Millis): void;
  /** What reads of `key` fail with; undefined mends it. */
  fail(key: string, failure: RelayError | undefined): void;
  /** Sets the tags of a secret. */
  tag(key: string, tags: Readonly<Record<string, string>>): void;
  tagsOf(key: string): Readonly<Record<string, string>>;
  /** Secrets that no listing shows. */
  readonly unlisted: Set<string>;
  /** How old what a listing shows of one secret may be. */
  listingLagMs: number;
  /** Which of the states within `listingLagMs` a listing shows of a secret: 0 is the newest. Undefined: the newest. */
  chooseListed: ((key: string, states: number) => number) | undefined;
  /** Called before each listing; what it throws is the listing's failure. */
  beforeList: (() => Promise<void> | void) | undefined;
  /** Called before each read with the reference's key; may hold the read up or change the world. */
  before: ((key: string) => Promise<void> | void) | undefined;
  /** The port as a reader sees it whose clock this is: a deletion that is ahead of it is of an unknown moment, as the real adapter has it. */
  readonly seenBy: (clock: Pick<Clock, "now">) => SecretProvider;
  /** Its secrets, for another source to begin with. */
  copy(): readonly (readonly [string, Entry])[];
  copyTags(): readonly (readonly [string, Readonly<Record<string, string>>])[];
  /** How often each key was read by stage. */
  readonly reads: ReadonlyMap<string, number>;
}

/** A time during which a secret showed one version. */
export interface Tenure {
  readonly versionId: string;
  readonly from: Millis;
}

interface Entry {
  readonly versions: Map<string, { readonly value: SecretValue; readonly createdAt: Millis }>;
  readonly tenures: Tenure[];
  lagUntil: Millis;
}

const ABSENT = "absent";

/** `from`: another source, with whose history it begins. */
export function createMemorySource(clock: Pick<Clock, "now">, from?: MemorySource): MemorySource {
  const entries = new Map<string, Entry>(from?.copy());
  const failures = new Map<string, RelayError>();
  const reads = new Map<string, number>();
  const tags = new Map<string, Readonly<Record<string, string>>>(from?.copyTags());
  const entryOf = (key: string): Entry => {
    const entry = entries.get(key) ?? { versions: new Map(), tenures: [], lagUntil: 0 };
    entries.set(key, entry);
    return entry;
  };
  const answerOf = (entry: Entry | undefined, tenure: Tenure | undefined, now: Millis): SourceAnswer => {
    const version = tenure === undefined ? undefined : entry?.versions.get(tenure.versionId);
    if (version === undefined || tenure === undefined) {
      const deletedAt = tenure?.from ?? 0;
      return { kind: "absent", versionId: ABSENT, createdAt: deletedAt > now ? 0 : deletedAt };
    }
    return { kind: "present", versionId: tenure.versionId, createdAt: version.createdAt, value: version.value };
  };
  /** The tenure that a read shows; undefined where there never was one. */
  const shown = (key: string, entry: Entry): Tenure | undefined => {
    const { tenures } = entry;
    if (clock.now() < entry.lagUntil) return tenures.at(-2);
    if (source.choose === undefined) return tenures.at(-1);
    const bound = clock.now() - source.visibilityMs;
    let answers = 1;
    // One that ended within the bound may still be shown.
    while (answers < tenures.length && (tenures.at(-answers)?.from ?? 0) > bound) answers += 1;
    return tenures.at(-1 - (answers === 1 ? 0 : source.choose(key, answers)));
  };
  const source: MemorySource = {
    before: undefined,
    beforeList: undefined,
    chooseListed: undefined,
    listingLagMs: 0,
    unlisted: new Set(),
    tag: (key, given) => void tags.set(key, given),
    tagsOf: (key) => tags.get(key) ?? {},
    copyTags: () => [...tags],
    choose: undefined,
    visibilityMs: 0,
    reads,
    copy: () =>
      [...entries].map(([key, entry]) => [key, { ...entry, versions: new Map(entry.versions), tenures: [...entry.tenures] }] as const),
    stage(key, versionId, value) {
      const { versions } = entryOf(key);
      if (!versions.has(versionId)) versions.set(versionId, { value: new SecretValue(value), createdAt: clock.now() });
    },
    history: (key) => entryOf(key).tenures,
    put(key, versionId, value) {
      source.stage(key, versionId, value);
      source.moveTo(key, versionId);
    },
    moveTo(key, versionId) {
      entryOf(key).tenures.push({ versionId, from: clock.now() });
    },
    remove(key) {
      source.moveTo(key, ABSENT);
    },
    lag(key, until) {
      entryOf(key).lagUntil = until;
    },
    fail(key, failure) {
      if (failure === undefined) failures.delete(key);
      else failures.set(key, failure);
    },
    read: (reference) => readAt(reference, clock.now()),
    readVersion: (reference, versionId) => readVersionAt(reference, versionId, clock.now()),
    currentVersions: (references) => versionsAt(references, clock.now()),
    seenBy: (reader) => ({
      read: (reference) => readAt(reference, reader.now()),
      readVersion: (reference, versionId) => readVersionAt(reference, versionId, reader.now()),
      currentVersions: (references) => versionsAt(references, reader.now()),
      list: (query) => source.list(query),
    }),
    async list({ prefix, tags: wanted = {} }) {
      await source.beforeList?.();
      const bound = clock.now() - source.listingLagMs;
      // What a listing lacks at one time it may show at another: each secret is as it is now, or as it was within the bound.
      return [...entries].flatMap(([key, { tenures }]) => {
        if (!key.startsWith(prefix) || source.unlisted.has(key)) return [];
        if (!Object.entries(wanted).every(([tag, value]) => source.tagsOf(key)[tag] === value)) return [];
        const recent = tenures.filter((_, index) => (tenures[index + 1]?.from ?? Number.POSITIVE_INFINITY) > bound);
        const isNew = (tenures[0]?.from ?? 0) > bound;
        const states = [...(isNew ? [ABSENT] : []), ...recent.map(({ versionId }) => versionId)].toReversed();
        return (states[source.chooseListed?.(key, states.length) ?? 0] ?? ABSENT) === ABSENT ? [] : [key];
      });
    },
  };
  async function readAt(reference: Reference, now: Millis): Promise<SourceAnswer> {
    if (source.before !== undefined) await source.before(reference.key);
    reads.set(reference.key, (reads.get(reference.key) ?? 0) + 1);
    const failure = failures.get(reference.key);
    if (failure !== undefined) throw failure;
    if (reference.version.startsWith("id/")) return readVersionAt(reference, reference.version.slice("id/".length), now);
    const entry = entries.get(reference.key);
    const answer = answerOf(entry, entry && shown(reference.key, entry), now);
    if (reference.version !== "tags" || answer.kind === "absent") return answer;
    return tagsAnswer(Object.entries(source.tagsOf(reference.key)));
  }
  async function readVersionAt(reference: Reference, versionId: string, now: Millis): Promise<SourceAnswer> {
    const entry = entries.get(reference.key);
    const tenure = entry && shown(reference.key, entry);
    if (reference.version === "tags") return tagsOfVersion(reference, await readAt(reference, now), `id/${versionId}`);
    if (entry === undefined || tenure === undefined || tenure.versionId === ABSENT) return answerOf(entry, tenure, now);
    const version = entry.versions.get(versionId);
    const isNew = version !== undefined && version.createdAt > clock.now() - source.visibilityMs;
    if (version === undefined || (isNew && source.choose !== undefined && source.choose(reference.key, 2) !== 0)) {
      throw new RelayError("VersionMissing", reference.key);
    }
    return answerOf(entry, { versionId, from: version.createdAt }, now);
  }
  async function versionsAt(references: readonly Reference[], now: Millis): ReturnType<SecretProvider["currentVersions"]> {
    const found = new Map<string, { versionId: string; createdAt: Millis }>();
    for (const reference of references) {
      try {
        const { versionId, createdAt } = await readAt(reference, now);
        found.set(referenceKey(reference), { versionId, createdAt });
      } catch {
        // The port leaves out what fails.
      }
    }
    return found;
  }
  return source;
}
