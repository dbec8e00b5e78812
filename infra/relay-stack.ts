/** The stack: wires the constructs to each other and declares no resource of its own. */
import { Aws, CfnOutput, Duration, Fn, Stack } from "aws-cdk-lib";
import { EventBus } from "aws-cdk-lib/aws-events";
import type { Construct } from "constructs";
import { allRegistrations } from "../src/core/config/cluster-external-secret.ts";
import { findPlaces } from "../src/core/find/find.ts";
import { planGrants } from "../src/core/grants/plan.ts";
import { namedAccounts } from "../src/core/grants/source-grants.ts";
import type { ResolvedConfig } from "../src/core/model.ts";
import { Alarms } from "./alarms.ts";
import { ChangeEvents } from "./change-events.ts";
import { ConfigResource } from "./config-resource.ts";
import { ConfinementAlarm } from "./confinement-alarm.ts";
import { FailureQueue } from "./failure-queue.ts";
import { Grants } from "./grants.ts";
import { HashKey } from "./hash-key.ts";
import { RelayNetwork } from "./network.ts";
import { ReconcileSchedule } from "./reconcile-schedule.ts";
import { RegistryTable } from "./registry-table.ts";
import { RelayFunction } from "./relay-function.ts";
import type { RelaySettings } from "./settings.ts";
import { SourceBus } from "./source-bus.ts";
import { SyncQueue } from "./sync-queue.ts";

/** Lambda's own limit. */
const LONGEST_FUNCTION = Duration.minutes(15);

/** The longest request to an API server: it may still be under way when its function has ended. */
const LONGEST_REQUEST = Duration.seconds(10);

const REGISTRATION_TIMEOUT = Duration.hours(1);

export interface RelayStackProps extends RelaySettings {
  readonly config: ResolvedConfig;
}

