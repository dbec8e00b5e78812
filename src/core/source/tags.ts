/** metadataPolicy Fetch: a secret's tags as the value that property and extract work on. */
import { SecretValue } from "../secret-value.ts";
import { htmlSafe, marshalString } from "./go-json.ts";
import { compareBytes } from "./keys.ts";

/** The tags as a JSON object, as Go's json.Marshal writes it; the last of a repeated tag counts. */
export function tagsValue(tags: Iterable<readonly [key: string, value: string]>): SecretValue {
  const members = [...new Map(tags)].toSorted(([a], [b]) => compareBytes(a, b));
  return new SecretValue(htmlSafe(`{${members.map(([key, value]) => `${marshalString(key)}:${marshalString(value)}`).join(",")}}`));
}
