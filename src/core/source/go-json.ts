/** JSON as Go's encoding/json makes it of what it read: numbers as float64, members in byte order, its own escapes. */
import { formatFloat64 } from "./gjson/numbers.ts";
import { decodeString, type JsonValue, jsonElements, jsonObject } from "./json.ts";
import { compareBytes } from "./keys.ts";

/** Why a value can't be written again: a fixed phrase, never content. */
export interface GoJsonFault {
  readonly kind: "fault";
  readonly what: "a number is beyond float64" | "it is nested too deep";
}

/** Deeper than anybody nests, and far from the end of the stack. Go's own limit is ten thousand. */
const MAX_DEPTH = 1000;

/** The float64 of a number, as text; undefined where it is out of range. */
function marshalNumber(raw: Uint8Array): string | undefined {
  const value = Number(new TextDecoder().decode(raw));
  if (!Number.isFinite(value)) return undefined;
  // JavaScript's shortest form is Go's, but for the sign of zero.
  return Object.is(value, -0) ? "-0" : String(value);
}

/** A JSON string with Go's escapes, without those that HTML needs. */
export function marshalString(text: string): string {
  return JSON.stringify(text).replace(/[\u2028\u2029]/g, (separator) => (separator === "\u2028" ? "\\u2028" : "\\u2029"));
}

/** What json.Marshal makes of JSON that was written without HTML escapes. */
export function htmlSafe(json: string): string {
  // These three stand only in strings.
  return json.replace(/[<>&]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`);
}

/** A value as Go writes it after reading it into `any`: compact, without HTML escapes. */
export function marshal(value: JsonValue, depth = 0): string | GoJsonFault {
  if (depth > MAX_DEPTH) return { kind: "fault", what: "it is nested too deep" };
  switch (value.kind) {
    case "object": {
      const members = [...jsonObject(value)].toSorted(([a], [b]) => compareBytes(a, b));
      return marshalParts(
        members,
        depth,
        (json, [key]) => `${marshalString(key)}:${json}`,
        (parts) => `{${parts}}`,
      );
    }
    case "array": {
      const elements = [...jsonElements(value)].map((element) => ["", element] as const);
      return marshalParts(
        elements,
        depth,
        (json) => json,
        (parts) => `[${parts}]`,
      );
    }
    case "string":
      return marshalString(decodeString(value.raw));
    case "number":
      return marshalNumber(value.raw) ?? { kind: "fault", what: "a number is beyond float64" };
    default:
      return value.kind;
  }
}

type Member = readonly [key: string, value: JsonValue];

function marshalParts(
  members: readonly Member[],
  depth: number,
  join: (json: string, member: Member) => string,
  wrap: (parts: string) => string,
): string | GoJsonFault {
  const parts: string[] = [];
  for (const member of members) {
    const json = marshal(member[1], depth + 1);
    if (typeof json !== "string") return json;
    parts.push(join(json, member));
  }
  return wrap(parts.join(","));
}

/** ESO's GetByteValue of a value that was read into `any`: text without quotes, null empty, containers by json.Marshal. */
export function byteValue(value: JsonValue, marshalled: string): string {
  switch (value.kind) {
    case "string":
      return decodeString(value.raw);
    case "null":
      return "";
    case "number":
      return formatFloat64(Number(marshalled));
    default:
      return htmlSafe(marshalled);
  }
}
