/** Forwards the stores' own events from the default bus to the hub's bus; what can't be delivered is kept, and seen. */
import { Aws, Duration, Stack, Validations } from "aws-cdk-lib";
import { Alarm, ComparisonOperator, Stats, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { Rule } from "aws-cdk-lib/aws-events";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Topic } from "aws-cdk-lib/aws-sns";
import { Construct } from "constructs";
import { changePatterns } from "./change-patterns.ts";
import { FailureQueue } from "./failure-queue.ts";
import { foreignBusTarget } from "./rule-target.ts";

export interface EventForwardingProps {
  readonly hubBusArn: string;
  /** @default - the alarm only shows */
  readonly alarmTopicArn: string | undefined;
}

export class EventForwarding extends Construct {
  readonly failures: FailureQueue;

  constructor(scope: Construct, id: string, props: EventForwardingProps) {
    super(scope, id);
    this.failures = new FailureQueue(this, "FailureQueue");
    const failureQueue = this.failures.resource;
    const stack = Stack.of(this);
    // CloudFormation begins the names of rules with the stack's; their ARNs can't be named here, since they name this role.
    const ownRules = stack.formatArn({ service: "events", resource: "rule", resourceName: `${stack.stackName}-*` });
    const role = new Role(this, "Role", {
      description: "secret-relay: EventBridge puts events of this account's stores on the hub's bus",
      assumedBy: new ServicePrincipal("events.amazonaws.com", {
        conditions: { StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID }, ArnLike: { "aws:SourceArn": ownRules } },
      }),
    });
    Validations.of(role).acknowledge({
      id: "NIST.800.53.R5-IAMNoInlinePolicy",
      reason: "one right on one bus: nobody else can be given it, and it goes with its role",
    });
    role.addToPolicy(new PolicyStatement({ actions: ["events:PutEvents"], resources: [props.hubBusArn] }));
    for (const [name, eventPattern] of Object.entries(changePatterns([Aws.ACCOUNT_ID]))) {
      new Rule(this, name, { eventPattern, targets: [foreignBusTarget(props.hubBusArn, role, { failureQueue })] });
    }
    const alarm = new Alarm(this, "Undelivered", {
      alarmDescription: "events did not reach the hub: read these messages; its reconcile finds the changes later",
      metric: failureQueue.metricApproximateNumberOfMessagesVisible({ statistic: Stats.MAXIMUM, period: Duration.minutes(1) }),
      threshold: 1,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    if (props.alarmTopicArn !== undefined) alarm.addAlarmAction(new SnsAction(Topic.fromTopicArn(this, "Topic", props.alarmTopicArn)));
    else
      Validations.of(alarm).acknowledge({
        id: "NIST.800.53.R5-CloudWatchAlarmAction",
        reason: 'the deployment names no topic (context key "alarmTopicArn"), so its alarms only show',
      });
  }
}
