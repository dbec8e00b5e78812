/** The Clock port over this machine's time, timers and chance, and over what AWS's answers tell of the right time. */
import { setTimeout as sleep } from "node:timers/promises";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { createAwsTime } from "../core/aws-time.ts";
import type { Clock } from "../core/ports.ts";
import { DEFAULT_BOUNDS } from "../core/sync/freshness.ts";

const awsTime = createAwsTime(DEFAULT_BOUNDS.clockMarginMs);

export const systemClock: Clock = {
  now: () => awsTime.earliest(Date.now()),
  latest: () => awsTime.latest(Date.now()),
  // Comparable to Date.now, but never set back or forth.
  uptime: () => performance.timeOrigin + performance.now(),
  async sleep(ms) {
    await sleep(ms);
  },
  random: () => Math.random(),
};

/** What an answer has, and what the SDK throws for one that is an error. */
interface Answered {
  readonly response?: unknown;
  readonly $response?: unknown;
}

/** Lets the answers of an SDK client tell `systemClock` how late it is. One client is enough: that of the registry, which is asked first. */
export function tellsTime(client: DynamoDBClient): DynamoDBClient {
  client.middlewareStack.add(
    (next) => async (request) => {
      const askedAt = Date.now();
      const learn = ({ response, $response }: Answered): void => {
        const { headers } = (response ?? $response ?? {}) as { readonly headers?: Readonly<Record<string, string>> };
        const date = Date.parse(headers?.["date"] ?? "");
        if (Number.isFinite(date)) awsTime.learn({ date, askedAt, answeredAt: Date.now() });
      };
      try {
        const answer = await next(request);
        learn(answer);
        return answer;
      } catch (error) {
        if (typeof error === "object" && error !== null) learn(error);
        throw error;
      }
    },
    { step: "deserialize", name: "tellsTime" },
  );
  return client;
}
