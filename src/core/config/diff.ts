/** Compares what the config wants with what the registry has. */
import { type Registration, type RegistrationId, type RegistrationSpec, registrationId } from "../model.ts";
import { compareText } from "./diagnostics.ts";

/** What a register run has to do; each list is in the order of the ids. */
export interface ConfigDiff {
  readonly added: readonly RegistrationSpec[];
  readonly changed: readonly { readonly before: Registration; readonly spec: RegistrationSpec }[];
  /** Live registrations that the config has no more. */
  readonly removed: readonly Registration[];
  readonly unchanged: readonly Registration[];
}

/** Compares as JSON, whatever the order of keys. A tombstone counts as absent: its return is an addition with a new generation. */
export function diffRegistrations(wanted: readonly RegistrationSpec[], existing: readonly Registration[]): ConfigDiff {
  const before = new Map<RegistrationId, Registration>(
    existing.filter((registration) => registration.phase === "live").map((registration) => [registration.id, registration]),
  );
  const added: RegistrationSpec[] = [];
  const changed: { before: Registration; spec: RegistrationSpec }[] = [];
  const unchanged: Registration[] = [];
  for (const spec of [...wanted].toSorted((a, b) => compareText(registrationId(a), registrationId(b)))) {
    const known = before.get(registrationId(spec));
    before.delete(registrationId(spec));
    if (known === undefined) added.push(spec);
    else if (isSameJson(known.spec, spec)) unchanged.push(known);
    else changed.push({ before: known, spec });
  }
  const removed = [...before.values()].toSorted((a, b) => compareText(a.id, b.id));
  return { added, changed, removed, unchanged };
}

/** Whether two values have the same canonical JSON. */
export function isSameJson(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  if (Array.isArray(one) || Array.isArray(other)) {
    const areLists = Array.isArray(one) && Array.isArray(other) && one.length === other.length;
    return areLists && one.every((part, index) => isSameJson(part, other[index]));
  }
  const [parts, others] = [definedParts(one), definedParts(other)];
  return parts.size === others.size && [...parts].every(([key, part]) => others.has(key) && isSameJson(part, others.get(key)));
}

function definedParts(value: object): ReadonlyMap<string, unknown> {
  return new Map(Object.entries(value).filter(([, part]) => part !== undefined));
}

/** JSON with sorted keys and without undefined ones: equal values give equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => compareText(a, b)))
      : part,
  );
}
