/** What somebody must see: work that was given up, work that waits, functions that fail, and a reconcile that is silent. */
import { Duration, Validations } from "aws-cdk-lib";
import { Alarm, ComparisonOperator, type IMetric, Stats, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { Topic } from "aws-cdk-lib/aws-sns";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";

/** Longer than the longest delay of a message (15 minutes at SQS), so that one that only waits its turn is no alarm. */
const OLDEST_MESSAGE = Duration.minutes(30);

export interface AlarmsProps {
  /** Queues in which a message means that something was given up. */
  readonly failures: Readonly<Record<string, IQueue>>;
  readonly syncQueue: IQueue;
  readonly functions: Readonly<Record<string, IFunction>>;
  readonly reconcile: IFunction;
  readonly reconcileInterval: Duration;
  /** @default - the alarms only show */
  readonly topicArn?: string | undefined;
}

export class Alarms extends Construct {
  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const action = props.topicArn === undefined ? undefined : new SnsAction(Topic.fromTopicArn(this, "Topic", props.topicArn));
    if (action === undefined) {
      Validations.of(this).acknowledge({
        id: "NIST.800.53.R5-CloudWatchAlarmAction",
        reason: 'the deployment names no topic (context key "alarmTopicArn"), so its alarms only show',
      });
    }
    const watch = (name: string, alarmDescription: string, metric: IMetric, threshold: number, periods = 1): void => {
      const alarm = new Alarm(this, name, {
        alarmDescription,
        metric,
        threshold,
        evaluationPeriods: periods,
        comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      });
      if (action !== undefined) alarm.addAlarmAction(action);
    };
    for (const [name, queue] of Object.entries(props.failures)) {
      const depth = queue.metricApproximateNumberOfMessagesVisible({ statistic: Stats.MAXIMUM, period: Duration.minutes(1) });
      watch(`${name}Depth`, "work was given up: read these messages, put the cause right, and redrive them", depth, 1);
    }
    for (const [name, of] of Object.entries(props.functions)) {
      const errors = of.metricErrors({ statistic: Stats.SUM, period: Duration.minutes(5) });
      watch(`${name}Errors`, "the function failed: its log names the error code", errors, 1);
    }
    const age = props.syncQueue.metricApproximateAgeOfOldestMessage({ statistic: Stats.MAXIMUM, period: Duration.minutes(5) });
    watch("OldestMessage", "a change waits for long: a cluster is down, or maxConcurrency is too low", age, OLDEST_MESSAGE.toSeconds(), 2);
    this.watchSilence(props, action);
  }

  /** Reconcile is the net under missed events (rule 2): its silence must be heard. */
  private watchSilence(props: AlarmsProps, action: SnsAction | undefined): void {
    const period = Duration.minutes(Math.max(5, props.reconcileInterval.toMinutes() * 2));
    const alarm = new Alarm(this, "ReconcileSilent", {
      alarmDescription: "reconcile does not run: missed events and drift stay unseen",
      metric: props.reconcile.metricInvocations({ statistic: Stats.SUM, period }),
      threshold: 1,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.BREACHING,
    });
    if (action !== undefined) alarm.addAlarmAction(action);
  }
}
