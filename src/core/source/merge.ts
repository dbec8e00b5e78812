/** rewrite.merge: JSON objects of several keys become one, in ESO's order of precedence. */
import type { MergeRewrite } from "../model.ts";
import { SecretValue } from "../secret-value.ts";
import { byteValue, marshal, marshalString } from "./go-json.ts";
import { type JsonFault, type JsonValue, jsonObject, scanJson } from "./json.ts";
import { compareBytes } from "./keys.ts";

/** Keys and values on their way into the Secret. */
export type SecretMap = ReadonlyMap<string, SecretValue>;

/** Why an operation can't be done: words without a value, and without a key that came out of one. */
export interface RewriteFault {
  readonly kind: "fault";
  readonly what: string;
}

interface Member {
  readonly value: JsonValue;
  readonly json: string;
}

/** All keys in byte order, then those of `priority` in theirs: later ones win. */
function orderedKeys({ priority = [] }: MergeRewrite, input: SecretMap): readonly string[] {
  const plain = [...input.keys()].filter((key) => !priority.includes(key));
  return [...plain.toSorted(compareBytes), ...priority];
}

function fault(what: string): RewriteFault {
  return { kind: "fault", what };
}

function describe(json: JsonFault): string {
  return `no JSON: ${json.what} at byte ${json.offset}`;
}

/** The members of one value, each with what Go writes of it. JSON's null is an object without members. */
function membersOf(secret: SecretValue, place: number): ReadonlyMap<string, Member> | RewriteFault {
  const root = scanJson(secret.expose());
  const which = `the value of key ${place} in the order of merging`;
  if (root.kind === "fault") return fault(`${which} is ${describe(root)}`);
  if (root.kind !== "object" && root.kind !== "null") return fault(`${which} is JSON of kind ${root.kind}, not an object`);
  const members = new Map<string, Member>();
  for (const [key, value] of jsonObject(root)) {
    const json = marshal(value);
    if (typeof json !== "string") return fault(`${which} can't be merged: ${json.what}`);
    members.set(key, { value, json });
  }
  return members;
}

/** Merges as the operation says. Priority `Strict` wants each key of `priority` to be there; conflicts are refused unless ignored. */
export function mergeSecrets(operation: MergeRewrite, input: SecretMap): SecretMap | RewriteFault {
  const merged = new Map<string, Member>();
  let conflicts = 0;
  for (const [index, key] of orderedKeys(operation, input).entries()) {
    const secret = input.get(key);
    if (secret === undefined) {
      if (operation.priorityPolicy === "IgnoreNotFound") continue;
      return fault(`merge.priority names '${key}', which is no key here`);
    }
    const members = membersOf(secret, index + 1);
    if ("kind" in members) return members;
    for (const [name, member] of members) {
      if (merged.has(name)) conflicts++;
      merged.set(name, member);
    }
  }
  if (conflicts > 0 && operation.conflictPolicy !== "Ignore") return fault(`${conflicts} keys are in more than one of the merged values`);
  return operation.strategy === "JSON" ? intoJson(operation, input, merged) : extracted(merged);
}

function extracted(merged: ReadonlyMap<string, Member>): SecretMap {
  return new Map([...merged].map(([name, { value, json }]) => [name, new SecretValue(byteValue(value, json))]));
}

function intoJson({ into = "" }: MergeRewrite, input: SecretMap, merged: ReadonlyMap<string, Member>): SecretMap | RewriteFault {
  if (into === "") return fault("merge with strategy JSON has no 'into'");
  const members = [...merged].toSorted(([a], [b]) => compareBytes(a, b)).map(([name, { json }]) => `${marshalString(name)}:${json}`);
  return new Map([...input, [into, new SecretValue(`{${members.join(",")}}`)]]);
}
