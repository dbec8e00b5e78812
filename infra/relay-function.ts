/** What all functions have in common; the only place that knows runtime, architecture, bundling and logs. */
import { CfnResource, type Duration, RemovalPolicy, Validations } from "aws-cdk-lib";
import { Effect, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import {
  ApplicationLogLevel,
  Architecture,
  type IFunction,
  Function as LambdaFunction,
  LoggingFormat,
  RecursiveLoop,
  Runtime,
  Tracing,
} from "aws-cdk-lib/aws-lambda";
import { type ILogGroup, LogGroup, type RetentionDays } from "aws-cdk-lib/aws-logs";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { HANDLER, type HandlerName, handlerCode } from "./handler-code.ts";
import type { RelayNetwork } from "./network.ts";

export interface RelayFunctionProps {
  /** Its folder below `functions/`. */
  readonly handler: HandlerName;
  readonly description: string;
  readonly timeout: Duration;
  /** CPU comes with memory: 1,769 MB are one core. */
  readonly memorySizeMb: number;
  /** Names and numbers only, never a secret value (rule 4). */
  readonly environment: Readonly<Record<string, string>>;
  readonly logRetention: RetentionDays;
  /** What it logs at least, by its own log and by Lambda's filter, which would else drop `debug`. */
  readonly logLevel: "debug" | "info" | "warn" | "error";
  readonly tracing: boolean;
  /** Whether it sets off itself by design: Lambda's loop detection would stop it after about 16 rounds. @default false */
  readonly isRecursive?: boolean;
  /** Gets the events of asynchronous invocations that failed to the last try. @default - they are dropped; the function's errors still raise an alarm */
  readonly failureQueue?: IQueue;
  /** Tries after the first of an asynchronous invocation. @default - Lambda's own, 2 */
  readonly retryAttempts?: number;
  /** @default - in no VPC of ours */
  readonly network?: RelayNetwork | undefined;
}

const LOG_LEVELS = {
  debug: ApplicationLogLevel.DEBUG,
  info: ApplicationLogLevel.INFO,
  warn: ApplicationLogLevel.WARN,
  error: ApplicationLogLevel.ERROR,
} as const;

/** A function with a role of its own, which may write to its own log group and nothing else until `allow` says so. */
export class RelayFunction extends Construct {
  readonly resource: IFunction;
  readonly role: Role;
  readonly logGroup: ILogGroup;

  constructor(scope: Construct, id: string, props: RelayFunctionProps) {
    super(scope, id);
    this.logGroup = new LogGroup(this, "Logs", { retention: props.logRetention, removalPolicy: RemovalPolicy.DESTROY });
    Validations.of(this.logGroup).acknowledge({
      id: "NIST.800.53.R5-CloudWatchLogGroupEncrypted",
      reason:
        "CloudWatch Logs encrypts it by a key of its own; a customer's key is the deployer's choice, and no secret value is ever logged",
    });
    this.role = new Role(this, "Role", { assumedBy: new ServicePrincipal("lambda.amazonaws.com"), description: props.description });
    Validations.of(this.role).acknowledge({
      id: "NIST.800.53.R5-IAMNoInlinePolicy",
      reason: "what one function may do: nobody else can be given it, and it goes with its role",
    });
    this.allow(["logs:CreateLogStream", "logs:PutLogEvents"], [this.logGroup.logGroupArn]);
    const { failureQueue, network } = props;
    network?.allowInterfaces(this);
    this.resource = new LambdaFunction(this, "Resource", {
      description: props.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: handlerCode(props.handler),
      handler: HANDLER,
      role: this.role,
      timeout: props.timeout,
      memorySize: props.memorySizeMb,
      environment: {
        ...props.environment,
        LOG_LEVEL: props.logLevel,
        // In the User-Agent of every call, and so in CloudTrail: which function made it.
        AWS_SDK_UA_APP_ID: `secret-relay-${id}`,
      },
      logGroup: this.logGroup,
      loggingFormat: LoggingFormat.JSON,
      applicationLogLevelV2: LOG_LEVELS[props.logLevel],
      tracing: props.tracing ? Tracing.ACTIVE : Tracing.DISABLED,
      ...(network === undefined
        ? {}
        : { vpc: network.vpc, vpcSubnets: { subnets: [...network.subnets] }, securityGroups: [...network.securityGroups] }),
      ...(props.isRecursive === true ? { recursiveLoop: RecursiveLoop.ALLOW } : {}),
      ...(props.retryAttempts === undefined ? {} : { retryAttempts: props.retryAttempts }),
      // Not SqsDestination: it grants more than the sending that is needed.
      ...(failureQueue === undefined ? {} : { onFailure: { bind: () => ({ destination: failureQueue.queueArn }) } }),
    });
    Validations.of(this.resource).acknowledge({
      id: "NIST.800.53.R5-LambdaConcurrency",
      reason:
        "a reservation fails in an account of 10 executions; sync is bounded at its queue's mapping, and the others leave what is much to it",
    });
    if (network === undefined) {
      Validations.of(this.resource).acknowledge({
        id: "NIST.800.53.R5-LambdaInsideVPC",
        reason:
          "it takes no connections, and calls AWS and the API servers over TLS; a VPC serves private API servers only: the deployer's choice",
      });
    }
    // CDK writes the dependency on the role beside the reference to it; only the one on the role's policy is of use.
    if (this.resource.node.defaultChild instanceof CfnResource) {
      this.resource.node.defaultChild.addMetadata("cfn-lint", { config: { ignore_checks: ["W3005"] } });
    }
    if (failureQueue !== undefined) {
      Validations.of(this.resource).acknowledge({
        id: "NIST.800.53.R5-LambdaDLQ",
        reason:
          "its on-failure destination is the failure queue, which gets the error besides the event; the rule sees dead-letter queues only",
      });
    }
    if (props.tracing) {
      Validations.of(this.role).acknowledge({
        id: "AwsSolutions-IAM5[Resource::*]",
        reason: "X-Ray's two write actions know no resources",
      });
    }
  }

  /** Adds one statement to the role. */
  allow(actions: readonly string[], resources: readonly string[]): void {
    this.role.addToPolicy(new PolicyStatement({ effect: Effect.ALLOW, actions: [...actions], resources: [...resources] }));
  }
}
