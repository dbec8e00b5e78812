/** Tells when a cluster that is confined by its label is open: the functions write nothing there, and each failure that says so is counted. */
import { Duration, Stack, Validations } from "aws-cdk-lib";
import { Alarm, ComparisonOperator, Stats, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { FilterPattern, type ILogGroup, MetricFilter } from "aws-cdk-lib/aws-logs";
import { Topic } from "aws-cdk-lib/aws-sns";
import { Construct } from "constructs";
import type { ErrorCode } from "../src/core/errors.ts";

export interface ConfinementAlarmProps {
  /** Of the functions that write to clusters. */
  readonly logGroups: Readonly<Record<string, ILogGroup>>;
  /** @default - the alarm only shows */
  readonly topicArn?: string | undefined;
}

const CODE: ErrorCode = "ConfinementMissing";

export class ConfinementAlarm extends Construct {
  constructor(scope: Construct, id: string, { logGroups, topicArn }: ConfinementAlarmProps) {
    super(scope, id);
    const of = { metricNamespace: Stack.of(this).stackName, metricName: CODE };
    const filters = Object.entries(logGroups).map(
      ([name, logGroup]) =>
        new MetricFilter(this, `${name}Filter`, { logGroup, ...of, filterPattern: FilterPattern.stringValue("$.code", "=", CODE) }),
    );
    const [first] = filters;
    if (first === undefined) throw new Error("give at least one log group to watch, got none");
    const alarm = new Alarm(this, "Resource", {
      alarmDescription:
        "a cluster's admission policy is not in force: apply what secret-relay bootstrap-cluster prints; until then nothing is written there",
      // All filters count into one metric.
      metric: first.metric({ statistic: Stats.SUM, period: Duration.minutes(5) }),
      threshold: 1,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    if (topicArn !== undefined) alarm.addAlarmAction(new SnsAction(Topic.fromTopicArn(this, "Topic", topicArn)));
    else
      Validations.of(alarm).acknowledge({
        id: "NIST.800.53.R5-CloudWatchAlarmAction",
        reason: 'the deployment names no topic (context key "alarmTopicArn"), so its alarms only show',
      });
  }
}
