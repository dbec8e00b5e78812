/** Tags as a value (metadataPolicy Fetch): they have no versions of their own, so a digest of them stands for one. */
import { createHash } from "node:crypto";
import { RelayError } from "../../core/errors.ts";
import type { Reference } from "../../core/model.ts";
import type { SourceAnswer } from "../../core/ports.ts";
import { tagsValue } from "../../core/source/tags.ts";

/** The version of a reference whose value are the tags. */
export const TAGS_VERSION = "tags";

/** Tags are no secrets: the console lists them, and so a digest of them gives nothing away. */
export function tagsAnswer(tags: readonly (readonly [key: string, value: string])[]): SourceAnswer {
  const value = tagsValue(tags);
  const versionId = createHash("sha256").update(value.expose()).digest("base64url").slice(0, 22);
  return { kind: "present", versionId, createdAt: 0, value };
}

/** An answer, where it is of the version that is asked for: `tags` itself, or `id/<VERSION-ID>`. @throws VersionMissing */
export function tagsOfVersion(reference: Reference, answer: SourceAnswer, version: string): SourceAnswer {
  if (version === TAGS_VERSION || answer.kind === "absent" || version === `id/${answer.versionId}`) return answer;
  throw new RelayError("VersionMissing", reference.key);
}
