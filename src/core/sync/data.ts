/** From what the store answered to the data of the Secret, as ESO computes it: pure, and its errors never hold a value. */
import { type ErrorCode, RelayError } from "../errors.ts";
import {
  type DataEntry,
  type DataFromEntry,
  type ExtractEntry,
  type FindRule,
  type ReferenceKey,
  type RegistrationSpec,
  type RemoteRef,
  registrationId,
  type ValueStrategies,
} from "../model.ts";
import type { RemoteSecret, SourceAnswer } from "../ports.ts";
import { SecretValue } from "../secret-value.ts";
import { decodeValue } from "../source/decoding.ts";
import { decodeString, type JsonFault, type JsonValue, jsonObject, scanJson } from "../source/json.ts";
import { convertKey, secretKeyFault } from "../source/keys.ts";
import type { SecretMap } from "../source/merge.ts";
import { propertyOf } from "../source/properties.ts";
import { type RenderKey, rewriteKeys } from "../source/rewrite.ts";
import { referenceKeyOf } from "./references.ts";

/** What a registration needs beside the answers. */
export interface CollectInputs {
  /** What the `find` at each place of `dataFrom` found: values by the secrets' full names. Required for each that is there. */
  readonly found?: ReadonlyMap<number, SecretMap> | undefined;
  /** Required where a rewrite has a transform. */
  readonly renderKey?: RenderKey | undefined;
}

/** Where in the manifest an entry lies, and how to fail there: `spec.data[1] (key: app/db)`, the shape that users of ESO search for. */
interface Entry {
  fail(code: ErrorCode, why: string): RelayError;
}

interface RemoteEntry extends Entry {
  readonly remoteRef: RemoteRef;
  readonly reference: ReferenceKey | undefined;
}

function entryAt(spec: RegistrationSpec, place: string): Entry {
  return { fail: (code, why) => new RelayError(code, registrationId(spec), { detail: `${place}: ${why}` }) };
}

function remoteEntryAt(spec: RegistrationSpec, place: string, remoteRef: RemoteRef, entry: DataEntry | ExtractEntry): RemoteEntry {
  return { ...entryAt(spec, `${place} (key: ${remoteRef.key})`), remoteRef, reference: referenceKeyOf(spec, entry) };
}

function describeFault(fault: JsonFault): string {
  return `${fault.what} at byte ${fault.offset}`;
}

/** The secret of an entry; undefined where it is absent and the deletionPolicy says to go on without it. */
function presentSecret(
  spec: RegistrationSpec,
  entry: RemoteEntry,
  answers: ReadonlyMap<ReferenceKey, SourceAnswer>,
): RemoteSecret | undefined {
  const answer = entry.reference === undefined ? undefined : answers.get(entry.reference);
  // Never taken for absence: that would let a caller's mistake delete a target (rule 5).
  if (answer === undefined) throw new Error("collectData was called without an answer for one of the registration's references");
  if (answer.kind === "present") return answer;
  if (spec.target.deletionPolicy === "Retain") throw entry.fail("SecretNotFound", "the secret does not exist");
  return undefined;
}

