/**
 * A SecretProvider in memory that lags as a real store may: after a change, reads may show the older answer until `settle` is
 * called or `lagMs` has passed.
 */
import { RelayError } from "../../../src/core/errors.ts";
import { type Millis, type Reference, referenceKey } from "../../../src/core/model.ts";
import type { Clock, SecretProvider, SourceAnswer } from "../../../src/core/ports.ts";
import { SecretValue } from "../../../src/core/secret-value.ts";

export interface MemorySource extends SecretProvider {
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
  /** Called before each read with the reference's key; may hold the read up or change the world. */
  before: ((key: string) => Promise<void> | void) | undefined;
  /** How often each key was read by stage. */
  readonly reads: ReadonlyMap<string, number>;
}

interface Entry {
  readonly versions: Map<string, { readonly value: string; readonly createdAt: Millis }>;
  current: string | undefined;
  previous: string | undefined;
  deletedAt: Millis;
  lagUntil: Millis;
}

export function createMemorySource(clock: Pick<Clock, "now">): MemorySource {
  const entries = new Map<string, Entry>();
  const failures = new Map<string, RelayError>();
  const reads = new Map<string, number>();
  const entryOf = (key: string): Entry => {
    const entry = entries.get(key) ?? { versions: new Map(), current: undefined, previous: undefined, deletedAt: 0, lagUntil: 0 };
    entries.set(key, entry);
    return entry;
  };
  const answerOf = (entry: Entry | undefined, versionId: string | undefined): SourceAnswer => {
    const version = versionId === undefined ? undefined : entry?.versions.get(versionId);
    if (version === undefined || versionId === undefined) return { kind: "absent", versionId: "absent", createdAt: entry?.deletedAt ?? 0 };
    return { kind: "present", versionId, createdAt: version.createdAt, value: new SecretValue(version.value) };
  };
  const source: MemorySource = {
    before: undefined,
    reads,
    put(key, versionId, value) {
      const entry = entryOf(key);
      if (!entry.versions.has(versionId)) entry.versions.set(versionId, { value, createdAt: clock.now() });
      source.moveTo(key, versionId);
    },
    moveTo(key, versionId) {
      const entry = entryOf(key);
      entry.previous = entry.current;
      entry.current = versionId;
    },
    remove(key) {
      const entry = entryOf(key);
      entry.previous = entry.current;
      entry.current = undefined;
      entry.deletedAt = clock.now();
    },
    lag(key, until) {
      entryOf(key).lagUntil = until;
    },
    fail(key, failure) {
      if (failure === undefined) failures.delete(key);
      else failures.set(key, failure);
    },
    async read(reference) {
      await source.before?.(reference.key);
      reads.set(reference.key, (reads.get(reference.key) ?? 0) + 1);
      const failure = failures.get(reference.key);
      if (failure !== undefined) throw failure;
      const entry = entries.get(reference.key);
      if (reference.version.startsWith("id/")) return source.readVersion(reference, reference.version.slice("id/".length));
      return answerOf(entry, entry !== undefined && clock.now() < entry.lagUntil ? entry.previous : entry?.current);
    },
    async readVersion(reference, versionId) {
      const entry = entries.get(reference.key);
      if (entry?.current !== undefined && !entry.versions.has(versionId)) throw new RelayError("VersionMissing", reference.key);
      return answerOf(entry?.current === undefined ? undefined : entry, versionId);
    },
    async currentVersions(references) {
      const found = new Map<string, { versionId: string; createdAt: Millis }>();
      for (const reference of references) {
        const answer = await readOrNothing(reference);
        if (answer !== undefined) found.set(referenceKey(reference), { versionId: answer.versionId, createdAt: answer.createdAt });
      }
      return found;
    },
  };
  async function readOrNothing(reference: Reference): Promise<SourceAnswer | undefined> {
    try {
      return await source.read(reference);
    } catch {
      // The port leaves out what fails.
      return undefined;
    }
  }
  return source;
}
