/** The marks by which a target shows whose it is: one label of the cluster, one annotation and one field manager a registration. */
import { hash } from "node:crypto";
import { originOf, type RegistrationId } from "../model.ts";

/** On every Secret that the relay writes; its value is the Cluster's name. Admission policies confine the relay to it. */
export const CLUSTER_LABEL = "secret-relay.dev/cluster";

const STAMP_PREFIX = "state.secret-relay.dev/";
const MANAGER_PREFIX = "secret-relay/";

interface Marks {
  readonly annotation: string;
  readonly manager: string;
}

/** By 16 hex digits: an id may hold more characters than an annotation's name or a field manager may. A left target keeps the marks of who left it. */
function marksOf(id: RegistrationId): Marks {
  const known = kept.get(id);
  if (known !== undefined) return known;
  const shortId = hash("sha256", originOf(id)).slice(0, 16);
  const made = { annotation: `${STAMP_PREFIX}${shortId}`, manager: `${MANAGER_PREFIX}${shortId}` };
  if (kept.size >= MAX_KEPT) kept.clear();
  kept.set(id, made);
  return made;
}

/** A pass asks for the marks of its registration half a dozen times, and an instance meets the same registrations again. */
const kept = new Map<RegistrationId, Marks>();
const MAX_KEPT = 4_096;

/** Each registration has an annotation of its own: two that merge into one Secret would else undo each other for ever. */
export function stampAnnotation(id: RegistrationId): string {
  return marksOf(id).annotation;
}

/** Whether an annotation is the stamp of a registration, whichever that is. */
export function isStamp(annotation: string): boolean {
  return annotation.startsWith(STAMP_PREFIX);
}

/** The server-side apply manager of a registration; at most 128 characters are allowed. */
export function fieldManager(id: RegistrationId): string {
  return marksOf(id).manager;
}

/**
 * The annotation's value. The generation is in it, so that the first apply of a new generation is never a no-op and always
 * moves the resourceVersion (PROTOCOL, Configuration changes).
 */
export function stamp(generation: number, keyedHash: string): string {
  return `${generation}.${keyedHash}`;
}

/** Whether a field manager is one of the relay's. */
export function isRelayManager(manager: string): boolean {
  return manager.startsWith(MANAGER_PREFIX);
}

/** Holds the data of an Orphan whose registration was removed: it never applies, so nobody's apply drops those keys. */
export const RELEASED_MANAGER = `${MANAGER_PREFIX}released`;
