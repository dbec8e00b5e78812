/** The marks by which External Secrets Operator (ESO) shows that a Secret is its own, and that other tools rely on. */
import { hash } from "node:crypto";
import type { RegistrationSpec } from "../model.ts";
import type { TargetView } from "../ports.ts";

/** On every Secret that ESO writes, or this relay; `true`. */
export const MANAGED_LABEL = "reconcile.external-secrets.io/managed";
/** Whose a Secret is, under creationPolicy Owner; see `createdBy`. */
export const CREATED_BY_LABEL = "reconcile.external-secrets.io/created-by";
/** Changes where the data changes. ESO's own is a plain hash of the values; ours is keyed (docs/adr/0050). */
export const DATA_HASH_ANNOTATION = "reconcile.external-secrets.io/data-hash";

const MANAGER_PREFIX = "externalsecrets.external-secrets.io/";
const CONTROLLER_PREFIX = "ExternalSecret.external-secrets.io/";
/** A longer field manager is hashed. */
const MAX_MANAGER_LENGTH = 63;

/** SHA3-224 in hex: ESO's ObjectHash of a text. */
function sha3(text: string): string {
  return hash("sha3-224", text);
}

/** The value of the label by which ESO tells the Secrets of an ExternalSecret. */
export function createdBy({ namespace, name }: Pick<RegistrationSpec, "namespace" | "name">): string {
  return sha3(`${namespace}/${name}`);
}

/** The field manager under which ESO writes for an ExternalSecret of this name. */
function esoManager(name: string): string {
  const plain = MANAGER_PREFIX + name;
  return plain.length <= MAX_MANAGER_LENGTH ? plain : `${MANAGER_PREFIX}sha3/${sha3(name)}`;
}

/** Whether a field manager is ESO's, for whatever ExternalSecret; also an older ESO's, which hashed no long name. */
function isEsoManager(manager: string): boolean {
  return manager.startsWith(MANAGER_PREFIX);
}

/** Whether ESO writes under this manager for an ExternalSecret of this name; older ones hashed no long name. */
export function isEsoManagerOf(manager: string, name: string): boolean {
  return manager === esoManager(name) || manager === MANAGER_PREFIX + name;
}

/** Whether a controller, as `TargetView` names it, is an ExternalSecret of ESO. */
export function isExternalSecret(controller: string): boolean {
  return controller.startsWith(CONTROLLER_PREFIX);
}

/** The controller that ESO makes of an ExternalSecret. */
export function externalSecretController(name: string): string {
  return CONTROLLER_PREFIX + name;
}

/** Whether ESO holds data of the Secret, by its field managers. */
export function holdsEsoData(view: TargetView, of: (manager: string) => boolean = isEsoManager): boolean {
  return view.dataKeys.some(({ manager, keys }) => of(manager) && keys.length > 0);
}
