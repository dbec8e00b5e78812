/** The four functions, composed in this process as their handlers compose them, with clients that reach AWS by way of a proxy. */

import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { S3Client } from "@aws-sdk/client-s3";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SQSClient } from "@aws-sdk/client-sqs";
import { SSMClient } from "@aws-sdk/client-ssm";
import { createHandler, type LambdaHandler } from "../../../functions/middleware.ts";
import { createOnSecretChangeHandler } from "../../../functions/on-secret-change/dispatch.ts";
import { createSendAnswer } from "../../../functions/register/custom-resource.ts";
import { createRegisterHandler } from "../../../functions/register/registration.ts";
import { once } from "../../../functions/runtime.ts";
import { type BatchResponse, createSyncHandler } from "../../../functions/sync/sync-batch.ts";
import { createConfigReader } from "../../../src/adapters/aws/config-object.ts";
import { createDynamoRegistry } from "../../../src/adapters/aws/dynamodb-registry.ts";
import { createEventBus } from "../../../src/adapters/aws/event-bus.ts";
import { loadHasher } from "../../../src/adapters/aws/hash-key.ts";
import { createFailureQueue, createMessageVisibility, createSqsQueue } from "../../../src/adapters/aws/sqs-queue.ts";
import { createClusters } from "../../../src/adapters/kubernetes/clusters.ts";
import type { BoundLog } from "../../../src/adapters/log.ts";
import { byKind } from "../../../src/adapters/providers/index.ts";
import { createParameterStore } from "../../../src/adapters/providers/parameterstore.ts";
import { createSecretsManager } from "../../../src/adapters/providers/secretsmanager.ts";
import { createClusterExternalSecrets } from "../../../src/app/cluster-external-secrets.ts";
import { createOnSecretChange } from "../../../src/app/on-secret-change.ts";
import { settlePropagation } from "../../../src/app/propagation.ts";
import { createReconcile } from "../../../src/app/reconcile.ts";
import { createRegister } from "../../../src/app/register.ts";
import { createSyncTargets } from "../../../src/app/sync-targets.ts";
import { RelayError } from "../../../src/core/errors.ts";
import type { Clock } from "../../../src/core/ports.ts";
import { clientOptions } from "../../../src/core/remote-calls.ts";
import { DEFAULT_BOUNDS } from "../../../src/core/sync/freshness.ts";
import { HASH_KEY_NAME } from "./calls.ts";
import { noPauses } from "./retries.ts";

/** `driftIntervalMinutes` of a deployment, and the refreshInterval of the registrations here: the reconcile interval of the docs. */
export const INTERVAL_MS = 600_000;
/** As the stack computes it from a time-out of 60 s. */
const WORKER_LIFETIME_MS = 70_000;

export interface FunctionsOptions {
  /** Where AWS is. */
  readonly endpoint: string;
  readonly region: string;
  readonly account: string;
  readonly clock: Clock;
  readonly log: BoundLog;
  readonly tableName: string;
  readonly queueUrl: string;
  readonly failureQueueUrl: string;
  readonly fastPathTargets: number;
  /** Of every call that leaves, instead of the seconds of a deployment. @default - those of a deployment */
  readonly timeoutMs?: number | undefined;
}

/** One process of each function: what it keeps between invocations is lost with it. */
export interface Functions {
  readonly onSecretChange: LambdaHandler<void>;
  readonly sync: LambdaHandler<BatchResponse>;
  readonly reconcile: LambdaHandler<void>;
  readonly register: LambdaHandler<void>;
  readonly close: () => void;
}

export function composeFunctions(options: FunctionsOptions): Functions {
  const { clock, log, account, endpoint, region, timeoutMs } = options;
  const defaults = clientOptions(region);
  const timeouts = timeoutMs === undefined ? {} : { connectionTimeout: timeoutMs, requestTimeout: timeoutMs };
  const client = {
    ...defaults,
    endpoint,
    credentials: { accessKeyId: account, secretAccessKey: "local" },
    retryStrategy: noPauses(defaults.maxAttempts),
    requestHandler: { ...defaults.requestHandler, ...timeouts },
  };
  const dynamodb = new DynamoDBClient(client);
  const sqs = new SQSClient(client);
  const events = new EventBridgeClient(client);
  const s3 = new S3Client({ ...client, forcePathStyle: true });
  const lambda = new LambdaClient(client);
  const secretsManager = new SecretsManagerClient(client);
  const ssm = new SSMClient(client);

  const registry = createDynamoRegistry(dynamodb, options.tableName);
  const queue = createSqsQueue(sqs, options.queueUrl, clock);
  const provider = byKind({
    SecretsManager: createSecretsManager(() => secretsManager),
    ParameterStore: createParameterStore(() => ssm),
  });
  const readSecret = async (key: string) => {
    const answer = await provider.read({ provider: "SecretsManager", account: "", region, key, version: "stage/AWSCURRENT" });
    if (answer.kind === "absent") throw new RelayError("SecretNotFound", key);
    return answer.value;
  };
  const clusters = createClusters(readSecret, { allowLoopback: true, connectTimeoutMs: timeoutMs, requestTimeoutMs: timeoutMs });
  const bus = createEventBus(events, "default", clock);
  const timing = { driftIntervalMs: INTERVAL_MS };
  const parts = {
    registry,
    queue,
    provider,
    clusters,
    bus,
    clock,
    log,
    timing,
    bounds: DEFAULT_BOUNDS,
    workerLifetimeMs: WORKER_LIFETIME_MS,
  };

  const sync = once(async () => createSyncTargets({ ...parts, hasher: await loadHasher(readSecret, HASH_KEY_NAME) }));
  const clusterExternalSecrets = createClusterExternalSecrets(parts);
  const reconcile = createReconcile({
    ...parts,
    clusterExternalSecrets,
    settlePropagation: async (propagation) => settlePropagation(parts, propagation),
  });
  const register = createRegister({ ...parts, clusterExternalSecrets });
  // The time-out that the answer to CloudFormation has is 10 s.
  const send: typeof fetch = async (url, init) => {
    const signals = [init?.signal ?? [], timeoutMs === undefined ? [] : AbortSignal.timeout(timeoutMs)].flat();
    return fetch(url, { ...init, signal: AbortSignal.any(signals) });
  };

  return {
    onSecretChange: createOnSecretChangeHandler({
      log,
      clock,
      onSecretChange: async () => createOnSecretChange({ ...parts, sync: await sync(), fastPathTargets: options.fastPathTargets }),
      sendLetter: createFailureQueue(sqs, options.failureQueueUrl),
    }),
    sync: createSyncHandler({
      log,
      clock,
      parts: async () => ({ sync: await sync(), queue }),
      changeVisibility: createMessageVisibility(sqs, options.queueUrl),
    }),
    reconcile: createHandler({
      name: "reconcile",
      log,
      clock,
      parse: () => undefined,
      async handle(_event, deadline) {
        await reconcile(deadline);
      },
    }),
    register: createRegisterHandler({
      log,
      clock,
      readConfig: createConfigReader(s3),
      register,
      async invokeSelf(event) {
        await lambda.send(new InvokeCommand({ FunctionName: "register", InvocationType: "Event", Payload: JSON.stringify(event) }));
      },
      sendAnswer: createSendAnswer(clock, send),
    }),
    close() {
      for (const each of [dynamodb, sqs, events, s3, lambda, secretsManager]) each.destroy();
    },
  };
}