/** Of no account and no region: they are where it is deployed. */
export class RelayStack extends Stack {
  constructor(scope: Construct, id: string, props: RelayStackProps) {
    super(scope, id, { description: "secret-relay: keeps Kubernetes Secrets in many clusters equal to their source" });
    const { config, syncTimeout, logRetention, logLevel, tracing } = props;
    const network = props.network === undefined ? undefined : new RelayNetwork(this, "Network", { settings: props.network, config });
    const everywhere = { logRetention, logLevel, tracing, network };
    const registry = new RegistryTable(this, "Registry", { isRetained: props.retainRegistry });
    const hashKey = new HashKey(this, "HashKey");
    const failures = new FailureQueue(this, "FailureQueue");
    const queue = new SyncQueue(this, "SyncQueue", { consumerTimeout: syncTimeout });
    const bus = EventBus.fromEventBusName(this, "EventBus", props.eventBusName);

    const common = {
      REGISTRY_TABLE: registry.resource.tableName,
      SYNC_QUEUE_URL: queue.resource.queueUrl,
      // The config comes by this deployment alone: where it has no find rule, no event asks the table for one.
      ...(allRegistrations(config).some((spec) => findPlaces(spec).length > 0) ? { HAS_FIND_RULES: "true" } : {}),
      WORKER_LIFETIME_MS: String(syncTimeout.plus(LONGEST_REQUEST).toMilliseconds()),
    };
    const timing = {
      EVENT_BUS_NAME: props.eventBusName,
      VISIBILITY_BOUND_MS: String(props.visibilityBound.toMilliseconds()),
      DRIFT_INTERVAL_MS: String(props.driftInterval.toMilliseconds()),
      ...(props.allowLoopbackClusters ? { ALLOW_LOOPBACK_CLUSTERS: "true" } : {}),
    };
    const writing = { HASH_KEY_SECRET: hashKey.resource.secretArn };

    const onSecretChange = new RelayFunction(this, "OnSecretChange", {
      handler: "on-secret-change",
      description: "secret-relay: a secret changed; syncs few targets at once, queues many",
      // It writes to clusters as sync does, so a worker's lifetime must cover it too.
      timeout: syncTimeout,
      memorySizeMb: 512,
      environment: {
        ...common,
        ...timing,
        ...writing,
        FAST_PATH_TARGETS: String(props.fastPathTargets),
        FAILURE_QUEUE_URL: failures.resource.queueUrl,
      },
      failureQueue: failures.resource,
      ...everywhere,
    });
    const sync = new RelayFunction(this, "Sync", {
      handler: "sync",
      description: "secret-relay: brings targets to their source's version, or prunes them",
      timeout: syncTimeout,
      memorySizeMb: 512,
      environment: { ...common, ...timing, ...writing },
      // It sends on to its own queue what is not served yet; each message is bounded by its own time and count.
      isRecursive: true,
      ...everywhere,
    });
    const reconcile = new RelayFunction(this, "Reconcile", {
      handler: "reconcile",
      description: "secret-relay: finds what is due, drifted or was missed",
      // So that two runs don't overlap.
      timeout: Duration.seconds(Math.min(props.reconcileInterval.toSeconds(), LONGEST_FUNCTION.toSeconds())),
      memorySizeMb: 512,
      environment: { ...common, ...timing },
      failureQueue: failures.resource,
      // The next run does the same work.
      retryAttempts: 0,
      ...everywhere,
    });
    const register = new RelayFunction(this, "Register", {
      handler: "register",
      description: "secret-relay: brings the registry to the config",
      timeout: LONGEST_FUNCTION,
      memorySizeMb: 512,
      environment: { ...common, ...(props.allowLoopbackClusters ? { ALLOW_LOOPBACK_CLUSTERS: "true" } : {}) },
      // No failure queue: CloudFormation shows the failure, and the event holds CloudFormation's ResponseURL, a credential.
      isRecursive: true,
      ...everywhere,
    });

    const grants = new Grants(this, "Grants", {
      plan: planGrants(config, props),
      functions: { OnSecretChange: onSecretChange, Sync: sync, Reconcile: reconcile, Register: register },
      arns: {
        Registry: registry.resource.tableArn,
        SyncQueue: queue.resource.queueArn,
        FailureQueue: failures.resource.queueArn,
        HashKey: hashKey.resource.secretArn,
        EventBus: bus.eventBusArn,
      },
    });
    queue.feed(sync, props.maxConcurrency);

    const events = new ChangeEvents(this, "ChangeEvents", {
      target: onSecretChange.resource,
      failureQueue: failures.resource,
      accounts: [Aws.ACCOUNT_ID],
    });
    const sources = new SourceBus(this, "SourceBus", {
      target: onSecretChange.resource,
      failureQueue: failures.resource,
      accounts: namedAccounts(config),
      organization: props.sourceOrganization,
    });
    const schedule = new ReconcileSchedule(this, "ReconcileSchedule", { target: reconcile.resource, interval: props.reconcileInterval });
    new ConfigResource(this, "Config", {
      config,
      register,
      timeout: REGISTRATION_TIMEOUT,
      after: [grants, sync, events, sources, schedule],
    });
    new Alarms(this, "Alarms", {
      failures: { SyncDeadLetter: queue.deadLetterQueue, Failure: failures.resource },
      syncQueue: queue.resource,
      functions: {
        OnSecretChange: onSecretChange.resource,
        Sync: sync.resource,
        Reconcile: reconcile.resource,
        Register: register.resource,
      },
      reconcile: reconcile.resource,
      reconcileInterval: props.reconcileInterval,
      topicArn: props.alarmTopicArn,
    });

    if (config.clusters.some(({ confine }) => confine === "label")) {
      const logGroups = { OnSecretChange: onSecretChange.logGroup, Sync: sync.logGroup };
      new ConfinementAlarm(this, "ConfinementAlarm", { logGroups, topicArn: props.alarmTopicArn });
    }

    const outputs = {
      RegistryTableName: registry.resource.tableName,
      SyncQueueUrl: queue.resource.queueUrl,
      SyncDeadLetterQueueUrl: queue.deadLetterQueue.queueUrl,
      FailureQueueUrl: failures.resource.queueUrl,
      EventBusName: props.eventBusName,
      SourceBusArn: sources.busArn,
      ReaderRoleArns: Fn.join(
        ",",
        [onSecretChange, sync, reconcile].map(({ role }) => role.roleArn),
      ),
      OnSecretChangeFunctionName: onSecretChange.resource.functionName,
      SyncFunctionName: sync.resource.functionName,
      ReconcileFunctionName: reconcile.resource.functionName,
      RegisterFunctionName: register.resource.functionName,
      // Whom access entries of clusters and trust policies of roles name.
      OnSecretChangeRoleArn: onSecretChange.role.roleArn,
      SyncRoleArn: sync.role.roleArn,
      ReconcileRoleArn: reconcile.role.roleArn,
      RegisterRoleArn: register.role.roleArn,
    };
    for (const [key, value] of Object.entries(outputs)) new CfnOutput(this, key, { value });
  }
}
