/** The context keys of cdk.json, checked: what a deployment can be told without touching code. */
import { resolve } from "node:path";
import { Duration } from "aws-cdk-lib";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Node } from "constructs";
import type { NetworkSettings } from "./network.ts";

/** A mistake in the context or the config: shown as it is, without a stack trace. */
export class UserMistake extends Error {}

export function isUserMistake(error: unknown): error is UserMistake {
  return error instanceof UserMistake;
}

/** Settings of one deployment; the context key's name is given where it differs. `-c key=value` overrides cdk.json. */
export interface RelaySettings {
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
  /** X-Ray. @default false */
  readonly tracing: boolean;
  /** The bus that gets the relay's own events; it exists already. @default "default" */
  readonly eventBusName: string;
  /** An SNS topic that the alarms tell. @default - the alarms only show */
  readonly alarmTopicArn: string | undefined;
  /** Kubeconfigs may name loopback addresses: for the stack on one machine only. @default false */
  readonly allowLoopbackClusters: boolean;
  /** The registry outlives the stack. @default true */
  readonly retainRegistry: boolean;
  /** Customer-managed keys that encrypt the secrets: a list, or text with commas. @default - secrets under the aws/secretsmanager key need no grant */
  readonly kmsKeyArns: readonly string[];
  /** `vpcId`, `vpcSubnetIds`, `vpcSecurityGroupIds`: the functions are in this VPC. With `vpcEndpoints` the endpoints that they need are made. @default - in none */
  readonly network: NetworkSettings | undefined;
  /** An organisation whose accounts may forward events to the source bus. @default - the accounts that the config names, and no other */
  readonly sourceOrganization: string | undefined;
}

/** Checks context keys one by one; each throws a UserMistake that names the key and what it must be. */
export interface ContextReader {
  readonly integer: (key: string, fallback: number, from: number, to: number) => number;
  readonly flag: (key: string, fallback: boolean) => boolean;
  /** Undefined where the key is missing or empty. */
  readonly text: (key: string, pattern: RegExp, wanted: string) => string | undefined;
  /** A list, or text with commas. */
  readonly list: (key: string, pattern: RegExp, wanted: string) => readonly string[];
  readonly refuse: (key: string, wanted: string) => never;
}

export const TOPIC_ARN = /^arn:[\w-]+:sns:[\w-]+:\d{12}:[\w-]+$/;
export const KMS_KEY_ARN = /^arn:[\w-]+:kms:[\w-]+:\d{12}:key\/[\w-]+$/;

const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

export function contextReader(node: Node): ContextReader {
  const read = (key: string): unknown => node.tryGetContext(key) as unknown;
  const refuse = (key: string, wanted: string): never => {
    throw new UserMistake(`context key "${key}" must be ${wanted}, got ${JSON.stringify(read(key))}`);
  };
  const integer = (key: string, fallback: number, from: number, to: number): number => {
    const value = read(key) ?? fallback;
    const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
    if (typeof number === "number" && Number.isInteger(number) && number >= from && number <= to) return number;
    return refuse(key, `a whole number from ${from} to ${to}`);
  };
  const flag = (key: string, fallback: boolean): boolean => {
    const value = read(key) ?? fallback;
    if (value === true || value === "true") return true;
    return value === false || value === "false" ? false : refuse(key, "true or false");
  };
  const text = (key: string, pattern: RegExp, wanted: string): string | undefined => {
    const value = read(key);
    if (value === undefined || value === "") return undefined;
    return typeof value === "string" && pattern.test(value) ? value : refuse(key, wanted);
  };
  const list = (key: string, pattern: RegExp, wanted: string): readonly string[] => {
    const value = read(key) ?? [];
    const items: readonly unknown[] =
      typeof value === "string" ? value.split(",").filter((item) => item !== "") : Array.isArray(value) ? value : [value];
    return items.map((item) => (typeof item === "string" && pattern.test(item) ? item : refuse(key, wanted)));
  };
  return { integer, flag, text, list, refuse };
}

/** Reads and checks every context key. @throws UserMistake at the first wrong one */
export function readSettings(node: Node): RelaySettings {
  const reader = contextReader(node);
  const { integer, flag, text, list, refuse } = reader;
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
    tracing: flag("tracing", false),
    eventBusName: text("eventBusName", /^[\w./-]{1,256}$/, "the name of an event bus") ?? "default",
    alarmTopicArn: text("alarmTopicArn", TOPIC_ARN, "the ARN of an SNS topic"),
    allowLoopbackClusters: flag("allowLoopbackClusters", false),
    retainRegistry: flag("retainRegistry", true),
    kmsKeyArns: list("kmsKeyArns", KMS_KEY_ARN, "ARNs of KMS keys"),
    network: readNetwork(reader),
    sourceOrganization: text("sourceOrganization", /^o-[a-z0-9]{10,32}$/, "the id of an organisation, o-…"),
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
