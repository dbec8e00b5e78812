/** REG items: a registration as attributes and back. What conditions and the index need is an attribute; the rest is JSON text. */
import type { Reference, Registration } from "../../core/model.ts";
import { duePartition, registrationKey } from "./keys.ts";
import type { Change, Item } from "./table.ts";
import { targetOf } from "./transitions.ts";

/** The registration that an item holds. */
export function registrationOf(item: Item): Registration {
  return JSON.parse(String(item["body"])) as Registration;
}

/** What the registration reads, as it was put. */
export function referencesOf(item: Item): readonly Reference[] {
  return JSON.parse(String(item["references"] ?? "[]")) as readonly Reference[];
}

/** Writes a registration on condition of what was loaded: `rev` alone starts again after a removal, so the generation too. */
export function writing(next: Registration, loaded: Registration | undefined, token: string, references?: readonly Reference[]): Change {
  return {
    key: registrationKey(next.id),
    set: {
      id: next.id,
      cluster: next.spec.cluster,
      target: targetOf(next.spec),
      generation: next.generation,
      phase: next.phase,
      rev: next.rev,
      body: JSON.stringify(next),
      token,
      ...(references === undefined ? {} : { references: JSON.stringify(references) }),
      ...(next.dueAt === undefined ? {} : { duepk: duePartition(next.id), duesk: next.dueAt }),
    },
    ...(next.dueAt === undefined ? { remove: ["duepk", "duesk"] } : {}),
    condition: loaded === undefined ? "attribute_not_exists(#pk)" : "#rev = :rev AND #generation = :generation",
    ...(loaded === undefined ? {} : { values: { rev: loaded.rev, generation: loaded.generation } }),
  };
}
