/** What the stack makes, by its ARNs, where tests have made it themselves. */
import type { GrantSettings } from "../../../src/core/grants/settings.ts";
import { HASH_KEY_NAME } from "../faults/calls.ts";
import type { Deployed } from "./policies.ts";

/** As cdk.json has them. */
export const GRANT_SETTINGS: GrantSettings = {
  kmsKeyArns: [],
  tracing: false,
  vpcId: undefined,
  managedPoliciesPerRole: 10,
  grantPrefixes: [],
  grantTag: undefined,
};

export interface OwnPlaces {
  readonly region: string;
  readonly account: string;
  readonly tableName: string;
  /** URLs. */
  readonly queues: { readonly SyncQueue: string; readonly FailureQueue: string };
}

export function ownArns({ region, account, tableName, queues }: OwnPlaces): Deployed["own"] {
  const queue = (url: string): string => `arn:aws:sqs:${region}:${account}:${url.split("/").at(-1)}`;
  const arns: Readonly<Record<string, string>> = {
    Registry: `arn:aws:dynamodb:${region}:${account}:table/${tableName}`,
    SyncQueue: queue(queues.SyncQueue),
    FailureQueue: queue(queues.FailureQueue),
    HashKey: `arn:aws:secretsmanager:${region}:${account}:secret:${HASH_KEY_NAME}-??????`,
    EventBus: `arn:aws:events:${region}:${account}:event-bus/default`,
    ConfigObject: "arn:aws:s3:::config/*",
  };
  return (name, of) => {
    const lower = of.charAt(0).toLowerCase() + of.slice(1);
    if (name === "Function") return `arn:aws:lambda:${region}:${account}:function:${lower}`;
    if (name === "Logs") return `arn:aws:logs:${region}:${account}:log-group:${lower}:*`;
    const arn = arns[name];
    if (arn === undefined) throw new Error(`no ARN of ${name}`);
    return arn;
  };
}

/** Of a stack that is really deployed: by its outputs, and the environment of on-secret-change. */
export function deployedArns(
  { region, account }: Pick<OwnPlaces, "region" | "account">,
  outputs: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>>,
): Deployed["own"] {
  const tableName = outputs["RegistryTableName"] ?? "";
  const queues = { SyncQueue: outputs["SyncQueueUrl"] ?? "", FailureQueue: outputs["FailureQueueUrl"] ?? "" };
  const made = ownArns({ region, account, tableName, queues });
  return (name, of) => {
    if (name === "HashKey") return environment["HASH_KEY_SECRET"] ?? "";
    if (name === "Function") return `arn:aws:lambda:${region}:${account}:function:${outputs[`${of}FunctionName`]}`;
    // Which object it is is in the template; a config that is deployed anew is another one.
    if (name === "ConfigObject") return `arn:aws:s3:::cdk-hnb659fds-assets-${account}-${region}/*.json`;
    return made(name, of);
  };
}
