/** Wakes reconcile at a fixed rate. */
import type { Duration } from "aws-cdk-lib";
import { Rule, Schedule } from "aws-cdk-lib/aws-events";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import { functionTarget } from "./rule-target.ts";

export interface ReconcileScheduleProps {
  readonly target: IFunction;
  readonly interval: Duration;
}

export class ReconcileSchedule extends Construct {
  constructor(scope: Construct, id: string, props: ReconcileScheduleProps) {
    super(scope, id);
    new Rule(this, "Resource", {
      schedule: Schedule.rate(props.interval),
      // A wake-up that is late by an interval is of no use: the next one is there.
      targets: [functionTarget(props.target, { retryAttempts: 0, maxEventAge: props.interval })],
    });
  }
}
