/** The native event of a rotation, as Secrets Manager puts it on the bus, and a Lambda context to handle it in. */

import type { Clock } from "../src/core/ports.ts";
import { QUIET_MS } from "../src/core/sync/backoff.ts";
import { DEFAULT_BOUNDS } from "../src/core/sync/freshness.ts";
import { ACCOUNT, REGION } from "./parts.ts";

export function labelUpdated(name: string, versionId: string, at: number) {
  return {
    version: "0",
    id: `${versionId}-event`,
    source: "aws.secretsmanager",
    "detail-type": "Secret Label Updated",
    account: ACCOUNT,
    region: REGION,
    // The bus tells whole seconds.
    time: new Date(Math.floor(at / 1000) * 1000).toISOString(),
    resources: [`arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:${name}-AbCdEf`],
    detail: { name, labelUpdated: "AWSCURRENT", versionId },
  };
}

/**
 * A version's time in the emulator, as an event's anywhere, has whole seconds: two rotations within one would not be proven to be one
 * after the other, and the second would be looked at again. So the event of each tells the second that comes after the last read.
 */
export function provenNewer(now: number): number {
  return (Math.floor((now + DEFAULT_BOUNDS.clockMarginMs) / 1_000) + 1) * 1_000;
}

/**
 * A clock on which as much time lies between two rotations as the relay grants events of one secret (five seconds): the second of two that
 * follow each other at once would be looked at first.
 */
export function rotationsApart(clock: Clock): Clock & { readonly nextRotation: () => void } {
  let aheadMs = 0;
  const ahead = (): number => clock.now() + aheadMs;
  return { ...clock, now: ahead, latest: ahead, nextRotation: () => (aheadMs += 2 * QUIET_MS) };
}

export function invocation(id: string) {
  const endsAt = Date.now() + 60_000;
  return { awsRequestId: id, getRemainingTimeInMillis: () => endsAt - Date.now() };
}
