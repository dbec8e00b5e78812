/** What all functions have in common; the only place that knows runtime, architecture, bundling and logs. */
import { type Duration, RemovalPolicy, Validations } from "aws-cdk-lib";
import { Effect, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import {
  Architecture,
  type IFunction,
  Function as LambdaFunction,
  LoggingFormat,
  RecursiveLoop,
  Runtime,
  Tracing,
} from "aws-cdk-lib/aws-lambda";
import { LogGroup, type RetentionDays } from "aws-cdk-lib/aws-logs";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { HANDLER, type HandlerName, handlerCode } from "./handler-code.ts";

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
  readonly tracing: boolean;
  /** Whether it sets off itself by design: Lambda's loop detection would stop it after about 16 rounds. @default false */
  readonly isRecursive?: boolean;
  /** Gets the events of asynchronous invocations that failed to the last try. @default - they are dropped; the function's errors still raise an alarm */
  readonly failureQueue?: IQueue;
  /** Tries after the first of an asynchronous invocation. @default - Lambda's own, 2 */
  readonly retryAttempts?: number;
}

/** A function with a role of its own, which may write to its own log group and nothing else until `allow` says so. */
export class RelayFunction extends Construct {
  readonly resource: IFunction;
  readonly role: Role;

  constructor(scope: Construct, id: string, props: RelayFunctionProps) {
    super(scope, id);
    const logGroup = new LogGroup(this, "Logs", { retention: props.logRetention, removalPolicy: RemovalPolicy.DESTROY });
    this.role = new Role(this, "Role", { assumedBy: new ServicePrincipal("lambda.amazonaws.com"), description: props.description });
    this.allow(["logs:CreateLogStream", "logs:PutLogEvents"], [logGroup.logGroupArn]);
    const { failureQueue } = props;
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
        NODE_OPTIONS: "--enable-source-maps",
        // In the User-Agent of every call, and so in CloudTrail: which function made it.
        AWS_SDK_UA_APP_ID: `secret-relay-${id}`,
      },
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      tracing: props.tracing ? Tracing.ACTIVE : Tracing.DISABLED,
      ...(props.isRecursive === true ? { recursiveLoop: RecursiveLoop.ALLOW } : {}),
      ...(props.retryAttempts === undefined ? {} : { retryAttempts: props.retryAttempts }),
      // Not SqsDestination: it grants more than the sending that is needed.
      ...(failureQueue === undefined ? {} : { onFailure: { bind: () => ({ destination: failureQueue.queueArn }) } }),
    });
    if (props.tracing) {
      Validations.of(this.role).acknowledge({
        id: "AwsSolutions-IAM5[Resource::*]",
        reason: "X-Ray's two write actions know no resources",
      });
    }
  }

  /** Adds one statement to the role. */
  allow(actions: readonly string[], resources: readonly string[], conditions?: Readonly<Record<string, unknown>>): void {
    this.role.addToPolicy(
      new PolicyStatement({
        effect: Effect.ALLOW,
        actions: [...actions],
        resources: [...resources],
        ...(conditions === undefined ? {} : { conditions }),
      }),
    );
  }
}