/** The whole value, its bytes as they are, or the property that the entry names. */
function selectedBytes(entry: RemoteEntry, secret: RemoteSecret): Uint8Array {
  const { property } = entry.remoteRef;
  if (property === undefined || property === "") return secret.value.expose();
  const result = propertyOf(secret.value.expose(), property);
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

function membersOf(entry: Entry, bytes: Uint8Array): SecretMap {
  const root = scanJson(bytes);
  if (root.kind === "fault") throw entry.fail("NotAnObject", `the value is no JSON: ${describeFault(root)}`);
  if (root.kind !== "object") throw entry.fail("NotAnObject", `the value is JSON, but of kind ${root.kind}`);
  return new Map([...jsonObject(root)].map(([key, value]) => [key, new SecretValue(memberBytes(value))]));
}

/** What an entry's strategies make of a fetched value. `which` names it without its key, which may come out of a value too. */
function finishedValue(entry: Entry, which: string, value: SecretValue, strategies: ValueStrategies): SecretValue {
  const strategy = strategies.decodingStrategy ?? "None";
  const decoded = decodeValue(value.expose(), strategy);
  if (decoded === undefined) throw entry.fail("DecodingFailed", `${which} is not what decodingStrategy ${strategy} decodes`);
  if (strategies.nullBytePolicy === "Fail" && decoded.includes(0)) throw entry.fail("NullByteFound", `${which} holds a zero byte`);
  return new SecretValue(decoded);
}

/** Rewrite, or else conversion; then the check of the keys, and the strategies of the values. An empty key is dropped. */
function finishedMap(
  entry: Entry,
  fetched: SecretMap,
  strategies: ValueStrategies,
  { rewrite = [] }: Pick<DataFromEntry, "rewrite">,
  { renderKey }: CollectInputs,
): SecretMap {
  const named = rewrite.length === 0 ? converted(entry, fetched, strategies) : rewritten(entry, fetched, rewrite, renderKey);
  const finished = new Map<string, SecretValue>();
  let place = 0;
  for (const [key, value] of named) {
    place++;
    if (key === "") continue;
    const fault = secretKeyFault(key);
    if (fault !== undefined) throw entry.fail("InvalidKey", `the key of member ${place} ${fault}`);
    finished.set(key, finishedValue(entry, `the value of member ${place}`, value, strategies));
  }
  return finished;
}

function rewritten(
  entry: Entry,
  fetched: SecretMap,
  operations: NonNullable<DataFromEntry["rewrite"]>,
  renderKey: RenderKey | undefined,
): SecretMap {
  const render: RenderKey = (template, key) => {
    if (renderKey === undefined) throw new Error("collectData was called without a way to render rewrite.transform");
    return renderKey(template, key);
  };
  const result = rewriteKeys(operations, fetched, render);
  if (result.kind === "fault") throw entry.fail("RewriteFailed", `rewrite[${result.operation}]: ${result.what}`);
  return result.data;
}

/** Members are named by their place, not their key: the key comes from the secret's value. */
function converted(entry: Entry, fetched: SecretMap, { conversionStrategy = "Default" }: ValueStrategies): SecretMap {
  const places = new Map<string, number>();
  const output = new Map<string, SecretValue>();
  let place = 0;
  for (const [written, value] of fetched) {
    place++;
    const key = convertKey(written, conversionStrategy);
    const earlier = places.get(key);
    if (earlier !== undefined) {
      throw entry.fail("InvalidKey", `members ${earlier} and ${place} get the same key by conversionStrategy ${conversionStrategy}`);
    }
    places.set(key, place);
    output.set(key, value);
  }
  return output;
}

function extractedMap(
  spec: RegistrationSpec,
  place: string,
  source: ExtractEntry,
  answers: ReadonlyMap<ReferenceKey, SourceAnswer>,
  inputs: CollectInputs,
): SecretMap {
  const entry = remoteEntryAt(spec, place, source.extract, source);
  const secret = presentSecret(spec, entry, answers);
  if (secret === undefined) return new Map();
  return finishedMap(entry, membersOf(entry, selectedBytes(entry, secret)), source.extract, source, inputs);
}

function foundMap(entry: Entry, found: SecretMap | undefined, rule: FindRule, source: DataFromEntry, inputs: CollectInputs): SecretMap {
  // An empty map is an answer; none at all is a mistake of the caller.
  if (found === undefined) throw new Error("collectData was called without what one of the registration's finds found");
  return finishedMap(entry, found, rule, source, inputs);
}

/**
 * The data of a registration's Secret: `dataFrom` in order, then `data` in order, later ones win. The first failure ends it.
 * `answers` must hold one for each of `referencesOf(spec)`.
 * @throws SecretNotFound, PropertyNotFound, NotAnObject, InvalidKey, DecodingFailed, NullByteFound, RewriteFailed
 */
export function collectData(
  spec: RegistrationSpec,
  answers: ReadonlyMap<ReferenceKey, SourceAnswer>,
  inputs: CollectInputs = {},
): SecretMap {
  const data = new Map<string, SecretValue>();
  for (const [index, source] of spec.dataFrom.entries()) {
    const place = `spec.dataFrom[${index}]`;
    const map =
      source.find === undefined
        ? extractedMap(spec, place, source, answers, inputs)
        : foundMap(entryAt(spec, `${place}.find`), inputs.found?.get(index), source.find, source, inputs);
    for (const [key, value] of map) data.set(key, value);
  }
  for (const [index, source] of spec.data.entries()) {
    const { secretKey, remoteRef } = source;
    const entry = remoteEntryAt(spec, `spec.data[${index}]`, remoteRef, source);
    const secret = presentSecret(spec, entry, answers);
    if (secret === undefined) continue;
    data.set(secretKey, finishedValue(entry, "the value", new SecretValue(selectedBytes(entry, secret)), remoteRef));
  }
  return data;
}
