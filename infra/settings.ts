/** The context keys of cdk.json, checked: what a deployment can be told without touching code. */
import { resolve } from "node:path";
import { Duration } from "aws-cdk-lib";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Node } from "constructs";
import { type ContextReader, createContextReader, UserMistake } from "../src/core/config/context.ts";
import { type GrantSettings, readGrantSettings } from "../src/core/grants/settings.ts";
import type { NetworkSettings } from "./network.ts";

/** Settings of one deployment; the context key's name is given where it differs. `-c key=value` overrides cdk.json. */
export interface RelaySettings extends GrantSettings {
  /** Context key `config`: the folder that holds the YAML, seen from the folder of cdk.json. @default "config" */
  readonly configFolder: string;
  /** `visibilityBoundSeconds`: how long after a change the store may still give the older answer. @default 60 seconds */
  readonly visibilityBound: Duration;
  /** `driftIntervalMinutes`: how often a target is looked at for drift. @default 10 minutes */
  readonly driftInterval: Duration;
  /** `reconcileIntervalMinutes`: how often due registrations are looked for. @default 1 minute */
  readonly reconcileInterval: Duration;
  /** `syncTimeoutSeconds`: the time-out of whatever writes to clusters; from it follow the queue's visibility and a worker's lifetime. @default 60 seconds */
  readonly syncTimeout: Duration;
  /** Up to so many targets are synced by the event's own function, without the queue. @default 20 */
  readonly fastPathTargets: number;
  /** Sync functions at work at once, 2 to 1,000. @default 20 */
  readonly maxConcurrency: number;
  /** `logRetentionDays`: one of CloudWatch's numbers of days. @default 30 */
  readonly logRetention: RetentionDays;
  /** `debug`, `info`, `warn` or `error`: what the functions log at least. @default "info" */
  readonly logLevel: "debug" | "info" | "warn" | "error";
  /** The bus that gets the relay's own events; it exists already. @default "default" */
  readonly eventBusName: string;
  /** An SNS topic that the alarms tell. @default - the alarms only show */
  readonly alarmTopicArn: string | undefined;
  /** Kubeconfigs may name loopback addresses: for the stack on one machine only. @default false */
  readonly allowLoopbackClusters: boolean;
  /** The registry outlives the stack. @default true */
  readonly retainRegistry: boolean;
  /** `vpcId`, `vpcSubnetIds`, `vpcSecurityGroupIds`: the functions are in this VPC. With `vpcEndpoints` the endpoints that they need are made. @default - in none */
  readonly network: NetworkSettings | undefined;
  /** An organisation whose accounts may forward events to the source bus. @default - the accounts that the config names, and no other */
  readonly sourceOrganization: string | undefined;
}

export const TOPIC_ARN = /^arn:[\w-]+:sns:[\w-]+:\d{12}:[\w-]+$/;
export const KMS_KEY_ARN = /^arn:[\w-]+:kms:[\w-]+:\d{12}:key\/[\w-]+$/;

const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

/** Reads and checks every context key. @throws UserMistake at the first wrong one */
export function readSettings(node: Node): RelaySettings {
  const read = (key: string): unknown => node.tryGetContext(key) as unknown;
  const reader = createContextReader(read);
  const { flag, integer, refuse, text } = reader;
  const retentions = Object.values(RetentionDays).filter((days) => typeof days === "number");
  const retentionDays = integer("logRetentionDays", 30, 1, 9999);
  return {
    configFolder: resolve(text("config", /./, "a path") ?? "config"),
    visibilityBound: Duration.seconds(integer("visibilityBoundSeconds", 60, 1, 3600)),
    driftInterval: Duration.minutes(integer("driftIntervalMinutes", 10, 1, 1440)),
    reconcileInterval: Duration.minutes(integer("reconcileIntervalMinutes", 1, 1, 60)),
    // Six times as much is the queue's visibility, which ends at 12 hours; a function ends at 15 minutes.
    syncTimeout: Duration.seconds(integer("syncTimeoutSeconds", 60, 20, 900)),
    fastPathTargets: integer("fastPathTargets", 20, 0, 1000),
    maxConcurrency: integer("maxConcurrency", 20, 2, 1000),
    logRetention:
      retentions.find((days) => days.valueOf() === retentionDays) ?? refuse("logRetentionDays", `one of ${retentions.join(", ")}`),
    logLevel:
      LOG_LEVELS.find((level) => level === (text("logLevel", /./, "a level") ?? "info")) ??
      refuse("logLevel", "debug, info, warn or error"),
    eventBusName: text("eventBusName", /^[\w./-]{1,256}$/, "the name of an event bus") ?? "default",
    alarmTopicArn: text("alarmTopicArn", TOPIC_ARN, "the ARN of an SNS topic"),
    allowLoopbackClusters: flag("allowLoopbackClusters", false),
    retainRegistry: flag("retainRegistry", true),
    network: readNetwork(reader),
    sourceOrganization: text("sourceOrganization", /^o-[a-z0-9]{10,32}$/, "the id of an organisation, o-…"),
    ...readGrantSettings(read),
  };
}

/** Undefined where no key of a VPC is given. @throws UserMistake where some are missing */
function readNetwork({ text, list, flag }: ContextReader): NetworkSettings | undefined {
  const vpcId = text("vpcId", /^vpc-[0-9a-f]{8,17}$/, "the id of a VPC");
  const subnetIds = list("vpcSubnetIds", /^subnet-[0-9a-f]{8,17}$/, "ids of subnets");
  const securityGroupIds = list("vpcSecurityGroupIds", /^sg-[0-9a-f]{8,17}$/, "ids of security groups");
  const routeTableIds = list("vpcRouteTableIds", /^rtb-[0-9a-f]{8,17}$/, "ids of route tables");
  const hasEndpoints = flag("vpcEndpoints", false);
  if (vpcId === undefined || subnetIds.length === 0 || securityGroupIds.length === 0) {
    if (vpcId !== undefined || subnetIds.length + securityGroupIds.length + routeTableIds.length > 0 || hasEndpoints) {
      throw new UserMistake(
        'context keys "vpcId", "vpcSubnetIds" and "vpcSecurityGroupIds" go together: give all of them, or no key of a VPC',
      );
    }
    return undefined;
  }
  if (hasEndpoints !== routeTableIds.length > 0) {
    throw new UserMistake(
      'context keys "vpcEndpoints" and "vpcRouteTableIds" go together: the route tables get the endpoints of DynamoDB and S3',
    );
  }
  return { vpcId, subnetIds, securityGroupIds, endpointRouteTableIds: routeTableIds };
}
