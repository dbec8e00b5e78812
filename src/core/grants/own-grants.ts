/** What each function may do with what the stack itself makes: its table, queues, key, bus and logs. Pure. */
import { FUNCTION_NAMES, type FunctionName, type Grant, READERS } from "./grant.ts";

/** The index by which reconcile finds what is due; `REGISTRY_TABLE` of the adapter names it. */
export interface OwnGrantsOptions {
  readonly dueIndex: string;
  readonly tracing: boolean;
  /** Whether the functions are in a VPC. */
  readonly hasNetwork: boolean;
}

/** What Lambda demands of a role to make and drop the network interfaces of its functions; it takes no narrower resource than all. */
export const INTERFACE_ACTIONS: readonly string[] = [
  "ec2:AssignPrivateIpAddresses",
  "ec2:CreateNetworkInterface",
  "ec2:DeleteNetworkInterface",
  "ec2:DescribeNetworkInterfaces",
  "ec2:DescribeSubnets",
  "ec2:UnassignPrivateIpAddresses",
];

function own(functions: readonly FunctionName[], actions: readonly string[], resource: string, what: string): Grant {
  return { functions, actions, resource, reach: resource === "*" ? "any" : "exact", why: [{ kind: "function", name: what }] };
}

export function ownGrants({ dueIndex, tracing, hasNetwork }: OwnGrantsOptions): readonly Grant[] {
  // Reads by key and partition, and conditional changes, in transactions too: what every function does. Each deletes: a breaker
  // that closes, a cluster or a registration that is gone.
  const registry = ["dynamodb:BatchGetItem", "dynamodb:DeleteItem", "dynamodb:Query", "dynamodb:UpdateItem"];
  // Not what SqsEventSource grants, which is more than a mapping needs.
  const poll = ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"];
  return [
    own(FUNCTION_NAMES, ["logs:CreateLogStream", "logs:PutLogEvents"], "${Logs}", "writes its log"),
    own(FUNCTION_NAMES, registry, "${Registry}", "keeps the registry"),
    own(["Reconcile"], ["dynamodb:Query"], `\${Registry}/index/${dueIndex}`, "looks for what is due"),
    own(FUNCTION_NAMES, ["sqs:SendMessage"], "${SyncQueue}", "asks for syncs"),
    own(["Sync"], poll, "${SyncQueue}", "is fed from the queue"),
    own(["OnSecretChange", "Reconcile"], ["sqs:SendMessage"], "${FailureQueue}", "leaves what failed for good"),
    own(READERS, ["events:PutEvents"], "${EventBus}", "announces what it did"),
    own(["OnSecretChange", "Sync"], ["secretsmanager:GetSecretValue"], "${HashKey}", "keys the hashes of targets"),
    own(["Register"], ["s3:GetObject"], "${ConfigObject}", "reads the config"),
    own(["Register"], ["lambda:InvokeFunction"], "${Function}", "goes on in a further invocation"),
    ...(hasNetwork
      ? [own(FUNCTION_NAMES, INTERFACE_ACTIONS, "*", "Lambda makes its network interfaces; its own code is denied them")]
      : []),
    ...(tracing ? [own(FUNCTION_NAMES, ["xray:PutTelemetryRecords", "xray:PutTraceSegments"], "*", "X-Ray knows no resources")] : []),
  ];
}
