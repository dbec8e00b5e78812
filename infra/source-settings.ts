/** The context keys of the stack `secret-relay-source`, checked; `hubBusArn` is what asks for it. */
import type { Node } from "constructs";
import { createContextReader, UserMistake } from "../src/core/config/context.ts";
import { KMS_KEY_ARN, TOPIC_ARN } from "./settings.ts";

/** Settings of one account and region that own secrets; each is a context key of the same name. */
export interface SourceSettings {
  /** The hub's bus: output `SourceBusArn` of its stack. */
  readonly hubBusArn: string;
  /** Names or ARNs of secrets that the hub may read; `*` at the end stands for any ending. @default - no role: the account's own, for another region */
  readonly readSecrets: readonly string[];
  /** Likewise of parameters. */
  readonly readParameters: readonly string[];
  /** Whether find rules may list: by names and tags of all secrets and parameters, values of those above only. @default false */
  readonly readFind: boolean;
  /** Customer-managed keys of this account that encrypt them. */
  readonly kmsKeyArns: readonly string[];
  /** The name of the role that the hub's stores name. @default "secret-relay-reader" */
  readonly readerRoleName: string;
  /** The stores' `externalID`; needed for the role. */
  readonly externalId: string | undefined;
  /** Who may assume it: output `ReaderRoleArns` of the hub's stack. @default - roles of the hub's account whose names begin with `secret-relay-` */
  readonly hubRoleArns: readonly string[];
  /** An SNS topic that the alarm tells. @default - the alarm only shows */
  readonly alarmTopicArn: string | undefined;
}

const BUS_ARN = /^arn:[\w-]+:events:[\w-]+:\d{12}:event-bus\/[\w./-]{1,256}$/;
const SECRET = /^(?:arn:[\w-]+:secretsmanager:[a-z0-9-]+:\d{12}:secret:)?[\w/+=.@-]{1,512}\*?$/;
const PARAMETER = /^(?:arn:[\w-]+:ssm:[a-z0-9-]+:\d{12}:parameter)?[\w./-]{1,1011}\*?$/;
const ROLE_ARN = /^arn:[\w-]+:iam::\d{12}:role\/[\w+=,.@/-]+$/;

/** Whether the context asks for the source stack instead of the relay's. */
export function isForSource(node: Node): boolean {
  const asked: unknown = node.tryGetContext("hubBusArn");
  return asked !== undefined && asked !== "";
}

/** Reads and checks every context key of the source stack. @throws UserMistake at the first wrong one */
export function readSourceSettings(node: Node): SourceSettings {
  const { flag, text, list, refuse } = createContextReader((key) => node.tryGetContext(key) as unknown);
  const settings: SourceSettings = {
    hubBusArn: text("hubBusArn", BUS_ARN, "the ARN of an event bus") ?? refuse("hubBusArn", "the ARN of an event bus"),
    readSecrets: list("readSecrets", SECRET, "names or ARNs of secrets, with * at the end only"),
    readParameters: list("readParameters", PARAMETER, "names or ARNs of parameters, with * at the end only"),
    readFind: flag("readFind", false),
    kmsKeyArns: list("kmsKeyArns", KMS_KEY_ARN, "ARNs of KMS keys"),
    readerRoleName: text("readerRoleName", /^[\w+=,.@-]{1,64}$/, "the name of a role") ?? "secret-relay-reader",
    externalId: text("externalId", /^[\w+=,.@:/-]{2,1224}$/, "an external id, as the stores' externalID"),
    hubRoleArns: list("hubRoleArns", ROLE_ARN, "ARNs of roles"),
    alarmTopicArn: text("alarmTopicArn", TOPIC_ARN, "the ARN of an SNS topic"),
  };
  check(settings);
  return settings;
}

/** @throws UserMistake where keys don't go together: none is taken and then ignored */
function check(settings: SourceSettings): void {
  const { readSecrets, readParameters, externalId, hubRoleArns, hubBusArn } = settings;
  const offersRole = readSecrets.length + readParameters.length > 0;
  if (offersRole && externalId === undefined) throw new UserMistake('context key "externalId" is needed where the hub may read');
  const idle = [
    ...(externalId === undefined ? [] : ["externalId"]),
    ...(hubRoleArns.length === 0 ? [] : ["hubRoleArns"]),
    ...(settings.kmsKeyArns.length === 0 ? [] : ["kmsKeyArns"]),
    ...(settings.readFind ? ["readFind"] : []),
  ];
  if (!offersRole && idle.length > 0) {
    throw new UserMistake(`context key "${idle[0]}" has no effect without "readSecrets" or "readParameters"`);
  }
  const hubAccount = accountOf(hubBusArn);
  const foreign = hubRoleArns.find((arn) => accountOf(arn) !== hubAccount);
  if (foreign !== undefined) throw new UserMistake(`context key "hubRoleArns": ${foreign} is no role of the hub's account ${hubAccount}`);
}

/** The account that an ARN names. */
export function accountOf(arn: string): string {
  return arn.split(":")[4] ?? "";
}
