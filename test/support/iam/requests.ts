/** From a call as it passes on the wire to what IAM is asked for it: actions and resources. A call that it does not know is an error, so that none goes by unseen. */
import type { AwsCall } from "../aws-fault-proxy.ts";

/** One question to IAM. */
export interface IamRequest {
  /** With the service, as in a policy. */
  readonly action: string;
  /** An ARN, or `*` where the action knows none. */
  readonly resource: string;
}

type Input = AwsCall["input"];

const texts = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);

/** Where the names of a call are: its own region, and the account that owns all of the emulator. */
interface Place {
  readonly region: string;
  readonly account: string;
}

/** The six characters that the service would have added; which ones is of no matter to a policy. */
const RANDOM = "-x1y2Z3";

function secret(id: string, { region, account }: Place): string {
  if (!id.startsWith("arn:")) return `arn:aws:secretsmanager:${region}:${account}:secret:${id}${RANDOM}`;
  return /-[A-Za-z0-9]{6}$/.test(id) ? id : `${id}${RANDOM}`;
}

/** Without the selector of a version or label behind the name. */
function parameter(name: string, { region, account }: Place): string {
  if (name.startsWith("arn:")) return name.split(":").slice(0, 6).join(":");
  const [plain = ""] = name.split(":");
  // The root has no name of its own, which the simulator wants: it shows what any parameter is called.
  return `arn:aws:ssm:${region}:${account}:parameter/${plain.replace(/^\//, "") || "any"}`;
}

function tableRequests(operation: string, input: Input, { region, account }: Place): readonly IamRequest[] {
  const arn = (name: unknown): string => `arn:aws:dynamodb:${region}:${account}:table/${String(name)}`;
  if (operation === "BatchGetItem") {
    return Object.keys(input["RequestItems"] as object).map((name) => ({ action: "dynamodb:BatchGetItem", resource: arn(name) }));
  }
  if (operation === "TransactWriteItems") {
    const items = input["TransactItems"] as readonly Readonly<Record<string, { readonly TableName: string }>>[];
    return items.flatMap((item) =>
      Object.entries(item).map(([kind, { TableName }]) => {
        const action = kind === "ConditionCheck" ? "ConditionCheckItem" : `${kind}Item`;
        return { action: `dynamodb:${action}`, resource: arn(TableName) };
      }),
    );
  }
  const index = typeof input["IndexName"] === "string" ? `/index/${input["IndexName"]}` : "";
  return [{ action: `dynamodb:${operation}`, resource: `${arn(input["TableName"])}${index}` }];
}

function assumeRole(input: Input): readonly IamRequest[] {
  const resource = String(input["RoleArn"]);
  const isTagged = Object.keys(input).some((key) => key.startsWith("Tags.member."));
  return [{ action: "sts:AssumeRole", resource }, ...(isTagged ? [{ action: "sts:TagSession", resource }] : [])];
}

/** @throws Error for a call that no function is known to make */
export function iamRequests(call: AwsCall, account: string): readonly IamRequest[] {
  const { service, region, operation, input, path } = call;
  const place = { region, account };
  const one = (action: string, resource: string): readonly IamRequest[] => [{ action, resource }];
  switch (`${service}:${operation}`) {
    case "secretsmanager:GetSecretValue":
    case "secretsmanager:DescribeSecret":
      return one(`secretsmanager:${operation}`, secret(String(input["SecretId"]), place));
    case "secretsmanager:BatchGetSecretValue": {
      const each = texts(input["SecretIdList"]).map((id) => ({ action: "secretsmanager:GetSecretValue", resource: secret(id, place) }));
      return [{ action: "secretsmanager:BatchGetSecretValue", resource: "*" }, ...each];
    }
    case "secretsmanager:ListSecrets":
      return one("secretsmanager:ListSecrets", "*");
    case "ssm:GetParameter":
    case "ssm:GetParameterHistory":
      return one(`ssm:${operation}`, parameter(String(input["Name"]), place));
    case "ssm:GetParameters":
      return texts(input["Names"]).map((name) => ({ action: "ssm:GetParameters", resource: parameter(name, place) }));
    case "ssm:ListTagsForResource":
      return one("ssm:ListTagsForResource", parameter(String(input["ResourceId"]), place));
    case "ssm:GetParametersByPath":
      return one("ssm:GetParametersByPath", parameter(String(input["Path"]), place));
    case "ssm:DescribeParameters":
      return one("ssm:DescribeParameters", "*");
    case "dynamodb:BatchGetItem":
    case "dynamodb:DeleteItem":
    case "dynamodb:GetItem":
    case "dynamodb:PutItem":
    case "dynamodb:Query":
    case "dynamodb:Scan":
    case "dynamodb:TransactWriteItems":
    case "dynamodb:UpdateItem":
      return tableRequests(operation, input, place);
    case "sqs:ChangeMessageVisibility":
    case "sqs:ChangeMessageVisibilityBatch":
    case "sqs:SendMessage":
    case "sqs:SendMessageBatch":
      return one(
        `sqs:${operation.replace(/Batch$/, "")}`,
        `arn:aws:sqs:${region}:${account}:${String(input["QueueUrl"]).split("/").at(-1)}`,
      );
    case "events:PutEvents": {
      const buses = (input["Entries"] as readonly { readonly EventBusName?: string }[]).map(({ EventBusName = "default" }) => EventBusName);
      return [...new Set(buses)].map((bus) => ({
        action: "events:PutEvents",
        resource: `arn:aws:events:${region}:${account}:event-bus/${bus}`,
      }));
    }
    case "eks:DescribeCluster":
      return one("eks:DescribeCluster", `arn:aws:eks:${region}:${account}:cluster/${String(input["name"])}`);
    case "sts:AssumeRole":
      return assumeRole(input);
    case "s3:GetObject":
      return one("s3:GetObject", `arn:aws:s3:::${decodeURIComponent(path.replace(/^\//, "").replace(/\?.*$/, ""))}`);
    case "lambda:Invoke": {
      const name = decodeURIComponent(/\/functions\/([^/]+)\//.exec(path)?.[1] ?? "");
      const arn = name.startsWith("arn:") ? name : `arn:aws:lambda:${region}:${account}:function:${name}`;
      return one("lambda:InvokeFunction", arn);
    }
    default:
      throw new Error(`no IAM action is known for ${service}:${operation}`);
  }
}
