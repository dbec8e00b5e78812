/**
 * What the emulator lacks of AWS between accounts and regions, each from what is really deployed in it:
 * - STS: it lets everybody assume every role, and puts the session into its own default account. Here the role's trust policy is
 *   judged, and the session is one of the role's account.
 * - EventBridge: a rule whose target is a bus of another account or region delivers nothing. Here what such a rule matched is brought to
 *   that bus's rules, if the rule's role and the bus's policy allow it.
 * The rules, roles, policies and patterns are read from the emulator, the events are the stores' own, the functions the deployed ones.
 */
import { CloudFormationClient, DescribeStackResourcesCommand, GetTemplateCommand } from "@aws-sdk/client-cloudformation";
import {
  EventBridgeClient,
  ListRulesCommand,
  ListTargetsByRuleCommand,
  PutTargetsCommand,
  type Target,
  TestEventPatternCommand,
} from "@aws-sdk/client-eventbridge";
import { GetRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { CreateQueueCommand, DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { parse } from "yaml";
import type { MiniStack } from "../../src/local/ministack.ts";
import { deployed, plain, resourcesOf, type Template } from "../infra/template.ts";
import type { AwsCall, AwsFault, AwsFaultProxy } from "./aws-fault-proxy.ts";
import { isAllowed } from "./simulated-iam.ts";

export interface Place {
  readonly account: string;
  readonly region: string;
}

/** The emulator as that account and region see it, through the proxy. */
export function placeOf(aws: MiniStack, proxy: AwsFaultProxy, { account, region }: Place): MiniStack {
  const environment = {
    ...aws.environment,
    AWS_ENDPOINT_URL: proxy.endpoint,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: account,
  };
  return { ...aws, account, region, environment };
}

export function clientConfig(aws: Pick<MiniStack, "endpoint">, { account, region }: Place) {
  return { endpoint: aws.endpoint, region, credentials: { accessKeyId: account, secretAccessKey: "local" } };
}

export interface Assumption {
  readonly role: string;
  readonly isAllowed: boolean;
}

/**
 * Makes the proxy answer AssumeRole as STS does for a caller that is this role; roles of the CDK are everybody's, as `cdk bootstrap`
 * made them for. @returns what was asked for, as it comes
 */
export function answerAssumeRole(
  aws: MiniStack,
  proxy: AwsFaultProxy,
  hub: Place,
  caller: () => string | undefined,
): readonly Assumption[] {
  const asked: Assumption[] = [];
  proxy.fault = async (call): Promise<AwsFault | undefined> => {
    if (call.operation !== "AssumeRole" || isCdkRole(call)) return undefined;
    const role = String(call.input["RoleArn"]);
    const allowed = await trusts(aws, role, hub, caller(), call.input["ExternalId"]);
    asked.push({ role, isAllowed: allowed });
    return allowed ? undefined : { kind: "error", status: 403, name: "AccessDenied" };
  };
  proxy.local = (call) => {
    if (call.operation !== "AssumeRole") return undefined;
    const [, , , , account = ""] = String(call.input["RoleArn"]).split(":");
    return { status: 200, body: session(account) };
  };
  return asked;
}

function isCdkRole({ input }: AwsCall): boolean {
  return /:role\/cdk-hnb659fds-/.test(String(input["RoleArn"]));
}

async function trusts(aws: MiniStack, arn: string, hub: Place, caller: string | undefined, externalId: unknown): Promise<boolean> {
  const [, , , , account = "", resource = ""] = arn.split(":");
  const iam = new IAMClient(clientConfig(aws, { account, region: aws.region }));
  try {
    const { Role } = await iam.send(new GetRoleCommand({ RoleName: resource.slice("role/".length) }));
    if (Role?.AssumeRolePolicyDocument === undefined || caller === undefined) return false;
    return await isAllowed({
      principal: caller,
      action: "sts:AssumeRole",
      resource: arn,
      account,
      context: { "aws:PrincipalArn": caller, ...(typeof externalId === "string" ? { "sts:ExternalId": externalId } : {}) },
      identityPolicies: await rolePolicies(aws, caller, { ...hub, stack: "secret-relay" }),
      resourcePolicy: JSON.parse(decodeURIComponent(Role.AssumeRolePolicyDocument)),
    });
  } catch (error) {
    if (error instanceof Error && error.name === "NoSuchEntityException") return false;
    throw error;
  } finally {
    iam.destroy();
  }
}

/**
 * What the policies of a role say, by the template (YAML, as the CLI sends it where it needs no bucket) that a stack was deployed by there: the emulator can't tell. Statements on the
 * stack's own resources are left out: no call that is judged here is on one.
 */
async function rolePolicies(
  aws: MiniStack,
  roleArn: string,
  { stack, ...place }: Place & { readonly stack: string },
): Promise<readonly unknown[]> {
  const client = new CloudFormationClient(clientConfig(aws, place));
  const { TemplateBody = "{}" } = await client.send(new GetTemplateCommand({ StackName: stack }));
  const { StackResources = [] } = await client.send(new DescribeStackResourcesCommand({ StackName: stack }));
  client.destroy();
  const roleName = roleArn.slice(roleArn.indexOf("/") + 1);
  const role = StackResources.find(({ PhysicalResourceId }) => PhysicalResourceId === roleName)?.LogicalResourceId ?? "";
  const policies = Object.values((parse(TemplateBody) as Template).Resources).filter(
    ({ Type, Properties }) =>
      /^AWS::IAM::(?:Managed)?Policy$/.test(Type) && JSON.stringify(Properties["Roles"] ?? []).includes(JSON.stringify({ Ref: role })),
  );
  return policies.map(({ Properties }) => {
    const document = deployed(plain(Properties["PolicyDocument"] ?? {}), place) as { readonly Statement: readonly unknown[] };
    return { ...document, Statement: document.Statement.filter((statement) => !JSON.stringify(statement).includes("<")) };
  });
}

/** The emulator takes a twelve-digit access key for the account. */
function session(account: string): string {
  const expiration = new Date(Date.now() + 3_600_000).toISOString();
  const keys = `<AccessKeyId>${account}</AccessKeyId><SecretAccessKey>local</SecretAccessKey><SessionToken>local</SessionToken>`;
  const result = `<Credentials>${keys}<Expiration>${expiration}</Expiration></Credentials>`;
  return `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>${result}</AssumeRoleResult></AssumeRoleResponse>`;
}

/** What became of an event that a rule forwarded. */
export interface Forwarded {
  readonly account: string;
  readonly region: string;
  readonly name: unknown;
  readonly outcome: "delivered" | "denied by the bus" | "no rule takes it";
}

interface BusEvent {
  readonly account: string;
  readonly region: string;
  readonly source: string;
  readonly "detail-type": string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface Forwarding {
  /** Tees off what the rules of a place send to the hub's bus. @returns how many rules do */
  readonly watch: (place: Place) => Promise<number>;
  /** Brings what was sent since the last call to the hub's rules. */
  readonly deliver: () => Promise<readonly Forwarded[]>;
  readonly stop: () => void;
}

interface Watched {
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  readonly target: Target;
  readonly place: Place;
}

/** Stands for EventBridge between a place and the hub's bus. */
export async function startForwarding(aws: MiniStack, hub: Place, busArn: string): Promise<Forwarding> {
  const hubConfig = clientConfig(aws, hub);
  const events = new EventBridgeClient(hubConfig);
  const lambda = new LambdaClient(hubConfig);
  const watched: Watched[] = [];
  const busPolicy = await deployedBusPolicy(aws, hub);

  const mayPut = async ({ target, place }: Watched, event: BusEvent): Promise<boolean> =>
    isAllowed({
      principal: target.RoleArn ?? "",
      action: "events:PutEvents",
      resource: busArn,
      account: hub.account,
      context: { "events:source": [event.source], "events:detail-type": [event["detail-type"]] },
      identityPolicies: await rolePolicies(aws, target.RoleArn ?? "", { ...place, stack: "secret-relay-source" }),
      resourcePolicy: busPolicy,
    });

  const toRules = async (event: BusEvent): Promise<Forwarded["outcome"]> => {
    const { Rules = [] } = await events.send(new ListRulesCommand({ EventBusName: busArn.slice(busArn.indexOf("/") + 1) }));
    let outcome: Forwarded["outcome"] = "no rule takes it";
    for (const { Name, EventBusName, EventPattern } of Rules) {
      const { Result } = await events.send(new TestEventPatternCommand({ EventPattern, Event: JSON.stringify(event) }));
      if (Result !== true) continue;
      const { Targets = [] } = await events.send(new ListTargetsByRuleCommand({ Rule: Name, EventBusName }));
      for (const { Arn } of Targets) {
        await lambda.send(new InvokeCommand({ FunctionName: Arn, InvocationType: "Event", Payload: Buffer.from(JSON.stringify(event)) }));
        outcome = "delivered";
      }
    }
    return outcome;
  };

  return {
    async watch(place) {
      const config = clientConfig(aws, place);
      const sqs = new SQSClient(config);
      const source = new EventBridgeClient(config);
      const { Rules = [] } = await source.send(new ListRulesCommand({}));
      let count = 0;
      for (const { Name } of Rules) {
        const { Targets = [] } = await source.send(new ListTargetsByRuleCommand({ Rule: Name }));
        const target = Targets.find(({ Arn }) => Arn === busArn);
        if (target === undefined) continue;
        const queueName = `forwarded-${count}`;
        const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName: queueName }));
        const Arn = `arn:aws:sqs:${place.region}:${place.account}:${queueName}`;
        await source.send(new PutTargetsCommand({ Rule: Name, Targets: [{ Id: "forwarded", Arn }] }));
        watched.push({ sqs, queueUrl: QueueUrl, target, place });
        count += 1;
      }
      source.destroy();
      return count;
    },
    async deliver() {
      const done: Forwarded[] = [];
      for (const one of watched) {
        const { Messages = [] } = await one.sqs.send(new ReceiveMessageCommand({ QueueUrl: one.queueUrl, MaxNumberOfMessages: 10 }));
        for (const { Body = "", ReceiptHandle } of Messages) {
          const event = JSON.parse(Body) as BusEvent;
          const outcome = (await mayPut(one, event)) ? await toRules(event) : "denied by the bus";
          done.push({ account: event.account, region: event.region, name: event.detail["name"], outcome });
          await one.sqs.send(new DeleteMessageCommand({ QueueUrl: one.queueUrl, ReceiptHandle }));
        }
      }
      return done;
    },
    stop() {
      for (const client of [events, lambda, ...new Set(watched.map(({ sqs }) => sqs))]) client.destroy();
    },
  };
}

/** From the template that was deployed: the emulator keeps no policy of a bus. */
async function deployedBusPolicy(aws: MiniStack, hub: Place): Promise<unknown> {
  const client = new CloudFormationClient(clientConfig(aws, hub));
  const { TemplateBody = "{}" } = await client.send(new GetTemplateCommand({ StackName: "secret-relay" }));
  client.destroy();
  const [{ Policy } = {}] = Object.values(resourcesOf(parse(TemplateBody) as Template, "AWS::Events::EventBus"));
  return Policy === undefined ? undefined : deployed(Policy, hub);
}
