/** What all four functions are composed of: registry, queue, log and clock, from the environment. */
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { createDynamoRegistry } from "../src/adapters/aws/dynamodb-registry.ts";
import { createSqsQueue } from "../src/adapters/aws/sqs-queue.ts";
import { type BoundLog, createLog } from "../src/adapters/log.ts";
import { systemClock, tellsTime } from "../src/adapters/system-clock.ts";
import type { Clock, Queue, Registry } from "../src/core/ports.ts";
import { clientOptions } from "../src/core/remote-calls.ts";
import { type Environment, numberOf, textOf } from "./environment.ts";

export interface Runtime {
  readonly registry: Registry;
  readonly queue: Queue;
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  readonly clock: Clock;
  readonly workerLifetimeMs: number;
}

export const environment: Environment = process.env;

/** The process's log, on standard output; its level is the environment's LOG_LEVEL. */
export const processLog: BoundLog = createLog({
  write: (line) => process.stdout.write(line),
  now: () => systemClock.now(),
  level: environment["LOG_LEVEL"],
});

/** @throws EnvironmentError */
export function createRuntime(from: Environment): Runtime {
  const queueUrl = textOf(from, "SYNC_QUEUE_URL");
  const sqs = new SQSClient(clientOptions());
  return {
    registry: createDynamoRegistry(tellsTime(new DynamoDBClient(clientOptions())), textOf(from, "REGISTRY_TABLE"), {
      hasFindRules: from["HAS_FIND_RULES"] === "true",
    }),
    queue: createSqsQueue(sqs, queueUrl, systemClock),
    sqs,
    queueUrl,
    clock: systemClock,
    workerLifetimeMs: numberOf(from, "WORKER_LIFETIME_MS"),
  };
}

/** Composes at the first invocation, once; a failure is not kept, so that the next invocation tries again. */
export function once<T>(compose: () => T | Promise<T>): () => Promise<T> {
  let kept: Promise<T> | undefined;
  return async () => {
    kept ??= (async () => compose())();
    try {
      return await kept;
    } catch (error) {
      kept = undefined;
      throw error;
    }
  };
}
