/** Which find rules an event concerns: by the name that it tells, and for rules by tags by what is known of the secret already. */
import { isCurrentValue, ruleReference } from "../core/find/find.ts";
import { type Interest, type Reference, referenceKey } from "../core/model.ts";
import type { FindInterest, Registry } from "../core/ports.ts";
import type { SecretChange } from "../core/secret-change.ts";
import { firstReference } from "../core/sync/references.ts";
import { matchingRules } from "./readers.ts";

export interface FindHit extends Interest {
  /** The name does not decide alone, so that nobody can count on the secret being found. */
  readonly isByTags: boolean;
}

type HitsDeps = Pick<Registry, "findRules" | "head">;

/**
 * Each registration once a credential's identity. A rule by tags is woken by a new value only where the secret's tags were never seen:
 * that is its first event, and what becomes of its tags later their own events tell.
 */
export async function findHits(registry: HitsDeps, change: SecretChange): Promise<readonly FindHit[]> {
  const source = sourceOf(change);
  if (source === undefined) return [];
  const hits = new Map<string, FindHit>();
  const known = new Map<string, Promise<boolean>>();
  for await (const page of matchingRules(registry, source, source.key)) {
    for (const { rule, ...who } of page) {
      if (!(await concerns(registry, change, rule, source.key, known))) continue;
      const reference = referenceKey(ruleReference(rule, source.key, "value"));
      const key = JSON.stringify([who.registration, reference]);
      const isByTags = rule.isByTags && (hits.get(key)?.isByTags ?? true);
      hits.set(key, { ...who, reference, isByTags });
    }
  }
  return [...hits.values()];
}

/** The secret by its name, where the change is of what rules read: the current value, whether there is one, and the tags. */
function sourceOf(change: SecretChange): Reference | undefined {
  if (change.kind === "parameter labelled") return undefined;
  const first = firstReference(change);
  if (first === undefined || first.account === "") return undefined;
  return change.kind === "label moved" && !isCurrentValue(first) ? undefined : first;
}

async function concerns(
  registry: HitsDeps,
  { kind }: SecretChange,
  rule: FindInterest["rule"],
  name: string,
  known: Map<string, Promise<boolean>>,
): Promise<boolean> {
  switch (kind) {
    case "tags changed":
    case "parameter tags changed":
      return rule.isByTags;
    case "parameter updated":
      // Its creation had an event of its own.
      return !rule.isByTags;
    case "label moved": {
      if (!rule.isByTags) return true;
      const tags = referenceKey(ruleReference(rule, name, "tags"));
      const isKnown = known.get(tags) ?? registry.head(tags).then((head) => head !== undefined && head.versionId !== "absent");
      known.set(tags, isKnown);
      return !(await isKnown);
    }
    default:
      return true;
  }
}
