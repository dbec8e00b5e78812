/** The four functions, as their handlers compose them, in surroundings of a test: another clock, and clients that reach AWS by way of a proxy. */
import { Agent } from "node:http";
import * as clusterAccess from "../../../functions/cluster-access.ts";
import type { LambdaHandler } from "../../../functions/middleware.ts";
import { composeOnSecretChange } from "../../../functions/on-secret-change/compose.ts";
import { composeReconcile } from "../../../functions/reconcile/compose.ts";
import { composeRegister } from "../../../functions/register/compose.ts";
import * as invokeSelf from "../../../functions/register/invoke-self.ts";
import type { Surroundings } from "../../../functions/runtime.ts";
import { composeSync } from "../../../functions/sync/compose.ts";
import type { BatchResponse } from "../../../functions/sync/sync-batch.ts";
import * as namespaceShapes from "../../../src/adapters/aws/cluster-external-secret-shape.ts";
import * as eks from "../../../src/adapters/kubernetes/eks-client.ts";
import type { BoundLog } from "../../../src/adapters/log.ts";
import * as parameterStore from "../../../src/adapters/providers/parameterstore.ts";
import * as sts from "../../../src/adapters/providers/sts.ts";
import * as refreshAll from "../../../src/app/refresh-all.ts";
import type { FunctionName } from "../../../src/core/grants/grant.ts";
import type { Clock } from "../../../src/core/ports.ts";
import { clientOptions } from "../../../src/core/remote-calls.ts";
import { APP_ID } from "../iam/app-id.ts";
import { HASH_KEY_NAME } from "./calls.ts";
import { noPauses } from "./retries.ts";

/** `driftIntervalMinutes` of a deployment, and the refreshInterval of the registrations here: the reconcile interval of the docs. */
export const INTERVAL_MS = 600_000;
/** Of the functions' own credentials, which a store's have not. */
export const OWN_SESSION = "own";

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
  const agent = new Agent({ keepAlive: true, maxSockets: 50 });
  const awsOptions =
    (name: FunctionName) =>
    (at: string = region) => {
      const defaults = clientOptions(at);
      const timeouts = timeoutMs === undefined ? {} : { connectionTimeout: timeoutMs, requestTimeout: timeoutMs };
      return {
        ...defaults,
        // As the stack's environment has it: so that each call tells who made it.
        userAgentAppId: `${APP_ID}${name}`,
        endpoint,
        credentials: { accessKeyId: account, secretAccessKey: "local", sessionToken: OWN_SESSION },
        retryStrategy: noPauses(defaults.maxAttempts),
        requestHandler: { ...defaults.requestHandler, ...timeouts, httpAgent: agent },
      };
    };
  const on = (name: FunctionName): Surroundings => ({
    environment: {
      AWS_REGION: region,
      AWS_LAMBDA_FUNCTION_NAME: "register",
      REGISTRY_TABLE: options.tableName,
      SYNC_QUEUE_URL: options.queueUrl,
      FAILURE_QUEUE_URL: options.failureQueueUrl,
      WORKER_LIFETIME_MS: String(WORKER_LIFETIME_MS),
      DRIFT_INTERVAL_MS: String(INTERVAL_MS),
      FAST_PATH_TARGETS: String(options.fastPathTargets),
      HASH_KEY_SECRET: HASH_KEY_NAME,
      EVENT_BUS_NAME: "default",
      ALLOW_LOOPBACK_CLUSTERS: "true",
      HAS_FIND_RULES: "true",
    },
    clock,
    log,
    awsOptions: awsOptions(name),
    // Jest loads nothing more between tests.
    modules: { parameterStore: async () => parameterStore, sts: async () => sts, eks: async () => eks },
    clusterTimeouts: { connectTimeoutMs: timeoutMs, requestTimeoutMs: timeoutMs },
    // The time-out that the answer to CloudFormation has is 10 s.
    async fetch(url, init) {
      const signals = [init?.signal ?? [], timeoutMs === undefined ? [] : AbortSignal.timeout(timeoutMs)].flat();
      return fetch(url, { ...init, signal: AbortSignal.any(signals) });
    },
  });
  const modules = {
    refreshAll: async () => refreshAll,
    clusterAccess: async () => clusterAccess,
    namespaceShapes: async () => namespaceShapes,
    invokeSelf: async () => invokeSelf,
  };
  return {
    onSecretChange: composeOnSecretChange(on("OnSecretChange")),
    sync: composeSync(on("Sync")),
    reconcile: composeReconcile(on("Reconcile"), modules),
    register: composeRegister(on("Register"), modules),
    close: () => agent.destroy(),
  };
}
