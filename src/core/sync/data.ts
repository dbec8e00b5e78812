/** From what the store answered to the data of the Secret, as ESO computes it: pure, and its errors never hold a value. */
import { type ErrorCode, RelayError } from "../errors.ts";
import { type ReferenceKey, type RegistrationSpec, type RemoteRef, referenceKey, registrationId } from "../model.ts";
import type { RemoteSecret, SourceAnswer } from "../ports.ts";
import { SecretValue } from "../secret-value.ts";
import { decodeString, type JsonFault, type JsonValue, jsonObject, scanJson } from "../source/json.ts";
import { lookUpProperty } from "../source/property.ts";
import { resolveReference } from "./references.ts";

const MAX_KEY_LENGTH = 253;

/** What is wrong with a key of a Secret's data, in words without the key; undefined where the API server accepts it. */
export function secretKeyFault(key: string): string | undefined {
  if (key.length > MAX_KEY_LENGTH) return `is longer than ${MAX_KEY_LENGTH} characters`;
  if (/[^-._\p{L}\p{N}]/u.test(key)) return "holds a character other than letters, digits, '-', '_' and '.'";
  if (/[^-._a-zA-Z0-9]/.test(key)) return "holds a letter or digit outside ASCII, which the API server refuses";
  if (key === "." || key.startsWith("..")) return "is '.' or begins with '..', which the API server refuses";
  return key === "" ? "is empty" : undefined;
}

/** Where in the manifest an entry lies, and how to fail there: `spec.data[1] (key: app/db)`, the shape that users of ESO search for. */
interface Entry {
  readonly remoteRef: RemoteRef;
  fail(code: ErrorCode, why: string): RelayError;
}

function entryAt(spec: RegistrationSpec, place: string, remoteRef: RemoteRef): Entry {
  return {
    remoteRef,
    fail: (code, why) => new RelayError(code, registrationId(spec), { detail: `${place} (key: ${remoteRef.key}): ${why}` }),
  };
}

function describeFault(fault: JsonFault): string {
  return `${fault.what} at byte ${fault.offset}`;
}

/** The secret of an entry; undefined where it is absent and the deletionPolicy says to go on without it. */
function presentSecret(spec: RegistrationSpec, entry: Entry, answers: ReadonlyMap<ReferenceKey, SourceAnswer>): RemoteSecret | undefined {
  const answer = answers.get(referenceKey(resolveReference(spec.store, entry.remoteRef)));
  // Never taken for absence: that would let a caller's mistake delete a target (rule 5).
  if (answer === undefined) throw new Error("collectData was called without an answer for one of the registration's references");
  if (answer.kind === "present") return answer;
  if (spec.target.deletionPolicy === "Retain") throw entry.fail("SecretNotFound", "the secret does not exist");
  return undefined;
}

/** The whole value, its bytes as they are, or the property that the entry names. */
function selectedBytes(entry: Entry, secret: RemoteSecret): Uint8Array {
  const { property } = entry.remoteRef;
  if (property === undefined || property === "") return secret.value.expose();
  const result = lookUpProperty(secret.value.expose(), property);
  switch (result.kind) {
    case "found":
      return result.bytes;
    case "missing":
      throw entry.fail("PropertyNotFound", `no property '${property}'`);
    case "not-json":
      throw entry.fail("PropertyNotFound", `no property '${property}': the value is no JSON: ${describeFault(result.fault)}`);
    case "too-costly":
      throw entry.fail("PropertyNotFound", `property '${property}' takes more work than a property may`);
  }
}

function memberBytes(value: JsonValue): Uint8Array {
  if (value.kind === "string") return new TextEncoder().encode(decodeString(value.raw));
  return value.kind === "null" ? new Uint8Array() : value.raw;
}

/** conversionStrategy Default. */
function convertKey(key: string): string {
  return key.replace(/[^-._\p{L}\p{N}]/gu, "_");
}

/** Members are named by their place, not their key: the key comes from the secret's value. */
function extractMembers(entry: Entry, bytes: Uint8Array): ReadonlyMap<string, SecretValue> {
  const root = scanJson(bytes);
  if (root.kind === "fault") throw entry.fail("NotAnObject", `the value is no JSON: ${describeFault(root)}`);
  if (root.kind !== "object") throw entry.fail("NotAnObject", `the value is JSON, but of kind ${root.kind}`);
  const extracted = new Map<string, SecretValue>();
  const places = new Map<string, number>();
  let place = 0;
  for (const [written, value] of jsonObject(root)) {
    place++;
    if (written === "") continue;
    const key = convertKey(written);
    const earlier = places.get(key);
    if (earlier !== undefined) {
      throw entry.fail("InvalidKey", `members ${earlier} and ${place} of the object get the same key by conversionStrategy Default`);
    }
    const fault = secretKeyFault(key);
    if (fault !== undefined) throw entry.fail("InvalidKey", `the key of member ${place} of the object ${fault}`);
    places.set(key, place);
    extracted.set(key, new SecretValue(memberBytes(value)));
  }
  return extracted;
}

/**
 * The data of a registration's Secret: `dataFrom` in order, then `data` in order, later ones win. The first failure ends it.
 * `answers` must hold one for each of `referencesOf(spec)`.
 * @throws SecretNotFound, PropertyNotFound, NotAnObject, InvalidKey
 */
export function collectData(spec: RegistrationSpec, answers: ReadonlyMap<ReferenceKey, SourceAnswer>): ReadonlyMap<string, SecretValue> {
  const data = new Map<string, SecretValue>();
  for (const [index, { extract }] of spec.dataFrom.entries()) {
    const entry = entryAt(spec, `spec.dataFrom[${index}]`, extract);
    const secret = presentSecret(spec, entry, answers);
    if (secret === undefined) continue;
    for (const [key, value] of extractMembers(entry, selectedBytes(entry, secret))) data.set(key, value);
  }
  for (const [index, { secretKey, remoteRef }] of spec.data.entries()) {
    const entry = entryAt(spec, `spec.data[${index}]`, remoteRef);
    const secret = presentSecret(spec, entry, answers);
    if (secret !== undefined) data.set(secretKey, new SecretValue(selectedBytes(entry, secret)));
  }
  return data;
}
