/** Times as Go's JSON writes them. */
import type { GoTime } from "../go/values.ts";
import { formatTime } from "./describe.ts";

export function describeRfc3339(time: GoTime): string {
  return formatTime(time, "2006-01-02T15:04:05.999999999Z07:00");
}
