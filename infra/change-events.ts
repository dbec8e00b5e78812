/** The rules that wake on-secret-change: AWS announces its own events on the default bus of each account and region. */
import { Aws, Duration } from "aws-cdk-lib";
import { type EventPattern, Match, Rule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";

const SECRETS_MANAGER = "aws.secretsmanager";
const PARAMETER_STORE = "aws.ssm";
const BY_CLOUDTRAIL = ["AWS API Call via CloudTrail"];

export interface ChangeEventsProps {
  readonly target: IFunction;
  /** Gets the events that could not be handed to the function. */
  readonly failureQueue: IQueue;
  /** Further accounts whose secrets the config reads, by ARN or by role; their events count if somebody forwards them here. */
  readonly accounts: readonly string[];
}

export class ChangeEvents extends Construct {
  constructor(scope: Construct, id: string, props: ChangeEventsProps) {
    super(scope, id);
    const account = [Aws.ACCOUNT_ID, ...props.accounts];
    const patterns: Readonly<Record<string, EventPattern>> = {
      LabelUpdated: { source: [SECRETS_MANAGER], detailType: ["Secret Label Updated"], account },
      // Only CloudTrail tells of these, and only where a trail logs management events; reconcile finds them otherwise.
      Managed: {
        source: [SECRETS_MANAGER],
        detailType: BY_CLOUDTRAIL,
        account,
        detail: {
          eventSource: ["secretsmanager.amazonaws.com"],
          eventName: ["CreateSecret", "DeleteSecret", "RestoreSecret", "UpdateSecretVersionStage", "TagResource", "UntagResource"],
          errorCode: Match.doesNotExist(),
        },
      },
      ParameterChanged: {
        source: [PARAMETER_STORE],
        detailType: ["Parameter Store Change"],
        account,
        detail: { operation: ["Create", "Update", "Delete", "LabelParameterVersion"] },
      },
      ParameterTagged: {
        source: [PARAMETER_STORE],
        detailType: BY_CLOUDTRAIL,
        account,
        detail: {
          eventSource: ["ssm.amazonaws.com"],
          eventName: ["AddTagsToResource", "RemoveTagsFromResource"],
          errorCode: Match.doesNotExist(),
          requestParameters: { resourceType: ["Parameter"] },
        },
      },
    };
    for (const [name, eventPattern] of Object.entries(patterns)) {
      const target = new LambdaFunction(props.target, {
        deadLetterQueue: props.failureQueue,
        maxEventAge: Duration.hours(24),
        retryAttempts: 185,
      });
      new Rule(this, name, { eventPattern, targets: [target] });
    }
  }
}
