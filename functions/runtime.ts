/** What all four functions are composed of: registry, queue, log and clock, from what surrounds them. */
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { createDynamoRegistry } from "../src/adapters/aws/dynamodb-registry.ts";
import { createSqsQueue } from "../src/adapters/aws/sqs-queue.ts";
import type { EksModule } from "../src/adapters/kubernetes/eks.ts";
import type { HttpTimeouts } from "../src/adapters/kubernetes/http.ts";
import { type BoundLog, createLog } from "../src/adapters/log.ts";
import type { ProviderModules } from "../src/adapters/providers/index.ts";
import { systemClock, tellsTime } from "../src/adapters/system-clock.ts";
import type { Clock, Queue, Registry } from "../src/core/ports.ts";
import { type ClientOptions, clientOptions } from "../src/core/remote-calls.ts";
import { type Environment, numberOf, textOf } from "./environment.ts";

export interface Runtime {
  readonly registry: Registry;
  readonly queue: Queue;
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  readonly clock: Clock;
  readonly workerLifetimeMs: number;
}

/** What a function runs in. Tests compose the very same functions in other surroundings, and nothing else of them differs. */
export interface Surroundings {
  readonly environment: Environment;
  readonly log: BoundLog;
  readonly clock: Clock;
  /** Of every client of AWS. @default region - the environment's */
  readonly awsOptions: (region?: string) => ClientOptions;
  /** @default - those of the adapter */
  readonly clusterTimeouts?: HttpTimeouts | undefined;
  /** What is loaded only where it is needed. */
  readonly modules: ProviderModules & { readonly eks: () => Promise<EksModule> };
  /** For the answer to CloudFormation. */
  readonly fetch: typeof fetch;
}

/** Those of a deployed function; its log goes to standard output, at the level LOG_LEVEL. */
export const deployed: Surroundings = {
  environment: process.env,
  log: createLog({
    write: (line) => process.stdout.write(line),
    now: () => systemClock.now(),
    level: process.env["LOG_LEVEL"],
  }),
  clock: systemClock,
  awsOptions: clientOptions,
  modules: {
    parameterStore: () => import("../src/adapters/providers/parameterstore.ts"),
    sts: () => import("../src/adapters/providers/sts.ts"),
    eks: () => import("../src/adapters/kubernetes/eks-client.ts"),
  },
  fetch,
};

/** @throws EnvironmentError */
export function createRuntime({ environment, clock, awsOptions }: Surroundings): Runtime {
  const queueUrl = textOf(environment, "SYNC_QUEUE_URL");
  const sqs = new SQSClient(awsOptions());
  return {
    registry: createDynamoRegistry(tellsTime(new DynamoDBClient(awsOptions())), textOf(environment, "REGISTRY_TABLE"), {
      hasFindRules: environment["HAS_FIND_RULES"] === "true",
    }),
    queue: createSqsQueue(sqs, queueUrl, clock),
    sqs,
    queueUrl,
    clock,
    workerLifetimeMs: numberOf(environment, "WORKER_LIFETIME_MS"),
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
